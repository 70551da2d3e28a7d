"""Requests and replies of the model registry."""

from __future__ import annotations

from modelyard.core.entities import ModelVersion, ModelVersionTag, RegisteredModel, RegisteredModelTag
from modelyard.core.entities.noun import Int64
from modelyard.core.wire.messages.message import Message


class CreateRegisteredModel(Message, frozen=True, kw_only=True):
    """Make a registered model without versions."""

    name: str
    tags: list[RegisteredModelTag] = []
    description: str = ""


class RegisteredModelReply(Message, frozen=True, kw_only=True):
    """One registered model."""

    registered_model: RegisteredModel


class GetRegisteredModel(Message, frozen=True, kw_only=True):
    """Look a registered model up."""

    name: str


class SearchRegisteredModels(Message, frozen=True, kw_only=True):
    """Find registered models by filter, in an order, a page at a time."""

    filter: str = ""
    max_results: Int64 = 100
    order_by: list[str] = []
    page_token: str = ""


class RegisteredModelsPage(Message, frozen=True, kw_only=True):
    """A page of registered models; a token only when there are more."""

    registered_models: list[RegisteredModel] = []
    next_page_token: str = ""


class RenameRegisteredModel(Message, frozen=True, kw_only=True):
    """Rename a registered model with its versions, tags and aliases."""

    name: str
    new_name: str = ""


class UpdateRegisteredModel(Message, frozen=True, kw_only=True):
    """Change the description; left out, it stays."""

    name: str
    description: str | None = None


class DeleteRegisteredModel(Message, frozen=True, kw_only=True):
    """Remove a registered model with its versions, tags and aliases."""

    name: str


class SetRegisteredModelTag(Message, frozen=True, kw_only=True):
    """Set a tag of a registered model, replacing its value."""

    name: str
    key: str
    value: str = ""


class DeleteRegisteredModelTag(Message, frozen=True, kw_only=True):
    """Remove a tag of a registered model."""

    name: str
    key: str


class SetRegisteredModelAlias(Message, frozen=True, kw_only=True):
    """Point an alias to a version; an alias that exists moves."""

    name: str
    alias: str
    version: str


class DeleteRegisteredModelAlias(Message, frozen=True, kw_only=True):
    """Remove an alias."""

    name: str
    alias: str


class GetModelVersionByAlias(Message, frozen=True, kw_only=True):
    """The version an alias points to."""

    name: str
    alias: str


class GetLatestVersions(Message, frozen=True, kw_only=True):
    """The newest version of each stage, or of the stages named."""

    name: str
    stages: list[str] = []


class ModelVersionsReply(Message, frozen=True, kw_only=True):
    """Some model versions."""

    model_versions: list[ModelVersion] = []


class CreateModelVersion(Message, frozen=True, kw_only=True):
    """Make the next version of a registered model from the files at ``source``."""

    name: str
    source: str
    run_id: str = ""
    tags: list[ModelVersionTag] = []
    run_link: str = ""
    description: str = ""
    model_id: str | None = None


class ModelVersionReply(Message, frozen=True, kw_only=True):
    """One model version."""

    model_version: ModelVersion


class GetModelVersion(Message, frozen=True, kw_only=True):
    """Look a model version up."""

    name: str
    version: str


class SearchModelVersions(Message, frozen=True, kw_only=True):
    """Find model versions by filter, in an order, a page at a time."""

    filter: str = ""
    max_results: Int64 = 10_000
    order_by: list[str] = []
    page_token: str = ""


class ModelVersionsPage(Message, frozen=True, kw_only=True):
    """A page of model versions; a token only when there are more."""

    model_versions: list[ModelVersion] = []
    next_page_token: str = ""


class UpdateModelVersion(Message, frozen=True, kw_only=True):
    """Change the description; left out, it stays."""

    name: str
    version: str
    description: str | None = None


class TransitionModelVersionStage(Message, frozen=True, kw_only=True):
    """Move a version to a stage (deprecated by MLflow in favour of aliases, still in use)."""

    name: str
    version: str
    stage: str
    archive_existing_versions: bool = False


class DeleteModelVersion(Message, frozen=True, kw_only=True):
    """Remove a version; its number is never used again."""

    name: str
    version: str


class GetModelVersionDownloadUri(Message, frozen=True, kw_only=True):
    """Where the files of a version are."""

    name: str
    version: str


class DownloadUriReply(Message, frozen=True, kw_only=True):
    """The place of a version's files."""

    artifact_uri: str


class SetModelVersionTag(Message, frozen=True, kw_only=True):
    """Set a tag of a version, replacing its value."""

    name: str
    version: str
    key: str
    value: str = ""


class DeleteModelVersionTag(Message, frozen=True, kw_only=True):
    """Remove a tag of a version."""

    name: str
    version: str
    key: str
