"""Chunks: up to 1,024 points of one series in order, compressed, with what is known of them as columns beside."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import NamedTuple

from modelyard.db import Connection, Row
from modelyard.services.tracking.sql.lists import rows_in
from modelyard.services.tracking.sql.metrics.columns import Columns
from modelyard.services.tracking.sql.metrics.packing import pack, unpack
from modelyard.services.tracking.sql.metrics.parts import pack_parts, parts_of, whole


class Stored(NamedTuple):
    """A chunk as it was read for being merged with new points."""

    id: int
    last: tuple[int, int]
    columns: Columns


def cut(columns: Columns, chunk: int, *, at_end: bool) -> list[Columns]:
    """The points of ``columns``, which are in order, as chunks of up to ``chunk`` points.

    At the end of a series they are full but the last, which will grow; between others they are of one size, so that
    points that come late leave no splinters.
    """
    count = len(columns.values)
    size = chunk if at_end else -(-count // -(-count // chunk))
    return [columns.part(start, start + size) for start in range(0, count, size)]


def row_of(run: int, key: int, columns: Columns) -> Row:
    """The row of a chunk."""
    parts = parts_of(columns)
    all_of_it = whole(parts)
    first = (columns.timestamps[0], columns.steps[0])
    last = (columns.timestamps[-1], columns.steps[-1])
    values = (None if isnan(value) else value for value in all_of_it[2:])
    return (run, key, *first, *last, len(columns.values), *all_of_it[:2], *values, pack_parts(parts), pack(columns))


def insert(conn: Connection, rows: Sequence[Row]) -> None:
    """Store rows of `row_of`."""
    conn.many(
        "INSERT INTO metric_chunks (run, key, first_timestamp, first_step, last_timestamp, last_step, count,"
        " min_step, max_step, min_value, max_value, last_value, parts, points)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def touched(conn: Connection, run: int, key: int, columns: Columns, chunk: int) -> list[Stored]:
    """The chunks that new points change: those they overlap, and the one before while it has room."""
    low = (columns.timestamps[0], columns.steps[0])
    high = (columns.timestamps[-1], columns.steps[-1])
    before = _select_before(conn, run, key, low)
    rows = [before] if before and before[3] < chunk else []
    rows += _select_overlapping(conn, run, key, low, high)
    return [Stored(row[0], (row[1], row[2]), unpack(row[4])) for row in rows]


def is_last(conn: Connection, run: int, key: int, place: tuple[int, int]) -> bool:
    """Whether no chunk of the series lies behind ``place``."""
    sql = "SELECT 1 FROM metric_chunks WHERE run = ? AND key = ? AND (last_timestamp, last_step) > (?, ?) LIMIT 1"
    return conn.row(sql, (run, key, *place)) is None


def packed_points(conn: Connection, ids: Sequence[int]) -> dict[int, bytes]:
    """The points of some chunks as they are stored."""
    return dict(rows_in(conn, "SELECT id, points FROM metric_chunks WHERE id IN (?*)", ids))


def _select_before(conn: Connection, run: int, key: int, low: tuple[int, int]) -> Row | None:
    return conn.row(
        "SELECT id, last_timestamp, last_step, count, points FROM metric_chunks"
        " WHERE run = ? AND key = ? AND (last_timestamp, last_step) < (?, ?)"
        " ORDER BY last_timestamp DESC, last_step DESC, first_timestamp DESC, first_step DESC LIMIT 1",
        (run, key, *low),
    )


def _select_overlapping(conn: Connection, run: int, key: int, low: tuple[int, int], high: tuple[int, int]) -> list[Row]:
    return conn.rows(
        "SELECT id, last_timestamp, last_step, count, points FROM metric_chunks"
        " WHERE run = ? AND key = ?"
        " AND (last_timestamp, last_step) >= (?, ?) AND (first_timestamp, first_step) <= (?, ?)"
        " ORDER BY last_timestamp, last_step",
        (run, key, *low, *high),
    )
