"""Many rows in few statements."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from modelyard.db import Connection, Row
from modelyard.services.tracking.sql.lists import values_of

_AT_ONCE = 64


def write_rows(conn: Connection, sql: str, rows: Sequence[Row]) -> None:
    """Run ``sql`` with its ``?*`` as rows of VALUES: 64 in a statement, and powers of two of what is left.

    So there are seven statements, which stay prepared. One each takes twice the time on both engines.
    """
    start, size = 0, _AT_ONCE
    while start < len(rows):
        while size > len(rows) - start:
            size //= 2
        conn.run(values_of(sql, len(rows[0]), size), list(chain.from_iterable(rows[start : start + size])))
        start += size
