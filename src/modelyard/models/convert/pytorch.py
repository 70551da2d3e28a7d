"""PyTorch modules, by torch.onnx."""

from __future__ import annotations

import importlib.util
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, ClassVar

import msgspec

from modelyard.core.extras import loaded, require
from modelyard.models.convert.contract import OPSET, Converted, GraphInput, GraphOutput, refusal
from modelyard.models.convert.inputs import of_tensors
from modelyard.models.schema import Schema

_OUTPUT = "output"
_INSTEAD = (
    "write its forward() without what ONNX has no operator for (decisions that depend on the data, custom kernels)"
)
_TALKING = ("torch.onnx", "torch.fx.experimental.symbolic_shapes", "torch._dynamo", "torch.export")
_VARYING = 3
"""The size that stands for one that varies while the graph is followed."""


class PytorchConverter(msgspec.Struct, frozen=True):
    """The number of rows stays free, and so does each size that the signature leaves open."""

    name: ClassVar[str] = "pytorch"

    def forms(self, obj: Any, schema: Schema | None) -> Iterator[list[GraphInput]]:
        """Tensors as the signature has them; floats in the precision of the module."""
        yield of_tensors(schema, floats=_precision(obj))

    def convert(self, obj: Any, inputs: Sequence[GraphInput], *, method: str) -> Converted:
        """The graph of the module's call, in evaluation mode."""
        torch = require("torch", what="Converting a PyTorch model to ONNX", extra="pytorch")
        require("onnxscript", what="Converting a PyTorch model to ONNX", extra="onnx")
        device = next((each.device for each in (*obj.parameters(), *obj.buffers())), "cpu")
        tensors = tuple(
            torch.zeros(
                [_VARYING if size < 0 else size for size in each.shape], dtype=getattr(torch, each.type), device=device
            )
            for each in inputs
        )
        training = [part for part in obj.modules() if part.training]
        for part in training:
            part.training = False
        try:
            proto = _export(torch, obj, tensors, inputs)
        except Exception as error:
            raise refusal(obj, _innermost(error), _INSTEAD) from error
        finally:
            for part in training:
                part.training = True
        output = GraphOutput(proto.graph.output[0].name)
        return Converted(proto, list(inputs), output, f"torch {torch.__version__}")


def _precision(obj: Any) -> str:
    kinds = [str(each.dtype).removeprefix("torch.") for each in obj.parameters() if each.dtype.is_floating_point]
    return kinds[0] if kinds else "float32"


def _export(torch: Any, obj: Any, tensors: tuple[Any, ...], inputs: Sequence[GraphInput]) -> Any:
    names = [each.name for each in inputs]
    free = [{place for place, size in enumerate(each.shape) if size < 0} for each in inputs]
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        if isinstance(obj, torch.jit.ScriptModule) or _compiler_would_clash():
            return _traced(torch, obj, tensors, names, free)
        shapes = tuple(dict.fromkeys(each, torch.export.Dim.DYNAMIC) for each in free)
        with _quiet():
            program = torch.onnx.export(
                obj,
                tensors,
                dynamo=True,
                verbose=False,
                opset_version=OPSET,
                input_names=names,
                output_names=[_OUTPUT],
                dynamic_shapes=shapes,
            )
        return program.model_proto


def _compiler_would_clash() -> bool:
    """Whether PyTorch's compiler, which its newer exporter imports, would end the process.

    It brings an LLVM, as TensorFlow does; the two only live together when the compiler was there first.
    """
    return bool(loaded("tensorflow")) and not loaded("triton") and importlib.util.find_spec("triton") is not None


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what PyTorch logs of its ways to a graph: the error says what came of them."""
    loggers = [logging.getLogger(name) for name in _TALKING]
    before = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for each, level in zip(loggers, before, strict=True):
            each.setLevel(level)


def _traced(torch: Any, obj: Any, tensors: tuple[Any, ...], names: list[str], free: list[set[int]]) -> Any:
    """By PyTorch's older exporter: the only one that reads scripted modules, which are graphs already."""
    onnx = require("onnx", what="Converting a PyTorch model to ONNX", extra="onnx")
    axes = {name: {place: f"{name}_{place}" for place in places} for name, places in zip(names, free, strict=True)}
    written = io.BytesIO()
    torch.onnx.export(
        obj,
        tensors,
        written,
        dynamo=False,
        opset_version=OPSET,
        input_names=names,
        output_names=[_OUTPUT],
        dynamic_axes={**axes, _OUTPUT: {0: "rows"}},
    )
    return onnx.load_from_string(written.getvalue())


def _innermost(error: BaseException) -> BaseException:
    """What PyTorch stumbled on: each of its errors hides the one that it came from."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error
