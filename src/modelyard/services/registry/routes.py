"""The registry's endpoints: each row of the table is the method of its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelyard.core.wire.table import REGISTRY
from modelyard.services.registry.contract import RegistryStore


def routes(store: RegistryStore) -> Mapping[str, Callable[[Any], Any]]:
    """Endpoint name → the method that answers it."""
    return {endpoint.name: getattr(store, endpoint.verb) for endpoint in REGISTRY}
