"""Running the server: listening, serving until told to stop, and ending in good order."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl

import msgspec
import uvloop

from modelyard.core import failpoints
from modelyard.core.errors import InvalidParameter, ModelyardError
from modelyard.core.settings import Settings
from modelyard.db.errors import DiskFailed
from modelyard.server.app import create_app, prefix_of
from modelyard.server.options import ServerOptions
from modelyard.server.upkeep import Upkeep
from modelyard.services.stores import SERVED, StoreOptions, Stores, folder_of, open_stores
from modelyard.web import logs, workers
from modelyard.web.browsers import Browsers
from modelyard.web.listening import allow_many_files, listen, tls_context
from modelyard.web.memory import give_large_blocks_back
from modelyard.web.running import Running, Stop
from modelyard.web.safety import check_exposed, check_port, check_tls, is_loopback, listed
from modelyard.web.tasks import Tasks

log = logging.getLogger(__name__)


def serve(options: ServerOptions) -> int:
    """Serve until SIGTERM or SIGINT; the exit code: 0 after an orderly end, 1 otherwise.

    Raises ``ModelyardError`` for options that cannot be served with.
    """
    logs.configure()
    settings = Settings.read()
    failpoints.check(settings)
    options = with_settings(options, settings)
    check(options)
    tls_context(options.tls_cert, options.tls_key)  # told here, and not by every worker over and over
    listener = listen(options.host, options.port)
    try:
        count = _processes(options)
        if count > 1:
            return workers.supervise(count, lambda: run(options, listener), when_stopping=listener.close)
        return run(options, listener)
    finally:
        listener.close()


def run(options: ServerOptions, listener: socket.socket) -> int:
    """Serve in this process on a socket that listens."""
    tls = tls_context(options.tls_cert, options.tls_key)
    allow_many_files()
    give_large_blocks_back()
    stores = open_stores(options.store, _store_options(options), settings=Settings.read())
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_until_stopped(options, stores, listener, tls))
    finally:
        stores.close()


async def _until_stopped(
    options: ServerOptions, stores: Stores, listener: socket.socket, tls: ssl.SSLContext | None
) -> int:
    platform = Platform(options, stores)
    running = Running(platform, listener, tls=tls, delay=options.drain_delay, limit=options.drain_limit)
    return await running.until_stopped()


class Platform:
    """The server with its upkeep, for whoever runs it."""

    def __init__(self, options: ServerOptions, stores: Stores) -> None:
        self._options = options
        self._server = create_app(stores, options)
        self._upkeep = Upkeep(self._server.app, stores)
        self._stop: Stop | None = None
        self.app = self._server.app
        self.app.machinery.commit.on_failure = self._on_failure

    @property
    def name(self) -> str:
        """The store, without a password."""
        return logs.redacted(self._options.store)

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer."""
        return self._server.idle

    async def start(self, tasks: Tasks, stop: Stop) -> None:
        """Begin the upkeep."""
        self._stop = stop
        for work in (self._upkeep.watch(), self._upkeep.compact(), self._upkeep.sweep()):
            tasks.start(work)

    def refuse(self) -> None:
        """Say on ``/ready`` that the end has begun."""
        self._server.readiness.draining = True

    async def close(self) -> None:
        """Let the threads and the models' processes go."""
        self._upkeep.close()
        await self._server.end()
        self._server.close()

    def _on_failure(self, failure: ModelyardError) -> None:
        """The disk does not keep what it was given: end, so that nothing more is promised."""
        if isinstance(failure, DiskFailed) and self._stop is not None:
            log.critical("%s The server ends.", failure.message)
            self._stop(1)


def with_settings(options: ServerOptions, settings: Settings) -> ServerOptions:
    """The options of the command line with what the environment says of hosts, origins and predictions."""
    return msgspec.structs.replace(
        options,
        allowed_hosts=(*options.allowed_hosts, *listed(settings.server_allowed_hosts)),
        trusted_origins=(*options.trusted_origins, *listed(settings.server_cors_allowed_origins)),
        predict=options.predict and settings.server_predict,
    )


def check(options: ServerOptions) -> None:
    """Refuse what would be unsafe or cannot work, naming the way out."""
    if options.workers < 1:
        raise InvalidParameter(f"--workers {options.workers}: there is at least one.")
    check_port(options.port)
    check_tls(options.tls_cert, options.tls_key)
    prefix_of(options.static_prefix)
    Browsers(options.host, options.allowed_hosts, options.trusted_origins)
    if options.insecure_no_auth and options.tls_cert and not is_loopback(options.host):
        raise InvalidParameter("--insecure-no-auth with a TLS certificate: a secret channel to a server open to all.")
    check_exposed(options.host, accepted=options.insecure_no_auth, may="read and change everything")


def _processes(options: ServerOptions) -> int:
    if options.workers > 1 and folder_of(options.store) is not None:
        log.warning("one process serves a store in a folder: SQLite has one writer. --workers needs PostgreSQL.")
        return 1
    return options.workers


def _store_options(options: ServerOptions) -> StoreOptions:
    return StoreOptions(
        artifacts=options.artifacts,
        artifact_base=options.default_artifact_root or SERVED,
        exclusive=True,
        accept_data_loss=options.accept_data_loss,
    )
