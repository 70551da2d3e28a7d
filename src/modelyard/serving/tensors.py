"""Tensors on the wire of the Open Inference Protocol: a name, a shape, a data type, and values flat or nested."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from math import prod
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.models.libraries import kind_of, numpy
from modelyard.models.types import Array, DataType
from modelyard.serving.bodies import MAX_VALUES
from modelyard.serving.responses import encode

BYTES = "BYTES"
_NUMPY = {
    "BOOL": "bool",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
}
_NAMES = {name: datatype for datatype, name in _NUMPY.items()}
_OURS = {
    DataType.boolean: "BOOL",
    DataType.integer: "INT32",
    DataType.long: "INT64",
    DataType.float: "FP32",
    DataType.double: "FP64",
}
_KINDS: dict[str, set[type]] = {"b": {bool}, "i": {int}, "u": {int}, "f": {int, float, type(None)}}


class Tensor(msgspec.Struct, frozen=True):
    """A tensor of a request."""

    name: str
    shape: list[int]
    datatype: str
    data: list[Any]
    parameters: dict[str, Any] | None = None


def datatype_of(of: Any) -> tuple[str, list[int]]:
    """The data type of a signature's type, and the dimensions one value of it has.

    >>> datatype_of(Array("double"))
    ('FP64', [-1])
    """
    if isinstance(of, Array):
        inner, shape = datatype_of(of.dtype)
        return inner, [-1, *shape]
    if isinstance(of, DataType):
        return _OURS.get(of, BYTES), []
    return _NAMES.get(str(getattr(of, "name", of)), BYTES), []


def array_of(tensor: Tensor) -> Any:
    """The tensor as an array, of objects where it holds texts; ``InvalidParameter`` names the input and what does not fit.

    >>> array_of(Tensor("x", [2, 1], "FP32", [1, 2])).tolist()
    [[1.0], [2.0]]
    """
    what = f"Input {tensor.name[:100]!r}"
    if any(size < 0 for size in tensor.shape) or len(tensor.shape) > 32 or prod(tensor.shape) > MAX_VALUES:
        raise InvalidParameter(f"{what} has a shape that no data can have; its sizes are whole numbers from 0 on.")
    flat, shape = _flat(what, tensor.data)
    if (len(shape) > 1 and shape != tensor.shape) or len(flat) != prod(tensor.shape):
        raise InvalidParameter(f"{what} has {len(flat)} values in the shape {shape}; its shape says {tensor.shape}.")
    if tensor.datatype == BYTES:
        return _texts(what, flat).reshape(tensor.shape)
    if tensor.datatype not in _NUMPY:
        raise InvalidParameter(f"{what} has no known datatype; known are {', '.join(_NUMPY)}, {BYTES}.")
    return _numbers(what, flat, tensor.datatype).reshape(tensor.shape)


def _flat(what: str, data: list[Any]) -> tuple[list[Any], list[int]]:
    """The values row by row, and the sizes of the lists they came in."""
    shape = [len(data)]
    while data and type(data[0]) is list:
        if set(map(type, data)) != {list} or len(set(map(len, data))) > 1:
            raise InvalidParameter(f"{what} has rows of different lengths.")
        shape.append(len(data[0]))
        data = list(chain.from_iterable(data))
    return data, shape


def _numbers(what: str, flat: list[Any], datatype: str) -> Any:
    library = numpy("Tensors of a request")
    of = library.dtype(_NUMPY[datatype])
    if not set(map(type, flat)) <= _KINDS[of.kind]:
        odd = next(place for place, each in enumerate(flat) if type(each) not in _KINDS[of.kind])
        raise InvalidParameter(
            f"{what} has a value of type {type(flat[odd]).__name__} at place {odd}; its datatype is {datatype}."
        )
    try:
        with library.errstate(over="ignore"):
            found = library.array(flat, dtype=of)
    except (OverflowError, ValueError):
        found = None
    if found is None or (of.kind == "f" and bool(library.isinf(found).any())):
        raise InvalidParameter(f"{what} has a number that is too large for {datatype}.")
    return found


def _texts(what: str, flat: list[Any]) -> Any:
    if not set(map(type, flat)) <= {str}:
        raise InvalidParameter(f"{what} has a value that is no text; its datatype is {BYTES}.")
    library = numpy("Tensors of a request")
    found = library.empty(len(flat), dtype=object)
    found[:] = flat
    return found


# ----------------------------------------------------------------------------------------------------------------------
# Predictions


def outputs_of(predictions: Any, name: str) -> list[dict[str, Any]]:
    """Predictions as tensors: one for each column or key, else a single one of the given ``name``.

    >>> outputs_of([1.5, 2.5], "y")
    [{'name': 'y', 'shape': [2], 'datatype': 'FP64', 'data': [1.5, 2.5]}]
    """
    kind = kind_of(predictions)
    if kind == "pandas":
        return [_output(str(each), predictions.iloc[:, at]) for at, each in enumerate(predictions.columns.tolist())]
    if kind == "polars":
        return [_output(each.name, each) for each in predictions.iter_columns()]
    if kind == "arrow":
        return [_output(each, predictions.column(each)) for each in predictions.schema.names]
    if isinstance(predictions, list) and predictions and isinstance(predictions[0], dict):
        predictions = _turned(predictions)
    if isinstance(predictions, Mapping):
        return [_output(str(each), value) for each, value in predictions.items()]
    return [_output(name, predictions)]


def _turned(rows: list[Any]) -> Any:
    """Rows as objects of the same keys turned into columns; other lists as they are."""
    if all(isinstance(row, dict) and row.keys() == rows[0].keys() for row in rows):
        return {name: [row[name] for row in rows] for name in rows[0]}
    return rows


def _output(name: str, found: Any) -> dict[str, Any]:
    if kind_of(found) == "series":
        found = found.to_numpy()
    if kind_of(found) == "ndarray" and found.dtype.name in _NAMES:
        return _tensor(name, list(found.shape), _NAMES[found.dtype.name], found.ravel().tolist())
    values = msgspec.json.decode(encode(found))
    return _of_json(name, values if isinstance(values, list) else [values])


def _of_json(name: str, values: list[Any]) -> dict[str, Any]:
    try:
        flat, shape = _flat("", values)
    except InvalidParameter:
        flat, shape = values, [len(values)]
    kinds = set(map(type, flat)) or {float}
    for datatype, allowed in (("BOOL", {bool}), ("INT64", {int}), ("FP64", {int, float, type(None)}), (BYTES, {str})):
        if kinds <= allowed and kinds != {type(None)}:
            big = datatype == "INT64" and not all(-(2**63) <= each < 2**63 for each in flat)
            return _tensor(name, shape, "FP64" if big else datatype, flat)
    texts = [encode(each).decode() for each in values]
    return {**_tensor(name, [len(values)], BYTES, texts), "parameters": {"content_type": "application/json"}}


def _tensor(name: str, shape: list[int], datatype: str, data: list[Any]) -> dict[str, Any]:
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}
