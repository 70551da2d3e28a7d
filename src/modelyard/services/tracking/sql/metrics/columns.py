"""The points of one series in memory, as columns: sorted, cut, merged."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain, compress, islice, pairwise
from math import isnan
from operator import le, lt
from typing import NamedTuple

from modelyard.services.tracking.sql.metrics.position import Position

Point = tuple[int, int, float]


class Columns(NamedTuple):
    """Points of one series. *In order* is strictly ascending by (timestamp, step, value): none is there twice."""

    timestamps: list[int]
    steps: list[int]
    values: list[float]

    def part(self, start: int, stop: int) -> Columns:
        """The points from index ``start`` up to ``stop``."""
        if start == 0 and stop >= len(self.values):
            return self
        return Columns(self.timestamps[start:stop], self.steps[start:stop], self.values[start:stop])

    def where(self, chosen: Sequence[bool]) -> Columns:
        """The points at which ``chosen`` is true."""
        return Columns(
            list(compress(self.timestamps, chosen)),
            list(compress(self.steps, chosen)),
            list(compress(self.values, chosen)),
        )

    def at(self, places: Sequence[int]) -> Columns:
        """The points at some indexes, in their order."""
        timestamps, steps, values = self
        return Columns([timestamps[at] for at in places], [steps[at] for at in places], [values[at] for at in places])

    def every(self, distance: int, start: int) -> Columns:
        """Each point that lies a multiple of ``distance`` behind ``start``."""
        return Columns(self.timestamps[start::distance], self.steps[start::distance], self.values[start::distance])

    def position(self, at: int) -> Position:
        """Where the point at index ``at`` stands in the order."""
        return Position(self.timestamps[at], self.steps[at], self.values[at])


NONE = Columns([], [], [])


def joined(parts: Sequence[Columns]) -> Columns:
    """All points, one part after the other."""
    if len(parts) == 1:
        return parts[0]
    return Columns(*map(list, map(chain.from_iterable, zip(*parts, strict=True)))) if parts else NONE


def merged(parts: Sequence[Columns]) -> Columns:
    """All points of ``parts`` in order, whatever order they come in, each once."""
    columns = joined(parts)
    if all(map(lt, columns.timestamps, islice(columns.timestamps, 1, None))):  # so it is most often
        return columns
    points = list(zip(*columns, strict=True))
    if all(map(lt, points, islice(points, 1, None))):
        return columns
    return _unzipped(sorted(set(points)) if not has_nan(columns.values) else _sorted_with_nan(points))


def in_one(parts: Sequence[Columns]) -> Columns:
    """The points of ``parts``, each of which is in order, in order."""
    parts = [part for part in parts if part.values]
    if all(other.position(0).follows(one.position(-1)) for one, other in pairwise(parts)):
        return joined(parts)
    return merged(parts)


def _sorted_with_nan(points: list[Point]) -> list[Point]:
    keyed = {(time, step, 0.0, True) if isnan(value) else (time, step, value, False) for time, step, value in points}
    return [(time, step, NAN if is_nan else value) for time, step, value, is_nan in sorted(keyed)]


def _unzipped(points: list[Point]) -> Columns:
    return Columns(*map(list, zip(*points, strict=True))) if points else NONE


NAN = float("nan")


def has_nan(values: Sequence[float]) -> bool:
    """Whether a value is not a number: the sum says no at once, and is looked into when it is not a number itself."""
    total = sum(values)
    return isnan(total) and any(map(isnan, values))


def cut_after(columns: Columns, position: Position) -> Columns:
    """The points of ``columns``, which are in order, that come after ``position``."""
    at = bisect_left(columns.timestamps, position.timestamp)
    stop = len(columns.values)
    while at < stop and not columns.position(at).follows(position):
        at += 1
    return columns.part(at, stop)


def split_before(columns: Columns, timestamp: int, step: int) -> tuple[Columns, Columns]:
    """The points of ``columns``, which are in order, before (timestamp, step) with any value, and the others."""
    at = bisect_left(list(zip(columns.timestamps, columns.steps, strict=True)), (timestamp, step))
    return columns.part(0, at), columns.part(at, len(columns.values))


def by_step(columns: Columns) -> Columns:
    """The points of ``columns``, which are in order, by (step, timestamp, value) instead."""
    steps = columns.steps
    if all(map(le, steps, islice(steps, 1, None))):
        return columns
    return columns.at(
        sorted(range(len(steps)), key=steps.__getitem__)
    )  # stable: equal steps stay by timestamp and value


def between_steps(columns: Columns, start: int, end: int) -> Columns:
    """The points whose step lies from ``start`` to ``end``, both inside."""
    inside = [start <= step <= end for step in columns.steps]
    return columns if all(inside) else columns.where(inside)
