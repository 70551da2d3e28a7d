"""What a model's files can do to whoever loads them: hold data, or run code.

A flavor that is not looked at here is code. So is an entry that names anything a look does not know.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from modelyard.core.errors import InvalidParameter
from modelyard.models.trust import keras_file, onnx_file, pretrained, skops_types
from modelyard.models.trust.archives import refuse

if TYPE_CHECKING:
    from modelyard.models.mlmodel import Model

PYFUNC = "python_function"
_SHOWN = 5


class Tier(enum.Enum):
    """``DATA`` loads freely, ``CODE`` for a reason."""

    DATA = "data"
    CODE = "code"


class Finding(NamedTuple):
    """A tier, and what it was concluded from."""

    tier: Tier
    reason: str


Look = Callable[[Path, Mapping[str, Any]], Finding]

_PATHS = (
    "data",
    "pickled_model",
    "model_path",
    "model_data",
    "model_binary",
    "python_model",
    "saved_model_dir",
    "code",
)
"""Keys of entries that name a place in the folder, in this release and in MLflow's."""


def finding(folder: Path, model: Model, flavor: str) -> Finding:
    """What loading a folder by a flavor can do. What is not known to be data is code.

    Raises ``InvalidParameter`` when an entry names a place outside the folder, and ``UntrustedModel`` when a file is
    not of the kind its entry says: nobody's trust makes it one.
    """
    entry = model.flavors.get(flavor, {})
    for key in _places(entry, model.flavors.get(PYFUNC, {})):
        inside(key)
    if entry.get("code") or model.flavors.get(PYFUNC, {}).get("code"):
        return Finding(Tier.CODE, "it brings Python code of its own")
    odd = [each for one in (entry, model.flavors.get(PYFUNC, {})) for each in _settings_that_load(one)]
    if odd:
        return _code("it asks for other libraries or code to run it", odd)
    look = LOOKS.get(flavor)
    if look is None:
        return Finding(Tier.CODE, f"a {flavor} model is code")
    return look if isinstance(look, Finding) else look(folder, entry)


def inside(key: str) -> str:
    """A path that an MLmodel file names, unchanged.

    Raises ``InvalidParameter`` when it leads out of the folder.
    """
    if not key or key != key.strip() or "\\" in key or "\0" in key or key.startswith(("/", "~")) or key[1:2] == ":":
        raise InvalidParameter(f"The MLmodel file names {key!r}, which is no place inside the model folder.")
    if ".." in PurePosixPath(key).parts:
        raise InvalidParameter(f"The MLmodel file names {key!r}, which is outside the model folder.")
    return key


def _places(*entries: Mapping[str, Any]) -> Iterator[str]:
    for entry in entries:
        yield from (str(entry[key]) for key in _PATHS if entry.get(key) is not None)
        artifacts = entry.get("artifacts")
        for each in artifacts.values() if isinstance(artifacts, dict) else ():
            if isinstance(each, dict) and each.get("path") is not None:
                yield str(each["path"])


_PROVIDERS = frozenset({"CPUExecutionProvider", "CUDAExecutionProvider"})
_SESSION = frozenset({"graph_optimization_level", "execution_mode", "intra_op_num_threads", "inter_op_num_threads"})


def _settings_that_load(entry: Mapping[str, Any]) -> list[str]:
    """What an entry asks of its framework beyond computing with what it brings: libraries, or code from elsewhere."""
    providers, options = entry.get("providers") or [], entry.get("onnx_session_options") or {}
    asked = providers if isinstance(providers, list) else [providers]
    given = [key for key, value in options.items() if value] if isinstance(options, dict) else [options]
    strange = [str(each) for each in asked if str(each) not in _PROVIDERS]
    named = pretrained.keys_to_code(dict(entry))
    return [*strange, *(str(key) for key in given if str(key) not in _SESSION), *named]


def _data(what: str) -> Finding:
    return Finding(Tier.DATA, what)


def _code(what: str, strange: list[str]) -> Finding:
    more = f" and {len(strange) - _SHOWN} more" if len(strange) > _SHOWN else ""
    return Finding(Tier.CODE, f"{what}: {', '.join(strange[:_SHOWN])}{more}")


def _starts(file: Path, what: str, *starts: bytes) -> None:
    try:
        with open(file, "rb") as content:
            start = content.read(max(map(len, starts)))
    except OSError as error:
        refuse(file.name, what, error.strerror or str(error))
    if not start.startswith(starts):
        refuse(file.name, what, "it does not begin like one")


# ----------------------------------------------------------------------------------------------------------------------
# A look for each flavor


_PICKLE = Finding(Tier.CODE, "it is a pickle, which runs what its maker put into it")
_PROGRAM = Finding(Tier.CODE, "PyTorch's formats hold pickles and programs")
_GRAPH = Finding(Tier.CODE, "it is a SavedModel, whose graph can read and write files")
_PYTHON = Finding(Tier.CODE, "it is Python code, which runs when it is loaded")


def _skops(file: Path) -> Finding:
    strange = skops_types.outside(file)
    if strange:
        return _code("it holds types outside the frozen list", strange)
    return _data("skops, and all its types are on the frozen list")


def _sklearn(folder: Path, entry: Mapping[str, Any]) -> Finding:
    if entry.get("serialization_format") != "skops":
        return _PICKLE
    return _skops(folder / str(entry.get("pickled_model")))


def _xgboost(folder: Path, entry: Mapping[str, Any]) -> Finding:
    kind = str(entry.get("model_class", "xgboost.core.Booster"))
    if not kind.startswith(("xgboost.core.", "xgboost.sklearn.")):
        return _code("it names a class that is not XGBoost's", [kind])
    _starts(folder / str(entry.get("data")), "an XGBoost model", b"{", b"binf", b"bs64")
    return _data("XGBoost's own format, which holds trees and settings")


def _lightgbm(folder: Path, entry: Mapping[str, Any]) -> Finding:
    file = folder / str(entry.get("data"))
    if entry.get("model_class", "lightgbm.basic.Booster") != "lightgbm.basic.Booster":
        return _skops(file) if entry.get("serialization_format") == "skops" else _PICKLE
    _starts(file, "a LightGBM model", b"tree\n")
    return _data("LightGBM's own text, which holds trees and settings")


def _catboost(folder: Path, entry: Mapping[str, Any]) -> Finding:
    form = entry.get("save_format", "cbm")
    if form not in ("cbm", "json"):
        return _code("it is in a format of CatBoost's that is not known to be data", [str(form)])
    _starts(folder / str(entry.get("data", "model.cb")), "a CatBoost model", b"CBM1" if form == "cbm" else b"{")
    return _data("CatBoost's own format, which holds trees and settings")


def _onnx(folder: Path, entry: Mapping[str, Any]) -> Finding:
    for file in sorted({folder / str(entry.get("data", "model.onnx")), *folder.glob("*.onnx")}):
        content = onnx_file.read(file)
        for name in content.files:
            if not (file.parent / inside(name)).is_file():
                refuse(file.name, "a whole ONNX model", f"its numbers are in {name!r}, which is not in the folder")
        if content.foreign():
            return _code("it needs operators from other libraries", content.foreign())
    return _data("ONNX: a graph of known operators, and all its numbers are in the folder")


def _keras(folder: Path, entry: Mapping[str, Any]) -> Finding:
    if entry.get("save_exported_model"):
        return _GRAPH
    data = folder / str(entry.get("data", "model"))
    if not (data / "model.keras").is_file():
        return Finding(Tier.CODE, "it is in an older format of Keras, which can hold code")
    beside = [file.name for file in data.iterdir() if file.name not in ("model.keras", "keras_module.txt")]
    if beside:
        return _code("it brings objects of its own", sorted(beside))
    strange = keras_file.outside(data / "model.keras")
    if strange:
        return _code("it holds what is not Keras's own", strange)
    return _data("a Keras file, and all it names is Keras's own and on the frozen list")


_PRETRAINED = ("model", "components")


def _transformers(folder: Path, entry: Mapping[str, Any]) -> Finding:
    binary = str(entry.get("model_binary", ""))
    if not binary or not (folder / binary).is_dir():
        return Finding(Tier.CODE, "its weights are not in the folder: they would be fetched from elsewhere")
    odd = [key for key in entry if key.startswith(("peft", "adapter"))]
    strange = [each for place in {*_PRETRAINED, binary} for each in pretrained.outside(folder / place)]
    if odd or strange:
        return _code("it holds more than safetensors, settings and texts", sorted({*odd, *strange}))
    return _data("safetensors, settings and texts, and none of them names code")


LOOKS: Mapping[str, Look | Finding] = {
    "sklearn": _sklearn,
    "xgboost": _xgboost,
    "lightgbm": _lightgbm,
    "catboost": _catboost,
    "statsmodels": _PICKLE,
    "pytorch": _PROGRAM,
    "keras": _keras,
    "tensorflow": _GRAPH,
    "onnx": _onnx,
    "transformers": _transformers,
    "composite": _PYTHON,
    PYFUNC: _PYTHON,
}
"""How each flavor is judged; some are code whatever their files say."""
