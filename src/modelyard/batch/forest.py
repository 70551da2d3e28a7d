"""Forests as numbers: many rows walk through many trees at once, and end where the forest itself takes them.

Only the order of numbers matters to a tree, so rows are first told as places among the borders of all trees; a step is then one
sum. The first splits of a tree are not walked at all. Each way out of them has a bit, and a table for each column says which
ways remain at a place; the first way that all columns leave is the row's. (C. Lucchese et al., "QuickScorer: a Fast Algorithm to
Rank Documents with Additive Ensembles of Regression Trees", SIGIR 2015.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from modelyard.batch.splits import Borders, Nodes, entrances
from modelyard.core.errors import InvalidParameter
from modelyard.models.libraries import numpy
from modelyard.serving.fastpath.trees import Tree, together

_STAND = 100
"""Trees that share their borders: what they need grows with the square of their number."""

_GROUP = 4
"""Trees that are walked at once."""

_ROWS = 8_192
"""Rows that walk at once; with a group of trees they are about what a processor keeps at hand."""

_SURE, _EVERY = 5, 2
"""Steps before it is first asked which walks have ended, and between two times."""

_ARRAYS = ("children_left", "children_right", "feature", "threshold", "value")
_COLUMN_BITS, _PLACE_BITS = 8, 24
"""A node is a number: its column, above it how far its border is from the highest place, above that its child."""


class Forest:
    """The mean of what rows find in trees of one output, which have the attributes of scikit-learn's.

    It predicts what a scikit-learn forest of regression predicts, bit by bit: rows are rounded to single precision, and values
    are added in the order of the trees. Any thread may ask it. Raises ``InvalidParameter`` for more columns than its numbers
    have room for, and for trees that are none.
    """

    def __init__(self, trees: Sequence[Any], columns: int) -> None:
        if columns > 1 << _COLUMN_BITS:
            raise InvalidParameter(f"There is no room for {columns} columns in the numbers of a forest.")
        self.columns = columns
        self._trees = trees
        self._stands = [_Stand(trees[start : start + _STAND], columns) for start in range(0, len(trees), _STAND)]

    def predict(self, rows: Any) -> Any:
        """Predictions, (rows,), for a matrix (rows, columns) of numbers that are finite in single precision."""
        library = numpy()
        rows = library.asarray(rows, dtype="float32")
        sums = library.zeros(len(rows))
        for start in range(0, len(rows), _ROWS):
            for stand in self._stands:
                stand.add(rows[start : start + _ROWS], sums[start : start + _ROWS])
        return sums / len(self._trees)

    def arrays(self) -> dict[str, Any]:
        """The arrays of its trees, one after the other; ``open_forest`` makes it again."""
        library = numpy()
        found = {name: library.concatenate([getattr(each, name) for each in self._trees]) for name in _ARRAYS}
        return {
            **found,
            "nodes": library.array([len(each.feature) for each in self._trees]),
            "columns": library.array(self.columns),
        }


def open_forest(arrays: Mapping[str, Any]) -> Forest:
    """The forest whose ``arrays`` these are."""
    ends = numpy().cumsum(arrays["nodes"])
    parts = [slice(end - length, end) for end, length in zip(ends, arrays["nodes"], strict=True)]
    trees = [SimpleNamespace(**{name: arrays[name][part] for name in _ARRAYS}) for part in parts]
    return Forest(trees, int(arrays["columns"]))


class _Stand:
    """Some trees of a forest; all their nodes lie in one array."""

    def __init__(self, trees: Sequence[Any], columns: int) -> None:
        library = numpy()
        nodes, self._values = _joined(trees)
        splits = nodes.splits()
        height = library.zeros(len(nodes.child), "i8")
        self._columns = columns
        self._split = [column for column in range(columns) if (nodes.column[splits] == column).any()]
        self._borders, borders = [], []
        for column in self._split:
            here = library.flatnonzero(splits & (nodes.column == column))
            known, place = library.unique(nodes.threshold[here], return_inverse=True)
            height[here] = (1 << _PLACE_BITS) - 1 - place
            borders.append(known)
            self._borders.append(Borders(known))
        self._nodes = (((nodes.child << _PLACE_BITS) | height) << _COLUMN_BITS) | nodes.column
        first, self._entrances = entrances(nodes, self._split, _GROUP)
        self._first = [  # the place among the borders of first splits, by the place among all
            library.searchsorted(some, [*known, library.inf]) for some, known in zip(first, borders, strict=True)
        ]

    def add(self, rows: Any, sums: Any) -> None:
        """Add what each row finds, tree after tree, to its sum."""
        places = numpy().zeros((len(rows), self._columns), "i8")
        first = []
        for column, borders, among in zip(self._split, self._borders, self._first, strict=True):
            found = borders.places(rows[:, column])
            places[:, column] = found << _COLUMN_BITS
            first.append(among.take(found))
        for entrance in self._entrances:
            for value in self._values.take(self._leaves(places, entrance.nodes(first))):
                sums += value

    def _leaves(self, places: Any, node: Any) -> Any:
        """The leaves, (trees, rows), that rows come to from nodes, (trees, rows)."""
        library = numpy()
        many, columns = places.shape
        shape = len(node), many
        numbers, offset = places.reshape(-1), library.arange(0, many * columns, columns)
        offset = library.broadcast_to(offset, shape).reshape(-1)
        node = library.broadcast_to(node, shape).reshape(-1)
        ends, walking, step = node, None, 0
        while True:
            step += 1
            after = self._nodes.take(node, mode="clip")
            column = after & ((1 << _COLUMN_BITS) - 1)
            column += offset
            after += numbers.take(column, mode="clip")  # a place above the border makes the child one more
            after >>= _COLUMN_BITS + _PLACE_BITS
            if step < _SURE or (step - _SURE) % _EVERY:
                node = after
                continue
            going = library.flatnonzero(after != node)
            if walking is None:
                ends = after
            else:
                ends[walking] = after
            if not len(going):
                return ends.reshape(shape)
            walking = going if walking is None else walking.take(going)
            node, offset = after.take(going), offset.take(going)


def _joined(trees: Sequence[Any]) -> tuple[Nodes, Any]:
    """The nodes of trees, and their values."""
    library = numpy()
    found = [
        together([Tree(each.children_left, each.children_right, each.feature, each.threshold, each.value[:, 0, 0])])
        for each in trees
    ]
    lengths = [len(values) for _, values in found]
    start = library.cumsum([0, *lengths[:-1]])
    table = library.concatenate([table.nodes for table, _ in found])
    whole = table.view("i4").astype("i8")
    nodes = Nodes(whole[2::4], _rounded_down(table.view("f8")[::2]), whole[3::4] + start.repeat(lengths), start)
    return nodes, library.concatenate([values for _, values in found])


def _rounded_down(thresholds: Any) -> Any:
    """The largest numbers of single precision that are not above: what is larger than either is larger than both."""
    library = numpy()
    with library.errstate(over="ignore"):
        found = thresholds.astype("float32")
    return library.where(found > thresholds, library.nextafter(found, library.float32("-inf")), found)
