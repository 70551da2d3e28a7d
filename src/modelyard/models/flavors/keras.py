"""Keras 3 models, on any backend."""

from __future__ import annotations

import importlib.util
import os
import threading
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

DATA = "data"
MODEL = "model"
KERAS_FILE = "model.keras"
MODULE_FILE = "keras_module.txt"
CUSTOM_OBJECTS = "custom_objects.cloudpickle"
_CHOICE = "KERAS_BACKEND"
_BACKENDS = ("tensorflow", "torch", "jax")
_CHOOSING = threading.Lock()


class KerasFlavor(msgspec.Struct, frozen=True):
    """Models in the ``.keras`` format.

    ``custom_objects`` are layers, losses and functions of one's own by name; they travel as a pickle beside the model.
    What runs Python code when it is read, such as a ``Lambda`` layer, loads only where ``models/trust`` admits code.
    """

    name: ClassVar[str] = "keras"
    custom_objects: Mapping[str, Any] | None = None

    def handles(self, obj: Any) -> bool:
        """Whether ``obj`` is a Keras model."""
        keras = loaded("keras")
        return keras is not None and isinstance(obj, keras.Model)

    def save(self, obj: Any, folder: Path) -> dict[str, dict[str, Any]]:
        """Write the model; answers the entries of MLmodel."""
        keras = _keras()
        if not self.handles(obj):
            kind = type(obj)
            raise InvalidParameter(f"This {kind.__module__}.{kind.__qualname__} is no Keras model.")
        data = folder / DATA
        data.mkdir()
        (data / MODULE_FILE).write_text("keras", encoding="utf-8")
        if self.custom_objects:
            write_pickle(dict(self.custom_objects), data / CUSTOM_OBJECTS)
        try:
            obj.save(data / KERAS_FILE)
        except (ValueError, TypeError, NotImplementedError, AttributeError) as error:
            kind = type(obj)
            raise InvalidParameter(
                f"This {kind.__module__}.{kind.__qualname__} cannot be saved: {type(error).__name__}: {error}"
            ) from error
        entry = {
            "data": DATA,
            "keras_version": keras.__version__,
            "keras_backend": keras.backend.backend(),
            "save_exported_model": False,
        }
        return {self.name: entry, "python_function": {"loader_module": "mlflow.keras"}}

    def load(self, folder: Path, config: Mapping[str, Any]) -> Any:
        """The model; an exported one is a SavedModel and needs TensorFlow."""
        data = folder / str(config.get("data", MODEL))
        if config.get("save_exported_model"):
            tensorflow = require("tensorflow", what="An exported Keras model", extra="tensorflow")
            return tensorflow.saved_model.load(str(data / MODEL))
        keras = _keras_on(str(config.get("keras_backend")))  # before a pickle imports it
        pickled = data / CUSTOM_OBJECTS
        custom = read_pickle(pickled) if pickled.is_file() else None
        safe = finding(folder, Model.load(folder), self.name).tier is Tier.DATA
        return keras.saving.load_model(data / KERAS_FILE, custom_objects=custom, safe_mode=safe)

    def predictor(self, obj: Any, config: Mapping[str, Any]) -> Predictor:
        """The model's ``predict``, with the params as its keywords, or ``serve`` of an exported one."""
        keras = _keras()
        serve = hasattr(obj, "serve")

        def call(data: Any, params: Mapping[str, Any]) -> Any:
            if serve:
                return keras.ops.convert_to_numpy(obj.serve(data))
            return obj.predict(data, **{"verbose": 0, **params})

        def predict(data: Any, params: Mapping[str, Any] | None = None) -> Any:
            table = data if kind_of(data) == "python" else as_frame(data)
            if kind_of(table) != "pandas":
                return call(table, params or {})
            return pandas("A data frame").DataFrame(call(table.to_numpy(), params or {}), index=table.index)

        return predict


def _keras() -> ModuleType:
    return require("keras", what="A Keras model", extra="keras")


def _keras_on(backend: str) -> ModuleType:
    """Keras; on this backend, when nobody has chosen one and it is the first to be imported."""
    if loaded("keras") is not None or _CHOICE in os.environ or backend not in _BACKENDS:
        return _keras()
    with _CHOOSING:
        if importlib.util.find_spec(backend) is None:
            return _keras()
        os.environ[_CHOICE] = backend
        try:
            return _keras()
        finally:
            del os.environ[_CHOICE]
