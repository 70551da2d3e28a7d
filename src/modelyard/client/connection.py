"""A store to talk to: a server, or a folder whose store runs in this process."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from modelyard.client.artifacts.locate import place_at, run_location
from modelyard.client.artifacts.place import Place
from modelyard.client.backends.backend import Backend
from modelyard.client.keeper import Keeper, journal_folder
from modelyard.client.sender import Options, Sender
from modelyard.client.uris import Address
from modelyard.core import keys, plugins
from modelyard.core.entities import RunStatusName
from modelyard.core.errors import Unreachable
from modelyard.core.settings import Settings
from modelyard.core.wire.messages.runs import UpdateRun
from modelyard.services.datasets.contract import DatasetStore
from modelyard.services.registry.contract import RegistryStore
from modelyard.services.tracking.contract import TrackingStore


class Connection:
    """One store with its sender. Any thread may use it; a process has one for each store."""

    def __init__(self, address: Address, settings: Settings) -> None:
        self.address = address
        self._backend: Backend = plugins.load("backends", address.kind)(address, settings)
        keeper = Keeper(address.location, journal_folder(settings))
        options = Options(
            synchronous=not settings.async_logging,
            strict=settings.strict,
            queue_limit=settings.queue_limit,
            call_deadline=settings.call_deadline,
            heartbeat_interval=settings.heartbeat_interval,
        )
        self.sender = Sender(self, keeper, options)
        self.linked_inputs: dict[str, set[Any]] = {}
        self.logged_tables: dict[str, list[dict[str, str]]] = {}
        self._artifact_roots: dict[str, str] = {}

    @property
    def location(self) -> str:
        """The store's address."""
        return self.address.location

    @property
    def tracking(self) -> TrackingStore:
        """Experiments, runs, metrics, logged models."""
        return self._backend.tracking()

    @property
    def patient(self) -> TrackingStore:
        """The tracking store, trying for as long as the settings allow."""
        return self._backend.tracking()

    @property
    def quick(self) -> TrackingStore:
        """The tracking store, giving up soon."""
        return self._backend.quick()

    @property
    def prompt(self) -> TrackingStore:
        """The tracking store, giving up at once."""
        return self._backend.prompt()

    @property
    def registry(self) -> RegistryStore:
        """Registered models."""
        return self._backend.registry()

    @property
    def datasets(self) -> DatasetStore:
        """Named datasets."""
        return self._backend.datasets()

    def proxied(self, server: str) -> Place:
        """The artifact root of a server; of this store when ``server`` is empty."""
        return self._backend.proxied(server)

    def artifact_root(self, run_id: str) -> str:
        """The artifact URI of a run, which never changes."""
        run_id = self.sender.real_id(run_id)
        if run_id not in self._artifact_roots:
            self.note_artifact_root(run_id, run_location(run_id, self))
        return self._artifact_roots[run_id]

    def note_artifact_root(self, run_id: str, uri: str) -> None:
        """Remember the artifact URI of a run."""
        if len(self._artifact_roots) > 1000:
            self._artifact_roots.clear()
        self._artifact_roots[run_id] = uri

    def upload(self, run_id: str, artifact_path: str, local: Path) -> None:
        """Write a file to a run's artifacts."""
        place, root = place_at(self.artifact_root(run_id), self)
        place.upload(local, keys.join(root, artifact_path))

    def end_run(self, run_id: str, status: RunStatusName) -> None:
        """Set a run's final status, after all of its points."""
        sender = self.sender
        if not sender.flush(run_id) and sender.options.strict:
            raise Unreachable(f"The points of the run {run_id} could not be sent to {self.location}; they are kept.")
        sender.send("update_run", UpdateRun(run_id=run_id, status=status, end_time=time.time_ns() // 1_000_000))
        sender.end(run_id)

    def hurry(self, deadline: float) -> None:
        """Let no wait go beyond a moment of the monotonic clock."""
        self._backend.hurry(deadline)

    def close(self, timeout: float) -> int:
        """Send what is left within so many seconds; how many records had to stay in the journal."""
        self._backend.hurry(time.monotonic() + timeout)
        left = self.sender.close(timeout)
        self._backend.close()
        return left

    def after_fork(self) -> None:
        """In a forked child: everything that is open is the parent's."""
        self._backend.after_fork()
        self.sender.after_fork()
