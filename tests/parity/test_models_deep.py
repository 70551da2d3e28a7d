"""Folders of the deep-learning flavors, both ways: the mlflow package loads ours, we load those it writes."""

from __future__ import annotations

import functools
import importlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from modelyard.models import catalog
from modelyard.models.load import load_native, load_pyfunc
from modelyard.models.mlmodel import Model
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model
from modelyard.models.trust import digest
from tests.support.frameworks import imported

PINS = ["msgspec"]  # spares mlflow a process that finds requirements out


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A model, how both save it, and how its framework predicts."""

    flavor: str
    needs: tuple[str, ...]
    make: Callable[[], Any]
    data: Callable[[], Any]
    native: Callable[[Any, Any], Any]
    ours: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    signed: bool = True
    """Whether mlflow is given a signature."""


def array() -> Any:
    return np.random.default_rng(3).normal(size=(6, 3)).astype("float32")


def frame() -> pd.DataFrame:
    return pd.DataFrame(array(), columns=["a", "b", "c"])


def texts() -> list[str]:
    return ["the cat sat on a mat", "the film was very bad"]


def masked() -> list[str]:
    return ["the [MASK] sat on a mat", "the film was [MASK]"]


@functools.cache
def torch_layers() -> Any:
    torch = imported("torch")
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.5), torch.nn.Linear(4, 2)).eval()


@functools.cache
def torch_own() -> Any:
    torch = imported("torch")

    class Own(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, data: Any) -> Any:
            return data.sum(1)

    return Own().eval()


def torch_scripted() -> Any:
    return imported("torch").jit.script(torch_layers())


def torch_call(model: Any, data: Any) -> Any:
    torch = imported("torch")
    with torch.no_grad():
        return model(torch.from_numpy(np.array(data, dtype="float32"))).numpy()


@functools.cache
def keras_layers() -> Any:
    keras = imported("keras")
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(2)])


def keras_call(model: Any, data: Any) -> Any:
    return model.predict(np.asarray(data), verbose=0)


@functools.cache
def tensorflow_module() -> Any:
    tensorflow = imported("tensorflow")

    class Product(tensorflow.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.weights = tensorflow.Variable([[1.0], [2.0], [3.0]])

        @tensorflow.function(input_signature=[tensorflow.TensorSpec([None, 3], tensorflow.float32)])
        def __call__(self, data: Any) -> Any:
            return data @ self.weights

    return Product()


def tensorflow_call(model: Any, data: Any) -> Any:
    return model(imported("tensorflow").constant(data)).numpy()


def onnx_product() -> Any:
    """A new one each time: mlflow takes the weights out of a model it saves."""
    onnx = imported("onnx")
    helper, kinds = onnx.helper, onnx.TensorProto
    weights = onnx.numpy_helper.from_array(np.arange(1200, dtype="float32").reshape(3, 400), "weights")
    ends = [helper.make_tensor_value_info("data", kinds.FLOAT, [None, 3])]
    ends += [helper.make_tensor_value_info("found", kinds.FLOAT, [None, 400])]
    node = helper.make_node("MatMul", ["data", "weights"], ["found"])
    graph = helper.make_graph([node], "product", ends[:1], ends[1:], [weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def onnx_call(model: Any, data: Any) -> Any:
    runtime = imported("onnxruntime")
    session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"data": np.asarray(data, dtype="float32")})[0]


def pipeline(task: str) -> Any:
    return importlib.import_module("tests.support.pipelines").pipeline(task)


def pipeline_call(made: Any, data: Any) -> Any:
    return [str(each) for each in made(data, **(SHORT if made.task == "text-generation" else {}))]


SHORT = {"max_new_tokens": 4, "do_sample": False}
PT2 = {"serialization_format": "pt2", "input_example": array()}
TORCH = {"flavor": "pytorch", "needs": ("torch",), "native": torch_call}
TEXTS = {"flavor": "transformers", "needs": ("torch", "transformers"), "native": pipeline_call, "signed": False}
PICKLE = {"serialization_format": "pickle"}

CASES: dict[str, Case] = {
    "torch pickle": Case(**TORCH, make=torch_layers, data=array, theirs=PICKLE),
    "torch frame": Case(**TORCH, make=torch_layers, data=frame, theirs=PICKLE),
    "torch own class": Case(**TORCH, make=torch_own, data=array, theirs=PICKLE),
    "torch scripted": Case(**TORCH, make=torch_scripted, data=array, theirs=PICKLE),
    "torch graph": Case(**TORCH, make=torch_layers, data=array, ours=PT2, theirs=PT2),
    "keras": Case(flavor="keras", needs=("keras",), make=keras_layers, data=array, native=keras_call),
    "tensorflow": Case(
        flavor="tensorflow", needs=("tensorflow",), make=tensorflow_module, data=array, native=tensorflow_call
    ),
    "tensorflow keras": Case(
        flavor="tensorflow", needs=("tensorflow", "keras"), make=keras_layers, data=array, native=keras_call
    ),
    "onnx": Case(
        flavor="onnx",
        needs=("onnx", "onnxruntime"),
        make=onnx_product,
        data=array,
        native=onnx_call,
        ours={"onnx_session_options": {"execution_mode": "sequential"}},
        theirs={"onnx_session_options": {"execution_mode": "sequential"}},
    ),
    "onnx frame": Case(flavor="onnx", needs=("onnx", "onnxruntime"), make=onnx_product, data=frame, native=onnx_call),
    "onnx beside": Case(
        flavor="onnx",
        needs=("onnx", "onnxruntime"),
        make=onnx_product,
        data=array,
        native=onnx_call,
        ours={"save_as_external_data": True},
        signed=False,
    ),
    "text classification": Case(**TEXTS, make=functools.partial(pipeline, "text-classification"), data=texts),
    "token classification": Case(**TEXTS, make=functools.partial(pipeline, "token-classification"), data=texts),
    "fill mask": Case(**TEXTS, make=functools.partial(pipeline, "fill-mask"), data=masked),
    "features": Case(**TEXTS, make=functools.partial(pipeline, "feature-extraction"), data=texts),
    "generation": Case(
        **TEXTS,
        make=functools.partial(pipeline, "text-generation"),
        data=texts,
        ours={"model_config": SHORT},
        theirs={"model_config": SHORT},
    ),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    found = CASES[request.param]
    imported("keras", KERAS_BACKEND="torch") if "keras" in found.needs else None
    for module in found.needs:
        imported(module)
    return found


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The mlflow package, with nothing to track to, and pickles allowed."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("mlflow", reason="mlflow is not installed: pip install mlflow")


def test_mlflow_loads_ours(package: Any, case: Case, tmp_path: Path) -> None:
    _save_ours(case, tmp_path / "m")
    native = _theirs(package, case).load_model(str(tmp_path / "m"))
    _assert_same(case.native(native, case.data()), case.native(case.make(), case.data()))
    given = package.pyfunc.load_model(str(tmp_path / "m")).predict(case.data())
    _assert_same(given, load_pyfunc(tmp_path / "m").predict(case.data()))


def test_we_load_mlflows(package: Any, case: Case, tmp_path: Path) -> None:
    _save_theirs(package, case, tmp_path / "m")
    trust = digest(tmp_path / "m")
    native = load_native(tmp_path / "m", flavor=case.flavor, trust=trust)
    _assert_same(case.native(native, case.data()), case.native(case.make(), case.data()))
    expected = package.pyfunc.load_model(str(tmp_path / "m")).predict(case.data())
    _assert_same(load_pyfunc(tmp_path / "m", trust=trust).predict(case.data()), expected)


def test_prompts_are_put_into_mlflows_template(package: Any, tmp_path: Path) -> None:
    imported("torch")
    imported("transformers")
    given = {"pip_requirements": PINS, "model_config": SHORT, "prompt_template": "the {prompt} {{was}} a"}
    package.transformers.save_model(pipeline("text-generation"), str(tmp_path / "m"), **given)
    expected = package.pyfunc.load_model(str(tmp_path / "m")).predict(["cat", "dog"])
    _assert_same(load_pyfunc(tmp_path / "m", trust=digest(tmp_path / "m")).predict(["cat", "dog"]), expected)


def test_mlflow_needs_no_pickles_for_our_graph(package: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported("torch")
    monkeypatch.delenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION")
    _save_ours(CASES["torch graph"], tmp_path / "m")
    found = package.pyfunc.load_model(str(tmp_path / "m")).predict(array())
    _assert_same(found, torch_call(torch_layers(), array()))


def test_the_entries_have_mlflows_keys(package: Any, case: Case, tmp_path: Path) -> None:
    _save_ours(case, tmp_path / "ours")
    _save_theirs(package, case, tmp_path / "theirs")
    ours, theirs = Model.load(tmp_path / "ours").flavors, Model.load(tmp_path / "theirs").flavors
    assert set(ours) == set(theirs)
    for name, entry in theirs.items():
        assert {**ours[name], "code": None} == {**entry, "code": None}
    kinds = (".pth", ".pt2", ".txt", ".keras", ".pb", ".onnx", ".safetensors")
    assert _files(tmp_path / "ours", kinds) == _files(tmp_path / "theirs", kinds)


def _save_ours(case: Case, folder: Path) -> None:
    flavor = catalog.flavor(case.flavor, **case.ours)
    save_model(case.make(), folder, flavor=flavor, options=SaveOptions(verify=False, input_example=case.data()))


def _save_theirs(package: Any, case: Case, folder: Path) -> None:
    given: dict[str, Any] = {"pip_requirements": PINS, **case.theirs}
    if case.signed:
        answer = case.native(case.make(), case.data())
        given["signature"] = package.models.infer_signature(case.data(), answer)
    _theirs(package, case).save_model(case.make(), str(folder), **given)


def _theirs(package: Any, case: Case) -> Any:
    return importlib.import_module(f"{package.__name__}.{case.flavor}")


def _files(folder: Path, kinds: tuple[str, ...]) -> set[str]:
    found = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.suffix in kinds}
    return {each for each in found if "/" in each or not each.endswith(".txt")}


def _assert_same(one: Any, other: Any) -> None:
    if isinstance(other, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other)
    elif isinstance(other, dict):
        assert list(one) == list(other)
        for name, each in other.items():
            np.testing.assert_allclose(one[name], each, atol=1e-6)
    elif isinstance(other, list):
        assert one == other
    else:
        np.testing.assert_allclose(one, other, atol=1e-6)
