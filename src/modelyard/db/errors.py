"""What a database refuses, beside the outcomes of :mod:`modelyard.core.errors`.

The tree::

    ModelyardError
    ├── ConstraintViolation        500  a rule of the schema: a mistake of ours, unless the caller expected it
    │   ├── UniqueViolation
    │   └── ForeignKeyViolation
    ├── OutcomeUnknown             500  the commit was not confirmed
    ├── InvalidParameter
    │   └── QueryTooExpensive      400  a read ran into its time limit
    ├── Unavailable
    │   └── DatabaseBusy           503  somebody else held what was to be written; trying again may go well
    └── StoreError
        └── DiskFailed             503  the disk refused to write; the store takes no more writes

Drivers' errors become these, or `Unavailable`, `InvalidParameter`, `StoreDamaged`, at one border:
`sqlite_failures.py` and `postgres_failures.py`. Their messages carry no SQL, no value and no path; the driver's own
error is the `__cause__`.
"""

from __future__ import annotations

from modelyard.core.errors import InvalidParameter, ModelyardError, StoreError, Unavailable


class ConstraintViolation(ModelyardError):
    """The database refused a row that breaks a rule of its schema."""

    def __init__(self, message: str | None = None, *, table: str | None = None) -> None:
        super().__init__(message)
        self.table = table


class UniqueViolation(ConstraintViolation):
    """The database holds a row with that key already."""


class ForeignKeyViolation(ConstraintViolation):
    """A row refers to one that does not exist, or is referred to by one that does."""


class OutcomeUnknown(ModelyardError):
    """The database did not confirm the commit: read back to learn whether the change was stored."""


class QueryTooExpensive(InvalidParameter):
    """The query is too expensive: it ran into its time limit. Narrow the filter or ask for less at once."""


class DatabaseBusy(Unavailable):
    """The database is busy; try again shortly."""


class DiskFailed(StoreError):
    """The disk failed while the store was written; the store takes no more writes until it is opened again."""

    error_code = "TEMPORARILY_UNAVAILABLE"
    status = 503
