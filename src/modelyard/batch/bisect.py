"""A chunk with rows the model refuses: they are found by halves, and all others are scored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from modelyard.batch.arrow import arrow, compute
from modelyard.batch.rows import Bad
from modelyard.core.errors import MissingExtra, ModelFailed, ModelyardError
from modelyard.models.libraries import kind_of, numpy

SAMPLED = 16
_MOST_SHOWN = 300
_PLACE = re.compile(r",? \(?row 0\)?")

Predict = Callable[[Any], Mapping[str, Any]]


class Found(NamedTuple):
    """The predictions of the rows that could be scored, their places, and those that could not."""

    outputs: Mapping[str, Any] | None
    good: Any
    bad: list[Bad]


class NothingScoredError(Exception):
    """Not one of some rows from all over a chunk could be scored."""


def size_of(features: Any) -> int:
    """How many rows there are."""
    return len(features)


def take(features: Any, places: Any) -> Any:
    """Some of the rows."""
    if isinstance(features, list):
        return [features[place] for place in places]
    return features.take(arrow().array(places))


def search(predict: Predict, features: Any, *, sample: bool) -> Found:
    """Predict on what can be predicted on. With ``sample`` a few rows are tried first.

    Raises ``NothingScoredError`` when none of those works: then something is wrong with more than some rows.
    """
    count = size_of(features)
    if sample and count >= SAMPLED:
        _try_some(predict, features, count)
    pieces: list[tuple[Any, Mapping[str, Any]]] = []
    bad: list[Bad] = []
    pending = [places for places in _by_gaps(features, count) if len(places)]
    while pending:
        places = pending.pop()
        try:
            pieces.append((places, predict(take(features, places))))
        except Exception as error:
            if is_final(error):
                raise
            if len(places) == 1:
                bad.append((int(places[0]), reason_of(error)))
            else:
                middle = len(places) // 2
                pending += [places[middle:], places[:middle]]
    return _merged(pieces, bad)


def reason_of(error: BaseException) -> str:
    """Why a row is refused, in one line."""
    text = error.message if isinstance(error, ModelyardError) else f"{type(error).__name__}: {error}"
    lines = text.strip().splitlines() or [type(error).__name__]
    return _PLACE.sub("", lines[0])[:_MOST_SHOWN]


def is_final(error: BaseException) -> bool:
    """Whether the error is not about the rows: something is missing, or the model answers in a form that cannot be written."""
    return isinstance(error, MissingExtra | ModelFailed | MemoryError)


def _try_some(predict: Predict, features: Any, count: int) -> None:
    last: BaseException | None = None
    for place in numpy().linspace(0, count - 1, SAMPLED, dtype="int64"):
        try:
            predict(take(features, [place]))
        except Exception as error:  # noqa: BLE001 - a model may raise anything
            last = error
        else:
            return
    raise NothingScoredError(reason_of(last) if last else "") from last


def _by_gaps(features: Any, count: int) -> list[Any]:
    """Rows without and with missing values, apart: those with are the likely ones."""
    everything = numpy().arange(count)
    if kind_of(features) != "arrow" or not features.num_columns:
        return [everything]
    gaps = numpy().zeros(count, dtype=bool)
    for column in features.columns:
        floating = arrow().types.is_floating(column.type)
        found = compute().is_null(column, nan_is_null=True) if floating else column.is_null()
        gaps |= found.to_numpy()
    return [everything[gaps], everything[~gaps]]


def _merged(pieces: list[tuple[Any, Mapping[str, Any]]], bad: list[Bad]) -> Found:
    bad.sort()
    if not pieces:
        return Found(None, numpy().empty(0, dtype="int64"), bad)
    good = numpy().concatenate([places for places, _ in pieces])
    order = numpy().argsort(good, kind="stable")
    names = pieces[0][1].keys()
    for _, outputs in pieces:
        if outputs.keys() != names:
            raise ModelFailed("The model answers with other columns for some rows than for others.")
    library = arrow()
    joined = library.concat_tables(
        [library.table(dict(outputs)) for _, outputs in pieces], promote_options="permissive"
    ).take(library.array(order))
    return Found({name: joined.column(name).combine_chunks() for name in names}, good[order], bad)
