"""The columns of pandas."""

from __future__ import annotations

from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.models import casts
from modelyard.models.infer import arrow
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.types import ColumnType, DataType
from modelyard.models.values import infer_elements


def infer_frame(frame: Any) -> Schema:
    """A column spec for each column of a DataFrame; a column with missing values is optional."""
    columns = frame.columns.tolist()
    if twice := sorted({str(name) for name in columns if columns.count(name) > 1}):
        raise InvalidParameter(f"The data frame has several columns of the same name: {', '.join(twice)}; rename them.")
    return Schema([infer_column(frame.iloc[:, place], name) for place, name in enumerate(columns)])


def infer_series(series: Any) -> Schema:
    """The one column of a Series."""
    spec = infer_column(series, series.name)
    return Schema([spec if spec.name is not None else ColSpec(spec.type)])


def infer_column(series: Any, name: Any) -> ColSpec:
    """The spec of one column."""
    where = f"Column {name!r}"
    if not isinstance(name, str | int | None):
        raise InvalidParameter(
            f"{where} is named by a {type(name).__name__}; in a signature names are strings or whole numbers."
        )
    missing = bool(series.isna().any())
    of = type_of(series.dtype)
    if of is None and series.dtype.kind == "O":
        of = infer_elements(series.tolist(), where)
    if of is None:
        raise InvalidParameter(
            f"{where} is of type {series.dtype}, which has no type in a signature; {_way_out(series.dtype)}."
        )
    return ColSpec(of, name, not missing)


def type_of(dtype: Any) -> ColumnType | None:
    """The type of a pandas data type, numpy's or pandas' own; None where the values have to tell it, or there is none."""
    if hasattr(dtype, "pyarrow_dtype"):
        return arrow.type_of(dtype.pyarrow_dtype)
    if hasattr(dtype, "categories"):
        return _type_of_categories(dtype.categories)
    if hasattr(dtype, "subtype") and hasattr(dtype, "fill_value"):
        return casts.type_of(dtype.subtype)
    if type(dtype).__name__ == "StringDtype":
        return DataType.string
    return casts.type_of(dtype)


def _type_of_categories(categories: Any) -> ColumnType | None:
    found = type_of(categories.dtype)
    if found is None and categories.dtype.kind == "O":
        return infer_elements(categories.tolist(), "A categorical column")
    return found


def _way_out(dtype: Any) -> str:
    if "decimal" in str(dtype):
        return "convert it to float, or to str to keep its digits"
    if dtype.kind == "m":
        return "convert it to seconds (float)"
    return "convert it to int64, float64 or str"
