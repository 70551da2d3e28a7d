"""The service's OpenAPI document."""

from __future__ import annotations

import functools
from typing import Any

import msgspec

from modelyard.core.version import __version__
from modelyard.training.result import Training
from modelyard.training.trainers.table import TRAINERS

PATHS = ("/train", "/predict", "/predict_net", "/models", "/models/{id}", "/health", "/ready", "/openapi.json")

_REFERENCE = "#/components/schemas/{name}"
_TEXT: dict[str, Any] = {"type": "string"}
_FLAG: dict[str, Any] = {"type": "boolean", "default": False}
_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error_code", "message"],
    "properties": {"error_code": _TEXT, "message": _TEXT},
}
_WHICH = (
    ("model", "name, name/version, name@alias, or the id of a logged model"),
    ("version", "a version of the model"),
    ("alias", "an alias of the model"),
)


@functools.cache
def document() -> bytes:
    """The document as JSON."""
    (_,), schemas = msgspec.json.schema_components((Training,), ref_template=_REFERENCE)
    paths = {
        "/train": {"get": _train(short=True), "post": _train(short=False)},
        "/predict": {"post": _predict("the newest version that is no network")},
        "/predict_net": {"post": _predict("the newest network")},
        "/models": {"get": _operation("The versions there are, the newest first.", {"type": "object"})},
        "/models/{id}": {
            "get": _operation(
                "A version: its columns in order, its target, params and metrics.",
                {"type": "object"},
                [_parameter("id", "name, name/version, name@alias, or an id", place="path")],
            )
        },
        "/health": {"get": _operation("The service is alive.", None)},
        "/ready": {"get": _operation("The service takes requests; 503 when it does not.", {"type": "object"})},
    }
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "modelyard training service", "version": __version__},
            "paths": paths,
            "components": {"schemas": {**schemas, "Error": _ERROR, "TrainRequest": _train_schema()}},
        }
    )


def _train_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "model": {"enum": list(TRAINERS), "default": "LinearRegression"},
            "target": _TEXT,
            "params": {"type": "object", "additionalProperties": True},
            "test_size": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.33},
            "seed": {"type": "integer", "minimum": 0, "default": 42},
            "name": {**_TEXT, "description": "the registered model that gets the version; the model's name by default"},
            "plots": _FLAG,
        },
        "additionalProperties": {"description": "any other field is a param of the model"},
    }


def _train(*, short: bool) -> dict[str, Any]:
    wanted: dict[str, Any] = {"$ref": "#/components/schemas/TrainRequest"}
    if short:
        answer = {"type": "object", "examples": [{"r2": 0.36}]}
        return _operation("Train with the defaults; one metric, rounded.", answer)
    with_file = {"allOf": [wanted, {"type": "object", "properties": {"data": {"type": "string", "format": "binary"}}}]}
    found = _operation("Train as asked; all that came of it.", {"$ref": "#/components/schemas/Training"})
    found["requestBody"] = {
        "content": {"application/json": {"schema": wanted}, "multipart/form-data": {"schema": with_file}}
    }
    return found


def _predict(default: str) -> dict[str, Any]:
    row = {"type": "object", "additionalProperties": True}
    rows = {"oneOf": [row, {"type": "array", "items": row}]}
    parameters = [
        *(_parameter(name, help_) for name, help_ in _WHICH),
        _parameter("full", "every digit, the model and warnings", _FLAG),
        _parameter("probabilities", "the share of each class, of classifiers", _FLAG),
    ]
    found = _operation(f"Predict a row or rows with a version; by default {default}.", rows, parameters)
    found["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": rows}, "text/csv": {"schema": _TEXT}},
    }
    return found


def _parameter(name: str, help_: str, schema: dict[str, Any] | None = None, place: str = "query") -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "description": help_, "schema": schema or _TEXT}


def _operation(
    summary: str, answer: dict[str, Any] | None, parameters: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    content = {"application/json": {"schema": answer}} if answer is not None else {"text/plain": {"schema": _TEXT}}
    refused = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "summary": summary,
        "parameters": parameters or [],
        "responses": {
            "200": {"description": "done", "content": content},
            "default": {"description": "refused or failed", "content": refused},
        },
    }
