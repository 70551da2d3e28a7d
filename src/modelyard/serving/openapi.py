"""The OpenAPI document of one served model: its own columns, parameters and example, not those of models at large."""

from __future__ import annotations

from typing import Any

from modelyard.core.version import __version__
from modelyard.models.signature import ModelSignature
from modelyard.serving import schemas
from modelyard.serving.arrow import TYPES as ARROW_TYPES
from modelyard.serving.card import Card
from modelyard.serving.schemas import Json

_TENSOR: Json = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
        "datatype": {
            "enum": "BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 FP32 FP64 BYTES".split(),
        },
        "parameters": {"type": "object"},
        "data": {"type": "array"},
    },
    "required": ["name", "shape", "datatype", "data"],
}
_ERRORS = {
    "400": "The request does not fit the model, or the model's own code failed on it.",
    "413": "The request is larger than the server takes.",
    "415": "The body is of a type this endpoint does not read.",
    "429": "Too many requests wait; try again.",
    "503": "No process has the model loaded right now; try again.",
    "504": "The model did not answer in time.",
}


def document(card: Card) -> Json:
    """The OpenAPI 3.1 document of the model a server has."""
    signature = ModelSignature.from_dict(card.signature) if card.signature else None
    about = f"Predictions of {card.name}{f', version {card.version}' if card.version else ''}, served by modelyard."
    return {
        "openapi": "3.1.0",
        "info": {"title": card.name, "version": card.version or card.digest or __version__, "description": about},
        "servers": [{"url": "/"}],
        "paths": {**_invocations(card), **_inference(card), **_probes()},
        "components": {"schemas": _components(signature)},
    }


def _components(signature: ModelSignature | None) -> Json:
    inputs = None if signature is None else signature.inputs
    found: Json = {"Request": _request(signature), "Tensor": _TENSOR}
    if signature is not None and inputs is not None and not inputs.is_tensor_spec() and inputs.has_input_names():
        found["Row"] = schemas.row_schema(signature)
    if signature is not None and signature.params:
        found["Params"] = schemas.params_schema(signature.params)
    found["Answer"] = {
        "type": "object",
        "properties": {"predictions": schemas.predictions_schema(None if signature is None else signature.outputs)},
        "required": ["predictions"],
    }
    found["Error"] = {
        "type": "object",
        "properties": {"error_code": {"type": "string"}, "message": {"type": "string"}},
        "required": ["error_code", "message"],
    }
    found["InferenceRequest"] = _inference_body({"outputs": {"type": "array", "items": {"type": "object"}}}, "inputs")
    found["InferenceAnswer"] = _inference_body(
        {"model_name": {"type": "string"}, "model_version": {"type": "string"}}, "outputs"
    )
    return found


def _request(signature: ModelSignature | None) -> Json:
    """One of MLflow's four forms, with the model's own columns in each."""
    params = {"params": _ref("Params")} if signature is not None and signature.params else {}
    forms = _forms(signature)
    return {
        "oneOf": [
            {"type": "object", "title": name, "properties": {name: form, **params}, "required": [name]}
            for name, form in forms.items()
        ]
    }


def _forms(signature: ModelSignature | None) -> Json:
    rows: Json = {"type": "array", "items": {"type": "array"}}
    split: Json = {
        "type": "object",
        "properties": {
            "columns": {"type": "array", "items": {"type": ["string", "integer"]}},
            "data": rows,
            "index": {"type": "array"},
        },
        "required": ["data"],
        "additionalProperties": False,
    }
    schema = None if signature is None else signature.inputs
    if schema is None:
        records: Json = {"type": "array", "items": {"type": "object"}}
        return {"dataframe_split": split, "dataframe_records": records, "instances": {}, "inputs": {}}
    if schema.is_tensor_spec():
        tensors: Json = {str(each.name): schemas.tensor_schema(each) for each in schema.inputs}
        if not schema.has_input_names():
            return dict.fromkeys(("inputs", "instances"), tensors["None"])
        named: Json = {"type": "object", "properties": tensors, "required": list(tensors)}
        return {"inputs": named, "instances": {"type": "array", "items": {"type": "object"}}}
    if not schema.has_input_names():
        values = {"type": "array", "items": schemas.values_schema(schema)}
        one_column = {} if len(schema) == 1 else values
        return {"dataframe_split": split, "dataframe_records": values, "instances": one_column, "inputs": one_column}
    records = {"type": "array", "items": _ref("Row")}
    values = {"type": "array", "items": schemas.values_schema(schema)}
    columns: Json = {"type": "object", "required": schema.required_input_names()}
    either: Json = {"anyOf": [records, values, columns, *([{}] if len(schema) == 1 else [])]}
    return {"dataframe_split": split, "dataframe_records": records, "instances": either, "inputs": either}


def _inference_body(more: Json, tensors: str) -> Json:
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "parameters": {"type": "object"},
            tensors: {"type": "array", "items": _ref("Tensor")},
            **more,
        },
        "required": [tensors],
    }


# ----------------------------------------------------------------------------------------------------------------------
# Paths


def _invocations(card: Card) -> Json:
    body: Json = {"schema": _ref("Request")}
    if card.example is not None:
        body["example"] = card.example
    others: Json = {kind: {} for kind in ARROW_TYPES}
    content = {"application/json": body, "text/csv": {"schema": {"type": "string"}}, **others}
    operation = {
        "operationId": "invocations",
        "summary": "Predict",
        "requestBody": {"required": True, "content": content},
        "responses": {"200": _answers("The predictions, in the order of the rows.", _ref("Answer")), **_failures()},
    }
    return {"/invocations": {"post": operation}}


def _inference(card: Card) -> Json:
    """The paths of the Open Inference Protocol, for the one model there is."""
    name = {"name": "name", "in": "path", "required": True, "schema": {"const": card.name}}
    version = {"name": "version", "in": "path", "required": True, "schema": {"const": card.version}}
    infer = {
        "summary": "Predict, by the Open Inference Protocol",
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref("InferenceRequest")}}},
        "responses": {"200": _answers("The outputs.", _ref("InferenceAnswer")), **_failures()},
    }
    found: Json = {
        "/v2": _get("About the server"),
        "/v2/health/live": _get("Whether the server runs"),
        "/v2/health/ready": _get("Whether the model can answer"),
    }
    paths = {"/v2/models/{name}": [name]}
    if card.version:
        paths["/v2/models/{name}/versions/{version}"] = [name, version]
    for path, parameters in paths.items():
        found[path] = {**_get("The model's inputs and outputs"), "parameters": parameters}
        found[f"{path}/ready"] = {**_get("Whether the model can answer"), "parameters": parameters}
        found[f"{path}/infer"] = {"post": infer, "parameters": parameters}
    return found


def _probes() -> Json:
    texts = {
        "/ping": "Whether the server runs",
        "/health": "Whether the server runs",
        "/version": "The version of modelyard",
        "/metrics": "Counts and times for Prometheus",
        "/": "A form for people",
    }
    found = {
        path: {"get": {"summary": about, "responses": {"200": {"description": about}}}} for path, about in texts.items()
    }
    return {**found, "/ready": _get("Whether the model can answer"), "/openapi.json": _get("This document")}


def _get(about: str) -> Json:
    return {"get": {"summary": about, "responses": {"200": _answers(about, {"type": "object"})}}}


def _answers(about: str, schema: Json) -> Json:
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _failures() -> dict[str, Any]:
    return {status: _answers(about, _ref("Error")) for status, about in _ERRORS.items()}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
