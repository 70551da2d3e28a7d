"""The OpenAPI document says what the endpoint table says, and holds together."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from modelyard.core.wire.endpoint import Endpoint
from modelyard.core.wire.openapi import document, encoded
from modelyard.core.wire.table import ENDPOINTS

DOCUMENT: dict[str, Any] = json.loads(encoded(ENDPOINTS))
OPERATIONS = {
    operation["operationId"]: (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "$ref":
                yield item
            else:
                yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_every_reference_leads_somewhere() -> None:
    schemas = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert set(references(DOCUMENT)) <= schemas


def test_every_row_and_method_is_one_operation() -> None:
    expected = {
        row.name if method == row.methods[0] else f"{row.name}.{method.lower()}"
        for row in ENDPOINTS
        for method in row.methods
    }
    assert set(OPERATIONS) == expected


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.name)
def test_an_operation_has_its_arguments_and_its_permission(row: Endpoint) -> None:
    path, _, operation = OPERATIONS[row.name]
    named = re.findall(r"\{(\w+)\}", path)
    declared = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"]
    assert declared == named
    assert operation["x-permission"] in {"public", "read", "use", "edit", "manage", "admin"}
    assert operation["summary"]
    assert {"200", "default"} <= set(operation["responses"])
    assert len(operation["x-also-at"]) == len(row.prefixes) - 1


def test_paths_carry_the_static_prefix() -> None:
    assert all(path.startswith("/x/") for path in document(ENDPOINTS, "/x")["paths"])


def test_the_document_names_its_version_of_openapi() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    assert DOCUMENT["info"]["title"] == "modelyard"
