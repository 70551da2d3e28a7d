"""What a model registry promises, whatever keeps it."""

from __future__ import annotations

from typing import Protocol

from modelyard.core.wire.messages import registry as reg
from modelyard.core.wire.messages.message import Empty


class RegistryStore(Protocol):
    """Registered models, their versions, aliases, stages and tags.

    Guarantees, for every implementation:

    - *Threads*: any method may be called from any thread at any time.
    - *Atomic and durable*: a method that returns has committed all of its request and synced it to disk; one that
      raises has changed nothing.
    - *Versions*: numbers count from 1 in each model, without gaps on success, unique under concurrent writers, and are
      never used again, also when the newest was deleted.
    - *Aliases*: moving one is atomic; a reader sees the old version or the new one.
    - *Raises*: ``NotFound`` for an unknown model or version, ``InvalidParameter`` for a value that is not allowed and
      for an unknown alias (as MLflow does), ``AlreadyExists`` for a taken name, ``Unavailable`` when the store is busy
      or cannot be reached (nothing was done), and nothing else.
    """

    # registered models

    def create_registered_model(self, request: reg.CreateRegisteredModel) -> reg.RegisteredModelReply:
        """Make a registered model without versions."""
        ...

    def get_registered_model(self, request: reg.GetRegisteredModel) -> reg.RegisteredModelReply:
        """The model of a name with its aliases and the latest version of each stage."""
        ...

    def search_registered_models(self, request: reg.SearchRegisteredModels) -> reg.RegisteredModelsPage:
        """A page of registered models."""
        ...

    def rename_registered_model(self, request: reg.RenameRegisteredModel) -> reg.RegisteredModelReply:
        """Rename a model with all that hangs on it."""
        ...

    def update_registered_model(self, request: reg.UpdateRegisteredModel) -> reg.RegisteredModelReply:
        """Change the description."""
        ...

    def delete_registered_model(self, request: reg.DeleteRegisteredModel) -> Empty:
        """Remove a model with its versions, tags and aliases."""
        ...

    def set_registered_model_tag(self, request: reg.SetRegisteredModelTag) -> Empty:
        """Set a tag."""
        ...

    def delete_registered_model_tag(self, request: reg.DeleteRegisteredModelTag) -> Empty:
        """Remove a tag; an unknown one is fine."""
        ...

    def set_registered_model_alias(self, request: reg.SetRegisteredModelAlias) -> Empty:
        """Point an alias to a version."""
        ...

    def delete_registered_model_alias(self, request: reg.DeleteRegisteredModelAlias) -> Empty:
        """Remove an alias; an unknown one is fine."""
        ...

    def get_model_version_by_alias(self, request: reg.GetModelVersionByAlias) -> reg.ModelVersionReply:
        """The version an alias points to."""
        ...

    def get_latest_versions(self, request: reg.GetLatestVersions) -> reg.ModelVersionsReply:
        """The newest version of each stage."""
        ...

    # model versions

    def create_model_version(self, request: reg.CreateModelVersion) -> reg.ModelVersionReply:
        """Make the next version of a model."""
        ...

    def get_model_version(self, request: reg.GetModelVersion) -> reg.ModelVersionReply:
        """One version."""
        ...

    def search_model_versions(self, request: reg.SearchModelVersions) -> reg.ModelVersionsPage:
        """A page of versions."""
        ...

    def get_model_version_download_uri(self, request: reg.GetModelVersionDownloadUri) -> reg.DownloadUriReply:
        """Where the files of a version are, references resolved."""
        ...

    def update_model_version(self, request: reg.UpdateModelVersion) -> reg.ModelVersionReply:
        """Change the description."""
        ...

    def delete_model_version(self, request: reg.DeleteModelVersion) -> Empty:
        """Remove a version and the aliases that point to it."""
        ...

    def transition_model_version_stage(self, request: reg.TransitionModelVersionStage) -> reg.ModelVersionReply:
        """Move a version to a stage."""
        ...

    def set_model_version_tag(self, request: reg.SetModelVersionTag) -> Empty:
        """Set a tag."""
        ...

    def delete_model_version_tag(self, request: reg.DeleteModelVersionTag) -> Empty:
        """Remove a tag; an unknown one is fine."""
        ...


class SourceResolver(Protocol):
    """What the registry asks of tracking: where the files that a version's source names are.

    Handed in by whoever puts the services together, since services do not import each other.
    """

    def run_artifact_uri(self, run_id: str) -> str:
        """The artifact URI of a run; raises ``NotFound`` for an unknown run."""
        ...

    def model_artifact_uri(self, model_id: str) -> str:
        """The artifact URI of a logged model; raises ``NotFound`` for an unknown one."""
        ...

    def note_registration(self, model_id: str, name: str, version: str) -> None:
        """Add a registered version to the logged model's tag ``mlflow.modelVersions``."""
        ...
