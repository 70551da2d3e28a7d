"""A series as stretches of time: chunks of which only the outline is read, and points where that is not enough.

For answers that are made of far fewer points than the series has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from modelyard.db import Connection, Row
from modelyard.services.tracking.sql.lists import rows_in
from modelyard.services.tracking.sql.metrics import arrivals
from modelyard.services.tracking.sql.metrics.chunks import packed_points
from modelyard.services.tracking.sql.metrics.columns import NAN, Columns, between_steps, in_one, merged
from modelyard.services.tracking.sql.metrics.packing import unpack
from modelyard.services.tracking.sql.metrics.parts import Part, part_of
from modelyard.services.tracking.sql.metrics.points import of_keys
from modelyard.services.tracking.sql.metrics.position import GREATEST, LEAST

Place = tuple[int, int]
_AT_ONCE = 32


class Stretch(NamedTuple):
    """Points of one series that follow each other in time."""

    low: Place  # (timestamp, step) of the first point
    high: Place
    size: int  # points
    part: Part
    chunk: int  # where the points are; of no meaning when they are here
    columns: Columns | None


Outline = list[Stretch]
"""All points of a series, each once, as stretches that follow each other in time."""


def outlines(
    conn: Connection, runs: Collection[int], keys: Collection[int], start_step: int | None, end_step: int | None
) -> Mapping[tuple[int, int], Outline]:
    """The outline of each series (run, key) with points from ``start_step`` to ``end_step``, both inside."""
    start = LEAST if start_step is None else start_step
    end = GREATEST if end_step is None else end_step
    found: dict[tuple[int, int], Outline] = {}
    for key in keys:
        for row in _select_chunks(conn, key, start, end, list(runs)):
            found.setdefault((row[0], key), []).append(_chunk(row))
    for series, parts in pending(conn, runs, keys).items():
        columns = between_steps(merged(parts), start, end)
        if columns.values:
            found[series] = _with_points(conn, found.get(series, []), columns)
    within = {series: _cut(conn, outline, start, end) for series, outline in found.items()}
    return {series: outline for series, outline in within.items() if outline}


def points(conn: Connection, outline: Sequence[Stretch]) -> Iterator[Columns]:
    """The points of each of the stretches."""
    for start in range(0, len(outline), _AT_ONCE):
        some = outline[start : start + _AT_ONCE]
        packed = packed_points(conn, [stretch.chunk for stretch in some if stretch.columns is None])
        for stretch in some:
            yield unpack(packed[stretch.chunk]) if stretch.columns is None else stretch.columns


def pending(conn: Connection, runs: Collection[int], keys: Collection[int]) -> dict[tuple[int, int], list[Columns]]:
    """The points of each series (run, key) that are in no chunk, as they came; some may be in a chunk too."""
    found: dict[tuple[int, int], list[Columns]] = {}
    for run, segment in rows_in(conn, "SELECT run, points FROM metric_segments WHERE run IN (?*)", list(runs)):
        for key, columns in of_keys(segment, keys).items():
            found.setdefault((run, key), []).append(columns)
    for series, columns in arrivals.of_series(conn, set(runs), set(keys)).items():
        found.setdefault(series, []).append(columns)
    return found


def _with_points(conn: Connection, outline: Outline, columns: Columns) -> Outline:
    """The outline with further points; chunks they overlap become points too, for a point may be in both."""
    new = _of_points(columns)
    apart = [stretch for stretch in outline if stretch.high < new.low or stretch.low > new.high]
    if len(apart) < len(outline):
        mixed = [stretch for stretch in outline if not (stretch.high < new.low or stretch.low > new.high)]
        new = _of_points(in_one([*points(conn, mixed), columns]))
    return sorted([*apart, new], key=_low)


def _cut(conn: Connection, outline: Outline, start: int, end: int) -> Outline:
    """The outline without what lies outside a range of steps; the stretches that its ends cut become points."""
    if all(start <= stretch.part.min_step and stretch.part.max_step <= end for stretch in outline):
        return outline
    kept: Outline = []
    for stretch in outline:
        if start <= stretch.part.min_step and stretch.part.max_step <= end:
            kept.append(stretch)
            continue
        (columns,) = points(conn, [stretch])
        columns = between_steps(columns, start, end)
        if columns.values:
            kept.append(_of_points(columns))
    return kept


def _of_points(columns: Columns) -> Stretch:
    low = (columns.timestamps[0], columns.steps[0])
    high = (columns.timestamps[-1], columns.steps[-1])
    return Stretch(low, high, len(columns.values), part_of(columns), 0, columns)


def _chunk(row: Row) -> Stretch:
    values = (NAN if value is None else value for value in row[9:12])
    return Stretch(row[2:4], row[4:6], row[6], Part(*row[7:9], *values), row[1], None)


def _low(stretch: Stretch) -> Place:
    return stretch.low


def _select_chunks(conn: Connection, key: int, start: int, end: int, runs: Sequence[int]) -> list[Row]:
    return rows_in(
        conn,
        "SELECT run, id, first_timestamp, first_step, last_timestamp, last_step, count, min_step, max_step,"
        " min_value, max_value, last_value FROM metric_chunks"
        " WHERE key = ? AND max_step >= ? AND min_step <= ? AND run IN (?*)"
        " ORDER BY run, last_timestamp, last_step, first_timestamp, first_step",
        runs,
        key,
        start,
        end,
    )
