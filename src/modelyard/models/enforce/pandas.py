"""Data frames of pandas."""

from __future__ import annotations

from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.models.casts import NUMBERS, cast, named, numpy_type
from modelyard.models.casts import type_of as type_of_numpy
from modelyard.models.enforce.names import pick, specs_of
from modelyard.models.infer.pandas import type_of
from modelyard.models.libraries import pandas
from modelyard.models.schema import Schema
from modelyard.models.types import AnyType, ColumnType, DataType
from modelyard.models.values import enforce_value, fitting

_WHOLE = (DataType.integer, DataType.long)


def enforce_frame(schema: Schema, frame: Any) -> Any:
    """The frame with the schema's columns; the same object where it fits already."""
    columns = frame.columns.tolist()
    picked = pick(schema, columns)
    if picked != columns:
        places = {name: place for place, name in enumerate(columns)} if schema.has_input_names() else None
        frame = frame.take([places[name] for name in picked] if places else range(len(picked)), axis=1)
    changed = {}
    for place, (spec, dtype) in enumerate(zip(specs_of(schema, picked), frame.dtypes.tolist(), strict=True)):
        if not _fits(spec.type, dtype):
            series = frame.iloc[:, place]
            found = _column(spec.type, series, f"Column {picked[place]!r}", required=spec.required)
            if found is not series:
                changed[place] = found
    if changed:
        frame = frame.copy(deep=False)
        for place, series in changed.items():
            frame.isetitem(place, series)
    return frame


def enforce_series(schema: Schema, series: Any) -> Any:
    """A Series where one column is expected."""
    spec = schema.inputs[0]
    if len(schema) > 1 or (spec.name is not None and series.name is not None and spec.name != series.name):
        pick(schema, [series.name])
        raise InvalidParameter(f"The model takes {len(schema)} columns; give a data frame rather than a Series.")
    return _column(
        spec.type, series, f"Column {spec.name if spec.name is not None else series.name!r}", required=spec.required
    )


def _fits(of: ColumnType, dtype: Any) -> bool:
    """Whether every value of such a column is of the type, told without looking at one."""
    if isinstance(of, DataType):
        if of is DataType.string:
            return type(dtype).__name__ == "StringDtype"
        return dtype is numpy_type(of) or (of is DataType.datetime and dtype.kind == "M")
    return isinstance(of, AnyType)


def _column(of: ColumnType, series: Any, where: str, *, required: bool) -> Any:
    dtype = series.dtype
    if _fits(of, dtype):
        return series
    if dtype.kind == "O" and not hasattr(dtype, "categories") and type_of(dtype) is None:
        return _objects(of, series, where, required=required)
    if isinstance(of, DataType):
        found = _cast(of, series)
        if found is not None:
            return found
        if of is DataType.datetime and type(dtype).__name__ == "StringDtype":
            return _datetimes(series, where)
    elif hasattr(dtype, "pyarrow_dtype"):
        _objects(of, series.astype(object), where, required=required)
        return series
    if not required and bool(series.isna().all()):
        return series
    raise _mismatch(of, series, where)


def _cast(of: DataType, series: Any) -> Any:
    """The column cast without loss, or None. Columns of pandas' own kinds stay of their kind where they fit."""
    dtype = series.dtype
    if type(dtype).__module__.startswith("numpy"):
        array = series.to_numpy()
        found = cast(array, of)
        return None if found is None else series if found is array else series.astype(numpy_type(of))
    have = type_of(dtype)
    if have is of:
        return series
    if have is None or not isinstance(have, DataType) or hasattr(dtype, "categories"):
        return None
    inner = getattr(dtype, "numpy_dtype", None) or getattr(dtype, "subtype", None)
    if inner is None or type_of_numpy(inner) is None:
        return None
    if cast(series.dropna().to_numpy(dtype=inner), of) is None:
        return None
    gaps = of in _NULLABLE and bool(series.isna().any())
    return series.astype(_NULLABLE[of] if gaps else numpy_type(of))


_NULLABLE = {DataType.integer: "Int32", DataType.long: "Int64"}


def _objects(of: ColumnType, series: Any, where: str, *, required: bool) -> Any:
    """A column of Python objects, value by value; the same Series where none changed."""
    values = series.tolist()
    fits = fitting(of)
    found = []
    for row, value in enumerate(values):
        kept = fits(value) if fits is not None else None
        if kept is None:
            # A gap is refused only where a number has to be whole: no other column lacks a value for it.
            strict = required and (fits is None or of in _WHOLE)
            kept = enforce_value(of, value, f"{where}, row {row}", required=strict)
        found.append(kept)
    if of is DataType.datetime and any(isinstance(value, str) for value in values):
        return _datetimes(series, where)
    if any(new is not old for new, old in zip(found, values, strict=True)):
        series = pandas().Series(found, index=series.index, name=series.name, dtype=object)
    return _tightened(of, series)


def _tightened(of: ColumnType, series: Any) -> Any:
    """Numbers and truth values held as objects, as what they are; whole numbers with gaps, texts and bytes stay objects."""
    if of in NUMBERS:
        gaps = bool(series.isna().any())
        return series if gaps and of in _WHOLE else series.astype(numpy_type(of))
    if of is DataType.boolean and not bool(series.isna().any()):
        return series.astype(bool)
    if of is DataType.datetime:
        found = series.infer_objects()
        return found if found.dtype.kind == "M" else _datetimes(series, "") if bool(series.isna().all()) else series
    return series


def _datetimes(series: Any, where: str) -> Any:
    try:
        return pandas().to_datetime(series, format="ISO8601")
    except (ValueError, TypeError) as error:
        raise InvalidParameter(
            f"{where} is of type {series.dtype} with texts that are no datetimes; write them in ISO form."
        ) from error


def _mismatch(of: ColumnType, series: Any, where: str) -> InvalidParameter:
    hint = ""
    if of in _WHOLE and series.dtype.kind == "f" and bool(series.isna().any()):
        hint = (
            " Its missing values turned whole numbers into floats: convert it with astype('Int64'), or infer the signature from"
            " data with missing values."
        )
    return InvalidParameter(f"{where} is of type {series.dtype}; the model expects {named(of)}.{hint}")
