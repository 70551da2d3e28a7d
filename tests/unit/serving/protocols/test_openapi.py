"""The document and the page of a served model."""

from __future__ import annotations

import html.parser
import json
import re
from typing import Any

import pytest

from modelyard.models.constraints import Constraint, Constraints
from modelyard.models.params import ParamSchema, ParamSpec
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.signature import ModelSignature
from modelyard.models.types import AnyType, Array, Map, Object, Property
from modelyard.serving import form, openapi
from modelyard.serving.card import Card

COLUMNS = ModelSignature(
    Schema([ColSpec("double", "acid"), ColSpec("long", "year", required=False), ColSpec("string", "kind")]),
    Schema([ColSpec("double")]),
    ParamSchema([ParamSpec("k", "long", 5), ParamSpec("stop", "string", ["a"], (-1,))]),
    Constraints({"acid": Constraint(min=0, max=14), "kind": Constraint(choices=["red", "white"])}),
)
SIGNATURES = {
    "columns": COLUMNS,
    "unnamed": ModelSignature(Schema([ColSpec("double")] * 2), Schema([ColSpec("string", "label")])),
    "alone": ModelSignature(Schema([ColSpec("string")]), Schema([TensorSpec("float32", (-1,))])),
    "nested": ModelSignature(
        Schema(
            [
                ColSpec(Array("double"), "v"),
                ColSpec(Object([Property("k", "long"), Property("m", Map("boolean"), required=False)]), "o"),
                ColSpec(AnyType(), "x", required=False),
                ColSpec("datetime", "t"),
                ColSpec("binary", "r"),
                ColSpec("boolean", "ok"),
            ]
        )
    ),
    "tensor": ModelSignature(Schema([TensorSpec("float32", (-1, 28, 28))]), Schema([TensorSpec("float32", (-1, 10))])),
    "tensors": ModelSignature(
        Schema([TensorSpec("float64", (-1, 2), "x"), TensorSpec("str", (-1,), "t")]),
        Schema([TensorSpec("float64", (-1,), "y")]),
    ),
    "params only": ModelSignature(params=ParamSchema([ParamSpec("k", "datetime", "2026-01-02")])),
    "none": None,
}
EXAMPLE = {"dataframe_split": {"columns": ["acid", "year", "kind"], "data": [[7.4, None, "red"]]}, "params": {"k": 7}}


def card(name: str, example: Any = None, version: str = "3") -> Card:
    signature = SIGNATURES[name]
    return Card(name="wine", version=version, signature=signature.to_dict() if signature else None, example=example)


@pytest.mark.parametrize("name", SIGNATURES)
@pytest.mark.parametrize("version", ["3", ""])
def test_the_document_is_openapi(name: str, version: str) -> None:
    validator = pytest.importorskip("openapi_spec_validator", reason="openapi-spec-validator is not installed")
    found = json.loads(json.dumps(openapi.document(card(name, EXAMPLE, version))))
    validator.validate(found)


def references(found: Any) -> set[str]:
    """All that is referred to anywhere in a document."""
    if isinstance(found, dict):
        own = {found["$ref"]} if isinstance(found.get("$ref"), str) else set()
        return own.union(*map(references, found.values()))
    return set().union(*map(references, found)) if isinstance(found, list) else set()


@pytest.mark.parametrize("name", SIGNATURES)
def test_what_the_document_refers_to_is_in_it(name: str) -> None:
    found = openapi.document(card(name))
    assert found["openapi"] == "3.1.0"
    assert references(found) <= {f"#/components/schemas/{each}" for each in found["components"]["schemas"]}
    assert all(
        "responses" in operation
        for path in found["paths"].values()
        for key, operation in path.items()
        if key != "parameters"
    )


def test_the_document_has_the_models_columns_parameters_and_example() -> None:
    found = openapi.document(card("columns", EXAMPLE))
    known = found["components"]["schemas"]
    assert known["Row"]["required"] == ["acid", "kind"]
    assert known["Row"]["properties"]["acid"] == {"type": "number", "format": "double", "minimum": 0, "maximum": 14}
    assert known["Row"]["properties"]["year"]["type"] == ["integer", "null"]
    assert known["Row"]["properties"]["kind"]["enum"] == ["red", "white"]
    assert known["Params"]["properties"]["k"]["default"] == 5
    assert known["Params"]["properties"]["stop"]["items"] == {"type": "string"}
    body = found["paths"]["/invocations"]["post"]["requestBody"]["content"]
    assert body["application/json"]["example"] == EXAMPLE
    assert {"text/csv", "application/vnd.apache.parquet"} <= set(body)


class Page(html.parser.HTMLParser):
    """What stands in a page: elements with their attributes, and texts."""

    def __init__(self, text: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def fields(self, role: str) -> dict[str | None, dict[str, str | None]]:
        return {each[f"data-{role}"]: each for _, each in self.elements if f"data-{role}" in each}


def test_the_form_has_a_field_for_each_column_filled_with_the_example() -> None:
    page = Page(form.page(card("columns", EXAMPLE)))
    columns = page.fields("column")
    assert list(columns) == ["acid", "year", "kind"]
    assert [each["value"] for each in columns.values()] == ["7.4", "", "red"]
    assert ["required" in each for each in columns.values()] == [True, False, True]
    assert page.fields("param")["k"]["value"] == "7"
    assert '["a"]' in page.texts
    labels = {each["for"] for tag, each in page.elements if tag == "label"}
    assert labels == {each["id"] for each in [*columns.values(), *page.fields("param").values()]}


@pytest.mark.parametrize("name", ["tensor", "tensors", "unnamed", "alone", "none", "params only"])
def test_other_models_have_one_field_for_the_body(name: str) -> None:
    page = Page(form.page(card(name, {"inputs": [[1, 2]]})))
    assert len(page.fields("body")) == 1
    assert {"inputs": [[1, 2]]} in [json.loads(text) for text in page.texts if text.startswith("{")]
    assert Page(form.page(card(name))).fields("body")


@pytest.mark.parametrize(
    "example",
    [
        {"dataframe_split": {"columns": ["v", "ok"], "data": [[[1, 2], True]]}},
        {"dataframe_records": [{"v": [1, 2], "ok": True}]},
        {"inputs": [{"v": [1, 2], "ok": True}]},
    ],
)
def test_the_first_row_of_any_example_is_found(example: Any) -> None:
    assert form.example_row(example) == {"v": [1, 2], "ok": True}
    page = Page(form.page(card("nested", example)))
    assert "[1, 2]" in page.texts
    assert [each["value"] for tag, each in page.elements if tag == "option" and "selected" in each] == ["true"]


@pytest.mark.parametrize(
    "example", [None, [], 5, {}, {"dataframe_split": 5}, {"dataframe_split": {"data": []}}, {"inputs": 5}]
)
def test_an_example_of_another_kind_fills_nothing(example: Any) -> None:
    assert all(each["value"] == "" for each in Page(form.page(card("columns", example))).fields("column").values())


def test_what_comes_from_the_model_is_text() -> None:
    evil = "\"><script>alert(1)</script>&'"
    signature = ModelSignature(
        Schema([ColSpec("string", evil), ColSpec(Array("string"), f"{evil}2")]),
        params=ParamSchema([ParamSpec(evil, "string", evil)]),
    )
    example = {"dataframe_split": {"columns": [evil, f"{evil}2"], "data": [[evil, [evil]]]}}
    for example_or_none in (example, None):
        shown = Card(name=evil, version=evil, signature=signature.to_dict(), example=example_or_none)
        page = Page(form.page(shown))
        assert [each for tag, each in page.elements if tag == "script"] == [{"src": "form.js", "defer": None}]
        assert evil in page.fields("column")
    body_only = Card(name=evil, example={"inputs": ["</textarea><script>alert(1)</script>"]})
    assert len([tag for tag, _ in Page(form.page(body_only)).elements if tag == "script"]) == 1


def test_the_page_loads_nothing_but_its_own_script_and_style() -> None:
    page = form.page(card("nested"))
    assert re.findall(rb"https?:|//|style=|\son\w+=|javascript:", page) == []
    assert re.findall(rb"https?:|innerHTML|eval|document\.write", form.script()) == []
    assert re.findall(rb"https?:|@import|url\(", form.style()) == []
    assert b"'unsafe" not in form.POLICY
    assert b"default-src 'none'" in form.POLICY
    assert b"frame-ancestors 'none'" in form.POLICY
