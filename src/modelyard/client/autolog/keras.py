"""Keras 3: `fit` of a model, and a callback for those who would rather say what is logged."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from modelyard.client.autolog.data import dataset_of
from modelyard.client.autolog.options import KerasOptions
from modelyard.client.autolog.patches import Patches
from modelyard.client.autolog.recorder import Recorder, Training, record
from modelyard.core.extras import loaded, require
from modelyard.models.options import SaveOptions
from modelyard.models.schema import Schema, TensorSpec
from modelyard.models.signature import ModelSignature

NAME = "keras"
_LEFT_OUT = ("self", "x", "y", "callbacks", "validation_data", "verbose", "batch_size", "sample_weight", "class_weight")


class KerasAutolog:
    """What is replaced in Keras, once the whole package is imported: ``fit`` of the class that defines it."""

    name = NAME

    def watches(self, module: str) -> bool:
        """The package: it imports the rest."""
        return module == NAME

    def patch(self, module: ModuleType, patches: Patches) -> None:
        """Replace ``fit`` in the trainer of the backend."""
        model = vars(module).get("Model")
        for kind in model.__mro__ if isinstance(model, type) else ():
            if "fit" in vars(kind):
                patches.apply(kind, "fit", _fitted)
                return


def callback(log_every_epoch: bool = True, log_every_n_steps: int | None = None) -> Any:
    """A Keras callback that logs params and metrics to the active run, or to one that it starts and ends.

    Metrics are logged at the end of every epoch, or every ``log_every_n_steps`` steps with ``log_every_epoch=False``.
    """
    options = KerasOptions(log_every_epoch=log_every_epoch, log_every_n_steps=log_every_n_steps)
    return _callback(Recorder(NAME, options), begins=True)


def _fitted(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return record(KerasTraining(NAME, original, args, kwargs))


class KerasTraining(Training):
    """A call of ``Model.fit``; the model is the first of the arguments."""

    kind = NAME

    def before(self, recorder: Recorder) -> None:
        """The arguments, the data, and a callback."""
        given = inspect.signature(self.original).bind(*self.args, **self.kwargs)
        recorder.attempt("params", recorder.params, _params(given))
        if recorder.options.log_datasets:
            recorder.attempt("the dataset", _log_dataset, recorder, given.arguments)
        callbacks = given.arguments.get("callbacks")
        if callbacks is None or isinstance(callbacks, list | tuple):
            given.arguments["callbacks"] = [*(callbacks or ()), _callback(recorder)]
            self.args, self.kwargs = given.args, given.kwargs

    def after(self, recorder: Recorder, result: Any) -> None:
        """The model."""
        if recorder.options.log_models:
            recorder.attempt("the model", self._log_model, recorder, self.args[0])

    def _log_model(self, recorder: Recorder, model: Any) -> None:
        options = recorder.options
        signature = recorder.attempt("the signature", _signature, model) if options.log_model_signatures else None
        recorder.model(model, NAME, SaveOptions(signature=signature or False, verify=options.verify))


def _params(given: inspect.BoundArguments) -> dict[str, Any]:
    defaults = {name: each.default for name, each in given.signature.parameters.items()}
    params = {name: value for name, value in {**defaults, **given.arguments}.items() if name not in _LEFT_OUT}
    size = given.arguments.get("batch_size")
    if size is None:
        size = getattr(given.arguments.get("x"), "batch_size", None)
    return params if size is None else {**params, "batch_size": size}


def _log_dataset(recorder: Recorder, arguments: Mapping[str, Any]) -> None:
    dataset = dataset_of(arguments.get("x"), arguments.get("y"))
    if dataset is not None:
        recorder.input(dataset, "train")


def _signature(model: Any) -> ModelSignature | None:
    """From the shapes a model declares; one that declares none has none."""
    ins, outs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    return ModelSignature(_schema(ins), _schema(outs)) if ins and outs else None


def _schema(tensors: list[Any]) -> Schema:
    numpy = require("numpy", what="A signature", extra="models")
    shapes = [tuple(-1 if size is None else int(size) for size in tensor.shape) for tensor in tensors]
    names = [tensor.name if len(tensors) > 1 else None for tensor in tensors]
    kinds = [numpy.dtype(str(tensor.dtype)) for tensor in tensors]
    return Schema([TensorSpec(*each) for each in zip(kinds, shapes, names, strict=True)])


def _callback(recorder: Recorder, *, begins: bool = False) -> Any:
    keras = loaded("keras") or require("keras", what="A Keras callback", extra="keras")
    kind: Any = type("AutologCallback", (_Events, keras.callbacks.Callback), {})
    return kind(recorder, begins)


class _Events:
    """The methods of a callback. Whatever goes wrong in them is told and ends there."""

    model: Any

    def __init__(self, recorder: Recorder, begins: bool) -> None:
        super().__init__()
        self._recorder = recorder
        self._begins = begins
        self._every: int | None = getattr(recorder.options, "log_every_n_steps", None)

    def on_train_begin(self, logs: Any = None) -> None:
        if self._begins:
            self._recorder.attempt("a run", self._recorder.begin)
        self._recorder.attempt("the optimizer's params", _log_optimizer, self._recorder, self.model)
        self._recorder.attempt("the model's summary", _log_summary, self._recorder, self.model)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        if self._every is None and logs:
            self._recorder.attempt("the metrics of the epochs", self._recorder.metrics, logs, epoch)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        if self._every is not None and logs:
            self._recorder.attempt("the metrics of the steps", _log_step, self._recorder, self.model, logs)

    def on_test_end(self, logs: Mapping[str, Any] | None = None) -> None:
        if logs:
            found = {f"validation_{name}": value for name, value in logs.items()}
            self._recorder.attempt("the metrics of the validation", self._recorder.metrics, found)

    def on_train_end(self, logs: Any = None) -> None:
        if self._begins:
            self._recorder.attempt("the end of the run", self._recorder.end, None)


def _log_optimizer(recorder: Recorder, model: Any) -> None:
    recorder.params({f"optimizer_{name}": value for name, value in model.optimizer.get_config().items()})


def _log_summary(recorder: Recorder, model: Any) -> None:
    lines: list[str] = []
    model.summary(print_fn=lambda line, *_, **__: lines.append(line))
    recorder.client.log_text(recorder.run.run_id, "\n".join(lines), "model_summary.txt")


def _log_step(recorder: Recorder, model: Any, logs: Mapping[str, Any]) -> None:
    step, every = int(model.optimizer.iterations), getattr(recorder.options, "log_every_n_steps", None)
    if every and step % every == 0:
        recorder.metrics(logs, step)
