"""PyTorch: `fit` of Lightning's trainer. A training loop of one's own has nothing that could be replaced."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from modelyard.client.autolog.patches import Patches
from modelyard.client.autolog.recorder import Recorder, Training, record
from modelyard.core.extras import loaded
from modelyard.models.options import SaveOptions

NAME = "pytorch"
_TRAINERS = {
    "lightning.pytorch.trainer.trainer": "lightning.pytorch",
    "pytorch_lightning.trainer.trainer": "pytorch_lightning",
}
"""The modules that define the trainer, and the packages with the callbacks: Lightning is published by two names."""


class LightningAutolog:
    """What is replaced in Lightning, by either of its names."""

    name = NAME

    def watches(self, module: str) -> bool:
        """The modules of the trainer."""
        return module in _TRAINERS

    def patch(self, module: ModuleType, patches: Patches) -> None:
        """Replace the trainer's ``fit``."""
        trainer = vars(module).get("Trainer")
        if isinstance(trainer, type):
            patches.apply(trainer, "fit", _fitted)


def _fitted(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return record(LightningTraining(NAME, original, args, kwargs))


class LightningTraining(Training):
    """A call of ``Trainer.fit``; the trainer is the first of the arguments. Only the first of several processes logs."""

    kind = NAME

    def before(self, recorder: Recorder) -> None:
        """A callback, for this fit only."""
        trainer = self.args[0]
        self._callback: Any = None
        self._model = inspect.signature(self.original).bind(*self.args, **self.kwargs).arguments.get("model")
        if not trainer.is_global_zero:
            return
        package = loaded(_TRAINERS.get(_module_of(trainer), "")) or loaded("lightning.pytorch")
        if package is not None:
            kind: Any = type("AutologCallback", (_Events, package.Callback), {})
            self._callback = kind(recorder)
            trainer.callbacks.append(self._callback)

    def call(self) -> Any:
        """Train, then take the callback away again."""
        try:
            return super().call()
        finally:
            callbacks = self.args[0].callbacks if self._callback is not None else []
            if self._callback in callbacks:
                callbacks.remove(self._callback)

    def after(self, recorder: Recorder, result: Any) -> None:
        """The model."""
        if recorder.options.log_models and self._callback is not None and self._model is not None:
            save = SaveOptions(signature=False, verify=recorder.options.verify)
            recorder.attempt("the model", recorder.model, self._model, NAME, save)


def _module_of(trainer: Any) -> str:
    return next((kind.__module__ for kind in type(trainer).__mro__ if kind.__module__ in _TRAINERS), "")


class _Events:
    """The methods of a callback. Whatever goes wrong in them is told and ends there."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder
        self._epochs: int = getattr(recorder.options, "log_every_n_epoch", 1)
        self._steps: int | None = getattr(recorder.options, "log_every_n_step", None)

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        self._recorder.attempt("params", _log_start, self._recorder, trainer)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        epoch = trainer.current_epoch
        if (epoch + 1) % self._epochs == 0:
            found = trainer.callback_metrics
            self._recorder.attempt("the metrics of the epochs", _log_metrics, self._recorder, found, epoch)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *rest: Any) -> None:
        step = trainer.global_step
        if self._steps and step % self._steps == 0:
            found = {
                f"{name.removesuffix('_step')}_step": value
                for name, value in trainer.logged_metrics.items()
                if not name.endswith("_epoch")
            }
            self._recorder.attempt("the metrics of the steps", _log_metrics, self._recorder, found, step)


def _log_start(recorder: Recorder, trainer: Any) -> None:
    params: dict[str, Any] = {"epochs": trainer.max_epochs}
    if trainer.optimizers:
        optimizer = getattr(trainer.optimizers[0], "_optimizer", trainer.optimizers[0])
        params["optimizer_name"] = type(optimizer).__name__
        params.update(getattr(optimizer, "defaults", {}))
    recorder.params(params, {"Mode": "training"})


def _log_metrics(recorder: Recorder, found: Mapping[str, Any], step: int) -> None:
    recorder.metrics({name: float(value) for name, value in found.items()}, step)
