"""The flavor contract over TensorFlow's modules and SavedModels."""

from __future__ import annotations

import functools
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.flavors.tensorflow import TensorflowFlavor
from modelyard.models.load import load_native, load_pyfunc
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model
from modelyard.models.trust import digest
from modelyard.testing.flavors import FlavorCase, FlavorContract
from tests.support.frameworks import imported

tensorflow = imported("tensorflow", KERAS_BACKEND="tensorflow")

# TensorFlow's own way of handing its variables to numpy
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

UNVERIFIED = SaveOptions(verify=False)


def array() -> Any:
    return np.random.default_rng(3).normal(size=(6, 3)).astype("float32")


def columns() -> pd.DataFrame:
    return pd.DataFrame({"second": [1.0, 2.0], "first": [10.0, 20.0]})


@functools.cache
def product() -> Any:
    """One input times weights."""

    class Product(tensorflow.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.weights = tensorflow.Variable([[1.0], [2.0], [3.0]])

        @tensorflow.function(input_signature=[tensorflow.TensorSpec([None, 3], tensorflow.float32)])
        def __call__(self, data: Any) -> Any:
            return data @ self.weights

    return Product()


@functools.cache
def difference() -> Any:
    """Two inputs whose order matters, two outputs."""
    column = tensorflow.TensorSpec([None], tensorflow.float64)

    class Difference(tensorflow.Module):  # type: ignore[misc, name-defined]
        @tensorflow.function(input_signature=[column, column])
        def __call__(self, first: Any, second: Any) -> Any:
            return {"minus": first - second, "plus": first + second}

    return Difference()


def called(model: Any, data: Any) -> Any:
    return model(tensorflow.constant(data)).numpy()


def both(model: Any, data: Any) -> Any:
    found = model(tensorflow.constant(data["first"]), tensorflow.constant(data["second"]))
    return pd.DataFrame({name: found[name].numpy() for name in ("minus", "plus")})


class TestTensorflow(FlavorContract):
    flavor = "tensorflow"
    cases = (
        FlavorCase(name="array", make=product, data=array, predict=called),
        FlavorCase(name="columns", make=difference, data=columns, predict=both),
    )


def test_what_came_from_a_saved_model_is_saved_again(tmp_path: Path) -> None:
    tensorflow.saved_model.save(product(), str(tmp_path / "first"))
    again = tensorflow.saved_model.load(str(tmp_path / "first"))
    for name, obj in {"object": again, "folder": tmp_path / "first"}.items():
        assert TensorflowFlavor().handles(obj)
        save_model(obj, tmp_path / name, flavor=TensorflowFlavor(), options=UNVERIFIED)
        assert np.array_equal(load_pyfunc(tmp_path / name).predict(array()), called(product(), array()))
    assert not TensorflowFlavor().handles(tmp_path)


def test_names_are_matched_and_a_missing_one_is_named(tmp_path: Path) -> None:
    save_model(difference(), tmp_path / "m", flavor=TensorflowFlavor(), options=UNVERIFIED)
    loaded = load_pyfunc(tmp_path / "m")
    found = loaded.predict({name: each.to_numpy() for name, each in columns().items()})
    assert {name: each.tolist() for name, each in found.items()} == {"minus": [9.0, 18.0], "plus": [11.0, 22.0]}
    with pytest.raises(InvalidParameter, match="'second' is missing"):
        loaded.predict(columns()[["first"]])
    with pytest.raises(InvalidParameter, match="no params"):
        loaded.predict(columns(), {"k": 1})


def test_a_module_without_names_takes_one_array_only(tmp_path: Path) -> None:
    class Plain(tensorflow.Module):  # type: ignore[misc, name-defined]
        @tensorflow.function
        def __call__(self, data: Any) -> Any:
            return data * 2

    module = Plain()
    module(tensorflow.constant(array()))
    save_model(module, tmp_path / "m", flavor=TensorflowFlavor(), options=UNVERIFIED)
    assert np.array_equal(load_pyfunc(tmp_path / "m").predict(array()), array() * 2)
    with pytest.raises(InvalidParameter, match="no signature 'serving_default'"):
        load_pyfunc(tmp_path / "m").predict({"data": array()})


def test_an_estimator_of_tensorflow_1_is_its_function(tmp_path: Path) -> None:
    tensorflow.saved_model.save(difference(), str(tmp_path / "m" / "tfmodel"))
    (tmp_path / "m" / "MLmodel").write_text(
        textwrap.dedent(
            """
            flavors:
              python_function: {loader_module: mlflow.tensorflow, python_version: 3.6.5}
              tensorflow: {saved_model_dir: tfmodel, meta_graph_tags: [serve], signature_def_key: serving_default}
            """
        )
    )
    trust = digest(tmp_path / "m")
    function = load_native(tmp_path / "m", flavor="tensorflow", trust=trust)
    given = {name: tensorflow.constant(each.to_numpy()) for name, each in columns().items()}
    assert function(**given)["minus"].numpy().tolist() == [9.0, 18.0]
    found = load_pyfunc(tmp_path / "m", trust=trust).predict(columns())
    assert found["plus"].tolist() == [11.0, 22.0]


KERAS = """
import sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
import keras, numpy, tensorflow
from modelyard.models.flavors.tensorflow import TensorflowFlavor
from modelyard.models.load import load_native, load_pyfunc
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model
from modelyard.models.trust import digest

class Thrice(keras.layers.Layer):
    def call(self, data):
        return data * 3

model = keras.Sequential([keras.layers.Input((3,)), Thrice(), keras.layers.Dense(2)])
given = numpy.ones((4, 3), "float32")
flavor = TensorflowFlavor(custom_objects={"Thrice": Thrice})
assert flavor.handles(model)
saved = save_model(model, "m", flavor=flavor, options=SaveOptions(input_example=given))
assert saved.verdict.status == "passed", saved.verdict
expected = model.predict(given, verbose=0)
assert numpy.array_equal(load_pyfunc("m").predict(given), expected)
assert numpy.array_equal(load_native("m", flavor="tensorflow").predict(given, verbose=0), expected)

plain = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
archive = keras.export.ExportArchive()
archive.track(plain)
archive.add_endpoint(name="serve", fn=plain.call, input_signature=[tensorflow.TensorSpec([None, 3], "float32")])
archive.write_out("exported/data/model")
with open("exported/MLmodel", "w") as file:
    file.write("flavors: {python_function: {loader_module: mlflow.keras},")
    file.write(" keras: {data: data, keras_backend: tensorflow, save_exported_model: true}}")
found = load_pyfunc("exported", trust=digest(Path("exported"))).predict(given)
assert numpy.allclose(found, plain.predict(given, verbose=0), atol=1e-6)
"""


def test_a_keras_model_on_tensorflow_travels_with_its_own_layers(tmp_path: Path, home: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(Path(__file__).parents[3] / "src"),
        "MODELYARD_HOME": str(home),
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    done = subprocess.run(
        [sys.executable, "-c", KERAS], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
