"""From a model to its graphs: the converter of its flavor, then each form its inputs can have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelyard.core import plugins
from modelyard.core.errors import InvalidParameter
from modelyard.models.convert.contract import Converted, Converter
from modelyard.models.schema import Schema

GROUP = "converters"


def converter(flavor: str) -> Converter:
    """The converter of a flavor's models.

    Raises ``InvalidParameter`` when there is none.

    >>> converter("sklearn").name
    'sklearn'
    """
    known = plugins.names(GROUP)
    if flavor not in known:
        raise InvalidParameter(
            f"There is no conversion to ONNX for {flavor} models; there is for {', '.join(known)}. Save and serve the model as it"
            " is, or export it with its framework's own tool and log the file by modelyard.onnx.log_model."
        )
    made: Converter = plugins.load(GROUP, flavor)()
    return made


def graphs(obj: Any, *, flavor: str, schema: Schema | None, method: str = "predict") -> Iterator[Converted]:
    """The graphs a model can become, the plainest first; what cannot be converted in one form may be in the next.

    Raises ``InvalidParameter`` with the first reason when it cannot be converted in any.
    """
    using = converter(flavor)
    first, made = None, 0
    for inputs in using.forms(obj, schema):
        try:
            found = using.convert(obj, inputs, method=method)
        except InvalidParameter as error:
            first = first or error
            continue
        made += 1
        _tidy(found.proto)
        yield found
    if not made and first is not None:
        raise first


def _tidy(proto: Any) -> None:
    """Take out what tells of the machine that exported it, and free the outputs of a wrong number of rows."""
    del proto.metadata_props[:]
    proto.doc_string = proto.graph.doc_string = ""
    for graph in (proto.graph, *proto.functions):
        del graph.metadata_props[:]
        for each in graph.node:
            del each.metadata_props[:]
            each.doc_string = ""
    for value in (*proto.graph.input, *proto.graph.output, *proto.graph.value_info):
        del value.metadata_props[:]
    for tensor in proto.graph.initializer:
        del tensor.metadata_props[:]
    for output in proto.graph.output:
        size = output.type.tensor_type.shape.dim
        if size and size[0].HasField("dim_value") and size[0].dim_value == 1:
            size[0].dim_param = "rows"
