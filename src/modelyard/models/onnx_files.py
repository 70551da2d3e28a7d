"""ONNX graphs as files: one file, and a second one for the weights of what no single file can hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import require
from modelyard.models.schema import Schema, TensorSpec
from modelyard.models.signature import ModelSignature

LARGEST_MESSAGE = (1 << 31) - 1
"""What a protobuf message can hold; the weights of larger models stand in a second file."""


def fits_one_file(proto: Any) -> bool:
    """Whether a graph and its weights can be one message."""
    return bool(proto.ByteSize() < LARGEST_MESSAGE)


def onnx_library() -> ModuleType:
    """The package onnx; ``MissingExtra`` where it is not installed."""
    return require("onnx", what="An ONNX model", extra="onnx")


def write_onnx(proto: Any, file: Path, *, external: bool = False) -> None:
    """Write a graph as ``file``, and its weights as ``<file>.data`` when ``external``, or when it is too large for one file."""
    onnx = onnx_library()
    helper = require("onnx.external_data_helper", what="An ONNX model", extra="onnx")
    elsewhere = [each.name for each in proto.graph.initializer if helper.uses_external_data(each)]
    if elsewhere:
        raise InvalidParameter(
            f"The weights of this model are in other files ({elsewhere[0]!r} for one): load it with its external data."
        )
    if not external and fits_one_file(proto):
        onnx.save_model(proto, str(file))
        return
    copy = onnx.ModelProto()  # what writes the weights takes them out of the model
    copy.CopyFrom(proto)
    numbers = require("onnx.numpy_helper", what="An ONNX model", extra="onnx")
    for each in copy.graph.initializer:
        if not each.HasField("raw_data"):  # only raw bytes are taken out
            each.CopyFrom(numbers.from_array(numbers.to_array(each), each.name))
    onnx.save_model(copy, str(file), save_as_external_data=True, location=f"{file.name}.data")


def read_onnx(file: Path) -> Any:
    """The graph in a file, with its weights from the files beside it.

    Raises ``InvalidParameter`` when it is no ONNX model.
    """
    if not file.is_file():
        raise InvalidParameter(f"There is no file {str(file)!r}.")
    try:
        return onnx_library().load(str(file))
    except Exception as error:
        raise InvalidParameter(f"{str(file)!r} is no ONNX model: {type(error).__name__}: {error}") from error


def signature_of(proto: Any) -> ModelSignature | None:
    """What a graph says of its inputs and outputs; None where one of them is no tensor.

    An only input has no name in it: an array or a table is enough.
    """
    inputs = _schema(inputs_of(proto))
    if inputs is not None and len(inputs) == 1:
        inputs = Schema([msgspec.structs.replace(inputs.inputs[0], name=None)])
    outputs = _schema(proto.graph.output)
    return None if inputs is None else ModelSignature(inputs, outputs)


def inputs_of(proto: Any) -> list[Any]:
    """The inputs of a graph that are no weights."""
    weights = {each.name for each in proto.graph.initializer}
    return [each for each in proto.graph.input if each.name not in weights]


def _schema(values: Iterable[Any]) -> Schema | None:
    onnx = onnx_library()
    specs = []
    for value in values:
        if not value.type.HasField("tensor_type") or not value.type.tensor_type.HasField("shape"):
            return None
        of = value.type.tensor_type
        shape = [size.dim_value if size.HasField("dim_value") else -1 for size in of.shape.dim]
        kind = onnx.helper.tensor_dtype_to_np_dtype(of.elem_type)
        specs.append(TensorSpec("str" if kind.kind == "O" else kind, shape, value.name))
    return Schema(specs) if specs else None
