"""Data as MLflow hands it to a model: a pandas data frame where the signature has columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.core.extras import optional
from modelyard.models.casts import NUMBERS
from modelyard.models.constraints import Constraints
from modelyard.models.enforce.data import enforce
from modelyard.models.enforce.pandas import enforce_frame
from modelyard.models.enforce.records import plain_columns, to_array
from modelyard.models.libraries import kind_of, pandas
from modelyard.models.schema import Schema
from modelyard.models.series import make_series
from modelyard.models.types import DataType, Object

_WHAT = "Lists and dicts for this model"


def model_input(schema: Schema, data: Any, *, constraints: Constraints | None = None) -> Any:
    """What a model's predict function is given: tables and tensors as they are, anything else as a pandas data frame.

    That is MLflow's rule. Where pandas is not installed, lists and dicts stay what they are.
    """
    if schema.is_tensor_spec() or kind_of(data) in ("pandas", "polars", "arrow") or optional("pandas") is None:
        return enforce(schema, data, constraints=constraints)
    found = to_frame(schema, data)
    if constraints:
        constraints.check(found)
    return found


def to_frame(schema: Schema, data: Any) -> Any:
    """Data for a schema of columns as a pandas data frame that fits it.

    >>> from modelyard.models.schema import ColSpec
    >>> to_frame(Schema([ColSpec("double", "age")]), [{"age": 31}]).values.tolist()
    [[31.0]]
    """
    match kind_of(data):
        case "polars" | "arrow":
            return enforce_frame(schema, enforce(schema, data).to_pandas())
        case "pandas":
            return enforce_frame(schema, data)
        case "series" | "polars-series" | "ndarray":
            return _from_array(schema, enforce(schema, data))
    if schema.has_input_names() and isinstance(data, list) and data and isinstance(data[0], Mapping):
        found = _from_rows(schema, data)
        if found is not None:
            return found
    columns = _columns(schema, enforce(schema, data))
    specs = zip(schema.input_names(), schema.inputs, strict=True)
    return pandas(_WHAT).DataFrame(
        {name: make_series(spec.type, columns[name]) for name, spec in specs if name in columns}
    )


def _from_array(schema: Schema, data: Any) -> Any:
    match kind_of(data):
        case "series":
            return data.to_frame()
        case "polars-series":
            return data.to_frame().to_pandas()
    columns = data.reshape(-1, 1) if data.ndim < 2 else data
    return enforce_frame(schema, pandas().DataFrame(columns, columns=schema.input_names()))


def _from_rows(schema: Schema, rows: Sequence[Any]) -> Any:
    """The frame of rows of numbers, or of rows without anything missing or to be cast; None for others."""
    library = pandas(_WHAT)
    types = set(map(id, schema.input_types()))
    if types == {id(DataType.double)} and not schema.optional_input_names():
        return library.DataFrame(to_array(schema, rows), columns=schema.input_names())
    columns = plain_columns(schema, rows)
    if columns is None:
        return None
    arrays = {
        spec.name: library.array(columns[spec.name], dtype=spec.type.to_pandas())
        if spec.type in NUMBERS
        else columns[spec.name]
        for spec in schema.inputs
    }
    return library.DataFrame(arrays)


def _columns(schema: Schema, data: Any) -> dict[Any, Sequence[Any]]:
    """Name → values, of what has been enforced."""
    names = schema.input_names()
    if isinstance(data, Mapping) and schema.has_input_names():
        by_column = any(
            kind_of(value) == "ndarray" or (isinstance(value, list) and isinstance(spec.type, DataType | Object))
            for spec, value in ((schema.input_dict()[name], value) for name, value in data.items())
        )
        return dict(data) if by_column else {name: [value] for name, value in data.items()}
    rows = data if isinstance(data, list) else [data]
    if schema.has_input_names() and rows and all(isinstance(row, Mapping) for row in rows):
        present = [name for name in names if any(name in row for row in rows)]
        return {name: [row.get(name) for row in rows] for name in present}
    if len(schema) == 1:
        return {names[0]: rows}
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
