"""The stores of a folder, which run in this process."""

from __future__ import annotations

import threading
from contextlib import suppress

from modelyard.client.artifacts.place import Place, StorePlace
from modelyard.client.backends.backend import Backend
from modelyard.client.uris import Address
from modelyard.core.errors import ModelyardError, NotSupported
from modelyard.core.settings import Settings
from modelyard.services.datasets.contract import DatasetStore
from modelyard.services.registry.contract import RegistryStore
from modelyard.services.stores import Stores, open_stores
from modelyard.services.tracking.contract import TrackingStore

COMPACT_MS = 100.0  # of a process's end, for the metrics of a store that no server looks after


class FolderBackend(Backend):
    """The store of a folder, opened when it is first needed, and anew in a forked child."""

    def __init__(self, address: Address, settings: Settings) -> None:
        self._location = address.location
        self._settings = settings
        self._parents: Stores | None = None
        self._reset()

    def _reset(self) -> None:
        self._opening = threading.Lock()
        self._opened: Stores | None = None

    def tracking(self) -> TrackingStore:
        """The tracking store."""
        return self._stores().tracking

    def quick(self) -> TrackingStore:
        """The same: a disk is never far away."""
        return self._stores().tracking

    def prompt(self) -> TrackingStore:
        """The same."""
        return self._stores().tracking

    def registry(self) -> RegistryStore:
        """The model registry."""
        return self._stores().registry

    def datasets(self) -> DatasetStore:
        """Named datasets."""
        return self._stores().datasets

    def proxied(self, server: str) -> Place:
        """The store's artifacts."""
        if server:
            name = server.removeprefix("//")
            raise NotSupported(f"The artifacts of the server {name} are reached by tracking to it, not to a folder.")
        return StorePlace(self._stores().artifacts)

    def hurry(self, deadline: float | None) -> None:
        """A disk is never far away."""

    def close(self) -> None:
        """Close the database, after a little of what a server does for a store in the background."""
        if self._opened is not None:
            with suppress(ModelyardError):  # what is not compact yet is read all the same
                self._opened.compactor.compact_some(COMPACT_MS)
            self._opened.close()

    def after_fork(self) -> None:
        """The database's connections are the parent's: kept, so that they are not closed here."""
        self._parents = self._opened
        self._reset()

    def _stores(self) -> Stores:
        if self._opened is None:
            with self._opening:
                if self._opened is None:
                    self._opened = open_stores(self._location, settings=self._settings)
        return self._opened
