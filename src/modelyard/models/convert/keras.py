"""Keras 3 models, by Keras's own export or, on TensorFlow, by tf2onnx."""

from __future__ import annotations

import io
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import require
from modelyard.models.convert.contract import OPSET, Converted, GraphInput, GraphOutput, kind, refusal
from modelyard.models.convert.inputs import with_columns
from modelyard.models.schema import Schema

_WHAT = "Converting a Keras model to ONNX"


class KerasConverter(msgspec.Struct, frozen=True):
    """A Keras model knows its inputs: their names, types and sizes."""

    name: ClassVar[str] = "keras"

    def forms(self, obj: Any, schema: Schema | None) -> Iterator[list[GraphInput]]:
        """The model's own inputs."""
        if not getattr(obj, "inputs", None):
            raise InvalidParameter(
                f"This {kind(obj)} has no inputs yet: call it once, or begin it with keras.Input(shape=...)."
            )
        yield [
            with_columns(
                GraphInput(each.name, str(each.dtype), [-1 if size is None else size for size in each.shape]), schema
            )
            for each in obj.inputs
        ]

    def convert(self, obj: Any, inputs: Sequence[GraphInput], *, method: str) -> Converted:
        """The graph of the model's call."""
        keras = require("keras", what=_WHAT, extra="keras")
        backend = keras.backend.backend()
        try:
            with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
                warnings.simplefilter("ignore")
                proto = _by_tensorflow(obj, inputs) if backend == "tensorflow" else _by_keras(keras, obj)
        except Exception as error:
            raise refusal(obj, error, "replace the layer that has no conversion") from error
        named = [
            msgspec.structs.replace(each, name=value.name)
            for each, value in zip(inputs, proto.graph.input, strict=True)
        ]
        return Converted(
            proto, named, GraphOutput(proto.graph.output[0].name), f"keras {keras.__version__} ({backend})"
        )


def _by_keras(keras: Any, obj: Any) -> Any:
    onnx = require("onnx", what=_WHAT, extra="onnx")
    zeros = [keras.ops.zeros([size or 1 for size in each.shape], dtype=each.dtype) for each in obj.inputs]
    obj(zeros if len(zeros) > 1 else zeros[0])
    with tempfile.TemporaryDirectory(prefix="modelyard-onnx-") as place:
        file = Path(place) / "model.onnx"
        obj.export(file, format="onnx", verbose=False)
        return onnx.load(str(file))


def _by_tensorflow(obj: Any, inputs: Sequence[GraphInput]) -> Any:
    """What a graph took from outside of it, such as a layer's constants, tf2onnx leaves as inputs: they become numbers."""
    tensorflow = require("tensorflow", what=_WHAT, extra="tensorflow")
    tf2onnx = require("tf2onnx", what=_WHAT, extra="onnx")
    helper = require("onnx.numpy_helper", what=_WHAT, extra="onnx")
    several = len(inputs) > 1
    specs = [
        tensorflow.TensorSpec([None if size < 0 else size for size in each.shape], each.type, each.name)
        for each in inputs
    ]

    @tensorflow.function(input_signature=specs)  # type: ignore[untyped-decorator]  # tensorflow has no types
    def call(*given: Any) -> Any:
        return obj(list(given) if several else given[0], training=False)

    proto, _ = tf2onnx.convert.from_function(call, input_signature=specs, opset=OPSET)
    captured = {placeholder.name: value for value, placeholder in call.get_concrete_function().graph.captures}
    used = {name for node in proto.graph.node for name in node.input}
    for each in list(proto.graph.input)[len(inputs) :]:
        proto.graph.input.remove(each)
        if each.name in used:
            proto.graph.initializer.append(helper.from_array(captured[each.name].numpy(), each.name))
    return proto
