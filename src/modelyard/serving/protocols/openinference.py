"""The Open Inference Protocol, version 2, over HTTP: tensors by name, with shape and data type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import msgspec

from modelyard.core.errors import BadRequest, InvalidParameter
from modelyard.core.version import __version__
from modelyard.models.enforce import enforce
from modelyard.models.libraries import numpy
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.signature import ModelSignature
from modelyard.models.types import Array, DataType, Map, Object
from modelyard.serving import tables
from modelyard.serving.bodies import decode_json
from modelyard.serving.card import Card
from modelyard.serving.inputs import rows_of
from modelyard.serving.media import media_type
from modelyard.serving.protocols.protocol import Payload
from modelyard.serving.responses import encode
from modelyard.serving.tensors import BYTES, Tensor, array_of, datatype_of, outputs_of

_OUTPUT = "predictions"
_INPUT = "input"


class Wanted(msgspec.Struct, frozen=True):
    """An output that a request asks for."""

    name: str
    parameters: dict[str, Any] | None = None


class Request(msgspec.Struct, frozen=True):
    """The body of a request for an inference."""

    inputs: list[Tensor]
    id: str | None = None
    parameters: dict[str, Any] | None = None
    outputs: list[Wanted] | None = None


class Note(NamedTuple):
    """What the answer repeats: the request's own id, and the outputs it asked for."""

    id: str | None
    outputs: tuple[str, ...]


class OpenInference:
    """Inference requests for one model, which answers under its name and version."""

    name: ClassVar[str] = "openinference"

    def __init__(self, model: str, version: str) -> None:
        self._model = model
        self._version = version

    def read(self, body: bytes, content_type: str, signature: ModelSignature | None) -> Payload:
        """The payload of a request's body."""
        media_type(content_type, ("application/json",))
        try:
            asked = msgspec.convert(decode_json(body), Request)
        except msgspec.ValidationError as error:
            raise BadRequest(f"This is no inference request: {error}.") from None
        if not asked.inputs:
            raise BadRequest("inputs is empty; an inference request has one tensor at least.")
        given: dict[str, Any] = {}
        for each in asked.inputs:
            if each.name in given:
                raise BadRequest(f"inputs has {each.name[:100]!r} twice.")
            given[each.name] = array_of(each)
        try:
            data = _data(None if signature is None else signature.inputs, given)
        except (RecursionError, OverflowError):
            raise BadRequest("A number is too large, or the values are nested too deeply.") from None
        note = Note(asked.id, tuple(each.name for each in asked.outputs or ()))
        return Payload(data, _params(signature, asked.parameters), rows_of(data), note)

    def write(self, predictions: Any, payload: Payload, signature: ModelSignature | None) -> bytes:
        """The answer, with an output for each array, column or key that was predicted."""
        found = outputs_of(predictions, _output_name(signature))
        note = payload.note if isinstance(payload.note, Note) else Note(None, ())
        if note.outputs:
            known = {each["name"]: each for each in found}
            for name in note.outputs:
                if name not in known:
                    raise InvalidParameter(f"There is no output {name[:100]!r}; this model has {', '.join(known)}.")
            found = [known[name] for name in dict.fromkeys(note.outputs)]
        answer = {"model_name": self._model, "model_version": self._version, "outputs": found}
        return encode(answer if note.id is None else {**answer, "id": note.id})


def _output_name(signature: ModelSignature | None) -> str:
    schema = None if signature is None else signature.outputs
    return (
        str(schema.inputs[0].name) if schema is not None and len(schema) == 1 and schema.has_input_names() else _OUTPUT
    )


def _params(signature: ModelSignature | None, given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The request's parameters that are the model's; others are hints to servers, which may ignore them."""
    known = {spec.name for spec in signature.params} if signature is not None and signature.params else set()
    found = {name: value for name, value in (given or {}).items() if name in known}
    return found or None


def _data(schema: Schema | None, given: Mapping[str, Any]) -> Any:
    """What the model takes: an input for each column or tensor, or one input of two dimensions for all columns."""
    first = next(iter(given.values()))
    if schema is None:
        return first if len(given) == 1 else dict(given)
    if schema.is_tensor_spec():
        return enforce(schema, _tensors(schema, given, first))
    named = schema.has_input_names()
    if len(given) == 1 and not (named and set(given) <= set(schema.input_names())):
        if first.ndim == 2 and first.shape[1] == len(schema):
            return tables.table(schema, None, first.tolist(), "inputs")
        if len(schema) > 1 or named:
            name = next(iter(given))
            raise InvalidParameter(
                f"Input {name[:100]!r} has the shape {list(first.shape)}; give an input for each column, or one of the shape "
                f"[rows, {len(schema)}] with all columns in order."
            )
    if not named:
        if len(given) != len(schema):
            raise InvalidParameter(f"The model takes {len(schema)} columns; {len(given)} inputs were given.")
        lists = [_values(spec, name, array) for spec, (name, array) in zip(schema.inputs, given.items(), strict=True)]
        return tables.table(schema, None, _turned(lists), "inputs")
    known = {spec.name: spec for spec in schema.inputs}
    found: dict[str, list[Any]] = {
        name: _values(known[name], name, array) if name in known else [] for name, array in given.items()
    }
    return tables.columns(schema, found, "inputs")


def _tensors(schema: Schema, given: Mapping[str, Any], first: Any) -> Any:
    if schema.has_input_names():
        known = schema.input_dict()
        return {name: _typed(known[name], array) for name, array in given.items() if name in known}
    if len(given) > 1:
        raise InvalidParameter(f"The model takes one tensor; {len(given)} inputs were given.")
    return _typed(schema.inputs[0], first)


def _typed(spec: TensorSpec, array: Any) -> Any:
    """Texts as the tensor's kind of text; numbers as they are."""
    kind = numpy().dtype(spec.type).kind
    if array.dtype.kind != "O" or kind not in "US":
        return array
    return (
        numpy().array([each.encode() for each in array.ravel()] if kind == "S" else array.tolist()).reshape(array.shape)
    )


def _values(spec: ColSpec, name: str, array: Any) -> list[Any]:
    """One column: [rows] or [rows, 1], or more dimensions where a value is a list itself; objects come as texts of JSON."""
    if array.ndim == 2 and array.shape[1] == 1 and not isinstance(spec.type, Array):
        array = array[:, 0]
    if array.ndim == 0 or (array.ndim > 1 and isinstance(spec.type, DataType)):
        raise InvalidParameter(
            f"Input {name!r} has the shape {list(array.shape)}; a column has the shape [rows] or [rows, 1]."
        )
    found: list[Any] = array.tolist()
    if array.ndim == 1 and array.dtype.kind == "O" and isinstance(spec.type, Object | Map):
        return [decode_json(each.encode()) for each in found]
    return found


def _turned(lists: list[list[Any]]) -> list[list[Any]]:
    if len(set(map(len, lists))) > 1:
        raise InvalidParameter("The inputs have different numbers of rows.")
    return [list(row) for row in zip(*lists, strict=True)]


# ----------------------------------------------------------------------------------------------------------------------
# What is told of the server and the model


def server_metadata() -> dict[str, Any]:
    """The answer to ``GET /v2``."""
    return {"name": "modelyard", "version": __version__, "extensions": []}


def live() -> dict[str, Any]:
    """The answer to ``GET /v2/health/live``."""
    return {"live": True}


def ready(is_ready: bool) -> dict[str, Any]:
    """The answer to ``GET /v2/health/ready``."""
    return {"ready": is_ready}


def model_ready(card: Card, is_ready: bool) -> dict[str, Any]:
    """The answer to ``GET /v2/models/{name}/ready``."""
    return {"name": card.name, "ready": is_ready}


def model_metadata(card: Card) -> dict[str, Any]:
    """The answer to ``GET /v2/models/{name}``."""
    signature = ModelSignature.from_dict(card.signature) if card.signature else None
    return {
        "name": card.name,
        "versions": [card.version] if card.version else [],
        "platform": card.flavor,
        "inputs": _described(None if signature is None else signature.inputs, _INPUT),
        "outputs": _described(None if signature is None else signature.outputs, _OUTPUT),
    }


def _described(schema: Schema | None, name: str) -> list[dict[str, Any]]:
    if schema is None:
        return []
    if not schema.has_input_names() and not schema.is_tensor_spec() and len(schema) > 1:
        kinds = {datatype_of(spec.type)[0] for spec in schema.inputs}
        return [{"name": name, "datatype": kinds.pop() if len(kinds) == 1 else BYTES, "shape": [-1, len(schema)]}]
    found = []
    for spec in schema.inputs:
        datatype, shape = datatype_of(spec.type)
        sizes = list(spec.shape) if isinstance(spec, TensorSpec) else [-1, *shape]
        found.append({"name": name if spec.name is None else str(spec.name), "datatype": datatype, "shape": sizes})
    return found
