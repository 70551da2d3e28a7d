"""Runs: one execution of training code, with all it logged."""

from __future__ import annotations

from typing import Literal

import msgspec

from modelyard.core.entities.dataset import DatasetInput
from modelyard.core.entities.metric import Metric
from modelyard.core.entities.noun import Int64, KeyValue, Noun, as_dict

RunStatusName = Literal["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]


class Param(KeyValue, frozen=True, gc=False):
    """A parameter of a run: written once, never changed."""


class RunTag(KeyValue, frozen=True, gc=False):
    """A tag of a run: may be overwritten and deleted."""


class RunInfo(Noun, frozen=True):
    """What a run is, apart from what it logged. Times are milliseconds since the epoch."""

    run_id: str
    experiment_id: str
    run_uuid: str | None = None
    run_name: str | None = None
    user_id: str = msgspec.field(default_factory=str)
    status: str = msgspec.field(default_factory=lambda: "RUNNING")
    start_time: int | None = None
    end_time: int | None = None
    artifact_uri: str | None = None
    lifecycle_stage: str = msgspec.field(default_factory=lambda: "active")


class RunData(Noun, frozen=True):
    """What a run logged: the latest point of each metric, parameters and tags."""

    metric_list: list[Metric] = msgspec.field(name="metrics", default_factory=list)
    param_list: list[Param] = msgspec.field(name="params", default_factory=list)
    tag_list: list[RunTag] = msgspec.field(name="tags", default_factory=list)

    @property
    def metrics(self) -> dict[str, float]:
        """Metric key → its latest value (largest step, then timestamp, then value)."""
        return {metric.key: metric.value for metric in self.metric_list}

    @property
    def params(self) -> dict[str, str]:
        """Parameters by key."""
        return as_dict(self.param_list)

    @property
    def tags(self) -> dict[str, str]:
        """Tags by key."""
        return as_dict(self.tag_list)


class ModelInput(Noun, frozen=True):
    """A logged model a run read."""

    model_id: str


class ModelOutput(Noun, frozen=True):
    """A logged model a run wrote, at a step."""

    model_id: str
    step: Int64 = msgspec.field(default_factory=int)


class RunLiveness(Noun, frozen=True):
    """When the process of a run last said that it is alive, and how long ago that is by the store's clock."""

    run_id: str
    heartbeat_time: int | None = None
    silent_ms: int | None = None


class RunInputs(Noun, frozen=True):
    """The datasets and models a run read."""

    dataset_inputs: list[DatasetInput] = []
    model_inputs: list[ModelInput] = []


class RunOutputs(Noun, frozen=True):
    """The models a run wrote."""

    model_outputs: list[ModelOutput] = []


class Run(Noun, frozen=True):
    """A run with all it logged.

    >>> run = Run(info=RunInfo(run_id="0" * 32, experiment_id="0"), data=RunData(param_list=[Param("alpha", "0.5")]))
    >>> run.data.params
    {'alpha': '0.5'}
    """

    info: RunInfo
    data: RunData = RunData()
    inputs: RunInputs = RunInputs()
    outputs: RunOutputs | None = None
