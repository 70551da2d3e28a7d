"""The keys of params, tags and metrics as whole numbers.

Nothing is remembered between transactions: a number handed out inside one is void when that one, or the savepoint it
was made in, is rolled back. One look-up serves a whole group of requests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from modelyard.db import Connection
from modelyard.services.tracking.sql.lists import rows_with

_CHUNK = 4_096


def known(conn: Connection, names: Collection[str]) -> dict[str, int]:
    """The numbers of the names that have one."""
    wanted = list(names)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        found.update(rows_with(conn, "SELECT name, id FROM names WHERE name IN (?*)", part))
    return found


def interned(conn: Connection, names: Iterable[str]) -> dict[str, int]:
    """The numbers of all names; new ones are given one. In sorted order, so that two writers never wait in a circle."""
    wanted = set(names)
    if not wanted:
        return {}
    found = known(conn, wanted)
    if len(found) < len(wanted):
        new = sorted(wanted - found.keys())
        conn.many("INSERT INTO names (name) VALUES (?) ON CONFLICT (name) DO NOTHING", [(name,) for name in new])
        found.update(known(conn, new))
    return found
