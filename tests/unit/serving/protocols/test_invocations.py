"""Every form of a request to ``/invocations``: what the model is given, and what is said of what is wrong."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import BadRequest, InvalidParameter, ModelFailed, UnsupportedMediaType, UserError
from modelyard.models.enforce import model_input
from modelyard.models.params import ParamSchema, ParamSpec
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.signature import ModelSignature
from modelyard.models.types import AnyType, Array, Map, Object, Property
from modelyard.serving.protocols.invocations import Invocations
from modelyard.serving.protocols.protocol import Payload

JSON, CSV = "application/json", "text/csv"
NAMED = ModelSignature(Schema([ColSpec("double", "a"), ColSpec("long", "b")]))
UNNAMED = ModelSignature(Schema([ColSpec("double"), ColSpec("double")]))
LOOSE = ModelSignature(Schema([ColSpec("double", "a"), ColSpec("string", "s", required=False)]))
TENSOR = ModelSignature(Schema([TensorSpec("float32", (-1, 2))]))
TENSORS = ModelSignature(Schema([TensorSpec("float64", (-1, 2), "x"), TensorSpec("int64", (-1,), "y")]))
LISTS = ModelSignature(Schema([ColSpec(Array("double"), "v")]))
TEXTS = ModelSignature(Schema([ColSpec("string")]))
CHAT = ModelSignature(
    Schema([ColSpec(AnyType(), "messages")]), params=ParamSchema([ParamSpec("temperature", "double", 1.0)])
)


def read(body: Any, signature: ModelSignature | None = NAMED, kind: str = JSON) -> Payload:
    """The payload of a body, given as bytes or as the value it holds."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Invocations().read(content, kind, signature)


def given(body: Any, signature: ModelSignature | None = NAMED, kind: str = JSON) -> Any:
    """What the model's own code is given, tables as their columns."""
    data = read(body, signature, kind).data
    if signature is not None and signature.inputs is not None:
        data = model_input(signature.inputs, data, constraints=signature.constraints)
    return data.to_dict("list") if isinstance(data, pd.DataFrame) else data


def refused(body: Any, signature: ModelSignature | None = NAMED, kind: str = JSON) -> str:
    """What a caller is told of a body that cannot be predicted on."""
    with pytest.raises(UserError) as caught:
        given(body, signature, kind)
    assert caught.value.status in (400, 415)
    assert "\n" not in caught.value.message
    return caught.value.message


ROWS = {"a": [1.0, 3.0], "b": [2, 4]}
FORMS = {
    "split": {"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], [3, 4]]}},
    "split in another order": {"dataframe_split": {"columns": ["b", "more", "a"], "data": [[2, None, 1], [4, "x", 3]]}},
    "split with an index": {"dataframe_split": {"columns": ["a", "b"], "index": [7, 9], "data": [[1, 2], [3, 4]]}},
    "split without names": {"dataframe_split": {"data": [[1, 2], [3, 4]]}},
    "bare split": {"columns": ["a", "b"], "data": [[1, 2], [3, 4]]},
    "bare split with an index": {"columns": ["b", "a"], "index": ["x", "y"], "data": [[2, 1], [4, 3]]},
    "records": {"dataframe_records": [{"a": 1, "b": 2}, {"b": 4, "a": 3, "more": [1]}]},
    "records by place": {"dataframe_records": [[1, 2], [3, 4]]},
    "bare records": [{"a": 1, "b": 2}, {"a": 3, "b": 4}],
    "inputs by column": {"inputs": {"a": [1, 3], "b": [2, 4]}},
    "inputs by record": {"inputs": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]},
    "inputs by place": {"inputs": [[1, 2], [3, 4]]},
    "instances by column": {"instances": {"a": [1, 3], "b": [2, 4]}},
    "instances by record": {"instances": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]},
    "instances by place": {"instances": [[1, 2], [3, 4]]},
    "input": {"input": [[1, 2], [3, 4]]},
    "input by record": {"input": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]},
    "whole numbers with a point": {"inputs": [[1.0, 2.0], [3.0, 4.0]]},
    "other keys beside": {"inputs": [[1, 2], [3, 4]], "request_id": "x"},
}


@pytest.mark.parametrize("body", FORMS.values(), ids=list(FORMS))
def test_each_form_gives_the_model_the_same_rows(body: Any) -> None:
    assert given(body) == ROWS
    assert read(body).rows == 2


@pytest.mark.parametrize("name", [name for name in FORMS if "index" in name])
def test_an_index_is_the_index_of_the_frame(name: str) -> None:
    assert read(FORMS[name]).data.index.tolist() in ([7, 9], ["x", "y"])


def test_columns_have_the_types_of_the_signature() -> None:
    assert [str(each) for each in read(FORMS["split"]).data.dtypes] == ["float64", "int64"]


@pytest.mark.parametrize(
    "name", ["split", "split without names", "records by place", "bare split", "inputs by place", "input", "records"]
)
def test_columns_without_names_are_taken_in_order(name: str) -> None:
    body = {"dataframe_records": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]} if name == "records" else FORMS[name]
    assert given(body, UNNAMED) == {0: [1.0, 3.0], 1: [2.0, 4.0]}


def test_one_object_is_one_row() -> None:
    assert given({"inputs": {"a": 1, "b": 2}}) == {"a": [1.0], "b": [2]}


def test_no_rows_are_a_table_of_no_rows() -> None:
    for body in ({"inputs": []}, {"dataframe_records": []}, {"dataframe_split": {"columns": ["a", "b"], "data": []}}):
        assert given(body) == {"a": [], "b": []}
    assert given({"inputs": {"a": [], "b": []}}) == {"a": [], "b": []}


def test_null_is_a_missing_value_where_the_type_has_one() -> None:
    found = given({"dataframe_records": [{"a": None, "s": None}, {"a": 1, "s": "x"}, {"a": 2}]}, LOOSE)
    assert np.isnan(found["a"][0])
    assert found["a"][1:] == [1.0, 2.0]
    assert [found["s"][1], *map(pd.isna, (found["s"][0], found["s"][2]))] == ["x", True, True]
    assert "Column 'b', row 0 is missing" in refused({"inputs": [[1, None]]})


def test_bytes_and_dates_are_read_by_the_signature() -> None:
    signature = ModelSignature(Schema([ColSpec("binary", "raw"), ColSpec("datetime", "born")]))
    raw = base64.b64encode(b"abc").decode()
    found = given({"dataframe_records": [{"raw": raw, "born": "1990-02-01T10:00:00"}]}, signature)
    assert found == {"raw": [b"abc"], "born": [pd.Timestamp(1990, 2, 1, 10)]}
    assert "Column 'raw', row 0 is no base64 text" in refused({"inputs": [["%", "1990-02-01"]]}, signature)
    assert "Column 'born', row 0" in refused({"inputs": [[raw, "soon"]]}, signature)


def test_nested_columns_hold_one_value_for_each_row() -> None:
    assert given({"inputs": [{"v": [1, 2]}, {"v": []}]}, LISTS) == {"v": [[1.0, 2.0], []]}
    assert given({"inputs": {"v": [1, 2]}}, LISTS) == {"v": [[1.0, 2.0]]}
    assert given({"inputs": [[1, 2], [3]]}, LISTS) == {"v": [[1.0, 2.0], [3.0]]}
    assert read({"inputs": {"v": [1, 2]}}, LISTS).rows == 1
    objects = ModelSignature(Schema([ColSpec(Object([Property("k", "long")]), "o"), ColSpec(Map("double"), "m")]))
    row = {"o": {"k": 1}, "m": {"x": 1, "y": 2}}
    assert given({"dataframe_records": [row]}, objects) == {"o": [{"k": 1}], "m": [{"x": 1.0, "y": 2.0}]}


def test_a_column_alone_needs_no_name() -> None:
    assert given({"inputs": ["x", "y"]}, TEXTS) == {0: ["x", "y"]}
    assert given({"inputs": [["x"], ["y"]]}, TEXTS) == {0: ["x", "y"]}
    assert given({"inputs": "x"}, TEXTS) == {0: ["x"]}


@pytest.mark.parametrize(
    "body",
    [
        {"inputs": [[1, 2], [3, 4]]},
        {"instances": [[1, 2], [3, 4]]},
        {"input": [[1, 2], [3, 4]]},
        {"dataframe_split": {"columns": ["p", "q"], "data": [[1, 2], [3, 4]]}},
        {"dataframe_split": {"columns": ["p"], "data": [[[1, 2]], [[3, 4]]]}},
        {"dataframe_records": [{"p": 1, "q": 2}, {"p": 3, "q": 4}]},
    ],
)
def test_a_tensor_is_an_array_of_the_signatures_type(body: Any) -> None:
    found = read(body, TENSOR)
    assert (found.data.dtype, found.data.tolist(), found.rows) == (np.float32, [[1, 2], [3, 4]], 2)


@pytest.mark.parametrize(
    "body",
    [
        {"inputs": {"x": [[1, 2]], "y": [3], "z": 1}},
        {"instances": [{"x": [1, 2], "y": 3}]},
        {"dataframe_split": {"columns": ["y", "x"], "data": [[3, [1, 2]]]}},
        {"dataframe_records": [{"x": [1, 2], "y": 3}]},
    ],
)
def test_tensors_with_names_are_a_dict_of_arrays(body: Any) -> None:
    found = read(body, TENSORS)
    assert {name: (str(each.dtype), each.tolist()) for name, each in found.data.items()} == {
        "x": ("float64", [[1, 2]]),
        "y": ("int64", [3]),
    }
    assert found.rows == 1


def test_texts_are_encoded_for_a_tensor_of_bytes() -> None:
    signature = ModelSignature(Schema([TensorSpec("S", (-1,))]))
    assert given({"inputs": ["ä"]}, signature).tolist() == ["ä".encode()]
    assert "no text" in refused({"inputs": [1]}, signature)


def test_without_a_signature_tables_are_frames_and_inputs_arrays() -> None:
    assert given({"dataframe_split": {"columns": ["a"], "data": [[1]]}}, None) == {"a": [1]}
    assert given({"dataframe_records": [{"a": 1}, {"a": 2}]}, None) == {"a": [1, 2]}
    assert given({"inputs": [[1, 2]]}, None).tolist() == [[1, 2]]
    assert given({"instances": [{"a": 1}, {"a": 2}]}, None)["a"].tolist() == [1, 2]
    assert given({"inputs": {"a": [1], "k": 3}}, None) == {"a": np.array([1]), "k": 3}
    assert given({"input": [[1, 2]]}, None).tolist() == [[1, 2]]
    assert given({"inputs": 5}, None) == 5


# ----------------------------------------------------------------------------------------------------------------------
# Parameters, and requests to language models


def test_parameters_are_handed_on() -> None:
    assert read({"inputs": [[1, 2]], "params": {"k": 3}}).params == {"k": 3}
    assert read({"columns": ["a", "b"], "data": [[1, 2]], "params": {"k": 3}}).params == {"k": 3}
    assert read({"inputs": [[1, 2]], "params": None}).params is None
    assert "params is a list" in refused({"inputs": [[1, 2]], "params": [1]})


def test_a_language_models_request_is_handed_on_whole_and_its_answer_bare() -> None:
    payload = read({"messages": [{"role": "user"}], "temperature": 0.5}, CHAT)
    assert payload.data == {"messages": [{"role": "user"}]}
    assert payload.params == {"temperature": 0.5}
    assert Invocations().write({"choices": []}, payload, CHAT) == b'{"choices":[]}'
    assert read({"prompt": "Hi", "n": 2}, None).data == {"prompt": "Hi", "n": 2}
    assert read({"input": ["text"]}, None).data == {"input": ["text"]}


def test_a_language_models_request_is_refused_by_a_model_of_columns() -> None:
    assert "'messages', which is for language models; this model's signature takes 'a', 'b'" in refused(
        {"messages": []}
    )
    assert "'prompt'" in refused({"prompt": "x"}, TENSOR)
    assert "'input'" in refused({"input": "x"})


def test_a_column_called_input_keeps_its_name() -> None:
    signature = ModelSignature(Schema([ColSpec("string", "input")]))
    assert given({"input": "x"}, signature) == {"input": ["x"]}
    assert given({"inputs": [{"input": "x"}]}, signature) == {"input": ["x"]}


# ----------------------------------------------------------------------------------------------------------------------
# CSV


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3,4\n",
        "b,more,a\r\n2,,1\r\n4,x,3",
        "1,2\n3,4\n",
        '"a","b"\n"1",2.0\n3e0, 4\n',
        "\ufeffa,b\n1,2\n\n3,4\n",
    ],
)
def test_csv_has_a_line_of_names_or_the_order_of_the_signature(text: str) -> None:
    assert given(text.encode(), kind=CSV) == ROWS
    assert read(text.encode(), kind=CSV).rows == 2


def test_cells_are_read_by_their_columns_type() -> None:
    kinds = [
        ("s", "string"),
        ("t", "boolean"),
        ("d", "datetime"),
        ("r", "binary"),
        ("x", "double"),
        ("l", Array("long")),
        ("y", AnyType()),
    ]
    signature = ModelSignature(Schema([ColSpec(of, name, required=False) for name, of in kinds]))
    text = 's,t,d,r,x,l,y\n"a, b",TRUE,2020-01-01,YWJj,-inf,"[1, 2]",5\nNA,0,,,NaN,,\n'
    frame = read(text.encode(), signature, CSV).data
    assert [frame[name][0] for name, _ in kinds] == [
        "a, b", True, pd.Timestamp(2020, 1, 1), b"abc", -np.inf, [1, 2], 5
    ]  # fmt: skip
    assert (frame["s"][1], frame["t"][1]) == ("NA", False)
    assert all(frame[name].isna()[1] for name in "drxly")


def test_csv_without_a_signature_is_guessed() -> None:
    found = read(b"n,x,s,t,e\n1,1.5,a,true,\n2,,1,false,\n", None, CSV).data
    assert [each.kind for each in found.dtypes][:2] == ["i", "f"]
    assert found["s"].tolist() == ["a", "1"]
    assert found["t"].tolist() == [True, False]
    assert found["e"].isna().all()


def test_csv_for_a_tensor_and_for_columns_without_names_has_a_line_of_names() -> None:
    assert given(b"p,q\n1,2\n", TENSOR, CSV).tolist() == [[1, 2]]
    assert given(b"p,q\n1,2\n", UNNAMED, CSV) == {0: [1.0], 1: [2.0]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "has no line"),
        (b"a,b\n1\n", "Line 2 has 1 values, the first line 2"),
        (b'a,b\n"1,2\n', "Failed to parse"),
        (b"a,b\n1,x\n", "Column 'b', row 0 is a text that is no long"),
        (b"a,b\n1,1_000\n", "Column 'b', row 0"),
        (b"a,b\n1,2.5\n", "Column 'b', row 0"),
        (b"a\n1\n", "no column 'b'"),
        (b"a,b,a\n1,2,3\n", "several columns 'a'"),
        (b"1\n2\n", "Row 0 of the CSV text has 1 values; there are 2 columns"),
        (b"\xff", "UTF-8"),
    ],
)
def test_csv_that_does_not_fit_is_refused_by_place(text: bytes, said: str) -> None:
    assert said in refused(text, kind=CSV)


# ----------------------------------------------------------------------------------------------------------------------
# Content types and errors


@pytest.mark.parametrize(
    "kind",
    ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"', "application/json;"],
)
def test_json_is_json_in_any_spelling(kind: str) -> None:
    assert given({"inputs": [[1, 2]]}, kind=kind) == {"a": [1.0], "b": [2]}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("application/json; charset=latin-1", "The scoring server only supports UTF-8"),
        ("application/json; format=pandas-split", "Unrecognized content type parameters: format."),
        ("text/plain", "This predictor only supports the following content types"),
        ("", "This predictor only supports the following content types"),
        ("application/x-www-form-urlencoded", "Got 'application/x-www-form-urlencoded'"),
    ],
)
def test_other_content_types_are_refused_in_mlflows_words(kind: str, said: str) -> None:
    with pytest.raises(UnsupportedMediaType, match=said):
        read({"inputs": [[1, 2]]}, kind=kind)


ONE = "exactly one of the input fields dataframe_split, dataframe_records, instances, inputs"
WRONG = {
    b"": "valid JSON formatted string",
    b'{"inputs": ': "valid JSON formatted string",
    b'{"inputs": [[NaN, 1]]}': "valid JSON formatted string",
    b"\xff": "valid JSON formatted string",
    b'{"inputs": "\xff"}': "It is not UTF-8",
    b"3": ONE,
    b"null": ONE,
    b"{}": ONE,
    b'{"a": [1], "b": [2]}': "Received dictionary with input fields: 'a', 'b'",
    b'{"inputs": [], "instances": []}': "'inputs', 'instances'",
    b'{"inputs": [[1, 2]], "inputs": [[3, 4]]}': "the key 'inputs' twice",
    b'[{"a": 1, "b": 2, "a": 3}]': "the key 'a' twice",
    b'{"inputs": ' + b"[" * 70 + b"]" * 70 + b"}": "more than 64 levels",
    b'{"inputs": ' + b"[" * 5000 + b"]" * 5000 + b"}": "more than 64 levels",
    b'{"dataframe_split": [1]}': "must be a dictionary. Got a list",
    b'{"dataframe_split": {"columns": ["a"]}}': "must have 'data' field",
    b'{"dataframe_split": {"data": [], "rows": []}}': "Got 'data', 'rows'",
    b'{"dataframe_split": {"columns": "a", "data": []}}': "dataframe_split.columns is a text",
    b'{"dataframe_split": {"columns": ["a", "b"], "data": {}}}': "dataframe_split.data is an object",
    b'{"dataframe_split": {"columns": ["a", "a"], "data": []}}': "several columns 'a'",
    b'{"dataframe_split": {"columns": [["a"], "b"], "data": []}}': "A name in the columns of dataframe_split is a list",
    b'{"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], [1]]}}': "Row 1 of dataframe_split has 1 values",
    b'{"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], 3]}}': "Row 1 of dataframe_split is a number",
    b'{"dataframe_split": {"columns": ["a", "b"], "index": [1, 2], "data": [[1, 2]]}}': "dataframe_split.index has 2",
    b'{"dataframe_split": {"columns": ["a", "b"], "index": [[1]], "data": [[1, 2]]}}': "dataframe_split.index holds",
    b'{"dataframe_split": {"columns": ["a"], "data": [[1]]}}': "no column 'b', which the model requires; given: 'a'",
    b'{"dataframe_records": {"a": 1}}': "must be a list of records. Got an object",
    b'{"dataframe_records": [{"a": 1, "b": 2}, 5]}': "Row 1 of dataframe_records is a number",
    b'{"dataframe_records": [{"a": 1, "b": 2}, {"a": 1}]}': "Row 1 has no 'b'",
    b'{"inputs": [[1, "x"]]}': "Column 'b', row 0 is of type str; the model expects long",
    b'{"inputs": [[1, 2.5]]}': "Column 'b', row 0",
    b'{"inputs": [[true, 2]]}': "Column 'a', row 0 is of type bool",
    b'{"inputs": [[1, 9223372036854775808]]}': "Column 'b', row 0",
    b'{"inputs": [[1, 1' + b"0" * 400 + b"]]}": "Column 'b', row 0",
    b'{"inputs": [[1' + b"0" * 400 + b", 1]]}": "Column 'a', row 0",
    b'{"inputs": {"a": [1, 2], "b": [1]}}': "not of one length: 'a' has 2, 'b' has 1",
    b'{"inputs": {"a": [1, 2], "b": 1}}': "Column 'b' of inputs is a single value",
    b'{"inputs": [1, 2]}': "Row 0 of inputs is a number",
    b'{"inputs": 5}': "inputs is a number; the model takes 2 columns",
    b'{"inputs": null}': "inputs is null",
}


@pytest.mark.parametrize(("body", "said"), WRONG.items(), ids=lambda each: repr(each)[:50])
def test_what_does_not_fit_is_named(body: bytes, said: str) -> None:
    assert said in refused(body)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"inputs": [[1, 2, 3]]}, "shape (1, 3); the model expects (-1, 2)"),
        ({"inputs": [[1, 2], [3]]}, "rows of different lengths"),
        ({"inputs": [["x", "y"]]}, "the model expects float32"),
        ({"inputs": {"x": [[1, 2]]}}, "one tensor without a name"),
        ({"instances": [{"x": [1, 2]}]}, "one tensor without a name"),
        ({"inputs": [[1, 10**400]]}, "the model expects float32"),
        ({"inputs": [[1, 1e300]]}, "numbers too large for float32"),
    ],
)
def test_a_tensor_that_does_not_fit_is_refused(body: Any, said: str) -> None:
    assert said in refused(body, TENSOR)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"inputs": [[1, 2]]}, "several tensors; give an object of 'x', 'y'"),
        ({"inputs": {"x": [[1, 2]]}}, "'y'"),
        ({"instances": [{"x": [1, 2], "y": 1}, {"x": [1, 2]}]}, "Row 1 of instances has not the keys of the first row"),
        ({"instances": [{"x": [1, 2], "y": 1}, 5]}, "Row 1 of instances is no object"),
        ({"inputs": {"x": [[1, 2]], "y": [1.5]}}, "'y'"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(body: Any, said: str) -> None:
    assert said in refused(body, TENSORS)


def test_colons_in_texts_are_no_keys() -> None:
    assert given({"dataframe_records": [{"a": 1, "s": '10:30: \\"x\\": 1'}]}, LOOSE)["s"] == ['10:30: \\"x\\": 1']


def test_an_error_holds_none_of_the_callers_data() -> None:
    for body in (
        {"inputs": [["secret-value", 1]]},
        {"dataframe_split": {"columns": ["a", "b"], "data": [[1, "secret-value"]]}},
    ):
        assert "secret" not in refused(body)
    assert "secret" not in refused(b"a,b\n1,secret-value\n", kind=CSV)


# ----------------------------------------------------------------------------------------------------------------------
# Answers


def test_predictions_are_written_under_their_name() -> None:
    write, payload = Invocations().write, Payload(None)
    assert write(np.array([1.5, np.nan, -np.inf]), payload, None) == b'{"predictions":[1.5,null,null]}'
    assert write(np.array([[1, 2]]), payload, None) == b'{"predictions":[[1,2]]}'
    assert write(["a"], payload, None) == b'{"predictions":["a"]}'
    assert (
        write({"p": np.array([0.5]), "when": dt.date(2026, 1, 2)}, payload, None)
        == b'{"predictions":{"p":[0.5],"when":"2026-01-02"}}'
    )
    with pytest.raises(ModelFailed, match="generator"):
        write((each for each in "ab"), payload, None)


def test_wrong_parameters_and_data_are_told_apart_by_code() -> None:
    with pytest.raises(BadRequest):
        read(b"{}")
    with pytest.raises(InvalidParameter):
        read({"inputs": [[1, "x"]]})


def test_a_number_too_large_for_its_column_is_refused_not_made_infinite() -> None:
    single = ModelSignature(Schema([ColSpec("float", "a"), ColSpec("float", "b")]))
    beside = ModelSignature(Schema([ColSpec("float", "a"), ColSpec("string", "b")]))
    assert "Column 'a', row 0 is of type float too large for it" in refused({"inputs": [[1e39, 1]]}, single)
    assert "Column 'b', row 1 is of type float too large for it" in refused({"inputs": [[1, 2], [1, -1e39]]}, single)
    assert "Column 'a', row 0 is of type float too large for it" in refused({"inputs": [{"a": 1e39, "b": "x"}]}, beside)
    assert given({"inputs": [[3.4028235e38, None]]}, single)["a"][0] == np.finfo("float32").max
