"""Trees of decisions as one table of nodes, and the walk of many rows through all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.models.libraries import numpy

_RECORD = 16  # bytes of a node: threshold (float64), column (int32), first child (int32)
_REST = 4  # levels between two looks at which walks have ended


class Trees(msgspec.Struct, frozen=True):
    """All nodes of ``count`` trees: the roots first, then level by level, so that a node's children are neighbours.

    A row goes to the second child where its number is larger than the threshold, else to the first. A leaf is its own
    first child and no number is larger than its threshold, so that walks of different lengths go on side by side. Threshold,
    column and child lie in one number of sixteen bytes, which a step of the walk fetches at once. No leaf is less than
    ``least`` steps from its root, and none more than ``most``.
    """

    nodes: Any
    count: int
    least: int
    most: int

    def leaves(self, rows: Any) -> Any:
        """The node each row ends at in each tree: (trees, rows). ``rows`` are float64, and none is NaN."""
        library = numpy()
        many, columns = rows.shape
        flat = library.ascontiguousarray(rows).reshape(-1)
        ends = library.arange(self.count).repeat(many)
        starts = library.arange(0, many * columns, columns)
        offsets = library.broadcast_to(starts, (self.count, many)).reshape(-1)
        int32, float64 = library.int32, library.float64
        node, walking = ends, None
        for level in range(self.most):
            record = self.nodes.take(node, mode="clip")
            parts = record.view(int32)
            larger = flat.take(parts[2::4] + offsets, mode="clip") > record.view(float64)[::2]
            after = parts[3::4] + larger
            if level < self.least or (level - self.least) % _REST:
                node = after
                continue
            going = (after != node).nonzero()[0]
            _keep(ends, walking, after)
            if not len(going):
                return ends.reshape(self.count, many)
            walking = going if walking is None else walking.take(going)
            node, offsets = after.take(going), offsets.take(going)
        _keep(ends, walking, node)
        return ends.reshape(self.count, many)

    def splits(self) -> tuple[Any, Any]:
        """Column and threshold of every node that is no leaf."""
        inner = self._children() != numpy().arange(len(self.nodes))
        return self.nodes.view("int32")[2::4][inner], self.nodes.view("float64")[::2][inner]

    def _children(self) -> Any:
        return self.nodes.view("int32")[3::4]

    def check(self, columns: int) -> None:
        """Raise ``InvalidParameter`` where a walk could leave the table or go on for ever, or meet a column that is not there."""
        library = numpy()
        nodes = self.nodes
        if nodes.ndim != 1 or nodes.dtype != "complex128" or not 0 < self.count <= len(nodes):
            raise InvalidParameter("A table of nodes is not as it should be.")
        places, children, column = library.arange(len(nodes)), self._children(), nodes.view("int32")[2::4]
        inner = children != places
        if column.min() < 0 or column.max() >= columns or bool((children < places).any()):
            raise InvalidParameter("A node of a tree leads to what is not there.")
        if bool((children[inner] + 1 >= len(nodes)).any()) or not 0 <= self.least <= self.most < len(nodes) + 1:
            raise InvalidParameter("A node of a tree leads to what is not there.")
        if not bool((nodes.view("float64")[::2][~inner] == library.inf).all()):
            raise InvalidParameter("A leaf of a tree is none.")

    def arrays(self) -> dict[str, Any]:
        """The table and its measures."""
        return {"nodes": self.nodes, "trees": numpy().array([self.count, self.least, self.most])}


def _keep(ends: Any, walking: Any, node: Any) -> None:
    if walking is None:
        ends[:] = node
    else:
        ends[walking] = node


def open_trees(arrays: Mapping[str, Any]) -> Trees:
    """The trees that ``Trees.arrays`` wrote; to be checked."""
    count, least, most = (int(each) for each in arrays["trees"])
    return Trees(arrays["nodes"], count, least, most)


class Tree(msgspec.Struct, frozen=True):
    """One tree as frameworks have it: for each node the two children (the first negative for a leaf), the column and the
    threshold, and the value of each node, (nodes, outputs).
    """

    left: Any
    right: Any
    column: Any
    threshold: Any
    value: Any


def together(trees: Sequence[Tree]) -> tuple[Trees, Any]:
    """The table of several trees, and the value of each of its nodes."""
    library = numpy()
    starts = library.cumsum([0, *(len(tree.left) for tree in trees)])
    leaf = library.concatenate([tree.left < 0 for tree in trees])
    first = library.concatenate([tree.left + start for tree, start in zip(trees, starts, strict=False)])
    second = library.concatenate([tree.right + start for tree, start in zip(trees, starts, strict=False)])
    order, children, least = _by_level(starts[:-1], leaf, first, second)
    old = library.concatenate(order)
    is_leaf = leaf[old]
    table = library.empty(len(old), dtype="complex128")
    table.view("float64")[::2] = library.where(
        is_leaf, library.inf, library.concatenate([tree.threshold for tree in trees])[old]
    )
    column = library.concatenate([tree.column for tree in trees])[old]
    table.view("int32")[2::4] = library.where(is_leaf, 0, column)
    table.view("int32")[3::4] = library.concatenate(children)
    values = library.concatenate([tree.value for tree in trees])[old]
    return Trees(table, len(trees), least, len(order) - 1), values


def _by_level(roots: Any, leaf: Any, first: Any, second: Any) -> tuple[list[Any], list[Any], int]:
    """The nodes of each level by their old places, the new place of the first child of each, and the first level with leaves."""
    library = numpy()
    order, children, levels = [], [], []
    level, end = roots, len(roots)
    while len(level):
        if end > len(leaf):
            raise InvalidParameter("The nodes of a tree lead in a circle.")
        inner = ~leaf[level]
        parents = level[inner]
        places = library.arange(end - len(level), end)
        places[inner] = end + 2 * library.arange(len(parents))
        order.append(level)
        children.append(places)
        levels.append(bool(inner.all()))
        level = library.stack([first[parents], second[parents]], axis=1).reshape(-1)
        end += len(level)
    return order, children, levels.index(False)
