"""Model folders whose loading makes a canary appear, or would: one function for each place that code can hide in."""

from __future__ import annotations

import builtins
import io
import json
import shutil
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from modelyard.models.trust import sign
from modelyard.models.trust.crypto import new_signing_key
from tests.support import hostile_files as files
from tests.support.hostile_files import Bomb, external, keras_file, node, onnx_model, pickled, protobuf, skops


class Hostile(NamedTuple):
    """A hostile folder. ``build`` makes it; loading ``flavor`` would make the canary.

    ``live`` says that trust given for exactly these files sets it off, which proves that it is no dud. The others are
    what nobody's trust makes load: files that are not what they say, and folders that were changed. ``told`` is what
    the refusal says, ``needs`` are modules without which it cannot be built or set off.
    """

    build: Callable[[Path, Path], None]
    flavor: str = "sklearn"
    live: bool = True
    told: str = "untrusted"
    needs: tuple[str, ...] = ()


def code(canary: Path) -> str:
    """Python code that makes the canary."""
    return f"import os\nos.mkdir({str(canary)!r})\n"


def write(folder: Path, flavors: Mapping[str, Mapping[str, Any]], **files: bytes | str) -> None:
    """A model folder; a file's ``/`` and ``.`` are spelled ``__`` and ``_dot_``."""
    folder.mkdir()
    for name, content in files.items():
        file = folder / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    content = {"flavors": {name: dict(entry) for name, entry in flavors.items()}, "model_uuid": "0" * 32}
    (folder / "MLmodel").write_text(yaml.safe_dump(content))


def sklearn(file: str, form: str | None = "cloudpickle", **more: Any) -> dict[str, dict[str, Any]]:
    """The flavors of a scikit-learn model."""
    entry = {"pickled_model": file, "sklearn_version": "1.9.1", **more}
    return {
        "sklearn": entry if form is None else {**entry, "serialization_format": form},
        "python_function": {"loader_module": "mlflow.sklearn", "model_path": file, "predict_fn": "predict"},
    }


def data(flavor: str, file: str, **more: Any) -> dict[str, dict[str, Any]]:
    """The flavors of a model of another framework."""
    return {
        flavor: {"data": file, **more},
        "python_function": {"loader_module": f"mlflow.{flavor}", "data": file},
    }


# ----------------------------------------------------------------------------------------------------------------------
# skops


def in_skops(make: Callable[[Path], bytes]) -> Callable[[Path, Path], None]:
    """A scikit-learn model of a skops file."""

    def build(folder: Path, canary: Path) -> None:
        write(folder, sklearn("model.skops", "skops"), model_dot_skops=make(canary))

    return build


# ----------------------------------------------------------------------------------------------------------------------
# Pickles


def in_pickle(
    file: str, flavors: dict[str, dict[str, Any]], protocol: int = 4, **more: bytes | str
) -> Callable[[Path, Path], None]:
    """A model whose file ``file`` is a pickle."""

    def build(folder: Path, canary: Path) -> None:
        write(folder, flavors, **{file: pickled(canary, protocol)}, **more)

    return build


def _python_model(**entry: str) -> dict[str, dict[str, Any]]:
    return {"python_function": {"loader_module": "mlflow.pyfunc.model", **entry}}


def _joblib(folder: Path, canary: Path) -> None:
    joblib = pytest.importorskip("joblib", reason="joblib is not installed")
    out = io.BytesIO()
    joblib.dump(Bomb(canary), out)
    write(folder, sklearn("model.joblib", "pickle"), model_dot_joblib=out.getvalue())


def _torch(folder: Path, canary: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    out = io.BytesIO()
    torch.save(Bomb(canary), out)
    flavors = data("pytorch", "data", model_data="data")
    write(folder, flavors, data__model_dot_pth=out.getvalue(), data__pickle_module_info_dot_txt="pickle")


def _code_model(folder: Path, canary: Path) -> None:
    flavors = {"python_function": {"loader_module": "mlflow.pyfunc.loaders.code_model", "model_code_path": "m.py"}}
    write(folder, flavors, m_dot_py=code(canary))


def _own_loader(folder: Path, canary: Path) -> None:
    flavors = {"python_function": {"loader_module": "hostile_loader", "code": "code"}}
    write(folder, flavors, code__hostile_loader_dot_py=code(canary) + "def _load_pyfunc(path): ...\n")


def _shadow(folder: Path, canary: Path) -> None:
    """Plain data, beside code that is in the way of a module that loading it imports."""
    flavors = sklearn("model.skops", "skops", code="code")
    schema = skops(node("ObjectNode", "hostile_shadow.Thing"))
    write(folder, flavors, model_dot_skops=schema, code__hostile_shadow_dot_py=code(canary) + "class Thing: ...\n")


# ----------------------------------------------------------------------------------------------------------------------
# Entries of MLmodel


def _names(place: str) -> Callable[[Path, Path], None]:
    def build(folder: Path, canary: Path) -> None:
        (folder.parent / f"outside-{folder.name}.pkl").write_bytes(pickled(canary))
        write(folder, sklearn(place.format(outside=folder.parent / f"outside-{folder.name}.pkl", name=folder.name)))

    return build


def _code_outside(folder: Path, canary: Path) -> None:
    (folder.parent / "hostile_outside.py").write_text(code(canary))
    write(folder, {"python_function": {"loader_module": "hostile_outside", "code": ".."}})


def _system_module(folder: Path, _canary: Path) -> None:
    write(folder, {"python_function": {"loader_module": "os", "data": "MLmodel"}})


def _foreign_class(folder: Path, _canary: Path) -> None:
    write(folder, data("xgboost", "model.ubj", model_class="os.system"), model_dot_ubj="{}")


# ----------------------------------------------------------------------------------------------------------------------
# Files of other frameworks


def _onnx(content: bytes) -> Callable[[Path, Path], None]:
    def build(folder: Path, _canary: Path) -> None:
        write(folder, data("onnx", "model.onnx"), model_dot_onnx=content)

    return build


def _onnx_in_branch(folder: Path, canary: Path) -> None:
    """The tensor is not in the graph but in a branch of one of its nodes."""
    branch = protobuf((2, "b"), (5, external("../../../../etc/passwd")))
    hidden = protobuf((4, "If"), (5, protobuf((1, "then_branch"), (6, branch), (20, 5))))
    _onnx(onnx_model(hidden))(folder, canary)


def _keras_lambda(folder: Path, canary: Path) -> None:
    keras = pytest.importorskip("keras", reason="keras is not installed")
    made = f"__import__('os').makedirs({str(canary)!r}, exist_ok=True) or x"
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(builtins.eval(f"lambda x: {made}"))])
    write(folder, data("keras", "data"), data__keras_module_dot_txt="keras")
    model.save(folder / "data" / "model.keras")
    shutil.rmtree(canary, ignore_errors=True)


def _keras(config: Mapping[str, Any]) -> Callable[[Path, Path], None]:
    def build(folder: Path, _canary: Path) -> None:
        write(folder, data("keras", "data"), data__model_dot_keras=keras_file(config))

    return build


def _keras_custom(folder: Path, canary: Path) -> None:
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": []}, "registered_name": None}
    flavors = data("keras", "data")
    custom = pickled(canary)
    write(folder, flavors, data__model_dot_keras=keras_file(config), data__custom_objects_dot_cloudpickle=custom)


def _keras_hdf5(folder: Path, canary: Path) -> None:
    write(folder, data("keras", "data"), data__model_dot_keras=b"\x89HDF\r\n\x1a\n" + pickled(canary))


def _safetensors(folder: Path, _canary: Path) -> None:
    flavors = data("transformers", "model", model_binary="model", task="text-classification")
    content = struct.pack("<Q", 1 << 63) + b"{}"
    write(folder, flavors, model__model_dot_safetensors=content, model__config_dot_json="{}")


def _remote_code(folder: Path, canary: Path) -> None:
    flavors = data("transformers", "model", model_binary="model", task="text-classification")
    config = json.dumps({"auto_map": {"AutoModel": "modeling.Evil"}})
    write(folder, flavors, model__config_dot_json=config, model__modeling_dot_py=code(canary))


def _torch_weights(folder: Path, canary: Path) -> None:
    flavors = data("transformers", "model", model_binary="model", task="text-classification")
    write(folder, flavors, model__config_dot_json="{}", model__pytorch_model_dot_bin=pickled(canary))


def _fetched_weights(folder: Path, _canary: Path) -> None:
    flavors = {
        "transformers": {"task": "text-generation", "source_model_name": "somebody/something"},
        "python_function": {"loader_module": "mlflow.transformers"},
    }
    write(folder, flavors)


def _saved_model(folder: Path, _canary: Path) -> None:
    flavors = {
        "tensorflow": {"saved_model_dir": "tf2model", "model_type": "tf2-module"},
        "python_function": {"loader_module": "mlflow.tensorflow"},
    }
    write(folder, flavors, tf2model__saved_model_dot_pb=b"\0")


# ----------------------------------------------------------------------------------------------------------------------
# Folders that were signed, and then changed


def signed(folder: Path, canary: Path) -> None:
    """A pickle that this machine signed."""
    write(folder, sklearn("model.pkl"), model_dot_pkl=pickled(canary), notes_dot_txt="made here")
    sign(folder)


def then(change: Callable[[Path, Path], object]) -> Callable[[Path, Path], None]:
    """A signed model that somebody changed."""

    def build(folder: Path, canary: Path) -> None:
        signed(folder, canary)
        change(folder, canary)

    return build


def _other_key(folder: Path, canary: Path) -> None:
    write(folder, sklearn("model.pkl"), model_dot_pkl=pickled(canary))
    sign(folder, new_signing_key())


def _borrowed_id(folder: Path, _canary: Path) -> None:
    """Another key's signature under the name of this machine's."""
    own = json.loads((folder / "manifest.sig").read_bytes())["key_id"]
    sign(folder, new_signing_key())
    other = json.loads((folder / "manifest.sig").read_bytes())
    (folder / "manifest.sig").write_text(json.dumps({**other, "key_id": own}))


def _new_manifest(folder: Path, canary: Path) -> None:
    """The file is exchanged, and the manifest written anew beside the old signature."""
    signature = (folder / "manifest.sig").read_bytes()
    (folder / "model.pkl").write_bytes(pickled(canary, 2))
    sign(folder, new_signing_key())
    (folder / "manifest.sig").write_bytes(signature)


def _swapped(folder: Path, _canary: Path) -> None:
    first, second = (folder / name for name in ("model.pkl", "notes.txt"))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


def _linked(folder: Path, _canary: Path) -> None:
    (folder.parent / "elsewhere.pkl").write_bytes((folder / "model.pkl").read_bytes())
    (folder / "model.pkl").unlink()
    (folder / "model.pkl").symlink_to(folder.parent / "elsewhere.pkl")


def _appended(folder: Path, _canary: Path) -> None:
    text = (folder / "MLmodel").read_text()
    (folder / "MLmodel").write_text(f"{text}# more\n")


def _without_manifest(folder: Path, _canary: Path) -> None:
    (folder / "manifest.json").unlink()


def _code_cases() -> Iterator[tuple[str, Hostile]]:
    yield "sklearn-pickle", Hostile(in_pickle("model_dot_pkl", sklearn("model.pkl")))
    yield "sklearn-pickle-protocol-0", Hostile(in_pickle("model_dot_pkl", sklearn("model.pkl", "pickle"), 0))
    yield "sklearn-of-old-mlflow", Hostile(in_pickle("model_dot_pkl", sklearn("model.pkl", None)))
    yield "sklearn-unknown-format", Hostile(in_pickle("model_dot_pkl", sklearn("model.pkl", "safe")))
    yield "sklearn-joblib", Hostile(_joblib, needs=("joblib",))
    yield (
        "python-model",
        Hostile(in_pickle("python_model_dot_pkl", _python_model(python_model="python_model.pkl")), "python_function"),
    )
    yield "code-model", Hostile(_code_model, "python_function")
    yield "own-loader", Hostile(_own_loader, "python_function")
    yield "code-beside-data", Hostile(_shadow, needs=("skops", "sklearn"))
    yield "torch-zip", Hostile(_torch, "pytorch", needs=("torch",))
    yield (
        "statsmodels",
        Hostile(in_pickle("model_dot_statsmodels", data("statsmodels", "model.statsmodels")), "statsmodels"),
    )
    estimator = {"model_class": "lightgbm.sklearn.LGBMClassifier", "serialization_format": "cloudpickle"}
    yield "lightgbm-pickle", Hostile(in_pickle("model_dot_pkl", data("lightgbm", "model.pkl", **estimator)), "lightgbm")
    yield "keras-lambda", Hostile(_keras_lambda, "keras", needs=("keras",))
    yield "keras-custom-objects", Hostile(_keras_custom, "keras", needs=("keras",))


def _skops_cases() -> Iterator[tuple[str, Hostile]]:
    for name, make in (
        ("constructor", files.by_constructor),
        ("key-type", files.by_key_type),
        ("function", files.by_function),
        ("old-function", files.by_old_function),
        ("method", files.by_method),
        ("partial", files.by_partial),
        ("operator", files.by_operator),
    ):
        yield f"skops-{name}", Hostile(in_skops(make), needs=("skops", "sklearn"))
    for name, make, told in (
        ("objects-in-array", files.by_array, "objects in"),
        ("pickle", pickled, "no zip archive"),
        ("bomb", files.bomb, "unfolds"),
        ("link", files.with_link, "no plain file"),
        ("climbing", files.climbing, "no plain file"),
    ):
        yield f"skops-{name}", Hostile(in_skops(make), live=False, told=told, needs=("skops", "sklearn"))


def _entry_cases() -> Iterator[tuple[str, Hostile]]:
    for name, place in (
        ("above", "../outside-{name}.pkl"),
        ("absolute", "{outside}"),
        ("home", "~/model.pkl"),
        ("roundabout", "a/../../outside-{name}.pkl"),
    ):
        yield f"path-{name}", Hostile(_names(place), live=False, told="model folder")
    yield "code-outside", Hostile(_code_outside, "python_function", live=False, told="model folder")
    yield "system-module", Hostile(_system_module, "python_function", live=False)
    yield "foreign-class", Hostile(_foreign_class, "xgboost", live=False)


def _file_cases() -> Iterator[tuple[str, Hostile]]:
    for flavor, file, more in (
        ("xgboost", "model.ubj", {"model_class": "xgboost.sklearn.XGBClassifier"}),
        ("lightgbm", "model.lgb", {"model_class": "lightgbm.basic.Booster"}),
        ("catboost", "model.cb", {"model_type": "CatBoost", "save_format": "cbm"}),
        ("onnx", "model.onnx", {}),
    ):
        entry = data(flavor, file, **more)
        yield (
            f"{flavor}-pickle-in-disguise",
            Hostile(
                in_pickle(file.replace(".", "_dot_"), entry),
                flavor,
                live=False,
                told=f"is not a{'n' * (flavor[0] in 'xo')} ",
            ),
        )
    for place in ("../../../../etc/passwd", "/etc/passwd"):
        tensor = onnx_model(protobuf((4, "Relu")), external(place))
        yield (
            f"onnx-external-{'up' if '..' in place else 'root'}",
            Hostile(_onnx(tensor), "onnx", live=False, told="model folder"),
        )
    yield "onnx-external-in-branch", Hostile(_onnx_in_branch, "onnx", live=False, told="model folder")
    missing = onnx_model(protobuf((4, "Relu")), external("weights.bin"))
    yield "onnx-external-missing", Hostile(_onnx(missing), "onnx", live=False, told="weights.bin")
    foreign = onnx_model(protobuf((4, "Run"), (7, "evil.ops")))
    yield "onnx-foreign-operator", Hostile(_onnx(foreign), "onnx", live=False, told="evil.ops.Run")

    module = {"module": "os", "class_name": "system", "config": {}, "registered_name": None}
    yield "keras-system-module", Hostile(_keras(module), "keras", live=False, told="os.system", needs=("h5py",))
    fetch = {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "get_file"}
    yield "keras-get-file", Hostile(_keras(fetch), "keras", live=False, told="get_file", needs=("h5py",))
    yield "keras-hdf5-in-disguise", Hostile(_keras_hdf5, "keras", live=False, told="no zip archive")
    yield "safetensors-header", Hostile(_safetensors, "transformers", live=False, told="9223372036854775808")
    yield "transformers-remote-code", Hostile(_remote_code, "transformers", live=False, told="auto_map")
    yield "transformers-pickled-weights", Hostile(_torch_weights, "transformers", live=False, told="pytorch_model.bin")
    yield "transformers-fetched", Hostile(_fetched_weights, "transformers", live=False, told="fetched")
    yield "saved-model", Hostile(_saved_model, "tensorflow", live=False, told="SavedModel")


def _changed_cases() -> Iterator[tuple[str, Hostile]]:
    yield "signed-by-another", Hostile(_other_key)
    yield "manifest-removed", Hostile(then(_without_manifest))
    for name, change, told in (
        ("file-changed", lambda folder, canary: (folder / "model.pkl").write_bytes(pickled(canary, 2)), "changed"),
        ("file-added", lambda folder, canary: (folder / "more.pkl").write_bytes(pickled(canary)), "does not name"),
        ("file-removed", lambda folder, _: (folder / "notes.txt").unlink(), "missing"),
        ("file-renamed", lambda folder, _: (folder / "notes.txt").rename(folder / "notices.txt"), "notes.txt"),
        ("files-swapped", _swapped, "changed"),
        ("file-linked", _linked, "no plain file"),
        ("mlmodel-changed", _appended, "changed"),
        ("manifest-emptied", lambda folder, _: (folder / "manifest.json").write_text("{}"), "not a manifest"),
    ):
        yield name, Hostile(then(change), live=False, told=told)
    yield "manifest-written-anew", Hostile(then(_new_manifest), told="not by the key")
    yield "key-id-borrowed", Hostile(then(_borrowed_id), told="not by the key")


CASES: Mapping[str, Hostile] = {
    name: case
    for cases in (_code_cases, _skops_cases, _entry_cases, _file_cases, _changed_cases)
    for name, case in cases()
}
