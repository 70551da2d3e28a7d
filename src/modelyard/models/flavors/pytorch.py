"""PyTorch modules: pickled, exported as a graph, or scripted."""

from __future__ import annotations

import sys
import threading
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Literal

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded, optional, require
from modelyard.models.columns import as_frame
from modelyard.models.flavor import Predictor
from modelyard.models.libraries import kind_of, pandas
from modelyard.models.pickles import UNPICKLABLE
from modelyard.models.requirements import distributions

DATA = "data"
PICKLE_FILE = "model.pth"
GRAPH_FILE = "model.pt2"
PICKLE_MODULE_FILE = "pickle_module_info.txt"
_PICKLE_MODULE = "mlflow.pytorch.pickle_module"
"""What MLflow is to unpickle with; a name in a file, never imported here."""

_PLAIN_PICKLE = (_PICKLE_MODULE, "pickle", "cloudpickle")
_FORMATS = ("pickle", "pt2")
_BY_VALUE = threading.Lock()


class PytorchFlavor(msgspec.Struct, frozen=True):
    """Modules with their classes (``pickle``), or the graph of operations that an example takes through them (``pt2``).

    A pickle holds any module and brings classes of the main script and of local files along. ``pt2`` needs no class when
    it is loaded; it takes an ``input_example``, an array or a list of them, and the first dimension stays free.
    None for ``serialization_format`` is ``pickle``. Scripted modules keep their own format.
    """

    name: ClassVar[str] = "pytorch"
    serialization_format: Literal["pickle", "pt2"] | None = None
    input_example: Any = None

    def handles(self, obj: Any) -> bool:
        """Whether ``obj`` is a module."""
        torch = loaded("torch.nn")
        return torch is not None and isinstance(obj, torch.Module)

    def save(self, obj: Any, folder: Path) -> dict[str, dict[str, Any]]:
        """Write the module; answers the entries of MLmodel."""
        torch = _torch()
        if not self.handles(obj):
            kind = type(obj)
            raise InvalidParameter(
                f"This {kind.__module__}.{kind.__qualname__} is no torch.nn.Module; save it with the flavor it belongs to."
            )
        (folder / DATA).mkdir()
        self._write(torch, obj, folder / DATA)
        entry = {"model_data": DATA, "pytorch_version": str(torch.__version__)}
        predicts = {
            "loader_module": "mlflow.pytorch",
            "data": DATA,
            "pickle_module_name": _PICKLE_MODULE,
            "config": {"device": None},
        }
        return {self.name: entry, "python_function": predicts}

    def load(self, folder: Path, config: Mapping[str, Any]) -> Any:
        """The module on the CPU, ready to predict."""
        torch = _torch()
        data = folder / str(config.get("model_data", DATA))
        file = data / PICKLE_FILE
        if not file.is_file():
            module = torch.export.load(data / GRAPH_FILE).module()
            _set_training(module.modules(), False)
            return module
        if _is_scripted(file):
            module = torch.jit.load(file, map_location="cpu")
        else:
            module = torch.load(file, map_location="cpu", weights_only=False, pickle_module=_pickle_module(data))
        module.eval()
        return module

    def predictor(self, obj: Any, config: Mapping[str, Any]) -> Predictor:
        """The module's call on one tensor; ``device`` in the settings moves the module there first."""
        torch = _torch()
        device = (config.get("config") or {}).get("device")
        if device is not None:
            obj.to(device)

        def predict(data: Any, params: Mapping[str, Any] | None = None) -> Any:
            data = as_frame(data)
            tensor = torch.from_numpy(_as_array(data)).to(device or _device_of(obj))
            with _predicting(obj), torch.no_grad():
                found = obj(tensor, **(params or {}))
            return _as_given(_to_numpy(torch, found), data)

        return predict

    def _write(self, torch: Any, obj: Any, data: Path) -> None:
        if self.serialization_format is not None and self.serialization_format not in _FORMATS:
            raise InvalidParameter(
                f"{self.serialization_format!r} is no format for PyTorch. Known: {', '.join(_FORMATS)}."
            )
        scripted = isinstance(obj, torch.jit.ScriptModule)
        if self.serialization_format == "pt2":
            if scripted:
                raise InvalidParameter("A scripted module has a format of its own; leave serialization_format out.")
            _export(torch, obj, _example_tensors(torch, self.input_example), data / GRAPH_FILE)
            return
        (data / PICKLE_MODULE_FILE).write_text(_PICKLE_MODULE, encoding="utf-8")
        if scripted:
            torch.jit.save(obj, data / PICKLE_FILE)
        else:
            _pickle(torch, obj, data / PICKLE_FILE)


def _torch() -> ModuleType:
    return require("torch", what="A PyTorch model", extra="pytorch")


# ----------------------------------------------------------------------------------------------------------------------
# Pickles


def _pickle(torch: Any, obj: Any, file: Path) -> None:
    cloudpickle = require("cloudpickle", what="Saving this model", extra="models")
    with _by_value(cloudpickle):
        try:
            torch.save(obj, file, pickle_module=cloudpickle)
        except (*UNPICKLABLE, RuntimeError) as error:
            kind = type(obj)
            raise InvalidParameter(f"This {kind.__module__}.{kind.__qualname__} cannot be pickled: {error}") from error


@contextmanager
def _by_value(cloudpickle: Any) -> Iterator[None]:
    """Let cloudpickle take classes and functions of local files along, as it does with those of the main script."""
    with _BY_VALUE:
        known = cloudpickle.list_registry_pickle_by_value()
        local = [each for name, each in list(sys.modules.items()) if name not in known and _is_local(name, each)]
        for module in local:
            cloudpickle.register_pickle_by_value(module)
        try:
            yield
        finally:
            for module in local:
                cloudpickle.unregister_pickle_by_value(module)


def _is_local(name: str, module: Any) -> bool:
    """Whether a module is of a file that belongs to no installed package."""
    top = name.partition(".")[0]
    installed = top in distributions() or top in sys.stdlib_module_names or top == "modelyard"
    return not installed and name == getattr(module, "__name__", None) and bool(getattr(module, "__file__", None))


def _pickle_module(data: Path) -> ModuleType | None:
    """The module that a folder was pickled with, where that is not pickle itself."""
    named = data / PICKLE_MODULE_FILE
    name = named.read_text(encoding="utf-8").strip() if named.is_file() else "pickle"
    if name in _PLAIN_PICKLE:
        return None
    module = optional(name)
    if module is None:
        raise InvalidParameter(f"The model was pickled with the module {name!r}, which is not installed here.")
    return module


def _is_scripted(file: Path) -> bool:
    if not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as archive:
        return any(name.partition("/")[2] == "constants.pkl" for name in archive.namelist())


# ----------------------------------------------------------------------------------------------------------------------
# Graphs


def _example_tensors(torch: Any, example: Any) -> tuple[Any, ...]:
    if isinstance(example, tuple) and len(example) == 2 and isinstance(example[1], dict):
        example = example[0]
    several = example if isinstance(example, tuple | list) else (example,)
    numpy = require("numpy", what="A PyTorch model", extra="models")
    if not several or not all(isinstance(each, numpy.ndarray | torch.Tensor) for each in several):
        raise InvalidParameter(
            "serialization_format='pt2' follows an example through the module: give input_example, an array, a tensor or"
            " a list of them; or leave serialization_format out."
        )
    return tuple(_with_two_rows(torch, torch.as_tensor(each)) for each in several)


def _with_two_rows(torch: Any, tensor: Any) -> Any:
    """A dimension of one would be taken for a constant, and the model predict on single rows only."""
    return torch.cat([tensor, tensor]) if tensor.ndim and tensor.shape[0] == 1 else tensor


def _export(torch: Any, obj: Any, tensors: tuple[Any, ...], file: Path) -> None:
    free = tuple({0: torch.export.Dim.AUTO} if tensor.ndim else None for tensor in tensors)
    with _predicting(obj):
        try:
            program = torch.export.export(obj, tensors, dynamic_shapes=free)
            torch.export.save(program, file)
        except Exception as error:
            kind = type(obj)
            raise InvalidParameter(
                f"This {kind.__module__}.{kind.__qualname__} cannot be exported as a graph: {type(error).__name__}:"
                f" {error} Save it with serialization_format='pickle'."
            ) from error


# ----------------------------------------------------------------------------------------------------------------------
# Predictions


@contextmanager
def _predicting(obj: Any) -> Iterator[None]:
    """Evaluation mode; afterwards each part is in the mode it was in."""
    training = [part for part in obj.modules() if part.training]
    _set_training(training, False)
    try:
        yield
    finally:
        _set_training(training, True)


def _set_training(parts: Iterable[Any], mode: bool) -> None:
    for part in parts:
        part.training = mode


def _as_array(data: Any) -> Any:
    array = data.to_numpy(dtype="float32") if kind_of(data) == "pandas" else data
    if kind_of(array) == "ndarray":
        return array if array.flags.writeable else array.copy()  # a tensor shares its memory, and may be written to
    raise InvalidParameter(f"A PyTorch model predicts on an array or a data frame, not on a {type(data).__name__}.")


def _device_of(obj: Any) -> Any:
    return next((each.device for each in (*obj.parameters(), *obj.buffers())), "cpu")


def _to_numpy(torch: Any, found: Any) -> Any:
    if not isinstance(found, torch.Tensor):
        raise InvalidParameter(
            f"The module answers a {type(found).__name__}; as a Python function it must answer a tensor."
        )
    return found.detach().cpu().numpy()


def _as_given(found: Any, data: Any) -> Any:
    return pandas("A data frame").DataFrame(found, index=data.index) if kind_of(data) == "pandas" else found
