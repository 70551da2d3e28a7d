"""Whether rows may be predicted together is seen with the model itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from modelyard.models.mlmodel import Model
from modelyard.models.pyfunc import PyFuncModel
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.signature import ModelSignature
from modelyard.serving.worker import together
from modelyard.serving.worker.groups import join, same, split

TABLE = ModelSignature(Schema([ColSpec("double", "a"), ColSpec("boolean", "b")]))
TENSOR = ModelSignature(Schema([TensorSpec("float64", (-1, 3))]))


def model(predict: Any, signature: ModelSignature | None = TABLE) -> PyFuncModel:
    return PyFuncModel(
        model=Model(signature=signature),
        folder=Path(),
        obj=None,
        predict=lambda data, params=None: predict(data),
        model_config={},
    )


def test_a_model_that_answers_row_by_row_may_be_asked_for_several_callers() -> None:
    assert together.find(model(lambda data: data["a"].to_numpy() * 2), "sklearn", "auto") == (together.MOST, "")
    assert together.find(model(lambda data: data.sum(axis=1), TENSOR), "sklearn", "auto") == (together.MOST, "")


def test_a_model_that_looks_at_other_rows_may_not() -> None:
    found = together.find(model(lambda data: (data["a"] - data["a"].mean()).to_numpy()), "sklearn", "auto")
    assert found.rows == 0
    assert "differ from the same rows predicted alone" in found.reason


def test_a_difference_in_the_last_bit_is_one() -> None:
    def predict(data: Any) -> Any:
        return numpy.nextafter(data["a"].to_numpy(), numpy.inf) if len(data) == 17 else data["a"].to_numpy()

    assert together.find(model(predict), "sklearn", "auto").reason.startswith("17 rows")


@pytest.mark.parametrize(
    ("predict", "flavor", "wanted", "reason"),
    [
        (len, "sklearn", "never", "It is switched off."),
        (len, "python_function", "auto", "may look at all rows"),
        (lambda data: 1.0, "sklearn", "auto", "could not be tried: ValueError"),
        (lambda data: data["c"], "sklearn", "auto", "could not be tried: KeyError"),
    ],
)
def test_a_model_that_is_not_known_to_answer_row_by_row_is_asked_for_one_caller(
    predict: Any, flavor: str, wanted: Any, reason: str
) -> None:
    found = together.find(model(predict), flavor, wanted)
    assert found.rows == 0
    assert reason in found.reason


def test_a_model_of_which_nobody_knows_what_a_row_is_is_asked_for_one_caller() -> None:
    found = together.find(model(len, None), "sklearn", "auto")
    assert found == (0, "The model has neither an example nor a signature that says what a row is.")


def test_who_insists_gets_it() -> None:
    assert together.find(model(len), "python_function", "always").rows == together.MOST


@pytest.mark.parametrize(
    "predictions",
    [
        numpy.arange(6.0),
        numpy.arange(12).reshape(6, 2),
        pandas.DataFrame({"a": range(6)}, index=range(10, 16)),
        pandas.Series(range(6)),
        list("abcdef"),
        {"a": numpy.arange(6), "b": list(range(6))},
    ],
)
def test_predictions_are_split_as_their_rows_were(predictions: Any) -> None:
    parts = split(predictions, [1, 2, 3])
    assert parts is not None
    assert len(parts) == 3
    if not isinstance(predictions, dict):
        assert [len(part) for part in parts] == [1, 2, 3]
    assert split(predictions, [1, 2]) is None


def test_what_is_split_is_what_was_joined() -> None:
    tables = [pandas.DataFrame({"a": [1.0]}), pandas.DataFrame({"a": [2.0, 3.0]})]
    found = split(join(tables), [1, 2])
    assert found is not None
    assert all(map(same, found, tables))
    assert not same(numpy.zeros(2), numpy.zeros(2, "float32"))
    assert same(numpy.array([numpy.nan]), numpy.array([numpy.nan]))
    assert not same(numpy.array([0.0]), numpy.array([-0.0]))
