"""What the front reads of a request is what the worker would have read, or it is left to the worker."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.models.enforce import enforce_params, model_input
from modelyard.models.plain import plain_columns
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.signature import ModelSignature
from modelyard.serving.card import Card
from modelyard.serving.matrix import MAX_BODY, Matrix
from modelyard.serving.protocols.invocations import Invocations

AGE, CHILDREN, ROOMS = "age in years", "children", "a:b"
MIXED = ModelSignature(Schema([ColSpec("double", AGE), ColSpec("long", CHILDREN), ColSpec("integer", ROOMS)]))
REALS = ModelSignature(Schema([ColSpec("double", name) for name in "xyz"]))
COUNTED = ModelSignature(Schema([ColSpec("double"), ColSpec("double"), ColSpec("double")]))
TENSOR = ModelSignature(Schema([TensorSpec("float64", (-1, 3))]))
SIGNATURES = [MIXED, REALS, COUNTED, TENSOR]


def matrix_of(signature: ModelSignature) -> Matrix:
    names, integers = plain_columns(signature.to_dict())
    return Matrix(Card(name="m", signature=signature.to_dict(), columns=names, integers=integers))


def quick(signature: ModelSignature, body: bytes) -> Any:
    rows = matrix_of(signature).read(body)
    return None if rows is None else np.frombuffer(rows, "<f8").reshape(-1, 3)


def slow(signature: ModelSignature, body: bytes) -> Any:
    """What the worker hands to the model, as a matrix; it raises where it refuses."""
    payload = Invocations().read(body, "application/json", signature)
    enforce_params(signature.params, payload.params)
    assert signature.inputs is not None
    data = model_input(signature.inputs, payload.data)
    return np.asarray(data, dtype="float64")


def same_bits(one: Any, other: Any) -> bool:
    return bool(one.shape == other.shape and one.tobytes() == np.ascontiguousarray(other).tobytes())


# numbers as clients write them, and what they should not have written
WHOLE = st.one_of(st.integers(-5, 5), st.integers(-(2**33), 2**33), st.integers(-(2**64), 2**64))
REAL = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.floats(-100, 100), WHOLE)
ODD = st.sampled_from([None, True, "1", [], [1.0], {}, float("nan"), 1e400, -0.0, 2.0, 2**53, 2**53 + 1, "-0", 1e17])
VALUE = st.one_of(st.integers(-5, 5), REAL, ODD)


@st.composite
def rows_of(draw: st.DrawFn, names: list[str]) -> list[list[Any]]:
    """Rows that mostly fit."""
    kinds: list[st.SearchStrategy[Any]] = [st.floats(-1e6, 1e6), st.integers(-9, 9), st.integers(-9, 9)]
    if draw(st.integers(0, 3)) == 0:
        kinds = [VALUE] * 3
    width = draw(st.sampled_from([3, 3, 3, 3, 2, 4]))
    row = st.tuples(*[kinds[place % 3] for place in range(width)]).map(list)
    return draw(st.lists(row, min_size=0 if draw(st.integers(0, 9)) == 0 else 1, max_size=4))


@st.composite
def bodies(draw: st.DrawFn, names: list[str]) -> bytes:
    """A body in any form, whole or spoilt."""
    rows = draw(rows_of(names))
    given = draw(st.sampled_from([names, names, names[::-1], [*names, "more"], names[:2], [*names[:2], names[0]]]))
    records = [dict(zip(given, row, strict=False)) for row in rows]
    split: dict[str, Any] = {"columns": given, "data": rows}
    if draw(st.booleans()):
        split["index"] = draw(st.sampled_from([list(range(len(rows))), [], ["a"] * len(rows), None, [[]] * len(rows)]))
    columns = {name: [row[place] for row in rows if place < len(row)] for place, name in enumerate(given)}
    found: Any = draw(
        st.sampled_from(
            [
                {"dataframe_split": split},
                split,
                {"dataframe_split": {"data": rows}},
                {"dataframe_records": records},
                records,
                rows,
                {"instances": rows},
                {"instances": records},
                {"inputs": rows},
                {"inputs": records},
                {"inputs": columns},
                {"inputs": records[0] if records else {}},
                {"input": rows},
                {"input": records},
                {"instances": rows[:1] + records[1:]},
            ]
        )
    )
    if isinstance(found, dict) and draw(st.integers(0, 6)) == 0:
        more = {"params": {}, "inputs": rows, "input": rows, "columns": names, "index": [0], "x": 1, "data": rows}
        name = draw(st.sampled_from(sorted(more)))
        found = {**found, name: more[name]}
    return spoilt(json.dumps(found), draw(st.integers(0, 12)), draw(st.randoms()))


def spoilt(text: str, how: int, chance: random.Random) -> bytes:
    if how == 0:
        place = chance.randrange(len(text))
        return (text[:place] + chance.choice('{}[]",:0e-.\\') + text[place + 1 :]).encode()
    if how == 1:
        return text.replace('"columns":', '"columns": ["age in years"], "columns":', 1).encode()
    if how == 2:
        return text.replace("children", "child\\u0072en").replace("a:b", "a\\u003ab").encode()
    if how == 3:
        return text.replace("{", '{"age in years": 5, ', 1).encode()
    return text.encode() if how > 4 else text.replace(" ", "").encode("utf-16" if how == 4 else "utf-8")


def names_of(signature: ModelSignature) -> list[str]:
    return list("xyz") if signature is REALS else [AGE, CHILDREN, ROOMS]


@pytest.mark.parametrize("signature", SIGNATURES, ids=["mixed", "reals", "counted", "tensor"])
def test_what_is_read_is_what_the_worker_would_have_read(signature: ModelSignature) -> None:
    seen = 0

    @settings(max_examples=300)
    @given(bodies(names_of(signature)))
    def check(body: bytes) -> None:
        nonlocal seen
        found = quick(signature, body)
        if found is not None:
            seen += 1
            assert same_bits(found, slow(signature, body))

    check()
    assert seen


ROW = [31.5, 2, 3]
NAMES = [AGE, CHILDREN, ROOMS]
FORMS: dict[str, Any] = {
    "split": {"dataframe_split": {"columns": NAMES, "data": [ROW]}},
    "split with an index": {"dataframe_split": {"columns": NAMES, "data": [ROW], "index": [7]}},
    "split in another order": {"dataframe_split": {"columns": NAMES[::-1], "data": [ROW[::-1]]}},
    "split with more columns": {"dataframe_split": {"columns": ["more", *NAMES], "data": [[1, *ROW]]}},
    "bare split": {"columns": NAMES, "data": [ROW]},
    "records": {"dataframe_records": [dict(zip(NAMES, ROW, strict=True))]},
    "bare records": [dict(zip(NAMES, ROW, strict=True))],
    "instances, rows": {"instances": [ROW]},
    "instances, records": {"instances": [dict(zip(NAMES, ROW, strict=True))]},
    "inputs, rows": {"inputs": [ROW]},
    "inputs, records": {"inputs": [dict(zip(NAMES, ROW, strict=True))]},
    "inputs, columns": {"inputs": {name: [value] for name, value in zip(NAMES, ROW, strict=True)}},
    "input": {"input": [ROW]},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(form: str) -> None:
    body = json.dumps(FORMS[form]).encode()
    assert quick(MIXED, body).tolist() == [ROW]
    assert slow(MIXED, body).tolist() == [ROW]


@pytest.mark.parametrize(
    "row", [[1.0, 2.0, 3], [1.0, 2, 2**31], [2**60, 1, 1], [1e17, 1, 1], [None, 1, 1], ["1", 1, 1], [True, 1, 1]]
)
def test_doubtful_numbers_are_left_to_the_worker(row: list[Any]) -> None:
    assert quick(MIXED, json.dumps({"inputs": [row]}).encode()) is None


def test_what_is_not_only_rows_is_left_to_the_worker() -> None:
    rows = {"inputs": [ROW]}
    for more in ({"params": {}}, {"instances": [ROW]}, {"x": 1}, {"index": [0]}):
        assert quick(MIXED, json.dumps({**rows, **more}).encode()) is None
    assert quick(MIXED, b'{"inputs":' + b"[" * 10_000) is None
    assert quick(MIXED, json.dumps({"inputs": [ROW] * (MAX_BODY // 10)}).encode()) is None


def test_a_key_that_is_there_twice_is_left_to_the_worker() -> None:
    assert quick(REALS, b'[{"x":1,"y":2,"z":3}]') is not None
    assert quick(REALS, b'[{"x":1,"y":2,"z":3,"x":4}]') is None
    assert quick(REALS, b'{"inputs":[[1,2,3]],"inputs":[[1,2,3]]}') is None


@pytest.mark.parametrize(
    "inputs",
    [
        Schema([ColSpec("double", "x"), ColSpec("string", "y")]),
        Schema([ColSpec("double", "x"), ColSpec("float", "y")]),
        Schema([ColSpec("double", "x", required=False)]),
        Schema([TensorSpec("float32", (-1, 3))]),
        Schema([TensorSpec("float64", (-1, 3, 3))]),
        Schema([TensorSpec("float64", (-1, 3), "x")]),
    ],
    ids=str,
)
def test_other_signatures_have_no_plain_columns(inputs: Schema) -> None:
    assert plain_columns(ModelSignature(inputs).to_dict()) == ((), ())


def test_parameters_and_constraints_are_the_workers() -> None:
    plain = REALS.to_dict()
    assert plain_columns(plain) == (("x", "y", "z"), ())
    assert plain_columns({**plain, "params": "[]"}) == ((), ())
    assert plain_columns({**plain, "constraints": "{}"}) == ((), ())
    assert plain_columns(None) == ((), ())
    unread = Matrix(Card(name="m", signature={**plain, "params": "[]"}, columns=("x", "y", "z")))
    assert unread.read(b'{"inputs":[[1,2,3]]}') is None


def test_columns_without_names_are_called_by_their_place() -> None:
    assert plain_columns(TENSOR.to_dict()) == (("0", "1", "2"), ())
    assert plain_columns(COUNTED.to_dict()) == (("0", "1", "2"), ())
    assert plain_columns(MIXED.to_dict()) == ((AGE, CHILDREN, ROOMS), (1, 2))
