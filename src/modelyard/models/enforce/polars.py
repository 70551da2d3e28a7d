"""Data frames of Polars."""

from __future__ import annotations

from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded
from modelyard.models.casts import NUMBERS, cast, named
from modelyard.models.enforce.names import pick, specs_of
from modelyard.models.infer.polars import type_of
from modelyard.models.schema import Schema
from modelyard.models.types import AnyType, ColumnType, DataType
from modelyard.models.values import enforce_value

_NAMES = {
    DataType.integer: "Int32",
    DataType.long: "Int64",
    DataType.float: "Float32",
    DataType.double: "Float64",
}


def enforce_frame(schema: Schema, frame: Any) -> Any:
    """The frame with the schema's columns; the same object where it fits already."""
    picked = pick(schema, frame.columns)
    if picked != frame.columns:
        frame = frame.select(picked)
    changed = []
    for place, spec in enumerate(specs_of(schema, picked)):
        series = frame.to_series(place)
        found = _column(spec.type, series, f"Column {picked[place]!r}", required=spec.required)
        if found is not series:
            changed.append(found.alias(picked[place]))
    return frame.with_columns(changed) if changed else frame


def enforce_series(schema: Schema, series: Any) -> Any:
    """A Series where one column is expected."""
    if len(schema) > 1:
        raise InvalidParameter(f"The model takes {len(schema)} columns; give a data frame rather than a Series.")
    spec = schema.inputs[0]
    return _column(spec.type, series, f"Column {spec.name or series.name!r}", required=spec.required)


def _column(of: ColumnType, series: Any, where: str, *, required: bool) -> Any:
    if isinstance(of, AnyType):
        return series
    have = type_of(series.dtype)
    if isinstance(of, DataType):
        if have is of:
            return series if of not in NUMBERS or str(series.dtype) == _NAMES[of] else series.cast(_polars(of))
        if str(series.dtype) == "Object" or (of is DataType.datetime and have is DataType.string):
            return _values(of, series, where)
        if isinstance(have, DataType) and of in NUMBERS and have in NUMBERS and _widens(series, of):
            return series.cast(_polars(of))
    elif not isinstance(have, DataType | AnyType):
        for row, value in enumerate(series.to_list()):
            enforce_value(of, value, f"{where}, row {row}", required=required)
        return series
    if not required and series.null_count() == len(series):
        return series
    raise InvalidParameter(f"{where} is of type {series.dtype}; the model expects {named(of)}.")


def _polars(of: DataType) -> Any:
    return getattr(loaded("polars"), _NAMES[of])


def _widens(series: Any, of: DataType) -> bool:
    return cast(series.drop_nulls().to_numpy(), of) is not None


def _values(of: DataType, series: Any, where: str) -> Any:
    found = [
        enforce_value(of, value, f"{where}, row {row}", required=False) for row, value in enumerate(series.to_list())
    ]
    if str(series.dtype) == "Object":
        return series
    library = loaded("polars")
    assert library is not None
    return library.Series(series.name, found)
