"""The Open Inference Protocol: requests, answers, and what is told of the server and the model."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import BadRequest, InvalidParameter, UnsupportedMediaType, UserError
from modelyard.models.enforce import model_input
from modelyard.models.params import ParamSchema, ParamSpec
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.signature import ModelSignature
from modelyard.models.types import Array, Object, Property
from modelyard.serving.card import Card
from modelyard.serving.protocols import openinference
from modelyard.serving.protocols.openinference import Note, OpenInference
from modelyard.serving.protocols.protocol import Payload

NAMED = ModelSignature(Schema([ColSpec("double", "a"), ColSpec("long", "b")]), Schema([ColSpec("double", "y")]))
UNNAMED = ModelSignature(Schema([ColSpec("double"), ColSpec("double")]))
MIXED = ModelSignature(
    Schema(
        [
            ColSpec("string", "s"),
            ColSpec("binary", "r"),
            ColSpec(Array("double"), "v"),
            ColSpec(Object([Property("k", "long")]), "o"),
        ]
    )
)
TENSOR = ModelSignature(Schema([TensorSpec("float32", (-1, 2))]))
TENSORS = ModelSignature(Schema([TensorSpec("float32", (-1, 2), "x"), TensorSpec("str", (-1,), "t")]))
WITH_PARAMS = ModelSignature(Schema([ColSpec("double")]), params=ParamSchema([ParamSpec("k", "long", 5)]))


def tensor(name: str, shape: list[int], datatype: str, data: Any) -> dict[str, Any]:
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


def read(inputs: Any, signature: ModelSignature | None = NAMED, **more: Any) -> Payload:
    """The payload of a request with these inputs."""
    body = json.dumps({"inputs": inputs, **more}).encode()
    return OpenInference("wine", "3").read(body, "application/json", signature)


def given(inputs: Any, signature: ModelSignature | None = NAMED) -> Any:
    """What the model's own code is given."""
    data = read(inputs, signature).data
    data = data if signature is None else model_input(signature.inputs, data)
    return data.to_dict("list") if isinstance(data, pd.DataFrame) else data


def written(predictions: Any, signature: ModelSignature | None = None, note: Note | None = None) -> Any:
    """The answer for these predictions."""
    return json.loads(OpenInference("wine", "3").write(predictions, Payload(None, note=note), signature))


@pytest.mark.parametrize(
    "inputs",
    [
        [tensor("a", [2], "FP64", [1, 3]), tensor("b", [2], "INT64", [2, 4])],
        [
            tensor("b", [2, 1], "INT32", [[2], [4]]),
            tensor("more", [1], "BYTES", ["x"]),
            tensor("a", [2, 1], "FP32", [1, 3]),
        ],
        [tensor("rows", [2, 2], "FP64", [1, 2, 3, 4])],
        [tensor("rows", [2, 2], "INT8", [[1, 2], [3, 4]])],
    ],
)
def test_columns_come_one_by_one_or_all_as_one_matrix(inputs: Any) -> None:
    assert given(inputs) == {"a": [1.0, 3.0], "b": [2, 4]}
    assert read(inputs).rows == 2


def test_columns_without_names_come_in_order() -> None:
    assert given([tensor("x", [1, 2], "FP64", [1, 2])], UNNAMED) == {0: [1.0], 1: [2.0]}
    assert given([tensor("x", [1], "FP64", [1]), tensor("y", [1], "FP64", [2])], UNNAMED) == {0: [1.0], 1: [2.0]}


def test_texts_bytes_lists_and_objects_are_columns_too() -> None:
    found = given(
        [
            tensor("s", [1], "BYTES", ["ä"]),
            tensor("r", [1], "BYTES", ["YWJj"]),
            tensor("v", [1, 2], "FP64", [1, 2]),
            tensor("o", [1], "BYTES", ['{"k": 1}']),
        ],
        MIXED,
    )
    assert found == {"s": ["ä"], "r": [b"abc"], "v": [[1.0, 2.0]], "o": [{"k": 1}]}


def test_tensors_are_arrays_of_their_type() -> None:
    found = given([tensor("any", [1, 2], "FP32", [1, 2])], TENSOR)
    assert (found.dtype, found.tolist()) == (np.float32, [[1, 2]])
    both = given([tensor("x", [1, 2], "FP32", [[1, 2]]), tensor("t", [1], "BYTES", ["ä"])], TENSORS)
    assert (both["x"].dtype, both["t"].tolist()) == (np.float32, ["ä"])


def test_without_a_signature_inputs_are_arrays() -> None:
    alone = given([tensor("x", [2, 1], "UINT8", [1, 2])], None)
    assert (alone.dtype, alone.tolist()) == (np.uint8, [[1], [2]])
    assert set(given([tensor("x", [1], "BOOL", [True]), tensor("y", [1], "BYTES", ["a"])], None)) == {"x", "y"}
    assert np.isnan(given([tensor("x", [1], "FP16", [None])], None)).all()


def test_parameters_of_the_model_are_its_own_and_others_are_left_alone() -> None:
    payload = read([tensor("x", [1], "FP64", [1])], WITH_PARAMS, parameters={"k": 7, "content_type": "np"})
    assert payload.params == {"k": 7}
    assert read([tensor("x", [1], "FP64", [1])], WITH_PARAMS, parameters={"headers": {}}).params is None


WRONG = [
    ([], "inputs is empty"),
    ({}, r"Expected `array`, got `object` - at `\$.inputs`"),
    ([{"name": "a"}], "missing required field"),
    ([tensor("a", [1], "FP64", 5)], r"\$.inputs\[0\].data"),
    ([tensor("a", [1.5], "FP64", [1])], r"\$.inputs\[0\].shape"),
    ([tensor("a", [1], "FP64", [1]), tensor("a", [1], "FP64", [1])], "'a' twice"),
    ([tensor("a", [2], "FP64", [1])], "has 1 values in the shape"),
    ([tensor("a", [2, 2], "FP64", [[1, 2, 3, 4]])], "its shape says"),
    ([tensor("a", [2], "FP64", [[1], [2, 3]])], "rows of different lengths"),
    ([tensor("a", [-1], "FP64", [1])], "a shape that no data can have"),
    ([tensor("a", [1] * 40, "FP64", [1])], "a shape that no data can have"),
    ([tensor("a", [10**9, 10**9], "FP64", [1])], "a shape that no data can have"),
    ([tensor("a", [1], "FP8", [1])], "no known datatype"),
    ([tensor("a", [1], "FP64", ["x"])], "a value of type str at place 0; its datatype is FP64"),
    ([tensor("a", [2], "INT64", [1, 1.5])], "a value of type float at place 1"),
    ([tensor("a", [1], "BOOL", [1])], "its datatype is BOOL"),
    ([tensor("a", [1], "INT8", [300])], "too large for INT8"),
    ([tensor("a", [1], "UINT8", [-1])], "too large for UINT8"),
    ([tensor("a", [1], "FP16", [1e6])], "too large for FP16"),
    ([tensor("a", [1], "FP64", [10**400])], "too large for FP64"),
    ([tensor("a", [1], "BYTES", [1])], "no text; its datatype is BYTES"),
    ([tensor("a", [1], "FP64", [1])], "no column 'b'"),
    ([tensor("a", [1], "FP64", [1]), tensor("b", [2], "INT64", [1, 2])], "not of one length"),
    ([tensor("a", [1, 2], "FP64", [1, 2]), tensor("b", [1], "INT64", [1])], "Input 'a' has the shape"),
    ([tensor("a", [1], "FP64", [1]), tensor("b", [1], "FP64", [1.5])], "Column 'b', row 0"),
    ([tensor("rows", [1, 3], "FP64", [1, 2, 3])], r"or one of the shape \[rows, 2\]"),
]


@pytest.mark.parametrize(("inputs", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_does_not_fit_is_named(inputs: Any, said: str) -> None:
    with pytest.raises(UserError, match=said):
        given(inputs)


def test_tensors_of_another_type_or_number_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="float64; the model expects float32"):
        given([tensor("x", [1, 2], "FP64", [1, 2])], TENSOR)
    with pytest.raises(InvalidParameter, match="takes one tensor; 2 inputs"):
        given([tensor("x", [1, 2], "FP32", [1, 2]), tensor("y", [1], "FP32", [1])], TENSOR)
    with pytest.raises(InvalidParameter, match="takes 2 columns; 3 inputs"):
        given([tensor(name, [1], "FP64", [1]) for name in "xyz"], UNNAMED)
    with pytest.raises(InvalidParameter, match="different numbers of rows"):
        given([tensor("x", [1], "FP64", [1]), tensor("y", [2], "FP64", [1, 2])], UNNAMED)


def test_only_json_is_read() -> None:
    with pytest.raises(UnsupportedMediaType):
        OpenInference("wine", "3").read(b"{}", "application/octet-stream", NAMED)
    with pytest.raises(BadRequest, match="valid JSON"):
        OpenInference("wine", "3").read(b"{", "application/json", NAMED)


def test_the_answer_names_the_model_its_version_and_the_requests_id() -> None:
    note = read([tensor("rows", [1, 2], "FP64", [1, 2])], id="r-1").note
    found = written(np.array([1.5, np.nan]), NAMED, note)
    assert found == {
        "model_name": "wine",
        "model_version": "3",
        "id": "r-1",
        "outputs": [{"name": "y", "shape": [2], "datatype": "FP64", "data": [1.5, None]}],
    }
    assert "id" not in written([1])


@pytest.mark.parametrize(
    ("predictions", "outputs"),
    [
        (np.array([[1, 2]], dtype="int32"), [("predictions", [1, 2], "INT32", [1, 2])]),
        (np.array([True]), [("predictions", [1], "BOOL", [True])]),
        (np.array(["a", "b"]), [("predictions", [2], "BYTES", ["a", "b"])]),
        (np.array(["2026-01-02"], dtype="datetime64[D]"), [("predictions", [1], "BYTES", ["2026-01-02"])]),
        (pd.Series([1.5]), [("predictions", [1], "FP64", [1.5])]),
        (pd.DataFrame({"c": ["x"], "p": [0.5]}), [("c", [1], "BYTES", ["x"]), ("p", [1], "FP64", [0.5])]),
        ({"p": np.array([0.5], dtype="float32"), "n": [1]}, [("p", [1], "FP32", [0.5]), ("n", [1], "INT64", [1])]),
        ([{"c": "x", "n": 1}, {"c": "y", "n": 2}], [("c", [2], "BYTES", ["x", "y"]), ("n", [2], "INT64", [1, 2])]),
        ([[1, 2.5], [None, 4]], [("predictions", [2, 2], "FP64", [1, 2.5, None, 4])]),
        (5, [("predictions", [1], "INT64", [5])]),
        ("text", [("predictions", [1], "BYTES", ["text"])]),
        ([[1], [2, 3]], [("predictions", [2], "BYTES", ["[1]", "[2,3]"])]),
        ([1, "x"], [("predictions", [2], "BYTES", ["1", '"x"'])]),
        ([], [("predictions", [0], "FP64", [])]),
    ],
    ids=lambda each: type(each).__name__,
)
def test_predictions_become_tensors(predictions: Any, outputs: Any) -> None:
    found = written(predictions)["outputs"]
    assert [(each["name"], each["shape"], each["datatype"], each["data"]) for each in found] == outputs


def test_only_the_outputs_that_were_asked_for_are_answered() -> None:
    note = read([tensor("rows", [1, 2], "FP64", [1, 2])], outputs=[{"name": "p"}]).note
    assert [each["name"] for each in written({"p": [1], "q": [2]}, note=note)["outputs"]] == ["p"]
    with pytest.raises(InvalidParameter, match="no output 'p'; this model has predictions"):
        written([1], note=note)


CARD = Card(name="wine", version="3", flavor="sklearn", signature=NAMED.to_dict())


def test_the_model_is_described() -> None:
    assert openinference.model_metadata(CARD) == {
        "name": "wine",
        "versions": ["3"],
        "platform": "sklearn",
        "inputs": [
            {"name": "a", "datatype": "FP64", "shape": [-1]},
            {"name": "b", "datatype": "INT64", "shape": [-1]},
        ],
        "outputs": [{"name": "y", "datatype": "FP64", "shape": [-1]}],
    }


@pytest.mark.parametrize(
    ("signature", "inputs"),
    [
        (UNNAMED, [("input", "FP64", [-1, 2])]),
        (TENSOR, [("input", "FP32", [-1, 2])]),
        (TENSORS, [("x", "FP32", [-1, 2]), ("t", "BYTES", [-1])]),
        (MIXED, [("s", "BYTES", [-1]), ("r", "BYTES", [-1]), ("v", "FP64", [-1, -1]), ("o", "BYTES", [-1])]),
    ],
)
def test_inputs_of_all_signatures_are_described(signature: ModelSignature, inputs: Any) -> None:
    found = openinference.model_metadata(Card(name="m", signature=signature.to_dict()))["inputs"]
    assert [(each["name"], each["datatype"], each["shape"]) for each in found] == inputs


def test_the_server_and_its_health_are_told() -> None:
    assert openinference.server_metadata()["name"] == "modelyard"
    assert openinference.live() == {"live": True}
    assert openinference.ready(False) == {"ready": False}
    assert openinference.model_ready(CARD, True) == {"name": "wine", "ready": True}
