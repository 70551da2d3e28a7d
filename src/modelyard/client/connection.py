"""A store to talk to: a server, or a folder whose store runs in this process."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from modelyard.client.artifacts.locate import place_at, run_location
from modelyard.client.artifacts.place import Place, StorePlace
from modelyard.client.artifacts.proxy import Parts, ProxyPlace
from modelyard.client.credentials import read_credentials
from modelyard.client.keeper import Keeper, journal_folder
from modelyard.client.sender import Options, Sender
from modelyard.client.sockets import Pool
from modelyard.client.transport import HttpTransport, Patience
from modelyard.client.uris import Address, server_at
from modelyard.core import keys
from modelyard.core.entities import RunStatusName
from modelyard.core.errors import ModelyardError, NotSupported, Unreachable
from modelyard.core.settings import Settings
from modelyard.core.wire.messages.runs import UpdateRun
from modelyard.services.registry.contract import RegistryStore
from modelyard.services.registry.remote import RemoteRegistryStore
from modelyard.services.stores import Stores, open_stores
from modelyard.services.tracking.contract import TrackingStore
from modelyard.services.tracking.remote import RemoteTrackingStore

QUICK_TIMEOUT = 5.0
QUICK_RETRIES = 1
COMPACT_MS = 100.0  # of a process's end, for the metrics of a store that no server looks after


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


class ServerBackend(Backend):
    """A server over HTTP."""

    def __init__(self, address: Address, settings: Settings) -> None:
        self._settings = settings
        self._pool = Pool(address.location, settings)
        self._others: dict[str, Pool] = {}
        self._parts = Parts() if settings.proxy_multipart_upload else None
        patience = Patience(
            settings.http_request_max_retries, settings.http_request_backoff_factor, settings.http_request_timeout
        )
        hasty = patience._replace(
            retries=min(QUICK_RETRIES, patience.retries), timeout=min(QUICK_TIMEOUT, patience.timeout), hasty=True
        )
        self._transport = HttpTransport(self._pool, read_credentials(settings, address).header(), patience)
        self._tracking = RemoteTrackingStore(self._transport)
        self._quick = RemoteTrackingStore(self._transport.with_patience(hasty))
        soon = hasty._replace(timeout=min(settings.call_deadline, hasty.timeout))
        self._prompt = RemoteTrackingStore(self._transport.with_patience(soon))
        self._registry = RemoteRegistryStore(self._transport)

    def tracking(self) -> TrackingStore:
        """The tracking store, patient."""
        return self._tracking

    def quick(self) -> TrackingStore:
        """The tracking store, giving up soon."""
        return self._quick

    def prompt(self) -> TrackingStore:
        """The tracking store, giving up at once."""
        return self._prompt

    def registry(self) -> RegistryStore:
        """The model registry."""
        return self._registry

    def proxied(self, server: str) -> Place:
        """The artifact root of this server, or of another one, which is not told who we are."""
        location = server_at(server, self._pool.location)
        if location == server_at("", self._pool.location):
            return ProxyPlace(self._transport, self._parts)
        pool = self._others.get(location)
        if pool is None:
            pool = self._others.setdefault(location, Pool(location, self._settings))
        return ProxyPlace(HttpTransport(pool), self._parts)

    def hurry(self, deadline: float | None) -> None:
        """Let no wait go beyond a moment."""
        self._pool.hurry(deadline)

    def close(self) -> None:
        """Close the sockets."""
        for pool in (self._pool, *self._others.values()):
            pool.close()

    def after_fork(self) -> None:
        """The sockets are the parent's."""
        for pool in (self._pool, *self._others.values()):
            pool.forget()


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


class Connection:
    """One store with its sender. Any thread may use it; a process has one for each store."""

    def __init__(self, address: Address, settings: Settings) -> None:
        self.address = address
        backend = ServerBackend if address.kind == "http" else FolderBackend
        self._backend: Backend = backend(address, settings)
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
