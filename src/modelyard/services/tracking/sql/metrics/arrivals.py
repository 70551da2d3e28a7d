"""Points that came in last, of all runs in one place, until there are enough of them for a row for each run.

A row for each run and commit has to be found by its run, and keeping an index of runs costs every commit a page for each
run. So the few points of many runs are one row here, without an index, which readers look through as a whole; it is
small. What it holds is dealt out to rows of the runs by the commit that fills it, or by the next compaction.

A row is a byte for the format, 1, and its points as (i64 run, u32 key, i64 timestamp, i64 step, double value),
little-endian. To change it, follow the procedure in `packing.py`.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Sequence
from itertools import chain

from modelyard.core.errors import StoreDamaged
from modelyard.db import Connection
from modelyard.services.tracking.sql.metrics.columns import Columns
from modelyard.services.tracking.sql.metrics.points import Written

Arrival = tuple[int, int, int, int, float]  # run, key, timestamp, step, value

FULL = 2_048  # points; reading a series looks at all of them, which takes a third of a millisecond
_FORMAT = b"\x01"
_POINT = struct.Struct("<qIqqd")


def add(conn: Connection, points: Sequence[Arrival]) -> bool:
    """Add points as one row; whether there are now so many that they should be dealt out."""
    pack = _POINT.pack
    packed = _FORMAT + b"".join([pack(*point) for point in points])
    row = conn.row(
        "INSERT INTO metric_arrivals (total, points)"
        " VALUES (COALESCE((SELECT total FROM metric_arrivals ORDER BY id DESC LIMIT 1), 0) + ?, ?) RETURNING total",
        (len(points), packed),
    )
    assert row is not None
    return bool(row[0] >= FULL)


def take_all(conn: Connection) -> dict[int, Written]:
    """Remove all points; answers them by run. What another transaction is taking is left to it."""
    found: dict[int, Written] = {}
    for run, key, timestamp, step, value in _points(conn, "DELETE FROM metric_arrivals RETURNING id, points"):
        points = found.get(run)
        if points is None:
            points = found[run] = Written([], [], [], [])
        points.keys.append(key)
        points.timestamps.append(timestamp)
        points.steps.append(step)
        points.values.append(value)
    return found


def of_series(conn: Connection, runs: Collection[int], keys: Collection[int]) -> dict[tuple[int, int], Columns]:
    """The points of each series (run, key), in the order they came; of those that have any."""
    found: dict[tuple[int, int], Columns] = {}
    for run, key, timestamp, step, value in _points(conn, "SELECT id, points FROM metric_arrivals"):
        if key in keys and run in runs:
            columns = found.get((run, key))
            if columns is None:
                columns = found[run, key] = Columns([], [], [])
            columns.timestamps.append(timestamp)
            columns.steps.append(step)
            columns.values.append(value)
    return found


def newest(conn: Connection) -> tuple[int, int] | None:
    """What changes when points arrive; None when there are none."""
    row = conn.row("SELECT id, total FROM metric_arrivals ORDER BY id DESC LIMIT 1")
    return None if row is None else (row[0], row[1])


def runs_after(conn: Connection, row: int) -> set[int]:
    """The runs of the points in the rows behind one; 0 is before the first."""
    rows = conn.rows("SELECT points FROM metric_arrivals WHERE id > ?", (row,))
    return {point[0] for (points,) in rows for point in _unpacked(points)}


def _points(conn: Connection, sql: str) -> Iterator[Arrival]:
    return chain.from_iterable(_unpacked(points) for _, points in sorted(conn.rows(sql)))


def _unpacked(points: bytes) -> Iterator[Arrival]:
    if points[:1] != _FORMAT:
        raise StoreDamaged(f"Arrived metrics are in format {points[0]}, which this release does not know.")
    return _POINT.iter_unpack(memoryview(points)[1:])
