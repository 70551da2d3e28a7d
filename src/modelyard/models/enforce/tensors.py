"""Arrays, dicts of arrays and sparse matrices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.models.enforce.names import pick, shown
from modelyard.models.libraries import kind_of, numpy
from modelyard.models.schema import Schema, TensorSpec, tensor_type


def enforce_tensors(schema: Schema, data: Any) -> Any:
    """The data as the schema's tensors: an array for one without a name, a dict for named ones.

    Arrays must have the data type and the shape; tables and lists, which have no type of their own for that, are made arrays.
    """
    if not schema.has_input_names():
        return _enforce(schema.inputs[0], data)
    if kind_of(data) in ("ndarray", "sparse") and len(schema) == 1:
        data = {schema.inputs[0].name: data}
    columns = _by_name(data)
    pick(schema, list(columns))
    return {spec.name: _enforce(spec, columns[spec.name]) for spec in schema.inputs}


def _by_name(data: Any) -> Mapping[str, Any]:
    match kind_of(data):
        case "pandas":
            return {name: data.iloc[:, place] for place, name in enumerate(data.columns.tolist())}
        case "polars":
            return {series.name: series for series in data.iter_columns()}
        case "arrow":
            return dict(zip(data.schema.names, data.columns, strict=True))
    if isinstance(data, Mapping):
        return data
    if isinstance(data, list) and data and all(isinstance(row, Mapping) for row in data):
        return {name: [row.get(name) for row in data] for name in data[0]}
    raise InvalidParameter(
        f"The model takes tensors by name; give a dict of arrays rather than a {type(data).__name__}."
    )


def _enforce(spec: TensorSpec, data: Any) -> Any:
    kind = kind_of(data)
    if kind == "ndarray":
        return _check(spec, data, data.dtype)
    if kind == "sparse":
        return _check(spec, data, data.dtype)
    if kind == "python":
        return _check(spec, _from_lists(spec, data), None)
    array = _from_columns(spec, data)
    return _check(spec, array, array.dtype)


def _check(spec: TensorSpec, array: Any, dtype: Any) -> Any:
    expected = spec.shape
    if dtype is not None and dtype.kind == "O" and len(array.shape) == 1 and (-1 in expected[1:] or expected == (-1,)):
        return array  # rows of different lengths
    if len(array.shape) != len(expected) or any(
        want not in (-1, have) for want, have in zip(expected, array.shape, strict=True)
    ):
        raise InvalidParameter(
            f"{_what(spec)} has the shape {tuple(array.shape)}; the model expects {expected} (-1 is any size)."
        )
    if dtype is not None and dtype != spec.type and tensor_type(dtype) != spec.type:
        raise InvalidParameter(
            f"{_what(spec)} is of type {dtype}; the model expects {spec.type_name}. Convert it with "
            f"astype({spec.type_name!r}) where that loses nothing."
        )
    return array


def _from_lists(spec: TensorSpec, data: Any) -> Any:
    """Lists, as JSON has them: their numbers have no size, so they become the expected one where that keeps them whole."""
    library = numpy()
    try:
        found = library.asarray(data)
    except ValueError as error:
        raise InvalidParameter(
            f"{_what(spec)} is a list of rows of different lengths; the model expects {spec.shape}."
        ) from error
    want = library.dtype(spec.type)
    if found.dtype.kind == "O" and want.kind == "f":
        found = _with_gaps(library, data, found)
    allowed = {"f": "iuf", "i": "iu", "u": "iu", "c": "iufc", "M": "MU"}.get(want.kind, want.kind)
    if found.size and found.dtype.kind not in allowed:
        raise InvalidParameter(f"{_what(spec)} holds values of type {found.dtype}; the model expects {spec.type_name}.")
    return _converted(spec, library, found, want)


def _with_gaps(library: Any, data: Any, found: Any) -> Any:
    """Numbers with None for what is missing, as floats with NaN; what else it holds leaves it as it is."""
    if not {type(value) for value in found.ravel()} <= {int, float, type(None)}:
        return found
    try:
        return library.asarray(data, dtype="float64")
    except OverflowError:  # a whole number no float can hold
        return found


def _converted(spec: TensorSpec, library: Any, found: Any, want: Any) -> Any:
    try:
        with library.errstate(over="ignore"):
            made = found.astype(want)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidParameter(f"{_what(spec)} has values that are no {spec.type_name}.") from error
    lost = want.kind == "f" and found.dtype.kind == "f" and bool((library.isinf(made) & library.isfinite(found)).any())
    if lost or (want.kind in "iu" and found.size and not bool((made == found).all())):
        raise InvalidParameter(f"{_what(spec)} has numbers too large for {spec.type_name}.")
    return made


def _from_columns(spec: TensorSpec, data: Any) -> Any:
    """A table whose columns are the last dimension, or one column of values or of lists."""
    library = numpy()
    if kind_of(data) in ("pandas", "polars", "arrow"):
        columns = list(_by_name(data).values())
        if len(columns) == 1:
            return _from_column(spec, library, columns[0])
        found = (
            data.to_numpy()
            if kind_of(data) != "arrow"
            else library.column_stack([library.asarray(each) for each in columns])
        )
        if spec.shape not in ((-1, len(columns)), (-1, -1)):
            raise InvalidParameter(
                f"{_what(spec)} is a table of {shown(list(_by_name(data)))}; the model expects {spec.shape}."
            )
        return found
    return _from_column(spec, library, data)


def _from_column(spec: TensorSpec, library: Any, column: Any) -> Any:
    values = column.to_pylist() if hasattr(column, "to_pylist") else column.to_list()
    if values and isinstance(values[0], list | tuple | library.ndarray):
        try:
            stacked = library.stack([library.asarray(value) for value in values])
            shape = (len(values), *spec.shape[1:])
            typed = stacked if isinstance(values[0], library.ndarray) else _from_lists(spec, stacked.tolist())
            return typed.reshape(shape)
        except ValueError as error:
            raise InvalidParameter(f"{_what(spec)} has rows that do not make the shape {spec.shape}.") from error
    found = library.asarray(column if kind_of(column) != "python" else values)
    typed = found if found.dtype == spec.type else _from_lists(spec, values)
    return typed.reshape(len(values), 1) if spec.shape == (-1, 1) else typed


def _what(spec: TensorSpec) -> str:
    return "The input" if spec.name is None else f"Input {spec.name!r}"
