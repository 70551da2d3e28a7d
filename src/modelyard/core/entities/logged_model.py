"""Logged models: a model folder that a run (or nobody) wrote, with its own params, tags and metrics."""

from __future__ import annotations

from typing import Literal

import msgspec

from modelyard.core.entities.metric import Metric
from modelyard.core.entities.noun import KeyValue, Noun, as_dict

LoggedModelStatusName = Literal[
    "LOGGED_MODEL_STATUS_UNSPECIFIED", "LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"
]


class LoggedModelParameter(KeyValue, frozen=True, gc=False):
    """A parameter of a logged model: written once."""


class LoggedModelTag(KeyValue, frozen=True, gc=False):
    """A tag of a logged model."""


class LoggedModelRegistrationInfo(Noun, frozen=True):
    """A registered version made from a logged model."""

    name: str
    version: str


class LoggedModelInfo(Noun, frozen=True):
    """What a logged model is. Times are milliseconds since the epoch."""

    model_id: str
    experiment_id: str
    name: str
    creation_timestamp_ms: int
    last_updated_timestamp_ms: int
    artifact_uri: str
    status: str = msgspec.field(default_factory=lambda: "LOGGED_MODEL_PENDING")
    creator_id: int | None = None
    model_type: str | None = None
    source_run_id: str | None = None
    status_message: str | None = None
    tag_list: list[LoggedModelTag] = msgspec.field(name="tags", default_factory=list)
    registrations: list[LoggedModelRegistrationInfo] = []


class LoggedModelData(Noun, frozen=True):
    """Parameters and metrics of a logged model."""

    param_list: list[LoggedModelParameter] = msgspec.field(name="params", default_factory=list)
    metrics: list[Metric] = []


class LoggedModel(Noun, frozen=True):
    """A logged model; the attributes of MLflow's ``LoggedModel`` are properties."""

    info: LoggedModelInfo
    data: LoggedModelData = LoggedModelData()

    @property
    def model_id(self) -> str:
        """The id, ``m-`` and 32 hexadecimal digits."""
        return self.info.model_id

    @property
    def experiment_id(self) -> str:
        """The experiment the model belongs to."""
        return self.info.experiment_id

    @property
    def name(self) -> str:
        """The model's name in its experiment."""
        return self.info.name

    @property
    def artifact_location(self) -> str:
        """Where the model's files are."""
        return self.info.artifact_uri

    @property
    def creation_timestamp(self) -> int:
        """When the model was created, in milliseconds."""
        return self.info.creation_timestamp_ms

    @property
    def last_updated_timestamp(self) -> int:
        """When the model last changed, in milliseconds."""
        return self.info.last_updated_timestamp_ms

    @property
    def model_type(self) -> str | None:
        """What kind of model it is, a free text."""
        return self.info.model_type

    @property
    def source_run_id(self) -> str | None:
        """The run that wrote the model."""
        return self.info.source_run_id

    @property
    def status(self) -> str:
        """``PENDING``, ``READY`` or ``FAILED``, as MLflow's entity spells it."""
        short = self.info.status.removeprefix("LOGGED_MODEL_")
        return "FAILED" if short == "UPLOAD_FAILED" else short

    @property
    def status_message(self) -> str | None:
        """Why the status is what it is."""
        return self.info.status_message

    @property
    def tags(self) -> dict[str, str]:
        """Tags by key."""
        return as_dict(self.info.tag_list)

    @property
    def params(self) -> dict[str, str]:
        """Parameters by key."""
        return as_dict(self.data.param_list)

    @property
    def metrics(self) -> list[Metric]:
        """The metrics logged for this model."""
        return self.data.metrics

    @property
    def model_uri(self) -> str:
        """The address loaders take: ``models:/m-…``."""
        return f"models:/{self.info.model_id}"
