"""The whole table, and the same by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from modelyard.core.wire.endpoint import Endpoint
from modelyard.core.wire.table.artifacts import ARTIFACTS
from modelyard.core.wire.table.datasets import DATASETS
from modelyard.core.wire.table.registry import REGISTRY
from modelyard.core.wire.table.server import SERVER
from modelyard.core.wire.table.tracking import TRACKING
from modelyard.core.wire.table.views import VIEWS

ENDPOINTS: tuple[Endpoint, ...] = TRACKING + REGISTRY + ARTIFACTS + SERVER + VIEWS + DATASETS

BY_NAME: Mapping[str, Endpoint] = MappingProxyType({endpoint.name: endpoint for endpoint in ENDPOINTS})
