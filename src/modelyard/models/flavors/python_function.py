"""Python functions, classes with ``predict``, and files of code."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import shutil
import sys
import threading
from collections.abc import Mapping
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from modelyard.core.errors import InvalidParameter, NotSupported
from modelyard.core.extras import loaded, require
from modelyard.core.ids import new_token
from modelyard.models.addresses import fetch
from modelyard.models.code import importable
from modelyard.models.flavor import Predictor
from modelyard.models.pickles import read_pickle, write_pickle
from modelyard.models.python_model import (
    CODE_MODEL,
    MLFLOW_MODEL,
    MLFLOW_MODELS,
    LoadedPythonModel,
    PythonModelContext,
    as_model,
)

PICKLE_FILE = "python_model.pkl"
ARTIFACTS = "artifacts"
DATA = "data"
CLASS_LOADER = "mlflow.pyfunc.model"
CODE_LOADER = "mlflow.pyfunc.loaders.code_model"

_RUNNING = threading.RLock()
"""Held while a file of code runs: MLflow's own ``set_model`` writes to one place for the whole process."""


class PythonFunctionFlavor(msgspec.Struct, frozen=True):
    """A ``PythonModel``, a function of the input, or the path of a file that calls ``set_model``.

    ``artifacts`` are files and folders by name, copied into the model; their paths are in the context the model is
    loaded with. ``model_config`` are settings for that context. ``loader_module`` and ``data_path`` are for a module,
    found in ``code_paths``, whose ``_load_pyfunc(path)`` gives an object with ``predict``.
    """

    name: ClassVar[str] = "python_function"
    artifacts: Mapping[str, Any] | None = None
    model_config: Mapping[str, Any] | None = None
    loader_module: str | None = None
    data_path: str | None = None

    def handles(self, obj: Any) -> bool:
        """Whether ``obj`` is a model of one's own making."""
        return isinstance(obj, str | os.PathLike) or callable(obj) or hasattr(obj, "predict")

    def save(self, obj: Any, folder: Path) -> dict[str, dict[str, Any]]:
        """Write the model; answers the entry of MLmodel."""
        entry = self._write(obj, folder)
        settings = _settings(self.model_config)
        if settings is not None:
            entry["config"] = settings
        if self.artifacts:
            entry["artifacts"] = {
                name: {"path": _copied(_found(place), folder, ARTIFACTS), "uri": os.fspath(place)}
                for name, place in self.artifacts.items()
            }
        return {self.name: entry}

    def _write(self, obj: Any, folder: Path) -> dict[str, Any]:
        if self.loader_module is not None:
            entry = {"loader_module": self.loader_module}
            return entry if self.data_path is None else {**entry, "data": _copied(Path(self.data_path), folder, DATA)}
        if isinstance(obj, str | os.PathLike):
            code = Path(obj)
            if not code.is_file():
                raise InvalidParameter(f"There is no file of code {os.fspath(obj)!r} to save as a model.")
            return {"loader_module": CODE_LOADER, "model_code_path": _copied(code, folder)}
        write_pickle(as_model(obj), folder / PICKLE_FILE)
        return {
            "loader_module": CLASS_LOADER,
            "python_model": PICKLE_FILE,
            "cloudpickle_version": require("cloudpickle", what="A Python model", extra="models").__version__,
        }

    def load(self, folder: Path, config: Mapping[str, Any]) -> Any:
        """The model in its context, ``load_context`` done."""
        module = str(config.get("loader_module"))
        if module == CODE_LOADER or "model_code_path" in config:
            python_model = run_code(_inside(folder, Path(str(config["model_code_path"])).name))
        elif module == CLASS_LOADER:
            file = _inside(folder, str(config["python_model"]))
            python_model = read_pickle(file, config.get("python_model_compression"))
        else:
            return _by_module(folder, module, config)
        entries = config.get("artifacts") or {}
        artifacts = {name: str(_inside(folder, str(entry["path"]))) for name, entry in entries.items()}
        return _in_context(python_model, artifacts, config.get("config"))

    def predictor(self, obj: Any, config: Mapping[str, Any]) -> Predictor:
        """The model's ``predict``, with what its signature asks for."""
        if not isinstance(obj, LoadedPythonModel):
            obj = self._as_loaded(obj)
        return obj.predict

    def _as_loaded(self, obj: Any) -> LoadedPythonModel:
        """What is about to be saved, as it will be once it is loaded."""
        if self.loader_module is not None:
            return _by_loader(importlib.import_module(self.loader_module), Path(self.data_path or os.curdir).absolute())
        python_model = run_code(Path(obj)) if isinstance(obj, str | os.PathLike) else as_model(obj)
        artifacts = {name: os.path.abspath(_found(place)) for name, place in (self.artifacts or {}).items()}
        return _in_context(python_model, artifacts, _settings(self.model_config))


class _Uncompiled(importlib.machinery.SourceFileLoader):
    """Runs a file of code and leaves no compiled file beside it: a model's folder stays as it is."""

    def set_data(self, path: Any, data: Any, *, _mode: int = 0o666) -> None:
        """Keep nothing."""


def run_code(file: Path) -> Any:
    """Run a file of code and answer the model it set, by our ``set_model`` or MLflow's.

    Raises ``InvalidParameter`` when it sets none.
    """
    name = f"modelyard_code_{new_token()}"
    spec = importlib.util.spec_from_file_location(name, file, loader=_Uncompiled(name, os.fspath(file)))
    if spec is None or spec.loader is None:
        raise InvalidParameter(f"{file.name!r} is no file of Python code.")
    module = importlib.util.module_from_spec(spec)
    with _RUNNING:
        before = CODE_MODEL.set(None)
        _forget_mlflows()
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
            model = CODE_MODEL.get() or getattr(loaded(MLFLOW_MODELS), MLFLOW_MODEL, None)
        except BaseException:
            del sys.modules[name]
            raise
        finally:
            CODE_MODEL.reset(before)
            _forget_mlflows()
    if model is None:
        raise InvalidParameter(f"{file.name!r} names no model: it must call modelyard.models.set_model(model).")
    return as_model(model)


def _forget_mlflows() -> None:
    """Forget what another file set by MLflow's own ``set_model``."""
    theirs = loaded(MLFLOW_MODELS)
    if theirs is not None:
        setattr(theirs, MLFLOW_MODEL, None)


def _in_context(python_model: Any, artifacts: Mapping[str, str], config: Any) -> LoadedPythonModel:
    context = PythonModelContext(artifacts, config)
    if hasattr(python_model, "load_context"):
        python_model.load_context(context)
    return LoadedPythonModel(python_model, context)


def _by_module(folder: Path, name: str, config: Mapping[str, Any]) -> LoadedPythonModel:
    """What a loader module of the model's own makes of its data. Only code in the folder is asked, no other module."""
    code = str(config.get("code") or "")
    top = name.partition(".")[0]
    own = importable(_inside(folder, code)) if code else None
    spec = PathFinder.find_spec(top, [str(own)]) if own is not None and top.isidentifier() else None
    if spec is None:
        raise NotSupported(f"The loader module {name!r} is neither known nor in the model's own code.")
    module = importlib.import_module(name)
    place = Path(module.__file__ or "").resolve()
    if own not in place.parents:
        raise NotSupported(
            f"The model's loader module {name!r} was not imported: this process has another module of that name, from"
            f" {os.fspath(place)!r}. Load the model in a process of its own."
        )
    data = config.get("data")
    return _by_loader(module, _inside(folder, str(data)) if data else folder)


def _by_loader(module: Any, place: Path) -> LoadedPythonModel:
    return LoadedPythonModel(module._load_pyfunc(str(place)), PythonModelContext({}))


def _settings(given: Any) -> dict[str, Any] | None:
    """A model's settings: a map, or the path of a YAML file with one."""
    if isinstance(given, str | os.PathLike):
        file = Path(given)
        if not file.is_file():
            raise InvalidParameter(f"There is no file of settings {os.fspath(given)!r} for model_config.")
        given = require("yaml", what="A file of settings", extra="models").safe_load(file.read_text(encoding="utf-8"))
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise InvalidParameter(f"model_config is a map of settings, not a {type(given).__name__}.")
    return dict(given)


def _found(place: str | os.PathLike[str]) -> Path:
    """An artifact on this disk: a path, or an address (``runs:/…``, ``models:/…``) that is fetched."""
    return fetch(place) if ":/" in os.fspath(place) else Path(place)


def _inside(folder: Path, key: str) -> Path:
    place = (folder / key).resolve()
    if folder.resolve() not in place.parents:
        raise InvalidParameter(f"The MLmodel file names {key!r}, which is outside the model folder.")
    return place


def _copied(source: Path, folder: Path, below: str = "") -> str:
    """Copy a file or folder into a model folder, beside others of its name; answers its path in the folder."""
    name = source.resolve().name
    target, number = folder / below / name, 1
    while target.exists():
        number += 1
        target = folder / below / str(number) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.is_file():
        shutil.copyfile(source, target)
    else:
        raise InvalidParameter(f"There is no file or folder {os.fspath(source)!r} to save with the model.")
    return target.relative_to(folder).as_posix()
