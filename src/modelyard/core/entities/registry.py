"""The model registry's nouns."""

from __future__ import annotations

import msgspec

from modelyard.core.entities.noun import KeyValue, Noun, as_dict


class RegisteredModelTag(KeyValue, frozen=True, gc=False):
    """A tag of a registered model."""


class ModelVersionTag(KeyValue, frozen=True, gc=False):
    """A tag of a model version."""


class RegisteredModelAlias(Noun, frozen=True):
    """A name that points to one version of a registered model."""

    alias: str
    version: str


class ModelVersion(Noun, frozen=True):
    """One version of a registered model. Versions count from 1 and are never reused."""

    name: str
    version: str
    creation_timestamp: int
    last_updated_timestamp: int | None = None
    user_id: str | None = None
    current_stage: str = msgspec.field(default_factory=lambda: "None")
    description: str = msgspec.field(default_factory=str)
    source: str = msgspec.field(default_factory=str)
    run_id: str = msgspec.field(default_factory=str)
    status: str = msgspec.field(default_factory=lambda: "READY")
    status_message: str | None = None
    tag_list: list[ModelVersionTag] = msgspec.field(name="tags", default_factory=list)
    run_link: str = msgspec.field(default_factory=str)
    aliases: list[str] = []
    model_id: str | None = None

    @property
    def tags(self) -> dict[str, str]:
        """Tags by key."""
        return as_dict(self.tag_list)


class RegisteredModel(Noun, frozen=True):
    """A named line of model versions with aliases."""

    name: str
    creation_timestamp: int
    last_updated_timestamp: int | None = None
    user_id: str | None = None
    description: str = msgspec.field(default_factory=str)
    latest_versions: list[ModelVersion] = []
    tag_list: list[RegisteredModelTag] = msgspec.field(name="tags", default_factory=list)
    alias_list: list[RegisteredModelAlias] = msgspec.field(name="aliases", default_factory=list)

    @property
    def tags(self) -> dict[str, str]:
        """Tags by key."""
        return as_dict(self.tag_list)

    @property
    def aliases(self) -> dict[str, str]:
        """Alias → version."""
        return {alias.alias: alias.version for alias in self.alias_list}
