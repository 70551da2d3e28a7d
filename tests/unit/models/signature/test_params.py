"""Parameters: defaults, casts, and names nobody knows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.enforce import enforce_params
from modelyard.models.params import ParamSchema, ParamSpec, infer_params

NOON = dt.datetime.fromisoformat("2026-01-01T12:00:00")
SCHEMA = ParamSchema(
    [
        ParamSpec("beams", "long", 5),
        ParamSpec("temperature", "double", 0.5),
        ParamSpec("stop", "string", ["."], (-1,)),
        ParamSpec("since", "datetime", dt.date(2026, 1, 1)),
    ]
)
DEFAULTS = {"beams": 5, "temperature": 0.5, "stop": ["."], "since": dt.date(2026, 1, 1)}


def test_what_is_not_given_has_its_default() -> None:
    assert enforce_params(SCHEMA, None) == DEFAULTS
    assert enforce_params(SCHEMA, {"beams": 2}) == {**DEFAULTS, "beams": 2}


def test_values_are_cast_where_nothing_is_lost() -> None:
    found = enforce_params(
        SCHEMA, {"temperature": 1, "beams": np.int32(3), "stop": np.array(["a"]), "since": "2026-02-01T10:00:00"}
    )

    assert found == {
        "beams": 3,
        "temperature": 1.0,
        "stop": ["a"],
        "since": dt.datetime.fromisoformat("2026-02-01T10:00:00"),
    }
    assert type(found["temperature"]) is float
    assert type(found["beams"]) is int


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"beams": 1.5}, "Parameter 'beams' is of type float; the model expects long"),
        ({"beams": True}, "Parameter 'beams' is of type bool"),
        ({"stop": "a"}, "Parameter 'stop' is a list of string; a str was given"),
        ({"stop": ["a", 1]}, "Parameter 'stop', element 1 is of type int"),
        ({"since": "yesterday"}, "Parameter 'since' is of type str"),
        ({"temprature": 1.0}, "There is no parameter 'temprature'. Did you mean 'temperature'?"),
        ({"xyz": 1.0}, "There is no parameter 'xyz'. It knows 'beams'"),
        ([1], "a list was given"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(given: Any, message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        enforce_params(SCHEMA, given)
    assert message in str(caught.value)


def test_a_model_without_parameters_takes_none() -> None:
    assert enforce_params(None, {}) == {}
    with pytest.raises(InvalidParameter, match="signature names none"):
        enforce_params(None, {"k": 1})


def test_a_schema_is_inferred_from_defaults_and_read_as_it_was_written() -> None:
    schema = infer_params(
        {
            "k": 1,
            "t": np.float32(0.5),
            "words": [],
            "many": [1, 2.5],
            "when": dt.datetime.fromisoformat("2026-01-01"),
            "opts": {"a": 1},
        }
    )

    assert [str(each.dtype) for each in schema][:2] == ["DataType.long", "DataType.float"]
    assert ParamSchema.from_json(schema.to_json()) == schema


def test_objects_are_checked_and_kept() -> None:
    schema = infer_params({"opts": {"depth": 3}})

    assert enforce_params(schema, {"opts": {"depth": 4}}) == {"opts": {"depth": 4}}
    with pytest.raises(
        InvalidParameter, match=r"'opts' has the key 'dept', which the model does not know. Did you mean 'depth'"
    ):
        enforce_params(schema, {"opts": {"depth": 1, "dept": 4}})


@pytest.mark.parametrize("default", [None, b"bytes", 2**70, object()])
def test_a_default_without_a_type_is_refused(default: Any) -> None:
    with pytest.raises(InvalidParameter, match="Parameter 'k'"):
        infer_params({"k": default})


@pytest.mark.parametrize("text", ["{", "[1]", '[{"name": "a"}]', '[{"name": "a", "type": "decimal", "default": 1}]'])
def test_a_text_that_is_no_schema_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter):
        ParamSchema.from_json(text)


def test_names_are_unique_and_shapes_are_lists_or_nothing() -> None:
    with pytest.raises(InvalidParameter, match="same name: k"):
        ParamSchema([ParamSpec("k", "long", 1), ParamSpec("k", "long", 1)])
    with pytest.raises(InvalidParameter, match="shape"):
        ParamSpec("k", "long", [[1]], (-1, -1))
