"""Which points of a series its picture needs: of each stretch of the axis the first, the last, the lowest and the highest.

A line through them looks as the line through all points does, however many those are, as long as a stretch is no wider
than a pixel; and each of them is a point that was logged.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from math import isnan
from typing import NamedTuple

from modelyard.services.tracking.sql.metrics.columns import has_nan

PER_STRETCH = 4


class Window(NamedTuple):
    """The part of the axis that is drawn, both ends inside, in stretches of equal width."""

    first: int
    last: int
    stretches: int

    def stretch_of(self, place: int) -> int:
        """The number of the stretch a place lies in."""
        return (place - self.first) * self.stretches // (self.last - self.first + 1)

    def ends(self) -> Iterator[int]:
        """The place behind each stretch. Stretches without a whole number in them have the end of the one before."""
        width = self.last - self.first + 1
        return (self.first + -(-width * number // self.stretches) for number in range(1, self.stretches + 1))


def sample(places: Sequence[int], values: Sequence[float], window: Window) -> list[int]:
    """The indexes of the points to draw, ascending. ``places`` on the axis ascend, and lie in the window.

    NaN is neither the lowest nor the highest; of several equal ones it is the first.

    >>> sample([0, 1, 2, 3, 4, 5], [3.0, 1.0, 2.0, 9.0, 8.0, 8.5], Window(0, 5, 1))
    [0, 1, 3, 5]
    """
    taken: list[int] = []
    with_nan = has_nan(values)
    start = 0
    for edge in window.ends():
        end = bisect_left(places, edge, start)
        if end - start <= PER_STRETCH:
            taken += range(start, end)
        else:
            taken += sorted({start, *_extremes(values[start:end], start, with_nan=with_nan), end - 1})
        start = end
    return taken


def _extremes(values: Sequence[float], start: int, *, with_nan: bool) -> tuple[int, ...]:
    numbers = [value for value in values if not isnan(value)] if with_nan else values
    if not numbers:
        return ()
    return start + values.index(min(numbers)), start + values.index(max(numbers))
