"""SQLite's errors as ours: the one border they cross."""

from __future__ import annotations

import errno

import apsw

from modelyard.core.errors import InvalidParameter, ModelyardError, StoreDamaged, Unavailable
from modelyard.db.errors import (
    ConstraintViolation,
    DatabaseBusy,
    DiskFailed,
    ForeignKeyViolation,
    OutcomeUnknown,
    QueryTooExpensive,
    UniqueViolation,
)

# What a statement may raise: the driver's own tree, what our functions in SQL raise, Python's words for a value
# SQLite cannot hold.
FAILURES = (apsw.Error, ModelyardError, OverflowError, UnicodeError, TypeError)

FULL = "The disk is full; nothing was stored."
DAMAGED = "The database is damaged; it takes no more writes. Check it with: modelyard db check"

_FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_UNIQUE = {apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY, apsw.SQLITE_CONSTRAINT_ROWID}
_DISK = (apsw.IOError, apsw.ReadOnlyError, apsw.PermissionsError)
# I/O errors that are about locks, shared memory or file descriptors, not about what is on the disk: nothing was
# written.
_PASSING = {
    apsw.SQLITE_IOERR_ACCESS,
    apsw.SQLITE_IOERR_BLOCKED,
    apsw.SQLITE_IOERR_CHECKRESERVEDLOCK,
    apsw.SQLITE_IOERR_FSTAT,
    apsw.SQLITE_IOERR_LOCK,
    apsw.SQLITE_IOERR_NOMEM,
    apsw.SQLITE_IOERR_RDLOCK,
    apsw.SQLITE_IOERR_SHMLOCK,
    apsw.SQLITE_IOERR_SHMMAP,
    apsw.SQLITE_IOERR_SHMOPEN,
    apsw.SQLITE_IOERR_SHMSIZE,
}


def translated(error: Exception, connection: apsw.Connection | None) -> ModelyardError:
    """``error``, raised on ``connection`` or while it was opened, as one of ours."""
    if isinstance(error, ModelyardError):
        return error
    if isinstance(error, apsw.ConstraintError):
        return _constraint(error)
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return DatabaseBusy()
    if isinstance(error, apsw.InterruptError):
        return QueryTooExpensive()
    if isinstance(error, apsw.FullError) or is_full(error, connection):
        return Unavailable(FULL, retry_after=5, reason="DISK_FULL")
    if isinstance(error, apsw.CorruptError | apsw.NotADBError | UnicodeDecodeError):
        return StoreDamaged(DAMAGED)
    if isinstance(error, apsw.CantOpenError | apsw.NoMemError) or _code(error) in _PASSING:
        return Unavailable("The database cannot be reached right now; try again shortly.")
    if isinstance(error, _DISK):
        return DiskFailed()
    if isinstance(error, OverflowError | UnicodeError | apsw.TooBigError | apsw.RangeError):
        return InvalidParameter("A value is out of range or not valid text, so that the database cannot hold it.")
    return ModelyardError("The database refused a statement.")


def commit_failed(error: Exception, connection: apsw.Connection | None) -> ModelyardError:
    """``error``, raised by COMMIT: what is neither full nor refused may have reached the disk all the same."""
    told = translated(error, connection)
    return OutcomeUnknown() if isinstance(told, DiskFailed | StoreDamaged) else told


def is_full(error: Exception, connection: apsw.Connection | None) -> bool:
    """Whether an I/O error on ``connection`` means that there is no room left."""
    return isinstance(error, apsw.IOError) and connection is not None and connection.system_errno in _FULL_ERRNOS


def _constraint(error: apsw.ConstraintError) -> ConstraintViolation:
    # SQLite says "UNIQUE constraint failed: runs.experiment, runs.name".
    _, _, columns = str(error).rpartition(": ")
    table = columns.partition(".")[0] if "." in columns else None
    if _code(error) in _UNIQUE:
        return UniqueViolation(table=table)
    if _code(error) == apsw.SQLITE_CONSTRAINT_FOREIGNKEY:
        return ForeignKeyViolation()
    return ConstraintViolation(table=table)


def _code(error: Exception) -> int:
    return getattr(error, "extendedresult", 0)  # missing in the driver's type hints
