"""Requests and replies about runs and what is logged to them."""

from __future__ import annotations

import msgspec

from modelyard.core.entities import (
    DatasetInput,
    Metric,
    ModelInput,
    ModelOutput,
    Param,
    Run,
    RunInfo,
    RunLiveness,
    RunStatusName,
    RunTag,
    ViewTypeName,
)
from modelyard.core.entities.noun import Int64
from modelyard.core.wire.messages.message import Message


class CreateRun(Message, frozen=True, kw_only=True):
    """Start a run. ``run_id`` is ours: a client that names the run may send the request again without harm."""

    experiment_id: str = msgspec.field(default_factory=lambda: "0")  # always sent: mlflow's server has no default
    user_id: str = ""
    run_name: str = ""
    start_time: Int64 | None = None
    tags: list[RunTag] = []
    run_id: str | None = None


class RunReply(Message, frozen=True, kw_only=True):
    """One run."""

    run: Run


class UpdateRun(Message, frozen=True, kw_only=True):
    """Change status, end time or name; what is left out stays."""

    run_id: str
    status: RunStatusName | None = None
    end_time: Int64 | None = None
    run_name: str = ""


class RunInfoReply(Message, frozen=True, kw_only=True):
    """A run's info after a change."""

    run_info: RunInfo


class GetRun(Message, frozen=True, kw_only=True):
    """Look a run up, deleted ones too."""

    run_id: str


class SearchRuns(Message, frozen=True, kw_only=True):
    """Find runs of some experiments by filter, in an order, a page at a time."""

    experiment_ids: list[str] = []
    filter: str = ""
    run_view_type: ViewTypeName = "ACTIVE_ONLY"
    max_results: Int64 = 1000
    order_by: list[str] = []
    page_token: str = ""


class RunsPage(Message, frozen=True, kw_only=True):
    """A page of runs; a token only when there are more."""

    runs: list[Run] = []
    next_page_token: str = ""


class DeleteRun(Message, frozen=True, kw_only=True):
    """Mark a run deleted."""

    run_id: str


class RestoreRun(Message, frozen=True, kw_only=True):
    """Bring a deleted run back."""

    run_id: str


class LogMetric(Message, frozen=True, kw_only=True):
    """Log one point."""

    run_id: str
    key: str
    value: float
    timestamp: Int64
    step: Int64 = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class LogParam(Message, frozen=True, kw_only=True):
    """Log one parameter."""

    run_id: str
    key: str
    value: str = ""


class LogBatch(Message, frozen=True, kw_only=True):
    """Log points, parameters and tags at once: all or nothing."""

    run_id: str
    metrics: list[Metric] = []
    params: list[Param] = []
    tags: list[RunTag] = []


class SetTag(Message, frozen=True, kw_only=True):
    """Set a tag of a run, replacing its value."""

    run_id: str
    key: str
    value: str = ""


class DeleteTag(Message, frozen=True, kw_only=True):
    """Remove a tag of a run."""

    run_id: str
    key: str


class LogInputs(Message, frozen=True, kw_only=True):
    """Record the datasets and models a run reads."""

    run_id: str
    datasets: list[DatasetInput] = []
    models: list[ModelInput] = []


class LogOutputs(Message, frozen=True, kw_only=True):
    """Record the logged models a run writes."""

    run_id: str
    models: list[ModelOutput] = []


class LogModel(Message, frozen=True, kw_only=True):
    """Append an MLmodel document to the run's tag ``mlflow.log-model.history`` (MLflow 1.x and 2.x clients)."""

    run_id: str
    model_json: str


class Heartbeat(Message, frozen=True, kw_only=True):
    """Say that the process of these runs is alive (ours)."""

    run_ids: list[str] = []


class GetLiveness(Message, frozen=True, kw_only=True):
    """When the processes of some runs were last heard of (ours); unknown runs are passed over."""

    run_ids: list[str] = []


class LivenessReply(Message, frozen=True, kw_only=True):
    """One entry a run, in the order asked for."""

    runs: list[RunLiveness] = []
