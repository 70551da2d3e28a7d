"""Keras models as ONNX graphs, on the backend that this process has."""

from __future__ import annotations

import numpy as np
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.convert import graphs
from tests.support.frameworks import imported
from tests.support.graphs import furthest, graph
from tests.support.tables import numbers

keras = imported("keras", KERAS_BACKEND="torch")
imported("onnxruntime")
imported({"tensorflow": "tf2onnx", "torch": "onnxscript"}.get(keras.backend.backend(), "onnx"))

# Keras asks NumPy in an older way for PyTorch's tensors.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_a_model_with_constants_and_its_graph_agree() -> None:
    """The mean and the variance of the normalization are constants, which are no variables of the model."""
    table = numbers()
    rows = table.to_numpy("float32")
    scale = keras.layers.Normalization()
    scale.adapt(rows)
    model = keras.Sequential(
        [keras.Input((3,)), scale, keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)]
    )
    expected = model.predict(rows, verbose=0)
    for data in (rows, table):
        predict = graph(model, data)
        assert furthest(expected, predict(data)) < 1e-4
        assert furthest(expected[:1], predict(data[:1])) < 1e-4


def test_a_model_of_two_inputs_has_two() -> None:
    first, second = keras.Input((2,), name="first"), keras.Input((3,), name="second")
    model = keras.Model([first, second], keras.layers.Dense(1)(keras.layers.Concatenate()([first, second])))
    given = {"first": np.ones((4, 2), "float32"), "second": np.full((4, 3), 2, "float32")}
    expected = model.predict([given["first"], given["second"]], verbose=0)
    assert furthest(expected, graph(model, given)(given)) < 1e-4


def test_a_model_nobody_has_called_has_no_inputs_yet() -> None:
    with pytest.raises(InvalidParameter, match="has no inputs yet"):
        next(graphs(keras.Sequential([keras.layers.Dense(1)]), flavor="keras", schema=None))
