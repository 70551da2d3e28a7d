"""PostgreSQL's errors as ours: the one border they cross."""

from __future__ import annotations

from psycopg import errors

from modelyard.core.errors import InvalidParameter, ModelyardError, StoreDamaged, Unavailable
from modelyard.db.errors import (
    ConstraintViolation,
    DatabaseBusy,
    ForeignKeyViolation,
    OutcomeUnknown,
    QueryTooExpensive,
    UniqueViolation,
)

# What a statement may raise: the driver's own tree, and Python's words for a value PostgreSQL cannot hold.
FAILURES = (errors.Error, OverflowError, UnicodeError)

AWAY = "The database does not answer; try again shortly."
FULL = "The database's disk is full; nothing was stored."
DAMAGED = "The database is damaged; its log says where."

_CONFLICT = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)
_DAMAGED = (errors.DataCorrupted, errors.IndexCorrupted)


def translated(error: Exception, *, reading: bool = False) -> ModelyardError:
    """``error`` as one of ours; ``reading`` when nobody but the reader itself can have made the statement slow."""
    if isinstance(error, errors.IntegrityError):
        return _constraint(error)
    if isinstance(error, _CONFLICT):
        return DatabaseBusy()
    if isinstance(error, errors.QueryCanceled):
        return QueryTooExpensive() if reading else DatabaseBusy()
    if isinstance(error, errors.DiskFull):
        return Unavailable(FULL, retry_after=5, reason="DISK_FULL")
    if isinstance(error, _DAMAGED):
        return StoreDamaged(DAMAGED)
    if isinstance(error, errors.OperationalError | errors.InterfaceError | errors.InternalError):
        return Unavailable(AWAY)
    if isinstance(error, errors.DataError | OverflowError | UnicodeError):
        return InvalidParameter("A value is out of range or not valid text, so that the database cannot hold it.")
    return ModelyardError("The database refused a statement.")


def commit_failed(error: Exception) -> ModelyardError:
    """``error``, raised by COMMIT: after a lost connection the commit may have happened all the same."""
    told = translated(error)
    return told if isinstance(error, (errors.IntegrityError, errors.DiskFull, *_CONFLICT)) else OutcomeUnknown()


def _constraint(error: errors.IntegrityError) -> ConstraintViolation:
    table = error.diag.table_name
    if isinstance(error, errors.UniqueViolation):
        return UniqueViolation(table=table)
    if isinstance(error, errors.ForeignKeyViolation):
        return ForeignKeyViolation(table=table)
    return ConstraintViolation(table=table)
