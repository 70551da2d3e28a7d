"""The columns of Polars."""

from __future__ import annotations

from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.types import AnyType, Array, ColumnType, DataType, Object, Property
from modelyard.models.values import infer_elements

_SCALARS: dict[str, ColumnType] = {
    "Boolean": DataType.boolean,
    "Int8": DataType.integer,
    "Int16": DataType.integer,
    "Int32": DataType.integer,
    "Int64": DataType.long,
    "UInt8": DataType.integer,
    "UInt16": DataType.integer,
    "UInt32": DataType.long,
    "Float16": DataType.float,
    "Float32": DataType.float,
    "Float64": DataType.double,
    "String": DataType.string,
    "Categorical": DataType.string,
    "Enum": DataType.string,
    "Binary": DataType.binary,
    "Date": DataType.datetime,
    "Datetime": DataType.datetime,
    "Null": AnyType(),
}


def infer_frame(frame: Any) -> Schema:
    """A column spec for each column of a DataFrame; a column with nulls is optional."""
    return Schema([infer_column(series, series.name) for series in frame.iter_columns()])


def infer_series(series: Any) -> Schema:
    """The one column of a Series."""
    spec = infer_column(series, series.name or None)
    return Schema([spec if spec.name is not None else ColSpec(spec.type)])


def infer_column(series: Any, name: str | None) -> ColSpec:
    """The spec of one column."""
    if str(series.dtype) == "Object":
        of: ColumnType | None = infer_elements(series.to_list(), f"Column {name!r}")
    else:
        of = type_of(series.dtype, series)
    if of is None:
        raise InvalidParameter(
            f"Column {name!r} is of Polars type {series.dtype}, which has no type in a signature; "
            "cast it to a number, pl.String, pl.Binary or pl.Datetime."
        )
    return ColSpec(of, name, series.null_count() == 0)


def type_of(dtype: Any, series: Any = None) -> ColumnType | None:
    """The type of a Polars data type, or None; ``series`` tells which fields of a struct have nulls."""
    base = str(dtype.base_type())
    if base in _SCALARS:
        return _SCALARS[base]
    if base in ("List", "Array"):
        inner = type_of(dtype.inner, None if series is None else series.drop_nulls().explode())
        return None if inner is None else Array(inner)
    if base != "Struct":
        return None
    properties = []
    present = None if series is None else series.drop_nulls()
    for field in dtype.fields:
        child = None if present is None else present.struct.field(field.name)
        found = type_of(field.dtype, child)
        if found is None:
            return None
        properties.append(Property(field.name, found, child is None or child.null_count() == 0))
    return Object(properties) if properties else None
