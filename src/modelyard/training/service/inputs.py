"""Rows to predict, checked against what the model was trained on. Messages name the field and never repeat a text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from modelyard.core.errors import BadRequest, InvalidParameter
from modelyard.models.libraries import numpy, pandas
from modelyard.training.data import NUMBER, load
from modelyard.training.result import Feature

JSON, CSV = "json", "csv"
MOST_ROWS = 1_000_000
MOST_WARNINGS = 100
FAR = 0.5
"""A number is far outside when it is beyond the range of the training data by more than this share of its width."""

_SHOWN = 20
_KINDS = {
    str: "a text",
    bool: "true or false",
    list: "a list",
    dict: "an object",
    int: "a number",
    float: "a number",
    type(None): "null",
}


class Warned(msgspec.Struct, frozen=True):
    """A value far outside what the model was trained on."""

    row: int
    field: str
    message: str


class Rows(msgspec.Struct, frozen=True):
    """Rows as a data frame, and whether they were one object and not a list."""

    frame: Any
    single: bool


def read(body: bytes, kind: str, features: Sequence[Feature], target: str) -> Rows:
    """The rows of a body, JSON or CSV, as the model takes them.

    Raises ``BadRequest`` for a body that is none, ``InvalidParameter`` naming the row and the field that does not fit.
    """
    if not features:
        raise InvalidParameter("This model has no named columns; it cannot be asked for predictions here.")
    if kind == CSV:
        return _of_csv(body, features, target)
    rows, single = _of_json(body)
    if len(rows) > MOST_ROWS:
        raise InvalidParameter(f"{len(rows):,} rows in one request; at most {MOST_ROWS:,} are predicted at once.")
    wanted = {feature.name for feature in features}
    for place, row in enumerate(rows):
        if type(row) is not dict:
            raise InvalidParameter(f"Row {place} is {_KINDS[type(row)]}; a row is an object of names and values.")
        if row.keys() != wanted:
            raise _names(list(row), features, target, "" if single else f"Row {place}: ")
    columns = {feature.name: _column(rows, feature, single=single) for feature in features}
    return Rows(_frame(columns, features), single)


def _frame(columns: dict[str, list[Any]], features: Sequence[Feature]) -> Any:
    names, make = list(columns), pandas("Predicting").DataFrame
    if any(feature.type != NUMBER for feature in features):
        return make(columns, columns=names)
    return make(numpy("Predicting").array(list(columns.values()), dtype="float64").T, columns=names)


def warnings_of(frame: Any, limits: dict[str, tuple[float, float]]) -> list[Warned]:
    """Numbers far outside the ranges of the training data; the first hundred of them."""
    found: list[Warned] = []
    for name, (low, high) in limits.items():
        if name not in frame.columns:
            continue
        margin = FAR * (high - low)
        values = frame[name].to_numpy()
        for row in ((values < low - margin) | (values > high + margin)).nonzero()[0].tolist():
            if len(found) >= MOST_WARNINGS:
                return found
            message = f"{values[row]:g} is far outside the training data, which has {low:g} to {high:g}"
            found.append(Warned(row, name, message))
    return found


def _of_json(body: bytes) -> tuple[list[Any], bool]:
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise BadRequest(f"The body is not JSON: {error}.") from None
    if isinstance(found, dict):
        return [found], True
    if isinstance(found, list):
        return found, False
    raise InvalidParameter(f"The body is {_KINDS[type(found)]}; send an object of names and values, or a list of them.")


def _of_csv(body: bytes, features: Sequence[Feature], target: str) -> Rows:
    frame = load(body, name="The body").frame
    names = [feature.name for feature in features]
    if set(frame.columns) != set(names):
        raise _names(list(frame.columns), features, target, "")
    if len(frame) > MOST_ROWS:
        raise InvalidParameter(f"{len(frame):,} rows in one request; at most {MOST_ROWS:,} are predicted at once.")
    columns = {feature.name: _csv_column(frame[feature.name], feature) for feature in features}
    return Rows(pandas("Predicting").DataFrame(columns, columns=names), False)


def _csv_column(column: Any, feature: Feature) -> Any:
    absent = column.isna()
    if absent.any():
        raise InvalidParameter(f"Row {int(absent.to_numpy().argmax())}: The field {feature.name!r} is empty.")
    if feature.type != NUMBER:
        return column.astype("str")
    if column.dtype.kind not in "iuf" and len(column):
        places = pandas("Predicting").to_numeric(column.astype("str"), errors="coerce").isna().to_numpy()
        raise InvalidParameter(f"Row {int(places.argmax())}: The field {feature.name!r} must be a number, not a text.")
    return column.astype("float64")


def _names(given: Sequence[str], features: Sequence[Feature], target: str, where: str) -> InvalidParameter:
    missing = [feature.name for feature in features if feature.name not in given]
    if missing:
        return InvalidParameter(f"{where}The field {_listed(missing)} is missing.")
    extra = [name for name in given if name not in {feature.name for feature in features}]
    if extra == [target]:
        return InvalidParameter(f"{where}The field {target!r} is what is predicted; leave it out.")
    known = _listed([feature.name for feature in features])
    return InvalidParameter(f"{where}The field {_listed(extra)} is unknown: the model was trained on {known}.")


def _column(rows: Sequence[dict[str, Any]], feature: Feature, *, single: bool) -> list[Any]:
    values = [row[feature.name] for row in rows]
    allowed = {int, float} if feature.type == NUMBER else {str}
    if not set(map(type, values)) <= allowed:
        place = next(at for at, value in enumerate(values) if type(value) not in allowed)
        wanted = "a number" if feature.type == NUMBER else "a text"
        where = "" if single else f"Row {place}: "
        raise InvalidParameter(
            f"{where}The field {feature.name!r} must be {wanted}, not {_KINDS.get(type(values[place]), 'something else')}."
        )
    if feature.type != NUMBER:
        return values
    for place, value in enumerate(values):
        if not -1e308 < value < 1e308 or math.isnan(value):
            where = "" if single else f"Row {place}: "
            raise InvalidParameter(f"{where}The field {feature.name!r} is no finite number.")
    return [float(value) for value in values]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:100]) for name in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
