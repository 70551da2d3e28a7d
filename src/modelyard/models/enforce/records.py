"""Rows of plain Python, as JSON has them, and the way from there to one numpy array without pandas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.models.casts import NUMBERS, named, numpy_type
from modelyard.models.enforce.names import pick, shown
from modelyard.models.libraries import kind_of, numpy
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.types import Array, DataType, Object
from modelyard.models.values import SINGLE_LIMIT, as_mapping, enforce_value, fitting, is_missing, plain


def enforce_values(schema: Schema, data: Any) -> Any:
    """Dicts, lists and values for a schema of columns, in the form they came in."""
    data = as_mapping(data)
    if isinstance(data, Mapping):
        return _enforce_mapping(schema, data)
    if isinstance(data, list | tuple):
        return _enforce_list(schema, data)
    spec = _only(schema, "a single value")
    return enforce_value(spec.type, data, _where(spec), required=spec.required)


def _only(schema: Schema, given: str) -> ColSpec:
    if len(schema) > 1:
        raise InvalidParameter(
            f"The model takes the columns {shown(schema.input_names())}; {given} was given. Give a data frame or a list of dicts."
        )
    spec: ColSpec = schema.inputs[0]
    return spec


def _where(spec: ColSpec) -> str:
    return "The input" if spec.name is None else f"Column {spec.name!r}"


def _enforce_mapping(schema: Schema, data: Mapping[str, Any]) -> Any:
    if not schema.has_input_names():
        return enforce_value(_only(schema, "a dict").type, data, "The input")
    pick(schema, list(data))
    return {spec.name: _enforce_entry(spec, data[spec.name]) for spec in schema.inputs if spec.name in data}


def _enforce_entry(spec: ColSpec, value: Any) -> Any:
    """One value, or a whole column where a list stands for a scalar."""
    if isinstance(spec.type, DataType | Object) and isinstance(value, list | tuple):
        return _column(spec, value)
    if isinstance(spec.type, DataType) and kind_of(value) == "ndarray":
        return enforce_value(_nested(spec.type, value.ndim), value, _where(spec))
    return enforce_value(spec.type, value, _where(spec), required=False)


def _nested(of: DataType, depth: int) -> Any:
    found: Any = of
    for _ in range(depth):
        found = Array(found)
    return found


def _enforce_list(schema: Schema, data: Sequence[Any]) -> Any:
    rows = data if set(map(type, data)) <= {dict} else [as_mapping(row) for row in data]
    if schema.has_input_names() and rows and all(isinstance(row, Mapping) for row in rows):
        return _enforce_rows(schema, rows)
    if len(schema) == 1:
        return _column(schema.inputs[0], rows)
    if not schema.has_input_names() and all(isinstance(row, list | tuple) for row in rows):
        return [_enforce_row(schema, row, place) for place, row in enumerate(rows)]
    _only(schema, "a list without names")
    return data


def _column(spec: ColSpec, values: Sequence[Any]) -> list[Any]:
    return [
        value if is_missing(value) else enforce_value(spec.type, value, f"{_where(spec)}, row {row}")
        for row, value in enumerate(values)
    ]


def _enforce_row(schema: Schema, row: Sequence[Any], place: int) -> list[Any]:
    if len(row) < len(schema):
        raise InvalidParameter(f"Row {place} has {len(row)} values; the model takes {len(schema)}.")
    return [
        enforce_value(spec.type, value, f"Column {column}, row {place}", required=False)
        for column, (spec, value) in enumerate(zip(schema.inputs, row, strict=False))
    ]


def _enforce_rows(schema: Schema, rows: Sequence[Any]) -> Sequence[Any]:
    width = len(schema)
    if plain_columns(schema, rows) is not None and all(len(row) == width for row in rows):
        return rows
    plans = [(spec.name, fitting(spec.type), spec) for spec in schema.inputs]
    return [_enforce_record(plans, row, place) for place, row in enumerate(rows)]


def plain_columns(schema: Schema, rows: Sequence[Any]) -> dict[Any, list[Any]] | None:
    """The columns of rows where nothing is missing, nested or to be cast; None for all others."""
    found = {}
    for spec in schema.inputs:
        kind = _EXACT.get(spec.type) if isinstance(spec.type, DataType) else None
        if kind is None:
            return None
        try:
            values = list(map(itemgetter(spec.name), rows))
        except (KeyError, TypeError):
            return None
        if set(map(type, values)) != {kind}:
            return None
        limit = _LIMITS.get(spec.type)
        if limit is not None and not (min(values) >= -limit and max(values) < limit):
            return None
        found[spec.name] = values
    return found


_EXACT: dict[DataType, type] = {
    DataType.boolean: bool,
    DataType.integer: int,
    DataType.long: int,
    DataType.double: float,
    DataType.string: str,
}
_LIMITS = {DataType.integer: 2**31, DataType.long: 2**63}


_Plan = tuple[str, Callable[[Any], Any] | None, ColSpec]


def _enforce_record(plans: Sequence[_Plan], row: Mapping[str, Any], place: int) -> dict[str, Any]:
    found = {}
    for name, fits, spec in plans:
        if name not in row:
            if spec.required:
                raise InvalidParameter(
                    f"Row {place} has no {name!r}, which the model requires; it has {shown(list(row)) or 'nothing'}."
                )
            continue
        value = row[name]
        kept = fits(value) if fits is not None else None
        if kept is None and value is not None:
            kept = enforce_value(spec.type, value, f"Column {name!r}, row {place}", required=False)
        found[name] = kept
    return found


# ----------------------------------------------------------------------------------------------------------------------
# To one array


def is_numeric(schema: Schema) -> bool:
    """Whether all columns are numbers, so that ``to_array`` can be used.

    >>> is_numeric(Schema([ColSpec("double", "a"), ColSpec("long", "b")]))
    True
    """
    return not schema.is_tensor_spec() and all(each.type in NUMBERS for each in schema.inputs)


def to_array(schema: Schema, records: Sequence[Any]) -> Any:
    """Rows of numbers (lists in the schema's order, or dicts) as one numpy array with a column for each of the schema's.

    The array has the one type that holds all columns. A missing number is NaN where that is a float. In rows of JSON a whole
    number may be written 1.0; one that is not whole is refused, with the column and the row.

    >>> to_array(Schema([ColSpec("double", "a"), ColSpec("double", "b")]), [{"b": 2, "a": 1.5}]).tolist()
    [[1.5, 2.0]]
    """
    if not is_numeric(schema):
        raise InvalidParameter("Only rows of a schema whose columns are all numbers make one array; use a data frame.")
    library = numpy("Rows as an array")
    rows = _listed(schema, records)
    want = library.result_type(*(numpy_type(each.type) for each in schema.inputs))
    if not rows:
        return library.empty((0, len(schema)), dtype=want)
    kinds = set(map(type, chain.from_iterable(rows)))
    if kinds <= {int, float} and (found := _quick(schema, rows, want, kinds)) is not None:
        return found
    return library.array([_numbers(schema, row, place) for place, row in enumerate(rows)], dtype=want)


def _listed(schema: Schema, records: Sequence[Any]) -> Sequence[Sequence[Any]]:
    """Each row as values in the schema's order."""
    if records and isinstance(records[0], Mapping):
        names = [each.name for each in schema.inputs]
        try:
            if len(names) == 1:
                return [(row[names[0]],) for row in records]
            return list(map(itemgetter(*names), records))
        except (KeyError, TypeError):
            return [_from_record(schema, row, place) for place, row in enumerate(records)]
    width = len(schema)
    for place, row in enumerate(records):
        if not isinstance(row, list | tuple) or len(row) != width:
            found = f"has {len(row)} values" if isinstance(row, list | tuple) else f"is of type {type(row).__name__}"
            raise InvalidParameter(
                f"Row {place} {found}; the model takes {width} in the order {shown(schema.input_names())}."
            )
    return records


def _from_record(schema: Schema, row: Any, place: int) -> list[Any]:
    if not isinstance(row, Mapping):
        raise InvalidParameter(
            f"Row {place} is of type {type(row).__name__}, and the first row a dict; give all rows as dicts."
        )
    for each in schema.inputs:
        if each.required and each.name not in row:
            raise InvalidParameter(
                f"Row {place} has no {each.name!r}, which the model requires; it has {shown(list(row))}."
            )
    return [row.get(each.name) for each in schema.inputs]


def _quick(schema: Schema, rows: Sequence[Sequence[Any]], want: Any, kinds: set[type]) -> Any:
    """The array in one step, or None where a value needs a look of its own."""
    library = numpy()
    try:
        of = want if kinds == {int} and want.kind != "f" else "float64"
        found = library.fromiter(chain.from_iterable(rows), of, len(rows) * len(schema)).reshape(-1, len(schema))
    except OverflowError:
        return None
    for place, spec in enumerate(schema.inputs):
        column = found[:, place]
        if spec.type in (DataType.integer, DataType.long):
            limit = 2**31 if spec.type is DataType.integer else 2**53
            if not bool(((column >= -limit) & (column < limit) & (column == library.trunc(column))).all()):
                return None
        elif int in kinds and bool((abs(column) > 2**53).any()):
            return None
        if spec.type is DataType.float and bool((abs(column) >= SINGLE_LIMIT).any()):
            return None
    return found if found.dtype == want else found.astype(want)


def _numbers(schema: Schema, row: Sequence[Any], place: int) -> list[Any]:
    return [
        _number(spec, plain(value), f"Column {column if spec.name is None else spec.name!r}, row {place}")
        for column, (spec, value) in enumerate(zip(schema.inputs, row, strict=True))
    ]


def _number(spec: ColSpec, value: Any, where: str) -> Any:
    if spec.type in (DataType.integer, DataType.long):
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if is_missing(value):
            raise InvalidParameter(
                f"{where} is missing, and whole numbers have no value for that; the model expects {named(spec.type)}."
            )
    elif is_missing(value):
        return float("nan")
    return enforce_value(spec.type, value, where)
