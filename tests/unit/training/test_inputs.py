"""Rows are checked by name and type, whatever their order, and far values are noticed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelyard.core.errors import BadRequest, InvalidParameter
from modelyard.training.result import Feature
from modelyard.training.service.inputs import CSV, JSON, MOST_WARNINGS, read, warnings_of

pd = pytest.importorskip("pandas", reason="pandas is not installed")

FEATURES = [Feature("a", "double"), Feature("b", "double")]
TEXT = [Feature("said", "string")]


def of_json(found: Any, features: Any = FEATURES) -> Any:
    return read(json.dumps(found).encode(), JSON, features, "y")


def of_csv(text: str, features: Any = FEATURES) -> Any:
    return read(text.encode(), CSV, features, "y")


def test_columns_are_found_by_name_in_the_order_of_the_training() -> None:
    for found in (of_json([{"b": 2, "a": 1}, {"a": 3, "b": 4.5}]), of_csv("b;a\n2;1\n4.5;3\n")):
        assert list(found.frame.columns) == ["a", "b"]
        assert found.frame.to_numpy().tolist() == [[1.0, 2.0], [3.0, 4.5]]
        assert not found.single
    assert of_json({"a": 1, "b": 2}).single
    assert len(of_json([]).frame) == len(of_csv("a,b\n").frame) == 0


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"a": 1}, "The field 'b' is missing."),
        ({}, "The field 'a', 'b' is missing."),
        ({"a": 1, "b": 2, "c": 3}, "The field 'c' is unknown: the model was trained on 'a', 'b'."),
        ({"a": 1, "b": 2, "y": 3}, "The field 'y' is what is predicted; leave it out."),
        ({"a": "1", "b": 2}, "The field 'a' must be a number, not a text."),
        ({"a": 1, "b": None}, "The field 'b' must be a number, not null."),
        ({"a": False, "b": 2}, "The field 'a' must be a number, not true or false."),
        ({"a": {}, "b": 2}, "The field 'a' must be a number, not an object."),
        ({"a": 10**400, "b": 2}, "The field 'a' is no finite number."),
    ],
)
def test_a_field_that_does_not_fit_is_named_and_its_value_is_not(row: Any, told: str) -> None:
    with pytest.raises((InvalidParameter, BadRequest)) as one:
        of_json(row)
    if row.get("a") != 10**400:
        assert one.value.message == told
        with pytest.raises(InvalidParameter) as many:
            of_json([{"a": 1, "b": 2}, row])
        assert many.value.message == f"Row 1: {told}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\n1\n", "'b' is missing"),
        ("a,b,c\n1,2,3\n", "'c' is unknown"),
        ("a,b,y\n1,2,3\n", "'y' is what is predicted"),
        ("a,b\n1,2\n3,\n", "Row 1: The field 'b' is empty"),
        ("a,b\n1,2\n3,x\n", "Row 1: The field 'b' must be a number"),
        ("", "empty"),
    ],
)
def test_a_file_of_rows_is_checked_alike(text: str, told: str) -> None:
    with pytest.raises(InvalidParameter, match=told):
        of_csv(text)


def test_texts_are_texts() -> None:
    assert of_json({"said": "7"}, TEXT).frame["said"].tolist() == ["7"]
    assert of_csv("said\n7\n8\n", TEXT).frame["said"].tolist() == ["7", "8"]
    with pytest.raises(InvalidParameter, match="must be a text, not a number"):
        of_json({"said": 7}, TEXT)


@pytest.mark.parametrize("body", [b"", b"{", b"[1", b"\xff", b'{"a": NaN, "b": 1}', b"nope"])
def test_what_is_not_json_is_told(body: bytes) -> None:
    with pytest.raises(BadRequest, match="not JSON"):
        read(body, JSON, FEATURES, "y")


def test_far_values_are_noticed_and_near_ones_are_not() -> None:
    frame = pd.DataFrame({"a": [0.0, 14.9, 15.1, -5.1, 10.0], "b": [1.0] * 5})
    found = warnings_of(frame, {"a": (0.0, 10.0), "c": (0.0, 1.0)})
    assert [(each.row, each.field) for each in found] == [(2, "a"), (3, "a")]
    assert found[0].message == "15.1 is far outside the training data, which has 0 to 10"
    many = warnings_of(pd.DataFrame({"a": [99.0] * 500}), {"a": (0.0, 1.0)})
    assert len(many) == MOST_WARNINGS
    assert warnings_of(pd.DataFrame({"a": [3.0, 4.0]}), {"a": (3.0, 3.0)})[0].row == 1
