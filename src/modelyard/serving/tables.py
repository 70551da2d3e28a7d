"""Rows of a request as what a model with this signature predicts on: by name where there are names, typed, JSON's forms undone.

With pandas that is a data frame, as MLflow makes one; without it, a list of dicts, or an array where columns have no names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any

from modelyard.core.errors import BadRequest, InvalidParameter
from modelyard.core.extras import optional
from modelyard.models.casts import NUMBERS
from modelyard.models.enforce import is_numeric, to_array
from modelyard.models.libraries import numpy
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.series import make_series
from modelyard.models.types import DataType
from modelyard.models.wire import read_column, read_value

_WHOLE = (DataType.integer, DataType.long)
_PLAIN = {DataType.string: str, DataType.boolean: bool}


def table(
    schema: Schema | None,
    names: Sequence[Any] | None,
    rows: Sequence[Any],
    field: str,
    index: Sequence[Any] | None = None,
) -> Any:
    """Rows of values as a model's data. Without ``names`` the values are in the signature's order.

    ``InvalidParameter`` names the ``field``, the row or the column that does not fit.

    >>> table(None, ["a"], [[1], [2]], "dataframe_split").columns.tolist()
    ['a']
    """
    width = check_rows(schema, names, rows, field)
    if schema is None or schema.is_tensor_spec():
        return _untyped(names, rows, index)
    if names is not None and schema.has_input_names():
        places = {name: place for place, name in enumerate(names)}
        specs = [spec for spec in schema.inputs if spec.name in places]
        picked = [places[spec.name] for spec in specs]
    else:
        if rows and width < len(schema):
            raise InvalidParameter(f"The rows of {field} have {width} values; the model takes {len(schema)} columns.")
        specs, picked = schema.inputs, list(range(len(schema)))
    _check_required(schema, specs, names)
    if is_numeric(schema) and len(specs) == len(schema):
        chosen = rows if picked == list(range(width)) else [[row[place] for place in picked] for row in rows]
        return _numeric(schema, to_array(schema, chosen), index)
    columns = [list(map(itemgetter(place), rows)) for place in picked]
    return _typed(schema, specs, columns, index)


def records(schema: Schema | None, rows: Sequence[Any], field: str) -> Any:
    """Rows as objects, one key for each column.

    >>> records(None, [{"a": 1, "b": 2}], "dataframe_records").to_dict("records")
    [{'a': 1, 'b': 2}]
    """
    if schema is None or schema.is_tensor_spec() or not schema.has_input_names():
        return table(schema, *as_rows(rows, field), field)
    _check_records(rows, field)
    if is_numeric(schema) and not schema.optional_input_names():
        return _numeric(schema, to_array(schema, rows), None)
    specs, columns = [], []
    for spec in schema.inputs:
        if spec.required or any(spec.name in row for row in rows):
            specs.append(spec)
            columns.append(_by_name(spec, rows, field))
    return _typed(schema, specs, columns, None)


def columns(schema: Schema, found: Mapping[Any, Collection[Any]], field: str) -> Any:
    """Columns of values by name, all of one length, for a signature of named columns."""
    specs = [spec for spec in schema.inputs if spec.name in found]
    _check_required(schema, specs, list(found))
    lengths = {len(found[spec.name]) for spec in specs}
    if len(lengths) > 1:
        sizes = ", ".join(f"{spec.name!r} has {len(found[spec.name])}" for spec in specs)
        raise InvalidParameter(f"The columns of {field} are not of one length: {sizes}.")
    if is_numeric(schema) and len(specs) == len(schema):
        return _numeric(schema, to_array(schema, list(zip(*(found[spec.name] for spec in specs), strict=True))), None)
    return _typed(schema, specs, [found[spec.name] for spec in specs], None)


def as_rows(found: Sequence[Any], field: str) -> tuple[list[str], list[list[Any]]]:
    """The names in records, and their values by these; null where a record lacks one."""
    _check_records(found, field)
    names = list(dict.fromkeys(name for row in found for name in row))
    return names, [[row.get(name) for name in names] for row in found]


def _check_records(rows: Sequence[Any], field: str) -> None:
    if set(map(type, rows)) <= {dict}:
        return
    for place, row in enumerate(rows):
        if not isinstance(row, dict):
            raise BadRequest(f"Row {place} of {field} is {kind(row)}; each row is an object of values by name.")


def check_rows(schema: Schema | None, names: Sequence[Any] | None, rows: Sequence[Any], field: str) -> int:
    """How many values each row has; refuses a row with more or fewer, and names that are not in order."""
    width = _width(schema, names, rows, field)
    _check_widths(rows, width, field)
    return width


def _width(schema: Schema | None, names: Sequence[Any] | None, rows: Sequence[Any], field: str) -> int:
    if names is not None:
        check_names(names, field)
        return len(names)
    if schema is not None and not schema.is_tensor_spec() and schema.has_input_names():
        return len(schema)
    if rows and isinstance(rows[0], list):
        return len(rows[0])
    return 0 if schema is None or schema.is_tensor_spec() else len(schema)


def check_names(names: Sequence[Any], field: str) -> None:
    """Refuse names that are no texts, and a name that is there twice."""
    seen: set[Any] = set()
    for name in names:
        if not isinstance(name, str | int):
            raise BadRequest(f"A name in the columns of {field} is {kind(name)}; names are texts.")
        if name in seen:
            raise BadRequest(f"{field} has several columns {str(name)[:100]!r}; rename or drop all but one.")
        seen.add(name)


def _check_widths(rows: Sequence[Any], width: int, field: str) -> None:
    if set(map(type, rows)) <= {list} and set(map(len, rows)) <= {width}:
        return
    for place, row in enumerate(rows):
        if not isinstance(row, list):
            raise BadRequest(
                f"Row {place} of {field} is {kind(row)}; each row is a list of values, one for each column."
            )
        if len(row) != width:
            raise InvalidParameter(f"Row {place} of {field} has {len(row)} values; there are {width} columns.")


def _check_required(schema: Schema, specs: Sequence[ColSpec], given: Sequence[Any] | None) -> None:
    if len(specs) == len(schema):
        return
    known = {spec.name for spec in specs}
    missing = [spec.name for spec in schema.inputs if spec.required and spec.name not in known]
    if missing:
        listed = ", ".join(map(repr, missing[:30]))
        shown = ", ".join(repr(str(name)[:100]) for name in list(given or ())[:30]) or "no columns"
        raise InvalidParameter(
            f"The data has no {'column' if len(missing) == 1 else 'columns'} {listed}, which the model requires; given: {shown}."
        )


def _by_name(spec: ColSpec, rows: Sequence[Mapping[str, Any]], field: str) -> list[Any]:
    if spec.required:
        for place, row in enumerate(rows):
            if spec.name not in row:
                raise InvalidParameter(f"Row {place} of {field} has no {spec.name!r}, which the model requires.")
    return [row.get(spec.name) for row in rows]


# ----------------------------------------------------------------------------------------------------------------------
# What the model is given


def _numeric(schema: Schema, array: Any, index: Sequence[Any] | None) -> Any:
    pandas, names = optional("pandas"), schema.input_names()
    if pandas is None:
        if not schema.has_input_names():
            return array
        kinds = [int if spec.type in _WHOLE else float for spec in schema.inputs]
        rows = array.tolist()
        return [{name: of(value) for name, of, value in zip(names, kinds, row, strict=True)} for row in rows]
    types = [spec.type.to_numpy() for spec in schema.inputs]
    if all(each == array.dtype for each in types):
        return pandas.DataFrame(array, columns=names, index=index)
    return pandas.DataFrame(
        {name: array[:, place].astype(of) for place, (name, of) in enumerate(zip(names, types, strict=True))},
        index=index,
    )


def _typed(
    schema: Schema, specs: Sequence[ColSpec], found: Sequence[Collection[Any]], index: Sequence[Any] | None
) -> Any:
    names = [spec.name if schema.has_input_names() else place for place, spec in enumerate(specs)]
    pandas = optional("pandas")
    if pandas is not None:
        typed = {name: _column(spec, name, values) for name, spec, values in zip(names, specs, found, strict=True)}
        frame = pandas.DataFrame(typed)
        return frame if index is None else frame.set_axis(list(index), axis=0)
    read = [
        [read_value(spec.type, value, f"Column {name!r}, row {row}") for row, value in enumerate(_whole(spec, values))]
        for name, spec, values in zip(names, specs, found, strict=True)
    ]
    rows = zip(*read, strict=True)
    return (
        [dict(zip(names, row, strict=True)) for row in rows]
        if schema.has_input_names()
        else [list(row) for row in rows]
    )


def _column(spec: ColSpec, name: Any, values: Collection[Any]) -> Any:
    """One column as pandas has it; the quick ways are for what has nothing missing and nothing to be decoded."""
    if spec.type in NUMBERS and None not in values:
        named = ColSpec(spec.type, None if isinstance(name, int) else name)
        return to_array(Schema([named]), [(value,) for value in values]).reshape(len(values))
    if isinstance(spec.type, DataType) and set(map(type, values)) == {_PLAIN.get(spec.type)}:
        return make_series(spec.type, values)
    return read_column(spec.type, _whole(spec, values), f"Column {name!r}")


def _whole(spec: ColSpec, values: Collection[Any]) -> Collection[Any]:
    """JSON has one kind of number: 2.0 is a whole one."""
    if spec.type not in _WHOLE or float not in set(map(type, values)):
        return values
    return [int(value) if type(value) is float and value.is_integer() else value for value in values]


def _untyped(names: Sequence[Any] | None, rows: Sequence[Any], index: Sequence[Any] | None) -> Any:
    pandas = optional("pandas")
    if pandas is not None:
        return pandas.DataFrame(list(rows), columns=None if names is None else list(names), index=index)
    if names is not None:
        return [dict(zip(names, row, strict=True)) for row in rows]
    return numpy().array(rows)


def kind(value: Any) -> str:
    """What a value of JSON is called in a message."""
    return {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}.get(
        type(value), "a number"
    )
