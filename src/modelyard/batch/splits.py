"""What a forest's walk is spared: comparing numbers with borders at each step, and the first splits of each tree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from modelyard.models.libraries import numpy

_WAYS = 63
"""Ways out of a tree's first splits: a number of 64 bits has one for each, and its sign."""

_CELLS, _CROWDED = 4_096, 16
"""Cells of a column's borders at least, and borders in one of them beyond which all are searched."""


class Nodes(NamedTuple):
    """The nodes of some trees, level by level and tree by tree; a tree's begin at its ``start``.

    A row goes to ``child`` or, where its number is larger than the threshold, to the node behind it. A leaf is its own child.
    """

    column: Any
    threshold: Any
    child: Any
    start: Any

    def splits(self) -> Any:
        """Which of them are no leaves."""
        return self.child != numpy().arange(len(self.child))


class Borders:
    """A column's borders, and the places of numbers among them: how many borders are less.

    Cells of equal width tell it but for the borders in the number's own cell, which are looked at one after the other.
    """

    def __init__(self, borders: Any) -> None:
        library = numpy()
        self._borders = library.append(borders, library.float32("inf"))
        self._low = library.float64(borders[0])
        self._last = max(_CELLS, 2 * len(borders)) - 1
        width = float(borders[-1]) - float(borders[0])
        self._scale = self._last / width if width else library.float64(0)
        self._most, self._first = _CROWDED + 1, None
        if math.isfinite(width):
            cells = self._cells(borders)
            self._first = library.searchsorted(cells, library.arange(self._last + 1))
            self._most = int(library.bincount(cells).max())

    def places(self, numbers: Any) -> Any:
        """The number of borders that are less than each of the numbers."""
        library = numpy()
        if self._most > _CROWDED or self._first is None:
            return library.searchsorted(self._borders, numbers)
        numbers = library.ascontiguousarray(numbers)
        found = self._first.take(self._cells(numbers))
        for _ in range(self._most):
            found += numbers > self._borders.take(found)
        return found

    def _cells(self, numbers: Any) -> Any:
        """Cells never fall where numbers grow, however they are rounded: what is in a cell before is less."""
        return ((numbers - self._low) * self._scale).clip(0, self._last).astype("i8")


class Entrance:
    """The first splits of some trees: rows come through them at once, by their places among these splits' borders."""

    def __init__(self, tables: Sequence[Any], ways: Any) -> None:
        self._tables = tables  # one for each column with borders: which ways are left at a place, (places, trees)
        self._ways = ways  # the node at the end of each way, (trees, ways)

    def nodes(self, places: Sequence[Any]) -> Any:
        """The nodes that rows come to, (trees, rows); ``places`` are in the order of the tables."""
        library = numpy()
        left = library.full((1, len(self._ways)), -1)
        for table, place in zip(self._tables, places, strict=True):
            found = table.take(place, axis=0, mode="clip")
            found &= left
            left = found
        left &= -left  # the first way that is left, as a power of two; as a float it has its logarithm for an exponent
        way = left.astype("f8").view("i8")
        way >>= 52
        way += library.arange(-1023, -1023 + self._ways.size, _WAYS)
        return self._ways.take(way.T, mode="clip")


def entrances(nodes: Nodes, columns: Sequence[int], group: int) -> tuple[list[Any], list[Entrance]]:
    """For each of the columns the borders of the trees' first splits; and the entrances of so many trees each."""
    library = numpy()
    ends = [*nodes.start[1:], len(nodes.child)]
    tops = [_Top(nodes.child, start, end) for start, end in zip(nodes.start, ends, strict=True)]
    inner, remains = (library.concatenate([getattr(top, name) for top in tops]) for name in ("inner", "remains"))
    owner = library.arange(len(tops)).repeat([len(top.inner) for top in tops])
    borders, tables = [], []
    for column in columns:
        on = nodes.column[inner] == column
        known, place = library.unique(nodes.threshold[inner[on]], return_inverse=True)
        table = library.full((len(known) + 1, len(tops)), -1)
        library.bitwise_and.at(table, (place + 1, owner[on]), remains[on])
        borders.append(known)
        tables.append(library.bitwise_and.accumulate(table, axis=0))
    ways = library.array([top.ways for top in tops])
    return borders, [
        Entrance([library.ascontiguousarray(table[:, at : at + group]) for table in tables], ways[at : at + group])
        for at in range(0, len(tops), group)
    ]


class _Top:
    """The first splits of a tree: ``inner``, their nodes; ``remains``, for each the ways that remain where a row goes to the
    second child, as bits; ``ways``, the node at the end of each way, from the first child's to the second's.
    """

    def __init__(self, child: Any, start: int, end: int) -> None:
        library = numpy()
        places = library.arange(start, end)
        self.inner = places[child[start:end] != places][: _WAYS - 1]
        first = dict(zip(self.inner.tolist(), child[self.inner].tolist(), strict=True))
        width: dict[int, int] = {}
        for node in reversed(first):
            width[node] = sum(width.get(each, 1) for each in (first[node], first[node] + 1))
        begin, remains = {int(start): 0}, []
        for node, left in first.items():
            ways = width.get(left, 1)
            begin[left], begin[left + 1] = begin[node], begin[node] + ways
            remains.append(~(((1 << ways) - 1) << begin[node]))
        self.remains = library.array(remains, dtype="i8")
        self.ways = [int(start)] * _WAYS
        for node, way in begin.items():
            if node not in first:
                self.ways[way] = node
