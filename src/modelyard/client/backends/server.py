"""The stores of a server."""

from __future__ import annotations

from modelyard.client.artifacts.place import Place
from modelyard.client.artifacts.proxy import Parts, ProxyPlace
from modelyard.client.backends.backend import Backend
from modelyard.client.credentials import read_credentials
from modelyard.client.sockets import Pool
from modelyard.client.transport import HttpTransport, Patience
from modelyard.client.uris import Address, server_at
from modelyard.core.settings import Settings
from modelyard.services.datasets.contract import DatasetStore
from modelyard.services.datasets.remote import RemoteDatasetStore
from modelyard.services.registry.contract import RegistryStore
from modelyard.services.registry.remote import RemoteRegistryStore
from modelyard.services.tracking.contract import TrackingStore
from modelyard.services.tracking.remote import RemoteTrackingStore

QUICK_TIMEOUT = 5.0
QUICK_RETRIES = 1


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

    def datasets(self) -> DatasetStore:
        """Named datasets."""
        return RemoteDatasetStore(self._transport)

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
