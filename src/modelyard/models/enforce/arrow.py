"""Tables of Arrow."""

from __future__ import annotations

from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded
from modelyard.models.casts import NUMBERS, cast, named
from modelyard.models.enforce.names import pick, specs_of
from modelyard.models.infer.arrow import type_of
from modelyard.models.schema import Schema
from modelyard.models.types import AnyType, ColumnType, DataType, Map
from modelyard.models.values import enforce_value

_NAMES = {
    DataType.integer: "int32",
    DataType.long: "int64",
    DataType.float: "float32",
    DataType.double: "float64",
}


def enforce_table(schema: Schema, table: Any) -> Any:
    """The table with the schema's columns; the same object where it fits already."""
    names = list(table.schema.names)
    picked = pick(schema, names)
    if picked != names:
        table = table.select(picked)
    for place, spec in enumerate(specs_of(schema, picked)):
        column = table.column(place)
        found = _column(spec.type, column, f"Column {picked[place]!r}", required=spec.required)
        if found is not column:
            table = table.set_column(place, picked[place], found)
    return table


def _column(of: ColumnType, column: Any, where: str, *, required: bool) -> Any:
    if isinstance(of, AnyType):
        return column
    have = type_of(column.type)
    if isinstance(of, DataType):
        if have is of:
            want = _arrow(of) if of in NUMBERS else None
            return column if want is None or column.type == want else column.cast(want)
        if of is DataType.datetime and have is DataType.string:
            return _datetimes(column, where)
        if isinstance(have, DataType) and of in NUMBERS and have in NUMBERS and _widens(column, of):
            return column.cast(_arrow(of))
    elif not isinstance(have, DataType | AnyType) and have is not None:
        for row, value in enumerate(column.to_pylist()):
            pairs = isinstance(of, Map) and isinstance(value, list)  # as Arrow answers a map
            enforce_value(of, dict(value) if pairs else value, f"{where}, row {row}", required=required)
        return column
    if not required and column.null_count == len(column):
        return column
    raise InvalidParameter(f"{where} is of type {column.type}; the model expects {named(of)}.")


def _arrow(of: DataType) -> Any:
    return getattr(loaded("pyarrow"), _NAMES[of])()


def _widens(column: Any, of: DataType) -> bool:
    return (
        cast(
            column.drop_null().to_numpy(zero_copy_only=False) if _is_array(column) else column.drop_null().to_numpy(),
            of,
        )
        is not None
    )


def _is_array(column: Any) -> bool:
    library = loaded("pyarrow")
    return library is not None and isinstance(column, library.Array)


def _datetimes(column: Any, where: str) -> Any:
    library = loaded("pyarrow")
    assert library is not None
    found = [
        enforce_value(DataType.datetime, value, f"{where}, row {row}", required=False)
        for row, value in enumerate(column.to_pylist())
    ]
    return library.array(found)
