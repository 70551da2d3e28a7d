"""ONNX models, run by onnxruntime."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded, require
from modelyard.models.columns import as_frame
from modelyard.models.flavor import Predictor
from modelyard.models.libraries import kind_of, numpy, pandas
from modelyard.models.onnx_files import fits_one_file, onnx_library, read_onnx, signature_of, write_onnx
from modelyard.models.signature import ModelSignature

FILE = "model.onnx"
PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")
_CPU = "CPUExecutionProvider"
_MODES = {"sequential": "ORT_SEQUENTIAL", "parallel": "ORT_PARALLEL"}
_OPTIONS = (
    "inter_op_num_threads",
    "intra_op_num_threads",
    "execution_mode",
    "graph_optimization_level",
    "extra_session_config",
)
_KINDS = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(int16)": "int16",
}

_logger = logging.getLogger(__name__)


class OnnxFlavor(msgspec.Struct, frozen=True):
    """Models as one file, and a second one for the weights when ``save_as_external_data`` or beyond 2 GB.

    ``onnx_execution_providers`` and ``onnx_session_options`` say how onnxruntime shall run the model; the options are
    ``inter_op_num_threads``, ``intra_op_num_threads``, ``execution_mode`` (``sequential`` or ``parallel``),
    ``graph_optimization_level`` and ``extra_session_config``.
    """

    name: ClassVar[str] = "onnx"
    onnx_execution_providers: Sequence[Any] | None = None
    onnx_session_options: Mapping[str, Any] | None = None
    save_as_external_data: bool = False

    def read(self, obj: Any) -> tuple[Any, ModelSignature | None]:
        """A model that is given by the path of its file, with the signature of its graph; anything else as it is."""
        if not isinstance(obj, str | Path):
            return obj, None
        proto = read_onnx(Path(obj))
        return proto, signature_of(proto)

    def handles(self, obj: Any) -> bool:
        """Whether ``obj`` is an ONNX model."""
        onnx = loaded("onnx")
        return onnx is not None and isinstance(obj, onnx.ModelProto)

    def save(self, obj: Any, folder: Path) -> dict[str, dict[str, Any]]:
        """Check the model and write it; answers the entries of MLmodel."""
        onnx = onnx_library()
        if not self.handles(obj):
            kind = type(obj)
            raise InvalidParameter(f"This {kind.__module__}.{kind.__qualname__} is no onnx.ModelProto.")
        _check_options(self.onnx_session_options)
        write_onnx(obj, folder / FILE, external=self.save_as_external_data)
        try:
            onnx.checker.check_model(str(folder / FILE))
        except onnx.checker.ValidationError as error:
            raise InvalidParameter(f"This is no valid ONNX model: {error}") from error
        providers = PROVIDERS if self.onnx_execution_providers is None else self.onnx_execution_providers
        entry = {
            "onnx_version": onnx.__version__,
            "data": FILE,
            "providers": [each if isinstance(each, str) else list(each) for each in providers],
            "onnx_session_options": dict(self.onnx_session_options) if self.onnx_session_options else None,
        }
        return {self.name: entry, "python_function": {"loader_module": "mlflow.onnx", "data": FILE}}

    def load(self, folder: Path, config: Mapping[str, Any]) -> Any:
        """The model, checked."""
        onnx = onnx_library()
        file = folder / str(config.get("data", FILE))
        onnx.checker.check_model(str(file))
        return onnx.load(str(file))

    def predictor(self, obj: Any, config: Mapping[str, Any]) -> Predictor:
        """An onnxruntime session's run, on all outputs."""
        session = _session(obj, config)
        inputs = {each.name: each.type for each in session.get_inputs()}
        outputs = [each.name for each in session.get_outputs()]

        def predict(data: Any, params: Mapping[str, Any] | None = None) -> Any:
            if params:
                raise InvalidParameter(f"An ONNX model takes no params, such as {next(iter(params))!r}.")
            data = data if kind_of(data) == "python" else as_frame(data)
            found = session.run(outputs, _feed(inputs, data))
            return _as_given(dict(zip(outputs, found, strict=True)), data)

        return predict


# ----------------------------------------------------------------------------------------------------------------------
# Sessions


def _session(obj: Any, config: Mapping[str, Any]) -> Any:
    runtime = require("onnxruntime", what="Predicting with an ONNX model", extra="onnx")
    options = _session_options(runtime, config.get("onnx_session_options") or {})
    providers = _providers(runtime, config.get("providers") or PROVIDERS)
    if fits_one_file(obj):
        return runtime.InferenceSession(obj.SerializeToString(), options, providers=providers)
    with tempfile.TemporaryDirectory(prefix="modelyard-onnx-") as place:
        file = Path(place) / FILE
        write_onnx(obj, file, external=True)
        return runtime.InferenceSession(str(file), options, providers=providers)


def _providers(runtime: Any, wanted: Any) -> list[Any]:
    """The wanted providers this machine has, the CPU where it has none of them."""
    asked = (
        [wanted] if isinstance(wanted, str) else [tuple(each) if isinstance(each, list) else each for each in wanted]
    )
    there = set(runtime.get_available_providers())
    usable = [each for each in asked if (each if isinstance(each, str) else each[0]) in there]
    if len(usable) < len(asked) and tuple(asked) != PROVIDERS:
        _logger.warning("The model asks for the providers %s; this machine has %s of them.", asked, usable)
    return usable or [_CPU]


def _check_options(given: Mapping[str, Any] | None) -> None:
    strange = sorted(set(given or {}) - set(_OPTIONS))
    if strange:
        raise InvalidParameter(f"onnx_session_options has no {strange[0]!r}. Known: {', '.join(_OPTIONS)}.")
    mode = (given or {}).get("execution_mode")
    if mode is not None and str(mode).lower() not in _MODES:
        raise InvalidParameter(f"execution_mode is 'sequential' or 'parallel', not {mode!r}.")


def _session_options(runtime: Any, given: Mapping[str, Any]) -> Any:
    _check_options(given)
    options = runtime.SessionOptions()
    for name in ("inter_op_num_threads", "intra_op_num_threads"):
        if given.get(name):
            setattr(options, name, int(given[name]))
    if given.get("execution_mode"):
        options.execution_mode = getattr(runtime.ExecutionMode, _MODES[str(given["execution_mode"]).lower()])
    if given.get("graph_optimization_level"):
        options.graph_optimization_level = runtime.GraphOptimizationLevel(given["graph_optimization_level"])
    for key, value in (given.get("extra_session_config") or {}).items():
        options.add_session_config_entry(key, value)
    return options


# ----------------------------------------------------------------------------------------------------------------------
# Data


def _feed(inputs: Mapping[str, str], data: Any) -> dict[str, Any]:
    kind = kind_of(data)
    if isinstance(data, Mapping):
        feed = dict(data)
    elif kind == "pandas":
        feed = (
            {name: data[name].to_numpy() for name in inputs if name in data} if len(inputs) > 1 else _one(inputs, data)
        )
    elif kind == "ndarray" and len(inputs) == 1:
        feed = _one(inputs, data)
    elif kind == "ndarray":
        raise InvalidParameter(
            f"The model has several inputs: give a dict of arrays, or a frame, with {', '.join(inputs)}."
        )
    else:
        raise InvalidParameter(
            f"An ONNX model predicts on an array, a data frame or a dict of arrays, not on a {type(data).__name__}."
        )
    missing = [name for name in inputs if name not in feed]
    if missing:
        raise InvalidParameter(f"The model's input {missing[0]!r} is missing. Its inputs: {', '.join(inputs)}.")
    return {name: _cast(numpy().asarray(feed[name]), kind) for name, kind in inputs.items()}


def _one(inputs: Mapping[str, str], data: Any) -> dict[str, Any]:
    return {next(iter(inputs)): data.to_numpy() if kind_of(data) == "pandas" else data}


def _cast(array: Any, kind: str) -> Any:
    """Floats in the precision the model has, whole numbers in a type as wide or wider; anything else as it is."""
    to = _KINDS.get(kind)
    if to is None or array.dtype == to or array.dtype.kind != to[0]:
        return array
    wider = array.dtype.kind == "f" or array.dtype.itemsize * 8 <= int(to.removeprefix("int"))
    return array.astype(to) if wider else array


def _as_given(found: dict[str, Any], data: Any) -> Any:
    if kind_of(data) != "pandas":
        return found
    return pandas("A data frame").DataFrame({name: numpy().asarray(each).reshape(-1) for name, each in found.items()})
