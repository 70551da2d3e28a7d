"""What the schema of data is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.constraints import infer_constraints
from modelyard.models.infer import infer_schema
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.signature import ModelSignature, infer_signature
from modelyard.models.types import AnyType, Array, Map, Object, Property


def test_the_columns_of_pandas_have_types_and_those_with_gaps_are_optional() -> None:
    frame = pd.DataFrame(
        {
            "whole": [1, 2],
            "gaps": [1, None],
            "nullable": pd.array([1, None], dtype="Int64"),
            "truth": pd.array([True, None], dtype="boolean"),
            "text": ["a", None],
            "category": pd.Categorical(["x", "y"]),
            "zoned": pd.to_datetime(["2026-01-01", "2026-01-02"]).tz_localize("UTC"),
            "day": [dt.date(2026, 1, 1), None],
            "small": np.array([1, 2], dtype="int8"),
            "nothing": [None, None],
        }
    )

    assert infer_schema(frame) == Schema(
        [
            ColSpec("long", "whole"),
            ColSpec("double", "gaps", required=False),
            ColSpec("long", "nullable", required=False),
            ColSpec("boolean", "truth", required=False),
            ColSpec("string", "text", required=False),
            ColSpec("string", "category"),
            ColSpec("datetime", "zoned"),
            ColSpec("datetime", "day", required=False),
            ColSpec("integer", "small"),
            ColSpec(AnyType(), "nothing", required=False),
        ]
    )


def test_the_columns_of_arrow_have_types() -> None:
    table = pa.table(
        {
            "a": pa.array([1, None], pa.int32()),
            "m": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())),
            "s": pa.array([{"x": 1, "y": None}, {"x": 2, "y": "b"}]),
            "d": pa.array(["a", "b"]).dictionary_encode(),
            "t": pa.array([dt.datetime.fromisoformat("2026-01-01")] * 2, pa.timestamp("ns", "UTC")),
        }
    )

    assert infer_schema(table) == Schema(
        [
            ColSpec("integer", "a", required=False),
            ColSpec(Map("long"), "m"),
            ColSpec(Object([Property("x", "long"), Property("y", "string", required=False)]), "s"),
            ColSpec("string", "d"),
            ColSpec("datetime", "t"),
        ]
    )


def test_arrays_are_tensors_of_any_length() -> None:
    assert infer_schema(np.zeros((5, 3), "float32")) == Schema([TensorSpec("float32", (-1, 3))])
    assert infer_schema({"a": np.zeros(2), "b": np.array(["x"])}) == Schema(
        [TensorSpec("float64", (-1,), "a"), TensorSpec("str", (-1,), "b")]
    )


def test_lists_and_dicts_have_types() -> None:
    assert infer_schema([{"a": 1, "b": ["x"]}, {"a": 2.5}]) == Schema(
        [ColSpec("double", "a"), ColSpec(Array("string"), "b", required=False)]
    )
    assert infer_schema({"q": "why", "ids": [1, 2]}) == Schema([ColSpec("string", "q"), ColSpec(Array("long"), "ids")])
    assert infer_schema("why") == Schema([ColSpec("string")])
    assert infer_schema([[1.5], [2.5]]) == Schema([ColSpec(Array("double"))])


@dataclass
class Address:
    city: str
    floor: int | None = None


@dataclass
class Person:
    name: str
    born: dt.date
    addresses: list[Address]
    scores: dict[str, float]
    note: str | None = None


def test_a_dataclass_is_a_schema_and_its_object_is_data() -> None:
    address = Object([Property("city", "string"), Property("floor", "long", required=False)])
    expected = Schema(
        [
            ColSpec("string", "name"),
            ColSpec("datetime", "born"),
            ColSpec(Array(address), "addresses"),
            ColSpec(Map("double"), "scores"),
            ColSpec("string", "note", required=False),
        ]
    )

    assert infer_schema(Person) == expected
    assert ModelSignature(inputs=Person).inputs == expected
    assert infer_schema([Address("Bern", 1)]) == Schema([ColSpec("string", "city"), ColSpec("long", "floor")])


def test_a_pydantic_model_is_a_schema_and_its_object_is_data() -> None:
    pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
    row = pydantic.create_model("Row", a=(int, ...), b=(str | None, None))

    assert infer_schema(row) == Schema([ColSpec("long", "a"), ColSpec("string", "b", required=False)])
    assert infer_schema([row(a=1, b="x")]) == Schema([ColSpec("long", "a"), ColSpec("string", "b")])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            pd.DataFrame({"price": [Decimal("1.5")]}),
            r"Column 'price' is of type decimal.Decimal.*convert it to float, or to str",
        ),
        (pa.table({"price": [Decimal("1.5")]}), r"Column 'price' is of Arrow type decimal128"),
        (pd.DataFrame({"n": np.array([1], "uint64")}), r"Column 'n' is of type uint64.*int64"),
        (pd.DataFrame({"n": pd.to_timedelta([1], unit="s")}), r"Column 'n' is of type timedelta64.*seconds"),
        (pd.DataFrame({"n": [1 + 2j]}), r"Column 'n' is of type complex128"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), r"several columns of the same name: a"),
        (pd.DataFrame({"mix": ["a", 1]}, dtype="object"), r"Column 'mix'.*string.*long|Column 'mix'.*long.*string"),
        ([{"when": dt.time(1)}], r"Column 'when' is of type datetime.time"),
        ([{"n": 2**70}], r"Column 'n' is a whole number beyond 64 bits"),
        ([{"a": object()}], r"Column 'a' is of type object, which has no type in a signature"),
        ({1: "a"}, r"key 1 of the data is of type int"),
        ({}, r"empty dict"),
        ([{}], r"empty"),
        (np.array(1.0), r"without dimensions"),
    ],
)
def test_what_has_no_type_is_refused_by_name(data: Any, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        infer_schema(data)


def test_values_are_never_named() -> None:
    with pytest.raises(InvalidParameter) as caught:
        infer_schema([{"iban": complex(4711)}])
    assert "4711" not in str(caught.value)


def test_columns_of_whole_numbers_are_warned_of_on_the_way_in_only() -> None:
    with pytest.warns(UserWarning, match=r"whole numbers \(age\)"):
        infer_signature(pd.DataFrame({"age": [1], "weight": [70.5]}), np.array([1]))

    infer_signature(pd.DataFrame({"weight": [70.5]}), pd.DataFrame({"label": [1]}))


def test_categories_become_choices_when_asked_for() -> None:
    frame = pd.DataFrame({"colour": pd.Categorical(["red"], categories=["red", "blue"]), "size": [1.5]})

    assert infer_signature(frame).constraints is None  # a model may know what to do with a category it never saw
    signature = infer_signature(frame, constraints=infer_constraints(frame))

    assert signature.inputs == Schema([ColSpec("string", "colour"), ColSpec("double", "size")])
    assert signature.constraints is not None
    assert signature.constraints.to_dict() == {"colour": {"choices": ["red", "blue"]}}
    assert ModelSignature.from_dict(signature.to_dict()) == signature


def test_a_signature_needs_something() -> None:
    with pytest.raises(InvalidParameter, match="needs inputs, outputs or params"):
        ModelSignature()
    with pytest.raises(InvalidParameter, match="`inputs` is a Schema or a dataclass, not a list"):
        ModelSignature([ColSpec("long")])


def test_output_without_a_type_may_be_anything(caplog: pytest.LogCaptureFixture) -> None:
    signature = infer_signature([{"a": 1.5}], [Decimal("1.5")])

    assert signature.outputs == Schema([ColSpec(AnyType())])
    assert "says nothing of the model's output" in caplog.text


def test_what_can_be_an_array_is_a_tensor() -> None:
    class Tensor:
        def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
            return np.zeros((2, 3), "float32")

    assert infer_schema(Tensor()) == Schema([TensorSpec("float32", (-1, 3))])


def test_a_column_is_named_by_a_text_or_a_number() -> None:
    with pytest.raises(InvalidParameter, match="named by a tuple"):
        infer_schema(pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])))
