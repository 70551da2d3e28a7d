"""The OpenAPI 3.1 document, made from the endpoint table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from modelyard.core.version import __version__
from modelyard.core.wire.endpoint import Endpoint, Need

Json = dict[str, Any]

_ARGUMENT = re.compile(r"\{(\w+)\*?\}")
_REFERENCE = "#/components/schemas/{name}"
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_ERROR: Json = {
    "type": "object",
    "required": ["error_code", "message"],
    "properties": {
        "error_code": {"type": "string", "examples": ["RESOURCE_DOES_NOT_EXIST"]},
        "message": {"type": "string"},
        "reason": {"type": "string"},
    },
}


def document(endpoints: Iterable[Endpoint], prefix: str = "") -> Json:
    """The document. Each endpoint stands under its first path; ``x-also-at`` lists the others it answers at."""
    rows = tuple(endpoints)
    types = list(dict.fromkeys(kind for row in rows for kind in (row.request, row.reply)))
    (_, schemas) = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    paths: dict[str, Json] = {}
    for row in rows:
        path = prefix + _ARGUMENT.sub(r"{\1}", row.paths[0])
        for method in row.methods:
            paths.setdefault(path, {})[method.lower()] = _operation(row, method, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "modelyard",
            "version": __version__,
            "description": "The REST interface of a modelyard server: MLflow's, and additions below /api/1.0/modelyard.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": name} for name in dict.fromkeys(row.service for row in rows)],
        "paths": paths,
        "components": {"schemas": schemas | {"Error": _ERROR}},
    }


def encoded(endpoints: Iterable[Endpoint], prefix: str = "") -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(document(endpoints, prefix))


def _operation(row: Endpoint, method: str, schemas: dict[str, Any]) -> Json:
    named = _ARGUMENT.findall(row.path)
    fields: Json = schemas[row.request.__name__].get("properties", {})
    required = set(schemas[row.request.__name__].get("required", ()))
    in_query = method == "GET" or row.kind == "stream"
    parameters = [{"name": name, "in": "path", "required": True, "schema": fields.get(name, {})} for name in named]
    if in_query:
        parameters += [
            {"name": name, "in": "query", "required": name in required, "schema": schema}
            for name, schema in fields.items()
            if name not in named
        ]
    operation: Json = {
        "operationId": row.name if method == row.methods[0] else f"{row.name}.{method.lower()}",
        "tags": [row.service],
        "summary": (row.request.__doc__ or "").strip().split("\n", 1)[0],
        "x-permission": "public" if row.need == Need.PUBLIC else row.need.name.lower(),
        "x-body-limit": row.limit,
        "x-also-at": [_ARGUMENT.sub(r"{\1}", path) for path in row.paths[1:]],
        "responses": {"200": _answer(row), "default": _error()},
    }
    if parameters:
        operation["parameters"] = parameters
    if row.kind == "stream" and method != "GET":
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": _BYTES}}
    elif not in_query:
        schema = {"$ref": _REFERENCE.format(name=row.request.__name__)}
        operation["requestBody"] = {"required": bool(required), "content": {"application/json": {"schema": schema}}}
    return operation


def _answer(row: Endpoint) -> Json:
    if row.kind == "stream" and "GET" in row.methods:
        return {"description": "The file.", "content": {"application/octet-stream": _BYTES}}
    if row.reply.__name__ == "Text":
        return {"description": "A text.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    schema = {"$ref": _REFERENCE.format(name=row.reply.__name__)}
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _error() -> Json:
    schema = {"$ref": _REFERENCE.format(name="Error")}
    return {"description": "It was refused, or it failed.", "content": {"application/json": {"schema": schema}}}
