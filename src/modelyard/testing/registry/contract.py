"""The whole contract suite of model registries."""

from __future__ import annotations

from modelyard.testing.registry.models import RegisteredModels
from modelyard.testing.registry.pointers import Aliases, VersionSources
from modelyard.testing.registry.search import Search
from modelyard.testing.registry.versions import ModelVersions, Stages


class RegistryStoreContract(RegisteredModels, ModelVersions, Stages, Aliases, VersionSources, Search):
    """All a model registry promises. Subclass it with fixtures ``registry`` and ``sources``."""
