"""The contract suite of model registries."""

from modelyard.testing.registry.contract import RegistryStoreContract
from modelyard.testing.registry.steps import Sources

__all__ = ["RegistryStoreContract", "Sources"]
