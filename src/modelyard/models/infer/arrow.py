"""The columns of Arrow."""

from __future__ import annotations

from functools import cache
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.types import AnyType, Array, ColumnType, DataType, Map, Object, Property

_NAMES: dict[str, ColumnType] = {
    "BOOL": DataType.boolean,
    "INT8": DataType.integer,
    "INT16": DataType.integer,
    "INT32": DataType.integer,
    "INT64": DataType.long,
    "UINT8": DataType.integer,
    "UINT16": DataType.integer,
    "UINT32": DataType.long,
    "HALF_FLOAT": DataType.float,
    "FLOAT": DataType.float,
    "DOUBLE": DataType.double,
    "STRING": DataType.string,
    "LARGE_STRING": DataType.string,
    "STRING_VIEW": DataType.string,
    "BINARY": DataType.binary,
    "LARGE_BINARY": DataType.binary,
    "BINARY_VIEW": DataType.binary,
    "FIXED_SIZE_BINARY": DataType.binary,
    "DATE32": DataType.datetime,
    "DATE64": DataType.datetime,
    "TIMESTAMP": DataType.datetime,
    "NA": AnyType(),
}


@cache
def _by_id() -> dict[int, ColumnType]:
    """Arrow's number of a type → ours, for those of the installed release."""
    library = getattr(loaded("pyarrow"), "lib", None)
    return {getattr(library, f"Type_{name}"): of for name, of in _NAMES.items() if hasattr(library, f"Type_{name}")}


def infer_table(table: Any) -> Schema:
    """A column spec for each column of a table; a column with nulls is optional."""
    return Schema([_column(name, table.column(place)) for place, name in enumerate(table.schema.names)])


def _column(name: str, column: Any) -> ColSpec:
    of = type_of(column.type, column)
    if of is None:
        raise InvalidParameter(
            f"Column {name!r} is of Arrow type {column.type}, which has no type in a signature; "
            "cast it to a number, text, bytes or a timestamp."
        )
    return ColSpec(of, name, column.null_count == 0)


def type_of(of: Any, column: Any = None) -> ColumnType | None:
    """The type of an Arrow data type, or None; ``column`` tells which fields of a struct have nulls."""
    arrow = loaded("pyarrow")
    assert arrow is not None
    scalar = _by_id().get(of.id)
    if scalar is not None:
        return scalar
    types = arrow.types
    if types.is_dictionary(of):
        return type_of(of.value_type)
    if types.is_map(of):
        value = type_of(of.item_type) if type_of(of.key_type) is DataType.string else None
        return None if value is None else Map(value)
    if types.is_list(of) or types.is_large_list(of) or types.is_fixed_size_list(of):
        inner = type_of(of.value_type, None if column is None else _flat(column))
        return None if inner is None else Array(inner)
    return _struct(of, column) if types.is_struct(of) else None


def _struct(of: Any, column: Any) -> ColumnType | None:
    properties = []
    children = None if column is None else _flat(column)
    for place in range(of.num_fields):
        field = of.field(place)
        child = None if children is None else children[place]
        found = type_of(field.type, child)
        if found is None:
            return None
        required = not field.nullable if child is None else child.null_count == 0
        properties.append(Property(field.name, found, required))
    return Object(properties) if properties else None


def _flat(column: Any) -> Any:
    """The elements of a list, or the fields of a struct, where the column itself is not null."""
    arrow = loaded("pyarrow")
    assert arrow is not None
    whole = column.combine_chunks() if isinstance(column, arrow.ChunkedArray) else column
    if isinstance(whole, arrow.ChunkedArray):  # what Arrow could not join; the first part stands for all
        whole = whole.chunk(0)
    return whole.drop_null().flatten()
