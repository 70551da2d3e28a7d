"""What each format can do to who loads it. What is not known to be data is code."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from modelyard.core import plugins
from modelyard.core.errors import InvalidParameter, UntrustedModel
from modelyard.models.mlmodel import Model
from modelyard.models.trust import formats, onnx_file, pretrained
from modelyard.models.trust.formats import Tier, finding
from modelyard.models.trust.frozen import frozen
from tests.support.hostile_files import external, keras_file, onnx_model, protobuf
from tests.support.hostile_models import data, write


def found(folder: Path, flavor: str) -> formats.Finding:
    return finding(folder, Model.load(folder), flavor)


def test_every_built_in_flavor_is_judged() -> None:
    assert set(formats.LOOKS) == set(plugins.BUILT_IN["flavors"])


@pytest.mark.parametrize("flavor", ["nobodys", "spark", "h2o"])
def test_a_flavor_that_nobody_knows_is_code(tmp_path: Path, flavor: str) -> None:
    write(tmp_path / "m", data(flavor, "model"))
    assert found(tmp_path / "m", flavor).tier is Tier.CODE


@pytest.mark.parametrize(
    ("flavor", "file", "content", "more"),
    [
        ("xgboost", "model.ubj", b"{L", {"model_class": "xgboost.sklearn.XGBClassifier"}),
        ("xgboost", "model.json", b'{"learner"', {}),
        ("lightgbm", "model.lgb", b"tree\nversion=v4\n", {"model_class": "lightgbm.basic.Booster"}),
        ("lightgbm", "model.lgb", b"tree\nversion=v3\n", {}),
        ("catboost", "model.cb", b"CBM1", {"save_format": "cbm"}),
        ("catboost", "model.cb", b'{"a"', {"save_format": "json"}),
        ("onnx", "model.onnx", onnx_model(protobuf((4, "Relu"))), {"providers": ["CPUExecutionProvider"]}),
        ("onnx", "model.onnx", onnx_model(protobuf((4, "ZipMap"), (7, "ai.onnx.ml"))), {}),
    ],
)
def test_formats_that_hold_data_are_data(tmp_path: Path, flavor: str, file: str, content: bytes, more: Any) -> None:
    write(tmp_path / "m", data(flavor, file, **more), **{file: content})
    assert found(tmp_path / "m", flavor).tier is Tier.DATA
    coded = data(flavor, file, **more)
    coded["python_function"]["code"] = "code"
    write(tmp_path / "coded", coded, **{file: content})
    assert found(tmp_path / "coded", flavor).tier is Tier.CODE


@pytest.mark.parametrize("entry", ["onnx", "python_function"])
@pytest.mark.parametrize(
    "settings",
    [
        {"providers": [["CPUExecutionProvider", {"use_arena": "1"}]]},
        {"providers": ["EvilExecutionProvider"]},
        {"providers": "EvilExecutionProvider"},
        {"onnx_session_options": {"extra_session_config": {"session.load": "x"}}},
        {"onnx_session_options": ["x"]},
    ],
)
def test_settings_that_load_libraries_are_code(tmp_path: Path, entry: str, settings: dict[str, Any]) -> None:
    flavors = data("onnx", "model.onnx")
    flavors[entry].update(settings)
    write(tmp_path / "m", flavors, model_dot_onnx=onnx_model(protobuf((4, "Relu"))))
    assert found(tmp_path / "m", "onnx").tier is Tier.CODE


def test_numbers_beside_the_model_are_data_when_they_are_there(tmp_path: Path) -> None:
    content = onnx_model(protobuf((4, "Relu")), external("weights.bin"))
    write(tmp_path / "m", data("onnx", "model.onnx"), model_dot_onnx=content, weights_dot_bin="")
    assert found(tmp_path / "m", "onnx").tier is Tier.DATA


def test_functions_of_the_models_own_are_no_foreign_operators(tmp_path: Path) -> None:
    own = protobuf((1, "F"), (7, protobuf((4, "Relu"))), (10, "mine"))
    graph = protobuf((1, protobuf((4, "F"), (7, "mine"))), (1, protobuf((4, "EPContext"), (7, "com.microsoft"))))
    (tmp_path / "m.onnx").write_bytes(protobuf((7, graph), (25, own)))
    assert onnx_file.read(tmp_path / "m.onnx").foreign() == ["com.microsoft.EPContext"]


@pytest.mark.parametrize(
    "content", [b"", b"\x80\4N.", protobuf((1, 10)), b"\x3a\xff\xff\x03a", b"\x3b", b"\x38" + b"\xff" * 20, b"\x38\x01"]
)
def test_what_is_no_onnx_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(UntrustedModel, match="not an ONNX model"):
        onnx_file.read(tmp_path / "m.onnx")


def test_nesting_without_end_is_refused(tmp_path: Path) -> None:
    graph = protobuf((2, "g"))
    for _ in range(100):
        graph = protobuf((1, protobuf((4, "If"), (5, protobuf((6, graph))))))
    (tmp_path / "m.onnx").write_bytes(protobuf((7, graph)))
    with pytest.raises(UntrustedModel, match="too deeply"):
        onnx_file.read(tmp_path / "m.onnx")


@pytest.mark.parametrize("key", ["/a", "../a", "a/../../b", "~/a", "", " a", "a\\b", "C:a", "a\0b"])
def test_places_outside_the_folder_are_refused(key: str) -> None:
    with pytest.raises(InvalidParameter, match="model folder"):
        formats.inside(key)


def keras_config(layer: dict[str, Any], **compiled: Any) -> dict[str, Any]:
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "s", "layers": [layer]},
        "registered_name": None,
        "compile_config": compiled,
    }


DENSE = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}, "registered_name": None}
RELU = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}


@pytest.mark.parametrize(
    ("layer", "strange"),
    [
        (DENSE, []),
        (DENSE | {"config": {"activation": RELU}}, []),
        (DENSE | {"class_name": "Lambda"}, ["keras.layers.Lambda"]),
        (DENSE | {"class_name": "TorchModuleWrapper"}, ["keras.layers.TorchModuleWrapper"]),
        (
            DENSE | {"class_name": "TFSMLayer", "config": {"filepath": "x"}},
            ["a file named by 'filepath'", "keras.layers.TFSMLayer"],
        ),
        (
            DENSE | {"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
            ["a file named by 'vocabulary'"],
        ),
        (DENSE | {"registered_name": "mine>Dense"}, ["keras.layers.mine>Dense"]),
        (DENSE | {"module": None, "registered_name": "mine>D"}, ["mine>D"]),
        (DENSE | {"module": "mine"}, ["mine.Dense"]),
        (DENSE | {"config": {"activation": RELU | {"config": "eval"}}}, ["builtins.eval"]),
        ({"class_name": "__lambda__", "config": {"value": "x"}}, ["__lambda__"]),
        ({"class_name": "__typespec__", "module": "os", "config": []}, ["os.__typespec__"]),
    ],
)
def test_what_a_keras_file_names_is_judged(tmp_path: Path, layer: dict[str, Any], strange: list[str]) -> None:
    (tmp_path / "m.keras").write_bytes(keras_file(keras_config(layer, loss=RELU | {"config": "mean_squared_error"})))
    assert formats.keras_file.outside(tmp_path / "m.keras") == strange


def test_weights_that_are_taken_from_another_file_are_found(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    with h5py.File(tmp_path / "w.h5", "w") as weights:
        weights["link"] = h5py.ExternalLink("/etc/passwd", "/")
        weights.create_dataset("inner/far", shape=(4,), dtype="u1", external=[(str(tmp_path / "secret"), 0, 4)])
        weights["inner/near"] = [1.0]
    (tmp_path / "m.keras").write_bytes(
        keras_file(keras_config(DENSE), **{"model.weights.h5": (tmp_path / "w.h5").read_bytes()})
    )
    assert formats.keras_file.outside(tmp_path / "m.keras") == [
        "numbers of another file for far in model.weights.h5",
        "the link link in model.weights.h5",
    ]


def test_every_name_on_the_keras_list_is_keras_own() -> None:
    names = set().union(*frozen("keras_types.txt").values())
    assert {name.partition(".")[0] for name in names} == {"keras", "builtins"}
    forbidden = ("Lambda", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer", "get_file", "load_model", "eval")
    assert [name for name in names if name.rpartition(".")[2] in forbidden] == []


def tensors(header: Any, numbers: bytes = b"") -> bytes:
    content = json.dumps(header).encode()
    return struct.pack("<Q", len(content)) + content + numbers


def pretrained_model(folder: Path, *, config: Any = None, **files: bytes | str) -> formats.Finding:
    flavors = data("transformers", "model", model_binary="model", task="fill-mask", components=["tokenizer"])
    weights = tensors({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, bytes(4))
    more = {"model__model_dot_safetensors": weights, "model__config_dot_json": json.dumps(config or {}), **files}
    write(folder, flavors, **more)
    return found(folder, "transformers")


def test_safetensors_settings_and_texts_are_data(tmp_path: Path) -> None:
    files = {"components__tokenizer__vocab_dot_txt": "a b", "components__tokenizer__tokenizer_dot_json": "{}"}
    assert pretrained_model(tmp_path / "m", **files).tier is Tier.DATA


@pytest.mark.parametrize(
    "config",
    [
        {"auto_map": {}},
        {"deep": [{"trust_remote_code": True}]},
        {"custom_pipelines": {}},
        {"quantization_config": {}},
        {"_attn_implementation": "somebody/kernel"},
    ],
)
def test_settings_that_fetch_code_are_code(tmp_path: Path, config: dict[str, Any]) -> None:
    assert pretrained_model(tmp_path / "m", config=config).tier is Tier.CODE


@pytest.mark.parametrize(
    "name", ["model__x_dot_py", "components__tokenizer__t_dot_pkl", "model__w_dot_bin", "model__w"]
)
def test_other_files_beside_them_are_code(tmp_path: Path, name: str) -> None:
    assert pretrained_model(tmp_path / "m", **{name: "x"}).tier is Tier.CODE


def test_settings_of_a_prediction_that_fetch_code_are_code(tmp_path: Path) -> None:
    flavors = data("transformers", "model", model_binary="model", task="text-generation")
    flavors["python_function"]["config"] = {"custom_generate": "somebody/something"}
    write(tmp_path / "m", flavors, model__config_dot_json="{}")
    assert found(tmp_path / "m", "transformers").tier is Tier.CODE


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\4N.",
        struct.pack("<Q", 1 << 63) + b"{}",
        struct.pack("<Q", 1) + b"{",
        tensors([]),
        tensors({"w": {}}),
        tensors({"w": {"data_offsets": [0, 5]}}, bytes(4)),
        tensors({"w": {"data_offsets": [-1, 2]}}, bytes(4)),
    ],
)
def test_what_is_no_safetensors_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(UntrustedModel, match="not a safetensors file"):
        pretrained.check_safetensors(tmp_path / "w.safetensors")


def test_lightgbms_own_estimators_are_data(tmp_path: Path) -> None:
    lightgbm = pytest.importorskip("lightgbm", reason="lightgbm is not installed")
    skops = pytest.importorskip("skops.io", reason="skops is not installed")
    rows = [[float(number), 1.0] for number in range(40)]
    model = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(rows, [number % 2 for number in range(40)])
    entry = {"model_class": "lightgbm.sklearn.LGBMClassifier", "serialization_format": "skops"}
    write(tmp_path / "m", data("lightgbm", "model.skops", **entry))
    skops.dump(model, tmp_path / "m" / "model.skops")
    assert found(tmp_path / "m", "lightgbm").tier is Tier.DATA
