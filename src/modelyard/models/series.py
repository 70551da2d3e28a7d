"""Columns of pandas made from plain values."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from modelyard.models.libraries import pandas
from modelyard.models.types import ColumnType, DataType
from modelyard.models.values import is_missing

_NULLABLE = {DataType.boolean: "boolean", DataType.integer: "Int32", DataType.long: "Int64"}


def make_series(of: ColumnType, values: Collection[Any]) -> Any:
    """A Series of values that fit the type, with the data type MLflow's models expect.

    Whole numbers and truth values with gaps get pandas' nullable types, since numpy's have no value for what is missing.
    """
    library = pandas("Lists and dicts for this model")
    listed = list(values)
    if not isinstance(of, DataType) or of is DataType.binary:
        return library.Series(listed, dtype=object)
    if of is DataType.string:
        return library.Series(listed, dtype=None if any(isinstance(value, str) for value in listed) else object)
    if of is DataType.datetime:
        return _moments(library, library.Series(listed, dtype=object))
    if of in _NULLABLE and any(map(is_missing, listed)):
        return library.Series([None if is_missing(value) else value for value in listed], dtype=_NULLABLE[of])
    return library.Series(listed, dtype=of.to_pandas())


def _moments(library: Any, series: Any) -> Any:
    """Dates and datetimes as pandas' own; those of several zones, which one column of pandas cannot hold, stay objects."""
    if not len(series):
        return series.astype(DataType.datetime.to_pandas())
    try:
        return library.to_datetime(series)
    except (ValueError, TypeError):
        return series
