"""Inputs of graphs, from signatures."""

from __future__ import annotations

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.convert import GraphInput, converter, graphs
from modelyard.models.convert.inputs import Wants, of_table, of_tensors
from modelyard.models.schema import ColSpec, Schema, TensorSpec

NUMBERS = Schema([ColSpec("double", "a"), ColSpec("long", "b"), ColSpec("boolean", "c")])
MIXED = Schema([ColSpec("double", "a"), ColSpec("long", "b"), ColSpec("string", "c")])


def test_numbers_are_one_matrix_in_the_order_of_the_training() -> None:
    assert list(of_table(NUMBERS, Wants(names=["c", "a", "b"]))) == [
        [GraphInput("input", "float32", [-1, 3], ["c", "a", "b"])]
    ]
    assert list(of_table(NUMBERS, Wants(names=["x"]))) == [[GraphInput("input", "float32", [-1, 3], ["a", "b", "c"])]]


def test_each_precision_is_a_form() -> None:
    found = list(of_table(NUMBERS, Wants(precisions=("float32", "float64"))))
    assert [each[0].type for each in found] == ["float32", "float64"]


def test_texts_among_numbers_make_an_input_of_each_column() -> None:
    found = list(of_table(MIXED, Wants(precisions=("float32", "float64"))))
    assert [[each.type for each in form] for form in found] == [
        ["float32", "int64", "str"],
        ["float32", "float32", "str"],
        ["float64", "float64", "str"],
    ]
    assert found[0][2] == GraphInput("c", "str", [-1, 1], ["c"])


def test_without_a_signature_the_model_says_how_wide_it_is() -> None:
    assert list(of_table(None, Wants(width=2))) == [[GraphInput("input", "float32", [-1, 2], [0, 1])]]
    assert next(of_table(None, Wants(width=2, names=["a", "b"])))[0].columns == ["a", "b"]
    with pytest.raises(InvalidParameter, match="Give an input_example or a signature"):
        list(of_table(None, Wants()))


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (Schema([ColSpec("datetime", "when"), ColSpec("double", "a")]), "'when' is of the type datetime"),
        (Schema([ColSpec("binary")]), "Column 0 is of the type binary"),
        (Schema([ColSpec("double"), ColSpec("string")]), "need names"),
        (Schema([TensorSpec("float32", (-1, 2, 2))]), "one array of rows and columns"),
        (
            Schema([TensorSpec("float32", (-1, 2), "a"), TensorSpec("float32", (-1, 2), "b")]),
            "one array of rows and columns",
        ),
    ],
)
def test_what_no_graph_has_an_input_for_is_named(schema: Schema, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        list(of_table(schema, Wants()))


def test_tensors_keep_their_names_and_leave_the_rows_open() -> None:
    schema = Schema([TensorSpec("float64", (8, 3), "a"), TensorSpec("int64", (-1, -1), "b")])
    assert of_tensors(schema, floats="float32") == [
        GraphInput("a", "float32", [-1, 3]),
        GraphInput("b", "int64", [-1, -1]),
    ]
    assert of_tensors(NUMBERS, floats="float32") == [GraphInput("input", "float32", [-1, 3], ["a", "b", "c"])]


def test_a_flavor_without_a_converter_is_refused_with_the_way_out() -> None:
    with pytest.raises(
        InvalidParameter,
        match=r"no conversion to ONNX for statsmodels models; there is for keras, .*modelyard.onnx.log_model",
    ):
        converter("statsmodels")
    with pytest.raises(InvalidParameter, match="no conversion to ONNX for python_function models"):
        next(graphs(len, flavor="python_function", schema=None))
