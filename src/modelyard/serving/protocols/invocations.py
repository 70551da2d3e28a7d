"""MLflow's way to ask: ``POST /invocations`` with JSON in one of several forms, CSV, Arrow or Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from modelyard.core.errors import BadRequest, InvalidParameter
from modelyard.models.libraries import kind_of
from modelyard.models.schema import Schema
from modelyard.models.signature import ModelSignature
from modelyard.serving import arrow, tables
from modelyard.serving.bodies import decode_json
from modelyard.serving.inputs import read_inputs, read_instances, rows_of, tensor_rows
from modelyard.serving.media import media_type
from modelyard.serving.protocols.protocol import Payload
from modelyard.serving.responses import encode, encode_predictions
from modelyard.serving.texts import read_csv

JSON, CSV = "application/json", "text/csv"
TYPES = (JSON, CSV, *arrow.TYPES)
FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
LANGUAGE = ("messages", "prompt", "input")
"""Keys of requests to language models, which MLflow hands to the model as they are, and answers without ``predictions``."""
_SPLIT = ("columns", "data", "index")
_ACCEPTED = f"The input must be a JSON dictionary with exactly one of the input fields {', '.join(FORMS)}"


class Note(NamedTuple):
    """How the answer is written: ``bare`` is without ``predictions`` around it."""

    bare: bool = False


class Invocations:
    """The protocol of MLflow's scoring server, its older split form, and rows under ``input``."""

    name: ClassVar[str] = "invocations"

    def read(self, body: bytes, content_type: str, signature: ModelSignature | None) -> Payload:
        """The payload of a request's body."""
        kind = media_type(content_type, TYPES)
        schema = None if signature is None else signature.inputs
        try:
            if kind == JSON:
                return _read_json(decode_json(body), signature, schema)
            if kind == CSV:
                data, rows = read_csv(body, schema, "the CSV text")
            else:
                data, rows = arrow.read_table(body, kind, schema, "the table")
            return Payload(data, rows=rows)
        except (RecursionError, OverflowError):
            raise BadRequest("Invalid input. A number is too large, or the values are nested too deeply.") from None

    def write(self, predictions: Any, payload: Payload, signature: ModelSignature | None) -> bytes:
        """``{"predictions": …}``; what a language model answers stands alone."""
        if isinstance(payload.note, Note) and payload.note.bare:
            return encode(predictions)
        if kind_of(predictions) == "ndarray" and predictions.dtype.kind in "iufb" and predictions.dtype.itemsize <= 8:
            return encode_predictions(predictions)
        return encode({"predictions": predictions})


def _read_json(found: Any, signature: ModelSignature | None, schema: Schema | None) -> Payload:
    if isinstance(found, list):
        found = {"dataframe_records": found}
    if not isinstance(found, dict):
        raise BadRequest(f"Invalid input. {_ACCEPTED}. Received {tables.kind(found)}.")
    if any(name in found for name in LANGUAGE) and not any(name in found for name in FORMS):
        if "input" in found and _is_rows(found["input"], schema):
            return _payload("input", found["input"], found, schema)
        return _for_language(found, signature, schema)
    given = [name for name in FORMS if name in found]
    if not given and "data" in found:
        split = {name: found[name] for name in _SPLIT if name in found}
        return _payload("dataframe_split", split, found, schema)
    if len(given) != 1:
        names = ", ".join(repr(name[:50]) for name in list(found)[:20]) or "none"
        raise BadRequest(f"{_ACCEPTED}. Received dictionary with input fields: {names}.")
    return _payload(given[0], found[given[0]], found, schema)


def _payload(form: str, value: Any, found: Mapping[str, Any], schema: Schema | None) -> Payload:
    params = found.get("params")
    if params is not None and not isinstance(params, dict):
        raise InvalidParameter(f"params is {tables.kind(params)}; it is an object of the model's parameters.")
    data = _READERS[form](schema, value, form)
    return Payload(data, params, rows_of(data), Note())


def _split(schema: Schema | None, found: Any, form: str) -> Any:
    if not isinstance(found, dict):
        raise BadRequest(f"Invalid input. Dataframe split format must be a dictionary. Got {tables.kind(found)}.")
    if "data" not in found or not found.keys() <= set(_SPLIT):
        keys = ", ".join(repr(name[:50]) for name in list(found)[:20]) or "none"
        raise BadRequest(
            "Invalid input. Dataframe split format must have 'data' field and optionally 'columns' and 'index' fields. "
            f"Got {keys}."
        )
    names, rows, index = found.get("columns"), found["data"], found.get("index")
    for field, value in (("columns", names), ("data", rows), ("index", index)):
        if not isinstance(value, list) and (value is not None or field == "data"):
            raise BadRequest(f"{form}.{field} is {tables.kind(value)}; it is a list.")
    if index is not None and len(index) != len(rows):
        raise BadRequest(f"{form}.index has {len(index)} values, and {form}.data {len(rows)} rows.")
    if index is not None and any(isinstance(each, list | dict) for each in index):
        raise BadRequest(f"{form}.index holds a list or an object; it is a list of numbers or texts.")
    return _table(schema, names, rows, form, index)


def _table(schema: Schema | None, names: Any, rows: Any, form: str, index: Any = None) -> Any:
    if schema is not None and schema.is_tensor_spec():
        tables.check_rows(schema, names, rows, form)
        return tensor_rows(schema, names, rows, form)
    return tables.table(schema, names, rows, form, index)


def _records(schema: Schema | None, found: Any, form: str) -> Any:
    if not isinstance(found, list):
        raise BadRequest(
            f"Invalid input. Dataframe records format must be a list of records. Got {tables.kind(found)}."
        )
    if found and isinstance(found[0], list):
        return _table(schema, None, found, form)
    if schema is not None and schema.is_tensor_spec():
        names, rows = tables.as_rows(found, form)
        return tensor_rows(schema, names, rows, form)
    return tables.records(schema, found, form)


_READERS = {
    "dataframe_split": _split,
    "dataframe_records": _records,
    "inputs": read_inputs,
    "instances": read_instances,
    "input": read_inputs,
}


def _is_rows(found: Any, schema: Schema | None) -> bool:
    """Whether ``input`` is a list of rows, rather than what a language model is asked."""
    if schema is not None and schema.has_input_names() and "input" in schema.input_names():
        return False
    return isinstance(found, list) and bool(found) and all(isinstance(row, list | dict) for row in found)


def _for_language(found: Mapping[str, Any], signature: ModelSignature | None, schema: Schema | None) -> Payload:
    names = schema.input_names() if schema is not None else []
    if schema is not None and not any(name in names for name in LANGUAGE):
        key = next(name for name in LANGUAGE if name in found)
        listed = ", ".join(map(repr, names[:20]))
        raise BadRequest(
            f"{_ACCEPTED}. Received {key!r}, which is for language models; this model's signature takes {listed}."
        )
    known = {spec.name for spec in signature.params} if signature is not None and signature.params else set()
    params = {name: value for name, value in found.items() if name in known}
    data = {name: value for name, value in found.items() if name not in known}
    return Payload(data, params, None, Note(bare=True))
