"""The flavor contract over Keras models, on the backend that Keras has here; the other one in a process of its own."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import textwrap
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import InvalidParameter, UntrustedModel
from modelyard.models.flavors.keras import KerasFlavor
from modelyard.models.load import load_native, load_pyfunc
from modelyard.models.mlmodel import Model
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model
from modelyard.models.trust import digest
from modelyard.testing.flavors import FlavorCase, FlavorContract
from tests.support.frameworks import imported

keras = imported("keras", KERAS_BACKEND="torch")

# Keras's own way of handing its variables to numpy
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

UNVERIFIED = SaveOptions(verify=False)


def array() -> Any:
    return np.random.default_rng(3).normal(size=(6, 3)).astype("float32")


def frame() -> pd.DataFrame:
    return pd.DataFrame(array(), columns=["a", "b", "c"])


def two() -> dict[str, Any]:
    return {"left": array(), "right": array()[::-1].copy()}


@functools.cache
def layers() -> Any:
    keras.utils.set_random_seed(1)
    inner = [keras.layers.Dense(4, activation="relu"), keras.layers.Dropout(0.5), keras.layers.Dense(2)]
    return keras.Sequential([keras.layers.Input((3,)), *inner])


@functools.cache
def trained() -> Any:
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.fit(array(), array()[:, 0], epochs=1, verbose=0)
    return model


@functools.cache
def joined() -> Any:
    keras.utils.set_random_seed(1)
    left, right = keras.layers.Input((3,), name="left"), keras.layers.Input((3,), name="right")
    found = keras.layers.Dense(1)(keras.layers.Subtract()([left, right]))
    return keras.Model({"left": left, "right": right}, found)


@functools.cache
def own_layer() -> type:
    class Thrice(keras.layers.Layer):  # type: ignore[misc, name-defined]
        """Of no file that another process could import."""

        def call(self, data: Any) -> Any:
            return data * 3

    return Thrice


@functools.cache
def custom() -> Any:
    return keras.Sequential([keras.layers.Input((3,)), own_layer()()])


@functools.cache
def with_lambda() -> Any:
    return keras.Sequential([keras.layers.Input((3,)), keras.layers.Lambda(lambda data: data * 2, output_shape=(3,))])


def predicted(model: Any, data: Any) -> Any:
    return model.predict(data.to_numpy() if isinstance(data, pd.DataFrame) else data, verbose=0)


class TestKeras(FlavorContract):
    flavor = "keras"
    cases = (
        FlavorCase(name="trained", make=trained, data=frame, predict=predicted, is_data=True),
        FlavorCase(name="two inputs", make=joined, data=two, predict=predicted, is_data=True),
    )


def test_layers_of_ones_own_travel_as_code(tmp_path: Path) -> None:
    flavor = KerasFlavor(custom_objects={"Thrice": own_layer()})
    saved = save_model(custom(), tmp_path / "m", flavor=flavor, options=SaveOptions(input_example=array()))
    assert (saved.verdict.status, saved.verdict.message) == ("passed", "")
    assert np.array_equal(load_pyfunc(tmp_path / "m").predict(array()), array() * 3)


def test_a_lambda_runs_for_a_reason_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_model(with_lambda(), tmp_path / "m", flavor=KerasFlavor(), options=UNVERIFIED)
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "another machine"))
    with pytest.raises(UntrustedModel, match="untrusted"):
        load_native(tmp_path / "m", flavor="keras")
    again = load_native(tmp_path / "m", flavor="keras", trust=digest(tmp_path / "m"))
    assert np.array_equal(predicted(again, array()), array() * 2)


def test_the_entry_names_the_backend_and_it_is_a_requirement(tmp_path: Path) -> None:
    save_model(layers(), tmp_path / "m", flavor=KerasFlavor(), options=UNVERIFIED)
    backend = keras.backend.backend()
    assert Model.load(tmp_path / "m").flavors["keras"]["keras_backend"] == backend
    required = (tmp_path / "m" / "requirements.txt").read_text()
    assert f"keras=={version('keras')}" in required
    assert backend in required


def test_params_are_the_keywords_of_predict(tmp_path: Path) -> None:
    example = (array(), {"batch_size": 2})
    save_model(layers(), tmp_path / "m", flavor=KerasFlavor(), options=SaveOptions(verify=False, input_example=example))
    found = load_pyfunc(tmp_path / "m").predict(array(), {"batch_size": 3})
    assert np.allclose(found, predicted(layers(), array()), atol=1e-6)


def test_what_keras_cannot_save_is_named(tmp_path: Path) -> None:
    class Unsaved(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, factor: Any) -> None:
            super().__init__()
            self.factor = factor

        def get_config(self) -> Any:
            raise NotImplementedError("no config")

    model = keras.Sequential([keras.layers.Input((3,)), Unsaved(object())])
    with pytest.raises(InvalidParameter, match=r"Sequential cannot be saved: .*no config"):
        save_model(model, tmp_path / "m", flavor=KerasFlavor(), options=UNVERIFIED)
    assert not list(tmp_path.iterdir())


OTHER = """
import sys, warnings
warnings.simplefilter("ignore")
from modelyard.models.load import load_pyfunc
import numpy
loaded = load_pyfunc(sys.argv[1])
import keras
print(keras.backend.backend())
numpy.save(sys.argv[2], loaded.predict(numpy.load(sys.argv[3])))
"""


@pytest.mark.parametrize("backend", ["torch", "tensorflow"])
def test_it_loads_on_the_backend_that_is_chosen_or_else_on_its_own(backend: str, tmp_path: Path, home: Path) -> None:
    own = keras.backend.backend()
    pytest.importorskip(backend, reason=f"{backend} is not installed")
    save_model(layers(), tmp_path / "m", flavor=KerasFlavor(), options=UNVERIFIED)
    np.save(tmp_path / "given.npy", array())
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    environment |= {"PYTHONPATH": str(Path(__file__).parents[3] / "src"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    if backend != own:
        environment["KERAS_BACKEND"] = backend
    command = [sys.executable, "-c", textwrap.dedent(OTHER), "m", "found.npy", "given.npy"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == backend
    assert np.allclose(np.load(tmp_path / "found.npy"), predicted(layers(), array()), atol=1e-5)
