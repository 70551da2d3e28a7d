"""The endpoints of named datasets: each row of the table is the method of its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelyard.core.wire.table import DATASETS
from modelyard.services.datasets.contract import DatasetStore


def routes(store: DatasetStore) -> Mapping[str, Callable[[Any], Any]]:
    """Endpoint name → the method that answers it."""
    return {endpoint.name: getattr(store, endpoint.verb) for endpoint in DATASETS}
