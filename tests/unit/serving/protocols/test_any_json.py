"""Whatever JSON is sent, it is predicted on or refused with a reason; whatever is predicted, the answer is JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from modelyard.core.errors import UserError
from modelyard.models.enforce import enforce_params, model_input
from modelyard.models.params import ParamSchema, ParamSpec
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.signature import ModelSignature
from modelyard.models.types import AnyType, Array, Map, Object, Property
from modelyard.serving.protocols.invocations import FORMS, LANGUAGE, Invocations
from modelyard.serving.protocols.openinference import OpenInference
from modelyard.serving.protocols.protocol import Payload, ScoringProtocol
from modelyard.serving.protocols.table import protocols_of

NAMES = ["a", "b", "data", "x"]
SIGNATURES = {
    "none": None,
    "numbers": ModelSignature(Schema([ColSpec("double", "a"), ColSpec("long", "b")])),
    "gaps": ModelSignature(Schema([ColSpec("integer", "a", required=False), ColSpec("float", "b", required=False)])),
    "mixed": ModelSignature(
        Schema([ColSpec("string", "a"), ColSpec("boolean", "b"), ColSpec("datetime", "x", required=False)])
    ),
    "bytes": ModelSignature(Schema([ColSpec("binary", "a", required=False)])),
    "nested": ModelSignature(
        Schema(
            [ColSpec(Array("double"), "a"), ColSpec(Object([Property("a", "long")]), "b"), ColSpec(Map("string"), "x")]
        )
    ),
    "any": ModelSignature(Schema([ColSpec(AnyType(), "a")])),
    "unnamed": ModelSignature(Schema([ColSpec("double"), ColSpec("string")])),
    "text": ModelSignature(Schema([ColSpec("string")])),
    "lists": ModelSignature(Schema([ColSpec(Array("long"))])),
    "tensor": ModelSignature(Schema([TensorSpec("float32", (-1, 2))])),
    "whole tensor": ModelSignature(Schema([TensorSpec("uint8", (-1,))])),
    "text tensor": ModelSignature(Schema([TensorSpec("str", (-1,))])),
    "byte tensor": ModelSignature(Schema([TensorSpec("S", (-1, -1))])),
    "tensors": ModelSignature(Schema([TensorSpec("float64", (-1,), "a"), TensorSpec("int64", (-1, 2), "b")])),
    "params": ModelSignature(params=ParamSchema([ParamSpec("a", "long", 1), ParamSpec("b", "string", ["x"], (-1,))])),
}
scalars = (
    some.none()
    | some.booleans()
    | some.integers(-(2**70), 2**70)
    | some.sampled_from([0, 1, 2, 10**400, 1.0, -0.0, 1e308, "", "1", "true", "2020-01-01", "YWJj", "a", "nan"])
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.text(max_size=5)
)
values = some.recursive(
    scalars,
    lambda below: some.lists(below, max_size=3) | some.dictionaries(some.sampled_from(NAMES), below, max_size=3),
    max_leaves=8,
)
numbers = some.integers(-3, 3) | some.sampled_from([0.5, 2.0, 1e300])
rows = some.lists(some.lists(scalars, min_size=2, max_size=2) | some.lists(numbers, min_size=2, max_size=2), max_size=3)
records = some.lists(some.fixed_dictionaries({"a": values | numbers, "b": values | numbers}), max_size=3)
splits = some.fixed_dictionaries({"columns": some.sampled_from([["a", "b"], ["b", "a"], [0, 1], None]), "data": rows})
bodies = (
    values
    | some.dictionaries(
        some.sampled_from([*FORMS, *LANGUAGE, "params", "columns", "index", "data"]), values, max_size=3
    )
    | some.builds(
        lambda form, value: {form: value}, some.sampled_from([*FORMS, *LANGUAGE]), values | rows | records | splits
    )
    | records
    | splits
)
odd_tensors = some.fixed_dictionaries(
    {
        "name": some.sampled_from(NAMES),
        "shape": some.lists(some.integers(-1, 3), max_size=3) | some.just([2]) | some.just([1, 2]),
        "datatype": some.sampled_from(["BOOL", "UINT8", "INT64", "FP16", "FP32", "FP64", "BYTES", "FP8"]),
        "data": some.lists(scalars, max_size=4) | rows | values,
    }
)
OF_TYPE = {
    "BOOL": some.booleans(),
    "UINT8": some.integers(0, 255),
    "INT64": some.integers(-(2**63), 2**63 - 1),
    "FP32": some.floats(width=32, allow_nan=False, allow_infinity=False) | some.none(),
    "FP64": some.floats(allow_nan=False, allow_infinity=False) | some.integers(-(2**60), 2**60),
    "BYTES": some.sampled_from(["a", "YWJj", "2020-01-01", '{"a": 1}', "{"]),
}


@some.composite
def whole_tensors(draw: some.DrawFn, name: str) -> dict[str, Any]:
    """A tensor whose data are of its type and shape."""
    datatype = draw(some.sampled_from(list(OF_TYPE)))
    shape = draw(some.sampled_from([[2], [2, 1], [2, 2], [0], [1, 2], []]))
    size = int(np.prod(shape))
    data = draw(some.lists(OF_TYPE[datatype], min_size=size, max_size=size))
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


whole = some.fixed_dictionaries(
    {
        "inputs": some.tuples(whole_tensors("a"), whole_tensors("b"))
        | some.tuples(whole_tensors("x") | whole_tensors("a"))
    },
    optional={
        "id": some.just("r-1"),
        "parameters": some.just({"a": 5}),
        "outputs": some.just([{"name": "predictions"}]),
    },
)
requests = (
    whole
    | values
    | some.fixed_dictionaries(
        {"inputs": some.lists(odd_tensors, max_size=3)},
        optional={"id": values, "parameters": values, "outputs": some.lists(values, max_size=1)},
    )
)


def answered(protocol: ScoringProtocol, body: bytes, kind: str, signature: ModelSignature | None) -> bool:
    """Whether there is an answer; what is wrong is said in a sentence. Nothing else may happen."""
    try:
        payload = protocol.read(body, kind, signature)
        data, params = payload.data, payload.params
        if signature is not None:
            data = data if signature.inputs is None else model_input(signature.inputs, data)
            params = enforce_params(signature.params, params)
        found = json.loads(protocol.write(data, payload._replace(params=params), signature), parse_constant=pytest.fail)
    except UserError as error:
        assert 400 <= error.status < 500
        assert 0 < len(error.message) < 2000
        return False
    assert found is not Ellipsis
    if payload.rows is not None and isinstance(data, pd.DataFrame | np.ndarray):
        assert payload.rows == len(data)
    return True


@pytest.mark.parametrize("name", SIGNATURES)
@settings(max_examples=60)
@given(body=bodies)
@example(body={"inputs": [[1, 2]]})
@example(body={"inputs": {"a": [[]], "b": [[]]}})
def test_any_json_is_answered_or_refused(name: str, body: Any) -> None:
    answered(Invocations(), json.dumps(body).encode(), "application/json", SIGNATURES[name])


@pytest.mark.parametrize("name", SIGNATURES)
@settings(max_examples=60)
@given(body=requests)
def test_any_inference_request_is_answered_or_refused(name: str, body: Any) -> None:
    answered(OpenInference("m", "1"), json.dumps(body).encode(), "application/json", SIGNATURES[name])


@pytest.mark.parametrize("name", SIGNATURES)
@settings(max_examples=60)
@given(
    text=some.lists(
        some.lists(some.sampled_from(["1", "2.5", "", '"', "x", "nan", "true", "[1]"]), min_size=2, max_size=2)
    )
)
def test_any_csv_is_answered_or_refused(name: str, text: list[list[str]]) -> None:
    answered(Invocations(), "\n".join(["a,b", *map(",".join, text)]).encode(), "text/csv", SIGNATURES[name])


@settings(max_examples=200)
@given(
    body=some.binary(max_size=60),
    kind=some.sampled_from(
        [
            "application/json",
            "text/csv",
            "application/vnd.apache.arrow.stream",
            "application/vnd.apache.arrow.file",
            "application/x-parquet",
        ]
    ),
)
def test_any_bytes_are_answered_or_refused(body: bytes, kind: str) -> None:
    answered(Invocations(), body, kind, SIGNATURES["numbers"])


def as_objects(held: list[Any]) -> Any:
    """An array of objects, whatever they are."""
    array = np.empty(len(held), dtype=object)
    for place, each in enumerate(held):
        array[place] = each
    return array


anything = some.recursive(
    scalars
    | some.floats()
    | some.binary(max_size=4)
    | some.datetimes()
    | some.decimals()
    | some.builds(np.float32, some.floats(width=32))
    | some.text(some.characters(), max_size=3),
    lambda below: (
        some.lists(below, max_size=3)
        | some.dictionaries(
            some.text(some.characters(), max_size=2) | some.integers() | some.none() | some.booleans(),
            below,
            max_size=3,
        )
        | some.builds(as_objects, some.lists(below, max_size=3))
        | some.builds(lambda each: pd.Series(each, dtype=object), some.lists(below, max_size=3))
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("name", ["invocations", "openinference"])
@given(predictions=anything)
def test_any_data_is_written_as_json(name: str, predictions: Any) -> None:
    written = protocols_of("m", "1")[name].write(predictions, Payload(None), None)
    json.loads(written, parse_constant=pytest.fail)
