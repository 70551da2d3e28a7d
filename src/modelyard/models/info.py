"""What is told of a model that was logged or looked up."""

from __future__ import annotations

from typing import Any

import msgspec

from modelyard.core.entities import LoggedModel
from modelyard.models.mlmodel import Model
from modelyard.models.signature import ModelSignature
from modelyard.models.verdict import Verdict


class ModelInfo(msgspec.Struct, frozen=True):
    """A model's MLmodel file, the verdict on it, and the logged model it became. Attributes are MLflow's."""

    model: Model
    verdict: Verdict
    logged: LoggedModel | None = None
    uri: str = ""
    registered_model_version: str | None = None

    @property
    def model_uri(self) -> str:
        """An address the model can be loaded from."""
        return self.uri or (f"models:/{self.model_id}" if self.model_id else "")

    @property
    def model_id(self) -> str | None:
        """The id of the logged model."""
        return self.model.model_id

    @property
    def name(self) -> str | None:
        """The logged model's name."""
        return self.logged.name if self.logged else None

    @property
    def artifact_path(self) -> str | None:
        """Where the model's files are."""
        return self.model.artifact_path

    @property
    def run_id(self) -> str | None:
        """The run that logged the model."""
        return self.model.run_id

    @property
    def model_uuid(self) -> str:
        """The number this very folder was given."""
        return self.model.model_uuid

    @property
    def flavors(self) -> dict[str, dict[str, Any]]:
        """The flavors with their entries."""
        return self.model.flavors

    @property
    def signature(self) -> ModelSignature | None:
        """What goes in and comes out."""
        return self.model.signature

    @property
    def saved_input_example_info(self) -> dict[str, Any] | None:
        """How the example was saved."""
        return self.model.saved_input_example_info

    @property
    def metadata(self) -> dict[str, Any] | None:
        """What the caller wanted to be kept."""
        return self.model.metadata

    @property
    def utc_time_created(self) -> str:
        """When the model was saved."""
        return self.model.utc_time_created

    @property
    def mlflow_version(self) -> str | None:
        """The release of MLflow whose layout the folder has."""
        return self.model.mlflow_version

    @property
    def params(self) -> dict[str, str]:
        """The logged model's params."""
        return self.logged.params if self.logged else {}

    @property
    def tags(self) -> dict[str, str]:
        """The logged model's tags."""
        return self.logged.tags if self.logged else {}

    @property
    def creation_timestamp(self) -> int | None:
        """When the logged model was made, in milliseconds since the epoch."""
        return self.logged.creation_timestamp if self.logged else None
