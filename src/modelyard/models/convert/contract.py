"""The contract of a converter: how models of one framework become an ONNX graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.models.schema import Schema

OPSET = 18
"""The version of ONNX's operators that is asked for; any runtime of the last years has it, the browser's among them."""
ML_OPSET = 3
"""The version of the operators for trees and texts; the first whose trees compare in double precision."""


class GraphInput(msgspec.Struct, frozen=True, omit_defaults=True):
    """An input of a graph, and what of a model's data goes into it.

    ``type`` is numpy's name of the type, ``shape`` has -1 for what varies. ``columns`` are the columns of the table that it
    takes, in this order, by name or by place; None is an array as it is given.
    """

    name: str
    type: str
    shape: list[int]
    columns: list[str | int] | None = None


class GraphOutput(msgspec.Struct, frozen=True, omit_defaults=True):
    """The output that holds the predictions, or one ``column`` of it."""

    name: str
    column: int | None = None


class Converted(NamedTuple):
    """A graph (an ``onnx.ModelProto``), how data goes in and predictions come out, and what made it (``skl2onnx 1.20``)."""

    proto: Any
    inputs: list[GraphInput]
    output: GraphOutput
    exporter: str


class Converter(Protocol):
    """Models of one flavor as ONNX graphs, found under the flavor's name in the plug-in group ``converters``.

    Guarantees: neither the model nor the process is changed, the framework is imported inside the calls, and what cannot be
    converted is ``InvalidParameter`` naming what it is and the way out.
    """

    name: ClassVar[str]

    def forms(self, obj: Any, schema: Schema | None) -> Iterator[list[GraphInput]]:
        """The inputs its graph can have, the plainest first: a graph whose predictions agree is looked for in this order.

        ``schema`` is that of the model's inputs; None is for a model without a signature.
        """
        ...

    def convert(self, obj: Any, inputs: Sequence[GraphInput], *, method: str) -> Converted:
        """The graph with these inputs that answers what the method of the model does, ``predict`` for one."""
        ...


def kind(obj: Any) -> str:
    """The type of an object by its full name."""
    return f"{type(obj).__module__}.{type(obj).__qualname__}"


def with_categories(obj: Any) -> InvalidParameter:
    """The error for an object that was trained on categories."""
    return InvalidParameter(
        f"This {kind(obj)} was trained on categories, which have no conversion to ONNX. Serve it as it is (without"
        " onnx=True), or train it on numbers."
    )


def refusal(obj: Any, error: BaseException, instead: str) -> InvalidParameter:
    """The error for an object that cannot be converted: the first line of the reason, and what to do instead."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    reason = lines[0].rstrip(".") if lines else "no reason is given"
    return InvalidParameter(
        f"This {kind(obj)} cannot be converted to ONNX: {type(error).__name__}: {reason}. Serve the model as it is (without"
        f" onnx=True), or {instead}."
    )
