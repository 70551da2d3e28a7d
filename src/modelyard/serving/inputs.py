"""What requests have under ``inputs`` and ``instances``: tensors, columns by name, rows, or single values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.core.errors import BadRequest, InvalidParameter
from modelyard.models.enforce import enforce
from modelyard.models.libraries import kind_of, numpy
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.types import DataType, Object
from modelyard.serving import tables


def read_inputs(schema: Schema | None, found: Any, field: str) -> Any:
    """The value as a model with this signature takes it; ``BadRequest`` or ``InvalidParameter`` names the ``field``.

    >>> read_inputs(None, [[1, 2], [3, 4]], "inputs").tolist()
    [[1, 2], [3, 4]]
    """
    if schema is None:
        return _as_sent(found, field)
    if schema.is_tensor_spec():
        return _tensors(schema, found, field)
    if isinstance(found, dict) and schema.has_input_names():
        return _by_name(schema, found, field)
    if isinstance(found, list):
        return _listed(schema, found, field)
    return _column(schema, [found], field)


def read_instances(schema: Schema | None, found: Any, field: str) -> Any:
    """The same for ``instances``, where a list of objects means a tensor for each key."""
    if schema is None and isinstance(found, list) and found and isinstance(found[0], dict):
        return {name: as_array(values, f"{field}, {name!r}") for name, values in gathered(found, field).items()}
    return read_inputs(schema, found, field)


def rows_of(data: Any) -> int | None:
    """How many rows a model's data has, where it is made of rows.

    >>> rows_of({"a": [1, 2], "b": [3, 4]})
    2
    """
    kind = kind_of(data)
    if kind == "ndarray":
        return len(data) if data.ndim else None
    if kind in ("pandas", "arrow") or isinstance(data, list):
        return len(data)
    if isinstance(data, dict):
        lengths = {rows_of(each) for each in data.values()}
        return lengths.pop() if len(lengths) == 1 else None
    return None


def gathered(rows: list[Any], field: str) -> dict[str, list[Any]]:
    """Rows as objects turned into columns; each row must have the keys of the first."""
    names = list(rows[0])
    for place, row in enumerate(rows):
        if not isinstance(row, dict):
            raise BadRequest(f"Row {place} of {field} is no object, and the first row is one.")
        if row.keys() != rows[0].keys():
            odd = next(iter(row.keys() ^ rows[0].keys()))
            raise BadRequest(
                f"Row {place} of {field} has not the keys of the first row: {odd[:100]!r} is in one of them."
            )
    return {name: [row[name] for row in rows] for name in names}


def as_array(found: Any, field: str) -> Any:
    """A list of JSON as an array; ``BadRequest`` where its rows are not alike."""
    library = numpy("Arrays of a request")
    try:
        array = library.array(found)
    except (ValueError, OverflowError):
        raise BadRequest(f"{field} has rows of different lengths; an array has rows of one length.") from None
    return array


def _as_sent(found: Any, field: str) -> Any:
    if isinstance(found, dict):
        return {
            name: as_array(value, f"{field}, {name[:100]!r}") if isinstance(value, list) else value
            for name, value in found.items()
        }
    if isinstance(found, list) and not (found and all(isinstance(row, dict) for row in found)):
        return as_array(found, field)
    return found


# ----------------------------------------------------------------------------------------------------------------------
# Columns


def _listed(schema: Schema, found: list[Any], field: str) -> Any:
    if found and isinstance(found[0], dict) and (schema.has_input_names() or len(schema) > 1):
        return tables.records(schema, found, field)
    if len(schema) > 1 or _is_wrapped(schema.inputs[0], found):
        return tables.table(schema, None, found, field)
    return _column(schema, found, field)


def _is_wrapped(spec: ColSpec, found: list[Any]) -> bool:
    """Whether rows of one value are given, for one column of scalars."""
    return isinstance(spec.type, DataType) and all(isinstance(row, list) and len(row) == 1 for row in found)


def _column(schema: Schema, values: list[Any], field: str) -> Any:
    if len(schema) > 1:
        raise InvalidParameter(
            f"{field} is {tables.kind(values[0])}; the model takes {len(schema)} columns: give rows of them."
        )
    return tables.table(schema, None, [[value] for value in values], field)


def _by_name(schema: Schema, found: Mapping[str, Any], field: str) -> Any:
    """Columns, if a list stands where the signature has a scalar or an object; else one row."""
    known = {spec.name: found[spec.name] for spec in schema.inputs if spec.name in found}
    scalars = {spec.name for spec in schema.inputs if isinstance(spec.type, DataType | Object)}
    if not any(isinstance(value, list) for name, value in known.items() if name in scalars):
        return tables.records(schema, [found], field)
    for name, value in known.items():
        if not isinstance(value, list):
            raise InvalidParameter(
                f"Column {name!r} of {field} is a single value, and others are lists; give all as lists."
            )
    return tables.columns(schema, known, field)


# ----------------------------------------------------------------------------------------------------------------------
# Tensors


def _tensors(schema: Schema, found: Any, field: str) -> Any:
    if not schema.has_input_names():
        if isinstance(found, dict) or (isinstance(found, list) and found and isinstance(found[0], dict)):
            raise BadRequest(f"{field} has names, and the model takes one tensor without a name; give it as a list.")
        return enforce(schema, _as_bytes(schema.inputs[0], found, field))
    if isinstance(found, list) and found and isinstance(found[0], dict):
        found = gathered(found, field)
    if not isinstance(found, dict):
        if len(schema) > 1:
            names = ", ".join(map(repr, schema.input_names()[:30]))
            raise BadRequest(f"{field} has no names, and the model takes several tensors; give an object of {names}.")
        found = {schema.inputs[0].name: found}
    specs = schema.input_dict()
    known = {name: _as_bytes(specs[name], value, field) for name, value in found.items() if name in specs}
    return enforce(schema, known)


def _as_bytes(spec: TensorSpec, found: Any, field: str) -> Any:
    """Texts for a tensor of bytes, encoded; all else as it is, to be given the tensor's type next."""
    return as_array(_encoded(found, field), field) if numpy().dtype(spec.type).kind == "S" else found


def _encoded(found: Any, field: str) -> Any:
    if isinstance(found, list):
        return [_encoded(each, field) for each in found]
    if not isinstance(found, str):
        raise BadRequest(f"{field} holds something that is no text; the model takes texts as bytes.")
    return found.encode()


def tensor_rows(schema: Schema, names: list[Any] | None, rows: list[Any], field: str) -> Any:
    """Rows of a table for a model of tensors: a tensor for each named column, or all columns as one."""
    if schema.has_input_names():
        if names is None:
            names = schema.input_names()
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
        if len(columns) != len(names):
            raise BadRequest(f"The rows of {field} have {len(columns)} values; the model takes {len(names)} tensors.")
        return _tensors(schema, {name: list(values) for name, values in zip(names, columns, strict=True)}, field)
    if rows and all(len(row) == 1 and isinstance(row[0], list) for row in rows):
        rows = [row[0] for row in rows]  # one column, whose values are the tensor's rows
    return _tensors(schema, rows, field)
