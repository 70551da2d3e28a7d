"""Databases behind one small seam. Drivers are named only in `sqlite.py` and `postgres.py`, which are imported on
their own.
"""

from modelyard.db.database import Connection, Database, Row
from modelyard.db.dialect import Dialect
from modelyard.db.errors import (
    ConstraintViolation,
    DiskFailed,
    ForeignKeyViolation,
    OutcomeUnknown,
    QueryTooExpensive,
    UniqueViolation,
)

__all__ = [
    "Connection",
    "ConstraintViolation",
    "Database",
    "Dialect",
    "DiskFailed",
    "ForeignKeyViolation",
    "OutcomeUnknown",
    "QueryTooExpensive",
    "Row",
    "UniqueViolation",
]
