"""What the registry suite does and asks over and over."""

from __future__ import annotations

from typing import Protocol

from modelyard.core.entities import ModelVersion, RegisteredModel
from modelyard.core.wire.messages import registry as reg
from modelyard.services.registry.contract import RegistryStore

SOURCE = "s3://bucket/model"


class Sources(Protocol):
    """What the suite needs of tracking: runs and logged models that versions can be made from."""

    def new_run(self) -> tuple[str, str]:
        """A new run's id and its artifact URI."""
        ...

    def new_model(self) -> tuple[str, str]:
        """A new logged model's id and its artifact URI."""
        ...

    def model_tags(self, model_id: str) -> dict[str, str]:
        """The tags of a logged model."""
        ...


def make(registry: RegistryStore, name: str = "wine", description: str = "") -> RegisteredModel:
    """A new registered model."""
    request = reg.CreateRegisteredModel(name=name, description=description)
    return registry.create_registered_model(request).registered_model


def add(registry: RegistryStore, name: str = "wine", source: str = SOURCE) -> ModelVersion:
    """A new version."""
    return registry.create_model_version(reg.CreateModelVersion(name=name, source=source)).model_version


def get(registry: RegistryStore, name: str = "wine") -> RegisteredModel:
    """A registered model."""
    return registry.get_registered_model(reg.GetRegisteredModel(name=name)).registered_model


def version(registry: RegistryStore, number: str, name: str = "wine") -> ModelVersion:
    """A version."""
    return registry.get_model_version(reg.GetModelVersion(name=name, version=number)).model_version


def names(registry: RegistryStore, **search: object) -> list[str]:
    """The names of a search, in its order."""
    page = registry.search_registered_models(reg.SearchRegisteredModels(**search))  # type: ignore[arg-type]
    return [model.name for model in page.registered_models]


def found(registry: RegistryStore, **search: object) -> list[tuple[str, str]]:
    """Name and version of a search, in its order."""
    page = registry.search_model_versions(reg.SearchModelVersions(**search))  # type: ignore[arg-type]
    return [(each.name, each.version) for each in page.model_versions]
