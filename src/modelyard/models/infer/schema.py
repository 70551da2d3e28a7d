"""The schema of any data a model takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded
from modelyard.models.infer import arrow, hints, pandas, polars
from modelyard.models.libraries import kind_of
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.types import DataType
from modelyard.models.values import as_mapping, infer_elements, infer_type, is_missing


def infer_schema(data: Any) -> Schema:
    """The schema of data, by the rules of MLflow's ``infer_signature``.

    Tables have a column each; arrays and dicts of arrays are tensors whose first dimension varies; a list of dicts is a table
    by rows; a list of values is one column without a name; a dict is one row. What holds missing values is optional.
    ``InvalidParameter`` names the column that has no type.

    >>> infer_schema([{"age": 31, "city": "Bern"}, {"age": 28}])
    ['age': long (required), 'city': string (optional)]
    >>> infer_schema(["a", "b"])
    [string (required)]
    """
    find = _BY_KIND.get(kind_of(data))
    if find is not None:
        found: Schema = find(data)
        return found
    if hints.has_fields(data):
        return hints.schema_of(data)
    if (array := _as_array(data)) is not None:
        return _infer_tensor(array)
    data = as_mapping(data)
    if isinstance(data, Mapping):
        return _infer_mapping(data)
    if isinstance(data, list | tuple):
        return _infer_list(data)
    return Schema([ColSpec(infer_type(data, "The data"))])


def _as_array(data: Any) -> Any:
    """What is no array of numpy but can be one, such as a tensor of torch; None for all else."""
    library = loaded("numpy")
    if library is None or not hasattr(type(data), "__array__") or isinstance(data, library.generic):
        return None
    try:
        return library.asarray(data)
    except (TypeError, ValueError, RuntimeError):  # a tensor on another device, or one with gradients
        return None


def _infer_tensor(array: Any) -> Schema:
    return Schema([_tensor(array, None)])


def _tensor(array: Any, name: str | None) -> TensorSpec:
    if not array.shape:
        what = "The data" if name is None else f"Input {name!r}"
        raise InvalidParameter(f"{what} is an array without dimensions; give it one, or a plain value.")
    return TensorSpec(array.dtype, (-1, *array.shape[1:]), name)


def _infer_mapping(data: Mapping[Any, Any]) -> Schema:
    for key in data:
        if not isinstance(key, str):
            raise InvalidParameter(f"The key {key!r} of the data is of type {type(key).__name__}; names are strings.")
    if not data:
        raise InvalidParameter("The data is an empty dict; give at least one value.")
    library = loaded("numpy")
    if library is not None and all(isinstance(value, library.ndarray) for value in data.values()):
        return Schema([_tensor(value, name) for name, value in data.items()])
    columns = []
    for name, value in data.items():
        present = not any(map(is_missing, value)) if isinstance(value, list) else not is_missing(value)
        columns.append(ColSpec(infer_type(value, f"Column {name!r}"), name, present))
    return Schema(columns)


def _infer_list(data: Sequence[Any]) -> Schema:
    if not data:
        return Schema([ColSpec(DataType.string)])  # as MLflow has it, for the sake of models that answer nothing
    rows = [as_mapping(row) for row in data]
    if all(isinstance(row, Mapping) for row in rows):
        return _infer_rows(rows)
    return Schema([ColSpec(infer_elements(rows, "The data"))])


def _infer_rows(rows: Sequence[Mapping[str, Any]]) -> Schema:
    columns: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    if not columns:
        raise InvalidParameter("The rows of the data are empty; give at least one column.")
    specs = []
    for name, values in columns.items():
        if not isinstance(name, str):
            raise InvalidParameter(f"The column {name!r} has a name of type {type(name).__name__}; names are strings.")
        whole = len(values) == len(rows) and not any(value is None for value in values)
        specs.append(ColSpec(infer_elements(values, f"Column {name!r}"), name, whole))
    return Schema(specs)


_BY_KIND = {
    "pandas": pandas.infer_frame,
    "series": pandas.infer_series,
    "polars": polars.infer_frame,
    "polars-series": polars.infer_series,
    "arrow": arrow.infer_table,
    "ndarray": _infer_tensor,
    "sparse": _infer_tensor,
}


def whole_columns(schema: Schema) -> list[Any]:
    """The names of the columns of whole numbers, which cannot hold missing values in most tables."""
    return [
        name
        for name, spec in zip(schema.input_names(), schema.inputs, strict=True)
        if isinstance(spec, ColSpec) and spec.type in (DataType.integer, DataType.long)
    ]
