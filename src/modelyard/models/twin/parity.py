"""How far predictions are from those they should equal."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from modelyard.models.libraries import kind_of, numpy

ABSOLUTE = 1e-4
RELATIVE = 1e-4


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Of so many rows, how many differ by more than the tolerance, and the largest differences of numbers.

    ``ties`` counts the rows that differ where they may: two classes are equally likely.
    """

    rows: int
    crossed: int
    ties: int = 0
    absolute: float | None = None
    relative: float | None = None


def difference(expected: Any, found: Any, *, tied: Any = None) -> Difference:
    """Compare row by row. Numbers may differ by the tolerance; classes and texts may not differ; nan equals nan.

    ``tied`` says of each row whether two classes are equally likely: either of them is as right.

    >>> difference([1.0, 2.0], [1.0, 2.5]).crossed
    1
    """
    library = numpy("Comparing models")
    want, have = _plain(expected), _plain(found)
    rows = int(want.shape[0]) if want.ndim else 1
    if want.shape != have.shape:
        return Difference(rows=rows, crossed=rows)
    want, have = want.reshape(rows, -1), have.reshape(rows, -1)
    if want.dtype.kind != "f":
        other = (want != have).any(axis=1)
        equal = other & tied if tied is not None else other & False
        return Difference(rows=rows, crossed=int((other & ~equal).sum()), ties=int(equal.sum()))
    want, have = want.astype("float64"), have.astype("float64")
    with library.errstate(invalid="ignore", divide="ignore"):
        equal = (want == have) | (library.isnan(want) & library.isnan(have))
        gap = library.where(equal, 0.0, library.abs(want - have))
        gap = library.where(library.isnan(gap), math.inf, gap)
        share = library.where(gap == 0, 0.0, gap / library.maximum(library.abs(want), library.finfo("float64").tiny))
        crossed = gap > ABSOLUTE + RELATIVE * library.abs(want)
    crossed |= library.isinf(gap)
    return Difference(
        rows=rows,
        crossed=int(crossed.any(axis=1).sum()),
        absolute=float(gap.max(initial=0.0)),
        relative=float(share.max(initial=0.0)),
    )


def _plain(predictions: Any) -> Any:
    if kind_of(predictions) in ("pandas", "series"):
        predictions = predictions.to_numpy()
    array = numpy("Comparing models").asarray(predictions)
    return array.astype(str).astype(object) if array.dtype.kind in "OUS" else array
