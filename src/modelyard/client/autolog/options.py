"""What a caller may say about autologging, a table for each framework. Names and meanings are MLflow's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter


class AutologOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for every framework.

    - ``log_models``: log the trained model.
    - ``log_input_examples``: keep a few rows of the training data with the model.
    - ``log_model_signatures``: infer the model's signature from such rows.
    - ``log_datasets``: record the training data as an input of the run: name, digest and schema, never the data.
    - ``disable``: give the framework its own functions back.
    - ``exclusive``: log nothing to a run that the script started itself.
    - ``disable_for_unsupported_versions``: MLflow's; changes nothing here.
    - ``silent``: say nothing, not even when something could not be logged.
    - ``registered_model_name``: make each trained model a version of this registered model.
    - ``extra_tags``: further tags of the runs that autologging starts.
    - ``verify``: prove in a clean process that the logged model loads, as ``log_model`` does. Off, because a process
      for each fit would make training slow; such a model's verdict says that it was not verified.
    """

    log_models: bool = True
    log_input_examples: bool = False
    log_model_signatures: bool = True
    log_datasets: bool = True
    disable: bool = False
    exclusive: bool = False
    disable_for_unsupported_versions: bool = False
    silent: bool = False
    registered_model_name: str | None = None
    extra_tags: Mapping[str, Any] | None = None
    verify: bool = False


class SklearnOptions(AutologOptions, frozen=True, kw_only=True):
    """Further ones for scikit-learn.

    - ``max_tuning_runs``: how many of a search's candidates become child runs, the best first; None for all.
    - ``serialization_format``: see ``modelyard.sklearn.log_model``.
    - ``max_metric_rows``: training metrics are computed on so many rows, spread evenly, where there are more; a tag says
      so, and on a tenth of that for models that go through their training data to predict. None computes them on all,
      as MLflow does, which can take longer than the fit.
    - ``pos_label``: the positive label of binary metrics; without it they are averaged over the labels by weight.
    """

    max_tuning_runs: int | None = 5
    serialization_format: str | None = None
    max_metric_rows: int | None = 1_000
    pos_label: Any = None

    def __post_init__(self) -> None:
        if self.max_tuning_runs is not None and self.max_tuning_runs < 0:
            raise InvalidParameter(f"max_tuning_runs must not be negative: {self.max_tuning_runs}. None means all.")
        if self.max_metric_rows is not None and self.max_metric_rows < 1:
            raise InvalidParameter(f"max_metric_rows must be at least 1: {self.max_metric_rows}. None means all.")


class XgboostOptions(AutologOptions, frozen=True, kw_only=True):
    """Further ones for XGBoost: ``importance_types``, ``["weight"]`` by default, and the ``model_format``."""

    importance_types: tuple[str, ...] | list[str] | None = None
    model_format: str = "ubj"


class PytorchOptions(AutologOptions, frozen=True, kw_only=True):
    """Further ones for Lightning: how often metrics are logged, in epochs and, unless None, in steps."""

    log_every_n_epoch: int = 1
    log_every_n_step: int | None = None


class KerasOptions(AutologOptions, frozen=True, kw_only=True):
    """Further ones for Keras: whether metrics are logged every epoch, else every so many steps."""

    log_every_epoch: bool = True
    log_every_n_steps: int | None = None

    def __post_init__(self) -> None:
        if self.log_every_epoch == (self.log_every_n_steps is not None):
            raise InvalidParameter(
                "Metrics are logged every epoch, or every log_every_n_steps steps with log_every_epoch=False:"
                f" log_every_epoch={self.log_every_epoch} and log_every_n_steps={self.log_every_n_steps} say neither."
            )
