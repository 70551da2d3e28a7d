"""What is stored when a twin does not agree with its model, or cannot be made."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.options import SaveOptions
from modelyard.models.twin import load_twin, read_certificate
from modelyard.models.twin.make import make
from tests.support.frameworks import imported
from tests.support.tables import numbers, quality
from tests.unit.models.twin.conftest import saved

linear = imported("sklearn.linear_model")
imported("skl2onnx")
imported("onnxruntime")


class Doubled(linear.LinearRegression):  # type: ignore[misc, name-defined]
    """Predicts otherwise than its numbers say, which no conversion can know."""

    def predict(self, X: object) -> object:  # noqa: N803 - scikit-learn's name
        return 2 * super().predict(X)


def doubled() -> Doubled:
    from skl2onnx import update_registered_converter
    from skl2onnx.common._registration import get_converter
    from skl2onnx.common.shape_calculator import calculate_linear_regressor_output_shapes

    def convert(scope: object, operator: object, container: object) -> None:
        get_converter("SklearnLinearRegressor")(scope, operator, container)

    update_registered_converter(Doubled, "Doubled", calculate_linear_regressor_output_shapes, convert, overwrite=True)
    return Doubled().fit(numbers(), quality())


def test_a_twin_that_differs_is_stored_with_a_failed_certificate_and_a_loud_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        folder = saved(tmp_path / "model", doubled())
    assert "THE ONNX TWIN DIFFERS FROM ITS MODEL" in caplog.text
    found = read_certificate(folder)
    assert found is not None
    assert found.status == "failed"
    assert found.crossed == sum(found.rows.values())
    assert (folder / "onnx" / "model.onnx").is_file()
    with pytest.raises(InvalidParameter, match="differs from its model"):
        load_twin(folder)


def test_a_model_that_cannot_be_converted_is_not_saved(tmp_path: Path) -> None:
    preprocessing = imported("sklearn.preprocessing")
    pipeline = imported("sklearn.pipeline")
    model = pipeline.make_pipeline(preprocessing.FunctionTransformer(np.log1p), linear.LinearRegression())
    with pytest.raises(InvalidParameter, match="FunctionTransformer"):
        saved(tmp_path / "model", model.fit(numbers(), quality()))
    assert not (tmp_path / "model").exists()


def test_a_model_that_fails_on_its_example_has_no_twin() -> None:
    model = linear.LinearRegression().fit(numbers(), quality())

    def broken(data: object, params: object = None) -> object:
        raise ValueError("not today")

    with pytest.raises(InvalidParameter, match="fails on its input example: ValueError: not today"):
        make(model, flavor="sklearn", schema=None, predict=broken, rows=[("example", numbers())])


def test_without_rows_nothing_is_certain() -> None:
    model = linear.LinearRegression().fit(numbers(), quality())
    made = make(model, flavor="sklearn", schema=None, predict=model.predict, rows=[])
    assert made.certificate.status == "failed"
    assert "give an input_example" in made.certificate.message


def test_weights_beyond_one_file_are_bound_by_the_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelyard.models.onnx_files.LARGEST_MESSAGE", 1000)
    network = imported("sklearn.neural_network")
    model = network.MLPRegressor(hidden_layer_sizes=(512,), max_iter=200, random_state=1, solver="lbfgs")
    folder = saved(tmp_path / "model", model.fit(numbers(), quality()))
    found = read_certificate(folder)
    assert found is not None
    assert sorted(found.twin) == ["onnx/model.onnx", "onnx/model.onnx.data"]
    expected = model.predict(numbers())
    assert np.abs(load_twin(folder).predict(numbers()) - expected).max() < 1e-3


def test_options_say_that_twins_are_asked_for() -> None:
    assert SaveOptions().onnx is False
