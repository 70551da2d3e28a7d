"""Tensors: the data type, the shape, the names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.enforce import enforce, model_input
from modelyard.models.schema import Schema, TensorSpec

IMAGES = Schema([TensorSpec("float32", (-1, 2, 2))])
NAMED = Schema([TensorSpec("float32", (-1, 2), "x"), TensorSpec("int64", (-1,), "y")])


def test_an_array_that_fits_is_answered_as_it_is() -> None:
    array = np.zeros((5, 2, 2), "float32")

    assert enforce(IMAGES, array) is array
    assert model_input(IMAGES, array) is array


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((5, 2, 3), "float32"), r"The input has the shape \(5, 2, 3\); the model expects \(-1, 2, 2\)"),
        (np.zeros((5, 2), "float32"), r"The input has the shape \(5, 2\)"),
        (np.zeros((5, 2, 2)), r"The input is of type float64; the model expects float32"),
        ([[["a", "b"], ["c", "d"]]], r"values of type <U1; the model expects float32"),
        ([[[1.5], [2.5, 3.5]]], r"different lengths"),
    ],
)
def test_another_shape_or_type_is_refused(array: Any, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        enforce(IMAGES, array)


def test_lists_take_the_type_that_is_expected() -> None:
    assert enforce(IMAGES, [[[1, 2], [3, 4]]]).dtype == np.dtype("float32")
    assert np.isnan(enforce(IMAGES, [[[1, None], [3, 4]]])[0, 0, 1])
    with pytest.raises(InvalidParameter, match="values of type float64; the model expects int64"):
        enforce(Schema([TensorSpec("int64", (-1,))]), [1.5])
    with pytest.raises(InvalidParameter, match="too large for int8"):
        enforce(Schema([TensorSpec("int8", (-1,))]), [300])


def test_named_tensors_are_found_by_name_and_others_dropped() -> None:
    x, y = np.zeros((3, 2), "float32"), np.zeros(3, "int64")

    assert list(enforce(NAMED, {"y": y, "z": y, "x": x})) == ["x", "y"]
    with pytest.raises(InvalidParameter, match=r"no column 'y', which the model requires.*'x'"):
        enforce(NAMED, {"x": x})
    with pytest.raises(InvalidParameter, match="Input 'y' is of type float64; the model expects int64"):
        enforce(NAMED, {"x": x, "y": np.zeros(3)})
    with pytest.raises(InvalidParameter, match="tensors by name"):
        enforce(NAMED, x)


def test_one_named_tensor_may_be_given_without_its_name() -> None:
    assert list(enforce(Schema([TensorSpec("int64", (-1,), "x")]), np.zeros(3, "int64"))) == ["x"]


def test_a_table_is_made_a_tensor() -> None:
    matrix = Schema([TensorSpec("float64", (-1, 2))])
    frame = pd.DataFrame({"a": [1.5, 2.5], "b": [3.5, 4.5]})

    assert enforce(matrix, frame).tolist() == [[1.5, 3.5], [2.5, 4.5]]
    with pytest.raises(InvalidParameter, match=r"table of 'a', 'b'; the model expects \(-1, 3\)"):
        enforce(Schema([TensorSpec("float64", (-1, 3))]), frame)


def test_a_column_of_lists_is_made_a_tensor() -> None:
    found = enforce(NAMED, pd.DataFrame({"x": [[1, 2], [3, 4]], "y": [1, 2]}))

    assert found["x"].dtype == np.dtype("float32")
    assert found["x"].tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert found["y"].tolist() == [1, 2]
    with pytest.raises(InvalidParameter, match="Input 'x'"):
        enforce(NAMED, pd.DataFrame({"x": [[1, 2], [3]], "y": [1, 2]}))


def test_ragged_rows_pass_where_sizes_vary() -> None:
    ragged = np.array([np.zeros(2), np.zeros(3)], dtype=object)

    assert enforce(Schema([TensorSpec("float64", (-1, -1))]), ragged) is ragged
