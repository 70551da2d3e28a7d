"""Where the points of a series lie, and reading them in order: chunks and segments merged, each point once.

All reading functions want one snapshot for all they do: the connection of a `Database.read()`. In a `write()` on
PostgreSQL, where each statement sees its own moment, a compaction that ends meanwhile could hide points.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from typing import NamedTuple

from modelyard.db import Connection, Row
from modelyard.services.tracking.sql.metrics import arrivals
from modelyard.services.tracking.sql.metrics.columns import Columns, cut_after, joined, merged, split_before
from modelyard.services.tracking.sql.metrics.packing import unpack
from modelyard.services.tracking.sql.metrics.points import of_key
from modelyard.services.tracking.sql.metrics.position import GREATEST, LEAST, Position

_CHUNKS_AT_ONCE = 32
_SEGMENTS_AT_ONCE = (32, 1_024)  # at first, at most
_HELD = 16_384


class _Source(NamedTuple):
    low: tuple[int, int]  # no point of it has a lesser (timestamp, step)
    high: tuple[int, int]  # nor a greater one
    in_order: bool
    columns: Columns


def read_on(conn: Connection, run: int, key: int, after: Position | None = None) -> Iterator[Columns]:
    """The points of a series after a position, in order: as many stretches as it takes, none of them empty.

    What it reads is in proportion to what is taken from it, not to what was skipped. Chunks do not overlap each other,
    but segments overlap what they like; what overlaps is held until the next source begins behind it.
    """
    for columns in _stretches(conn, run, key, after):
        if after is not None and not columns.position(0).follows(after):
            columns = cut_after(columns, after)
        if columns.values:
            yield columns


def _stretches(conn: Connection, run: int, key: int, after: Position | None) -> Iterator[Columns]:
    held: list[_Source] = []
    count, bound, high = 0, _HELD, (LEAST, LEAST)
    sources = _chunks(conn, run, key, after), _segments(conn, run, key, after), _arrived(conn, run, key)
    for source in merge(*sources, key=_low):
        if held and source.low > high:
            yield _in_order(held)
            held, count, bound, high = [], 0, _HELD, (LEAST, LEAST)
        elif count >= bound:
            done, rest = split_before(_in_order(held), *source.low)
            if done.values:
                yield done
            held, count = [_Source(source.low, high, True, rest)], len(rest.values)
            bound = max(_HELD, 2 * count)
        held.append(source)
        count += len(source.columns.values)
        high = max(high, source.high)
    if held:
        yield _in_order(held)


def _low(source: _Source) -> tuple[int, int]:
    return source.low


def _in_order(held: list[_Source]) -> Columns:
    return held[0].columns if len(held) == 1 and held[0].in_order else merged([source.columns for source in held])


def _chunks(conn: Connection, run: int, key: int, after: Position | None) -> Iterator[_Source]:
    place = (after.timestamp, after.step) if after else (LEAST, LEAST)
    start = (*place, LEAST, LEAST, LEAST)
    rows: list[Row] = []
    while not rows or len(rows) == _CHUNKS_AT_ONCE:
        rows = _select_chunks(conn, run, key, start)
        for last_time, last_step, first_time, first_step, _, points in rows:
            yield _Source((first_time, first_step), (last_time, last_step), True, unpack(points))
        if not rows:
            return
        start = rows[-1][:5]


def _select_chunks(conn: Connection, run: int, key: int, start: Row) -> list[Row]:
    return conn.rows(
        "SELECT last_timestamp, last_step, first_timestamp, first_step, id, points FROM metric_chunks"
        " WHERE run = ? AND key = ? AND (last_timestamp, last_step, first_timestamp, first_step, id) > (?, ?, ?, ?, ?)"
        " ORDER BY last_timestamp, last_step, first_timestamp, first_step, id LIMIT ?",
        (run, key, *start, _CHUNKS_AT_ONCE),
    )


def _segments(conn: Connection, run: int, key: int, after: Position | None) -> Iterator[_Source]:
    """The segments of a run, several as one source: there may be many with a single point."""
    since = after.timestamp if after else LEAST
    limit, most = _SEGMENTS_AT_ONCE
    start: Row = (LEAST, LEAST, LEAST)
    while True:
        rows = _select_segments(conn, run, since, start, limit)
        found = [columns for row in rows if (columns := of_key(row[3], key))]
        if found:
            high = max(row[1] for row in rows)
            yield _Source((rows[0][0], LEAST), (high, GREATEST), False, joined(found))
        if len(rows) < limit:
            return
        start, limit = rows[-1][:3], min(2 * limit, most)


def _arrived(conn: Connection, run: int, key: int) -> Iterator[_Source]:
    for columns in arrivals.of_series(conn, (run,), (key,)).values():
        times = columns.timestamps
        yield _Source((min(times), LEAST), (max(times), GREATEST), False, columns)


def _select_segments(conn: Connection, run: int, since: int, start: Row, limit: int) -> list[Row]:
    return conn.rows(
        "SELECT first_timestamp, last_timestamp, id, points FROM metric_segments"
        " WHERE run = ? AND last_timestamp >= ? AND (first_timestamp, last_timestamp, id) > (?, ?, ?)"
        " ORDER BY first_timestamp, last_timestamp, id LIMIT ?",
        (run, since, *start, limit),
    )
