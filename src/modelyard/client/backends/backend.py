"""The contract of the stores behind a connection."""

from __future__ import annotations

from typing import Protocol

from modelyard.client.artifacts.place import Place
from modelyard.services.datasets.contract import DatasetStore
from modelyard.services.registry.contract import RegistryStore
from modelyard.services.tracking.contract import TrackingStore


class Backend(Protocol):
    """The stores behind a connection, one kind a class."""

    def tracking(self) -> TrackingStore:
        """The tracking store, patient."""
        ...

    def quick(self) -> TrackingStore:
        """The tracking store, giving up soon."""
        ...

    def prompt(self) -> TrackingStore:
        """The tracking store, giving up at once."""
        ...

    def registry(self) -> RegistryStore:
        """The model registry."""
        ...

    def datasets(self) -> DatasetStore:
        """Named datasets."""
        ...

    def proxied(self, server: str) -> Place:
        """The artifact root; ``server`` as in ``artifacts.locate.Stores``."""
        ...

    def hurry(self, deadline: float | None) -> None:
        """Let no wait go beyond a moment of the monotonic clock; None lifts that."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...

    def after_fork(self) -> None:
        """In a forked child: what is open is the parent's."""
        ...
