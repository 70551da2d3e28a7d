"""TensorFlow modules as SavedModels, and Keras models as MLflow's tensorflow flavor writes them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded, require
from modelyard.models.columns import as_frame
from modelyard.models.flavor import Predictor
from modelyard.models.libraries import kind_of, pandas
from modelyard.models.mlmodel import Model
from modelyard.models.pickles import read_pickle, write_pickle
from modelyard.models.trust.formats import Tier, finding

SAVED_MODEL = "tf2model"
MODULE = "tf2-module"
ESTIMATOR = "tf1-estimator"
KERAS = "keras"
DATA = "data"
CUSTOM_OBJECTS = ("global_custom_objects.cloudpickle", "custom_objects.cloudpickle")
"""Pickles beside a Keras model; what the second names replaces what the first does."""

_FORMAT_FILE = "save_format.txt"
_MODULE_FILE = "keras_module.txt"
_KERAS_MODULE = "tensorflow.keras"
_SERVING = "serving_default"


class TensorflowFlavor(msgspec.Struct, frozen=True):
    """A ``tf.Module``, what ``tf.saved_model.load`` gave, a SavedModel folder's path, or a Keras model.

    ``custom_objects`` are a Keras model's own layers, losses and functions by name; they travel as a pickle.
    """

    name: ClassVar[str] = "tensorflow"
    custom_objects: Mapping[str, Any] | None = None

    def handles(self, obj: Any) -> bool:
        """Whether ``obj`` is one of TensorFlow's; of folders, only those of a SavedModel."""
        if isinstance(obj, Path):
            return (obj / "saved_model.pb").is_file()
        tensorflow = loaded("tensorflow")
        if tensorflow is None:
            return False
        return isinstance(obj, tensorflow.Module) or _is_keras(obj) or _is_restored(tensorflow, obj)

    def save(self, obj: Any, folder: Path) -> dict[str, dict[str, Any]]:
        """Write the model; answers the entries of MLmodel."""
        tensorflow = _tensorflow()
        if not self.handles(obj):
            kind = type(obj)
            raise InvalidParameter(
                f"This {kind.__module__}.{kind.__qualname__} is no tf.Module, SavedModel or Keras model."
            )
        predicts = {"loader_module": "mlflow.tensorflow"}
        if _is_keras(obj):
            self._save_keras(obj, folder)
            entry = {"model_type": KERAS, "keras_version": tensorflow.__version__, "save_format": "tf", "data": DATA}
            return {self.name: entry, "python_function": {**predicts, "data": DATA}}
        _save_module(tensorflow, obj, folder / SAVED_MODEL)
        return {self.name: {"saved_model_dir": SAVED_MODEL, "model_type": MODULE}, "python_function": predicts}

    def load(self, folder: Path, config: Mapping[str, Any]) -> Any:
        """What was saved; of an estimator of TensorFlow 1, its function."""
        tensorflow = _tensorflow()
        kind = config.get("model_type", ESTIMATOR)
        if kind == KERAS:
            return _load_keras(folder, config)
        place = str(folder / str(config.get("saved_model_dir", SAVED_MODEL)))
        if kind != ESTIMATOR:
            return tensorflow.saved_model.load(place)
        found = tensorflow.saved_model.load(place, tags=config.get("meta_graph_tags"))
        key = str(config.get("signature_def_key", _SERVING))
        if key not in found.signatures:
            raise InvalidParameter(f"The SavedModel has no signature {key!r}. It has: {', '.join(found.signatures)}.")
        function = found.signatures[key]
        function.modelyard_owner = found  # a function holds its variables weakly
        return function

    def predictor(self, obj: Any, config: Mapping[str, Any]) -> Predictor:
        """The call on one array; on a dict or a frame, the signature with these names."""
        tensorflow = _tensorflow()
        if _is_keras(obj):
            return _keras_predictor(obj)

        def predict(data: Any, params: Mapping[str, Any] | None = None) -> Any:
            if params:
                raise InvalidParameter(f"A TensorFlow module takes no params, such as {next(iter(params))!r}.")
            data = _table(data)
            frame = kind_of(data) == "pandas"
            if not frame and not isinstance(data, Mapping) and config.get("model_type") != ESTIMATOR:
                return _to_numpy(tensorflow, obj(tensorflow.convert_to_tensor(data)))
            named = {name: data[name].to_numpy() for name in data.columns} if frame else data
            found = _by_names(tensorflow, obj, named)
            return _as_frame(found) if frame else found

        return predict

    def _save_keras(self, obj: Any, folder: Path) -> None:
        data = folder / DATA
        data.mkdir()
        (data / _MODULE_FILE).write_text(_KERAS_MODULE, encoding="utf-8")
        (data / _FORMAT_FILE).write_text("tf", encoding="utf-8")
        if self.custom_objects:
            write_pickle(dict(self.custom_objects), data / CUSTOM_OBJECTS[1])
        try:
            obj.save(data / "model.keras")
        except (ValueError, TypeError, NotImplementedError, AttributeError) as error:
            kind = type(obj)
            raise InvalidParameter(
                f"This {kind.__module__}.{kind.__qualname__} cannot be saved: {type(error).__name__}: {error}"
            ) from error


def _tensorflow() -> ModuleType:
    return require("tensorflow", what="A TensorFlow model", extra="tensorflow")


def _is_keras(obj: Any) -> bool:
    keras = loaded("keras")
    return keras is not None and isinstance(obj, keras.Model)


def _is_restored(tensorflow: Any, obj: Any) -> bool:
    """Whether ``obj`` came from a SavedModel."""
    return isinstance(obj, tensorflow.__internal__.tracking.AutoTrackable) and hasattr(obj, "signatures")


def _save_module(tensorflow: Any, obj: Any, place: Path) -> None:
    if isinstance(obj, Path):
        shutil.copytree(obj, place)
        return
    try:
        tensorflow.saved_model.save(obj, str(place))
    except (ValueError, TypeError, AssertionError, NotImplementedError) as error:
        kind = type(obj)
        raise InvalidParameter(
            f"This {kind.__module__}.{kind.__qualname__} cannot be saved: {type(error).__name__}: {error}"
        ) from error


# ----------------------------------------------------------------------------------------------------------------------
# Keras models


def _load_keras(folder: Path, config: Mapping[str, Any]) -> Any:
    data = folder / str(config.get("data", "model"))
    custom: dict[str, Any] = {}
    for name in CUSTOM_OBJECTS:
        if (data / name).is_file():
            custom.update(read_pickle(data / name))
    stem = data / "model" if data.is_dir() else data
    suffix = ".h5" if config.get("save_format", "h5") == "h5" else ".keras"
    safe = finding(folder, Model.load(folder), "tensorflow").tier is Tier.DATA
    keras = require("keras", what="A Keras model", extra="keras")
    return keras.saving.load_model(stem.with_name(stem.name + suffix), custom_objects=custom or None, safe_mode=safe)


def _keras_predictor(obj: Any) -> Predictor:
    def predict(data: Any, params: Mapping[str, Any] | None = None) -> Any:
        table, settings = _table(data), {"verbose": 0, **(params or {})}
        if kind_of(table) != "pandas":
            return obj.predict(table, **settings)
        return pandas("A data frame").DataFrame(obj.predict(table.to_numpy(), **settings), index=table.index)

    return predict


# ----------------------------------------------------------------------------------------------------------------------
# Predictions by name


def _by_names(tensorflow: Any, obj: Any, named: Mapping[str, Any]) -> dict[str, Any]:
    function = getattr(obj, "signatures", {}).get(_SERVING) if hasattr(obj, "signatures") else obj
    if function is None:
        raise InvalidParameter(f"The model has no signature {_SERVING!r} with names: give it one array.")
    specs = function.structured_input_signature[1] if hasattr(function, "structured_input_signature") else {}
    missing = [name for name in specs if name not in named]
    if missing:
        raise InvalidParameter(f"The model's input {missing[0]!r} is missing. Its inputs: {', '.join(specs)}.")
    wanted = specs or named
    tensors = {name: tensorflow.constant(named[name], dtype=getattr(specs.get(name), "dtype", None)) for name in wanted}
    found = function(**tensors)
    return {name: found[name].numpy() for name in sorted(found)}  # a SavedModel keeps no order


def _to_numpy(tensorflow: Any, found: Any) -> Any:
    if isinstance(found, tensorflow.Tensor):
        return found.numpy()
    if isinstance(found, Mapping):
        return {name: _to_numpy(tensorflow, each) for name, each in found.items()}
    return found


def _as_frame(found: Mapping[str, Any]) -> Any:
    """A column an output; one value a row as such, several as a list."""
    flat = {
        name: each.ravel() if each.ndim != 1 and each.size == len(each) else each.tolist()
        for name, each in found.items()
    }
    return pandas("A data frame").DataFrame(flat)


def _table(data: Any) -> Any:
    return data if kind_of(data) == "python" else as_frame(data)
