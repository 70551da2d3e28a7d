"""The fields of a page, from what is known of a model's input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import InvalidParameter, NotSupported
from modelyard.edge.form import MOST_FIELDS, form
from modelyard.edge.page import runtime
from modelyard.models.constraints import Constraint, Constraints
from modelyard.models.convert import GraphInput, GraphOutput
from modelyard.models.profile import profile_of
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.signature import ModelSignature
from modelyard.models.twin import Binding

TABLE = pd.DataFrame(
    {
        "age": [31, 44, 27] * 6,
        "size": [1.5, 2.5, 3.5] * 6,
        "city": ["Bern", "Graz", "Bern"] * 6,
        "member": [True, False, True] * 6,
    }
)
SCHEMA = Schema(
    [ColSpec("long", "age"), ColSpec("double", "size"), ColSpec("string", "city"), ColSpec("boolean", "member")]
)


def binding(*inputs: GraphInput) -> Binding:
    return Binding(inputs=list(inputs), output=GraphOutput("found"))


def by_column() -> Binding:
    types = {"age": "float32", "size": "float32", "city": "str", "member": "bool"}
    return binding(*(GraphInput(name, of, [-1, 1], [name]) for name, of in types.items()))


def test_a_field_for_each_column_in_the_way_people_see_it() -> None:
    fields, slots = form(by_column(), ModelSignature(SCHEMA), profile_of(TABLE), TABLE)
    assert [(each.name, each.kind, each.value) for each in fields] == [
        ("age", "whole", 31),
        ("size", "number", 1.5),
        ("city", "choice", "Bern"),
        ("member", "choice", True),
    ]
    assert fields[1].hint == "trained on 1.5 to 3.5" and fields[1].seen == [1.5, 3.5]
    assert fields[2].choices == ["Bern", "Graz"]
    assert [each.fields for each in slots] == [[0], [1], [2], [3]]


def test_constraints_are_the_limits_and_the_choices() -> None:
    rules = Constraints({"size": Constraint(min=0, max=9), "city": Constraint(choices=["Bern", "Wien"])})
    fields, _ = form(by_column(), ModelSignature(SCHEMA, constraints=rules), None, TABLE)
    assert (fields[1].min, fields[1].max) == (0, 9)
    assert fields[2].choices == ["Bern", "Wien"]


def test_texts_of_which_there_are_many_are_typed() -> None:
    many = pd.DataFrame({"city": [f"city {place}" for place in range(90)]})
    texts = binding(GraphInput("city", "str", [-1, 1], ["city"]))
    (city,), _ = form(texts, ModelSignature(Schema([ColSpec("string", "city")])), profile_of(many), many)
    assert (city.kind, city.value) == ("text", "city 0")


@pytest.mark.parametrize("example", [np.array([[1.0, 2.0]]), [[1.0, 2.0]], {"input": np.array([[1.0, 2.0]])}, None])
def test_a_matrix_without_names_has_a_field_for_each_number(example: Any) -> None:
    fields, (slot,) = form(binding(GraphInput("input", "float32", [-1, 2])), None, None, example)
    assert [each.name for each in fields] == ["x0", "x1"]
    assert [each.value for each in fields] == ([None, None] if example is None else [1.0, 2.0])
    assert slot.fields == [0, 1]


@pytest.mark.parametrize("example", [["good"], "good", np.array(["good"])])
def test_a_text_alone_is_a_field(example: Any) -> None:
    (field,), _ = form(binding(GraphInput("input", "str", [-1])), None, None, example)
    assert (field.kind, field.value) == ("text", "good")


@pytest.mark.parametrize(
    "given",
    [
        GraphInput("image", "float32", [-1, 3, 32, 32]),
        GraphInput("wide", "float32", [-1, MOST_FIELDS + 1]),
        GraphInput("open", "float32", [-1, -1]),
        GraphInput("half", "float16", [-1, 2]),
    ],
)
def test_what_is_no_row_of_values_is_refused_with_the_way_out(given: GraphInput) -> None:
    with pytest.raises(InvalidParameter, match=f"input '{given.name}' is a .*modelyard models serve"):
        form(binding(given), None, None, None)


def test_without_the_runtime_the_word_that_builds_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotSupported, match="run 'make ui'"):
        runtime(tmp_path)
