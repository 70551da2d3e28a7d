"""The flavor contract over ONNX models."""

from __future__ import annotations

import functools
import logging
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.flavors.onnx import OnnxFlavor
from modelyard.models.load import load_native, load_pyfunc
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model
from modelyard.testing.flavors import FlavorCase, FlavorContract
from tests.support.frameworks import imported

onnx = imported("onnx")
onnxruntime = imported("onnxruntime")

TensorProto, helper, numpy_helper = onnx.TensorProto, onnx.helper, onnx.numpy_helper

UNVERIFIED = SaveOptions(verify=False)
WEIGHTS = np.random.default_rng(5).normal(size=(3, 1)).astype("float32")
WIDE = np.random.default_rng(5).normal(size=(3, 400)).astype("float32")


def array() -> Any:
    return np.random.default_rng(3).normal(size=(6, 3)).astype("float32")


def frame() -> pd.DataFrame:
    return pd.DataFrame(array(), columns=["a", "b", "c"])


def columns() -> pd.DataFrame:
    return pd.DataFrame({"second": [1.0, 2.0], "first": [10.0, 20.0]})


def _model(graph: Any) -> Any:
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def product(weights: Any = WEIGHTS) -> Any:
    """One input times weights."""
    rows = helper.make_tensor_value_info("data", TensorProto.FLOAT, [None, 3])
    found = helper.make_tensor_value_info("found", TensorProto.FLOAT, [None, weights.shape[1]])
    node = helper.make_node("MatMul", ["data", "weights"], ["found"])
    return _model(helper.make_graph([node], "product", [rows], [found], [numpy_helper.from_array(weights, "weights")]))


def difference() -> Any:
    """Two inputs whose order matters, two outputs."""
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None]) for name in ("first", "second", "minus", "plus")
    ]
    nodes = [
        helper.make_node("Sub", ["first", "second"], ["minus"]),
        helper.make_node("Add", ["first", "second"], ["plus"]),
    ]
    return _model(helper.make_graph(nodes, "difference", ends[:2], ends[2:]))


def run(model: Any, data: Any) -> Any:
    """What onnxruntime answers by itself, output by output."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    if len(names) == 1:
        feed = {names[0]: np.asarray(data, dtype="float32")}
    else:
        feed = {name: np.asarray(data[name], dtype="float32") for name in names}
    found = dict(zip([each.name for each in session.get_outputs()], session.run(None, feed), strict=True))
    if not isinstance(data, pd.DataFrame):
        return found
    return pd.DataFrame({name: each.reshape(-1) for name, each in found.items()})


class TestOnnx(FlavorContract):
    flavor = "onnx"
    cases = (
        FlavorCase(name="array", make=product, data=array, predict=run, is_data=True),
        FlavorCase(name="frame", make=product, data=frame, predict=run, is_data=True),
        FlavorCase(name="columns", make=difference, data=columns, predict=run, is_data=True),
        FlavorCase(
            name="tensors",
            make=difference,
            data=lambda: {name: each.to_numpy("float32") for name, each in columns().items()},
            predict=run,
            is_data=True,
        ),
        FlavorCase(
            name="weights beside it",
            make=functools.partial(product, WIDE),
            data=array,
            predict=run,
            options={"save_as_external_data": True},
            is_data=True,
        ),
        FlavorCase(
            name="options",
            make=product,
            data=array,
            predict=run,
            options={
                "onnx_execution_providers": ["CPUExecutionProvider"],
                "onnx_session_options": {"execution_mode": "parallel", "intra_op_num_threads": 1},
            },
            is_data=True,
        ),
    )

    def same(self, one: Any, other: Any) -> bool:
        return list(one) == list(other) and all(np.array_equal(one[name], other[name]) for name in one)


def test_the_runtime_is_a_requirement(tmp_path: Path) -> None:
    save_model(product(), tmp_path / "m", flavor=OnnxFlavor(), options=UNVERIFIED)
    lines = (tmp_path / "m" / "requirements.txt").read_text().splitlines()
    assert {f"onnx=={version('onnx')}", f"onnxruntime=={version('onnxruntime')}"} <= set(lines)


def test_weights_beside_the_model_leave_the_model_whole(tmp_path: Path) -> None:
    model = product(WIDE)
    before = model.SerializeToString()
    save_model(model, tmp_path / "m", flavor=OnnxFlavor(save_as_external_data=True), options=UNVERIFIED)
    assert model.SerializeToString() == before
    assert (tmp_path / "m" / "model.onnx.data").stat().st_size == WIDE.nbytes
    again = load_native(tmp_path / "m", flavor="onnx")
    assert np.array_equal(numpy_helper.to_array(again.graph.initializer[0]), WIDE)


def test_a_model_whose_weights_are_elsewhere_is_not_saved_without_them(tmp_path: Path) -> None:
    onnx.save_model(product(WIDE), str(tmp_path / "there.onnx"), save_as_external_data=True, location="there.data")
    hollow = onnx.load(str(tmp_path / "there.onnx"), load_external_data=False)
    with pytest.raises(InvalidParameter, match="weights of this model are in other files"):
        save_model(hollow, tmp_path / "m", flavor=OnnxFlavor(), options=UNVERIFIED)


def test_what_is_no_valid_model_is_not_saved(tmp_path: Path) -> None:
    broken = product()
    broken.graph.node[0].op_type = "NoSuchOperator"
    with pytest.raises(InvalidParameter, match="NoSuchOperator"):
        save_model(broken, tmp_path / "m", flavor=OnnxFlavor(), options=UNVERIFIED)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "words"), [({"threads": 3}, "no 'threads'"), ({"execution_mode": "fast"}, "not 'fast'")]
)
def test_unknown_session_options_are_refused(options: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=words):
        save_model(product(), tmp_path / "m", flavor=OnnxFlavor(onnx_session_options=options), options=UNVERIFIED)


def test_missing_inputs_and_wrong_data_are_named(tmp_path: Path) -> None:
    save_model(difference(), tmp_path / "m", flavor=OnnxFlavor(), options=UNVERIFIED)
    loaded = load_pyfunc(tmp_path / "m")
    with pytest.raises(InvalidParameter, match="'second' is missing"):
        loaded.predict({"first": array()[:, 0]})
    with pytest.raises(InvalidParameter, match="several inputs"):
        loaded.predict(array())
    with pytest.raises(InvalidParameter, match="not on a str"):
        loaded.predict("text")
    with pytest.raises(InvalidParameter, match="no params"):
        loaded.predict(columns(), {"k": 1})


def test_numbers_are_given_in_the_precision_the_model_has(tmp_path: Path) -> None:
    save_model(product(), tmp_path / "m", flavor=OnnxFlavor(), options=UNVERIFIED)
    found = load_pyfunc(tmp_path / "m").predict(array().astype("float64"))["found"]
    assert np.array_equal(found, run(product(), array())["found"])


def test_a_model_larger_than_a_message_runs_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelyard.models.onnx_files.LARGEST_MESSAGE", 1000)
    save_model(product(WIDE), tmp_path / "m", flavor=OnnxFlavor(), options=UNVERIFIED)
    assert (tmp_path / "m" / "model.onnx.data").is_file()
    found = load_pyfunc(tmp_path / "m").predict(array())["found"]
    assert np.array_equal(found, run(product(WIDE), array())["found"])


def test_a_provider_this_machine_has_not_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    flavor = OnnxFlavor(onnx_execution_providers=[("NoSuchProvider", {"device_id": 0}), "CPUExecutionProvider"])
    save_model(product(), tmp_path / "m", flavor=flavor, options=UNVERIFIED)
    with caplog.at_level(logging.WARNING, logger="modelyard"):
        loaded = load_pyfunc(tmp_path / "m")
    assert "NoSuchProvider" in caplog.text
    assert np.array_equal(loaded.predict(array())["found"], run(product(), array())["found"])
