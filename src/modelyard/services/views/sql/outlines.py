"""What is known of series before their points are read, and which chunks a picture of one needs.

A chunk that lies in one stretch of the picture and holds neither its first, last, lowest nor highest point is counted and
not read: so a picture costs about the same at ten thousand points and at ten million.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from modelyard.core.wire.messages.series import Axis
from modelyard.db import Connection
from modelyard.db.fragment import sql
from modelyard.db.search_dialect import search_dialect
from modelyard.services.tracking.sql.metrics.columns import NONE, Columns, merged
from modelyard.services.tracking.sql.metrics.stretches import pending
from modelyard.services.views.sql.sampling import PER_STRETCH, Window

SeriesKey = tuple[int, int]  # the numbers of a run and of a metric


class Chunk(NamedTuple):
    """A chunk as its row describes it. ``low`` and ``high`` are (timestamp, step) of its first and last point."""

    id: int
    size: int  # points
    low: tuple[int, int]
    high: tuple[int, int]
    min_step: int
    max_step: int
    min_value: float | None
    max_value: float | None

    def reach(self, axis: Axis) -> tuple[int, int]:
        """Its least and greatest place on the axis."""
        return (self.min_step, self.max_step) if axis == "step" else (self.low[0], self.high[0])


class Outline(NamedTuple):
    """A series: its chunks, which follow each other in time, and its points that are in none, in order."""

    chunks: list[Chunk]
    fresh: Columns

    def window(self, axis: Axis, points: int, least: float | None, most: float | None) -> Window | None:
        """The part of its axis that is drawn; None when it has nothing there."""
        reaches = [chunk.reach(axis) for chunk in self.chunks]
        fresh = self.fresh.steps if axis == "step" else self.fresh.timestamps
        first = min([*(low for low, _ in reaches), *fresh])
        last = max([*(high for _, high in reaches), *fresh])
        start = min(self.fresh.timestamps + [chunk.low[0] for chunk in self.chunks]) if axis == "relative" else 0
        if least is not None and math.isfinite(least):
            first = max(first, start + math.ceil(least))
        if most is not None and math.isfinite(most):
            last = min(last, start + math.floor(most))
        return Window(first, last, points // PER_STRETCH) if first <= last else None

    def parted(self, axis: Axis, window: Window, points: int) -> tuple[list[Chunk], list[Chunk]]:
        """The chunks with points in the window: those that are to be read, and those that it is enough to count."""
        apart: list[Chunk] = []
        read: list[Chunk] = []
        fresh_low, fresh_high = _ends(self.fresh)
        for chunk in self.chunks:
            low, high = chunk.reach(axis)
            if low > window.last or high < window.first:
                continue
            within = window.first <= low and high <= window.last
            mixed = fresh_low is not None and not (chunk.high < fresh_low or chunk.low > fresh_high)
            (apart if within and not mixed else read).append(chunk)
        if sum(chunk.size for chunk in apart) <= points:
            return read + apart, []
        needed = _needed(apart, axis, window)
        return (
            read + [chunk for chunk in apart if chunk.id in needed],
            [chunk for chunk in apart if chunk.id not in needed],
        )


def outlines(conn: Connection, runs: Sequence[int], keys: Sequence[int]) -> Mapping[SeriesKey, Outline]:
    """The outline of each of these series that has points, by three statements."""
    found: dict[SeriesKey, Outline] = {}
    if not runs or not keys:
        return found
    for run, key, chunk in _chunks(conn, runs, keys):
        found.setdefault((run, key), Outline([], NONE)).chunks.append(chunk)
    for series, parts in pending(conn, runs, set(keys)).items():
        found[series] = Outline(found[series].chunks if series in found else [], merged(parts))
    return found


def _chunks(conn: Connection, runs: Sequence[int], keys: Sequence[int]) -> Iterable[tuple[int, int, Chunk]]:
    dialect = search_dialect(conn.dialect)
    select = sql(
        "SELECT run, key, id, count, first_timestamp, first_step, last_timestamp, last_step, min_step, max_step,"
        " min_value, max_value FROM metric_chunks WHERE {} AND {}"
        " ORDER BY run, key, last_timestamp, last_step, first_timestamp, first_step",
        dialect.one_of("run", runs),
        dialect.one_of("key", keys),
    )
    for row in conn.rows(select.text, select.params):
        yield row[0], row[1], Chunk(row[2], row[3], row[4:6], row[6:8], *row[8:12])


def _ends(columns: Columns) -> tuple[tuple[int, int] | None, tuple[int, int]]:
    if not columns.values:
        return None, (0, 0)
    return (columns.timestamps[0], columns.steps[0]), (columns.timestamps[-1], columns.steps[-1])


def _needed(chunks: Sequence[Chunk], axis: Axis, window: Window) -> set[int]:
    """The chunks that reach over the end of a stretch, and of the others of each stretch the up to four that matter."""
    needed: set[int] = set()
    alike: dict[int, list[Chunk]] = {}
    for chunk in chunks:
        low, high = chunk.reach(axis)
        stretch = window.stretch_of(low)
        if stretch == window.stretch_of(high):
            alike.setdefault(stretch, []).append(chunk)
        else:
            needed.add(chunk.id)
    for some in alike.values():
        needed.add(min(some, key=lambda chunk: (chunk.reach(axis)[0], chunk.low)).id)
        needed.add(max(some, key=lambda chunk: (chunk.reach(axis)[1], chunk.high)).id)
        numbers = [(chunk.min_value, chunk.max_value, chunk.id) for chunk in some if chunk.min_value is not None]
        if numbers:
            needed.add(min(numbers)[2])
            needed.add(max(numbers, key=lambda each: (each[1], -each[2]))[2])
    return needed
