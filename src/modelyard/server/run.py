"""Running the server: listening, serving until told to stop, and ending in good order."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
import socket
import ssl
from ipaddress import ip_address
from typing import Any

import msgspec
import uvloop

from modelyard.core import failpoints
from modelyard.core.errors import InvalidParameter, ModelyardError
from modelyard.core.settings import Settings
from modelyard.core.version import __version__
from modelyard.db.errors import DiskFailed
from modelyard.server import logs, workers
from modelyard.server.app import Server, create_app, prefix_of
from modelyard.server.browsers import Browsers
from modelyard.server.connection import Connection
from modelyard.server.options import ServerOptions
from modelyard.server.tasks import Tasks
from modelyard.server.upkeep import Upkeep
from modelyard.services.stores import SERVED, StoreOptions, Stores, folder_of, open_stores

log = logging.getLogger(__name__)

BACKLOG = 1_024
HARD_LIMIT = 25.0
FILES = 65_536
_LOOK = 0.02


def serve(options: ServerOptions) -> int:
    """Serve until SIGTERM or SIGINT; the exit code: 0 after an orderly end, 1 otherwise.

    Raises ``ModelyardError`` for options that cannot be served with.
    """
    logs.configure()
    settings = Settings.read()
    failpoints.check(settings)
    options = with_settings(options, settings)
    check(options)
    _tls(options)  # told here, and not by every worker over and over
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
    tls = _tls(options)
    _allow_many_files()
    stores = open_stores(options.store, _store_options(options), settings=Settings.read())
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(Running(options, stores, listener, tls).until_stopped())
    finally:
        stores.close()


class Running:
    """A server from its start to its end."""

    def __init__(
        self, options: ServerOptions, stores: Stores, listener: socket.socket, tls: ssl.SSLContext | None
    ) -> None:
        self._options = options
        self._stores = stores
        self._listener = listener
        self._tls = tls
        self._stop = asyncio.Event()
        self._code = 0
        self._delay = options.drain_delay

    async def until_stopped(self) -> int:
        """Serve, drain, end; answers the exit code."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_log_exception)
        server = create_app(self._stores, self._options)
        server.app.machinery.commit.on_failure = self._on_failure
        upkeep = Upkeep(server.app, self._stores)
        tasks = Tasks()
        server.app.tick(loop.time())
        for work in (upkeep.tick(), upkeep.compact(), upkeep.sweep()):
            tasks.start(work)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)
        listening = await loop.create_server(
            lambda: Connection(server.app), sock=self._listener.dup(), ssl=self._tls, backlog=BACKLOG
        )
        log.info("modelyard %s serves %s at %s", __version__, _shown(self._options), self.address)
        await self._stop.wait()
        try:
            await self._drain(server, listening)
        finally:
            tasks.cancel()
            upkeep.close()
            server.close()
        log.info("stopped")
        return self._code

    @property
    def address(self) -> str:
        """Where the server is reached."""
        host, port = self._listener.getsockname()[:2]
        scheme = "https" if self._tls is not None else "http"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"

    async def _drain(self, server: Server, listening: asyncio.AbstractServer) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(HARD_LIMIT, _end_at_once)
        server.readiness.draining = True
        log.info("stopping: new requests are refused in %g s", self._delay)
        await asyncio.sleep(self._delay)
        listening.close()
        self._listener.close()
        server.app.drain()
        deadline = loop.time() + self._options.drain_limit
        while not server.idle and loop.time() < deadline:  # noqa: ASYNC110  # what is waited for is in five places
            await asyncio.sleep(_LOOK)
        for connection in list(server.app.connections):
            connection.close_when_idle()
        await asyncio.sleep(0)

    def _on_signal(self, number: int) -> None:
        if self._stop.is_set():
            _end_at_once()
        if number == signal.SIGINT:
            self._delay = 0.0
        self._stop.set()

    def _on_failure(self, failure: ModelyardError) -> None:
        """The disk does not keep what it was given: end, so that nothing more is promised."""
        if isinstance(failure, DiskFailed) and not self._stop.is_set():
            log.critical("%s The server ends.", failure.message)
            self._code = 1
            self._delay = 0.0
            self._stop.set()


def with_settings(options: ServerOptions, settings: Settings) -> ServerOptions:
    """The options with the host names and origins of the environment added to those of the command line."""
    return msgspec.structs.replace(
        options,
        allowed_hosts=(*options.allowed_hosts, *_listed(settings.server_allowed_hosts)),
        trusted_origins=(*options.trusted_origins, *_listed(settings.server_cors_allowed_origins)),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def check(options: ServerOptions) -> None:
    """Refuse what would be unsafe or cannot work, naming the way out."""
    if bool(options.tls_cert) != bool(options.tls_key):
        raise InvalidParameter("TLS needs both files: --tls-cert and --tls-key.")
    if options.workers < 1:
        raise InvalidParameter(f"--workers {options.workers}: there is at least one.")
    if not 0 <= options.port < 65536:
        raise InvalidParameter(f"--port {options.port}: a port is a number from 0 to 65535.")
    prefix_of(options.static_prefix)
    Browsers(options.host, options.allowed_hosts, options.trusted_origins)
    if is_loopback(options.host):
        return
    if not options.insecure_no_auth:
        raise InvalidParameter(
            f"--host {options.host} can be reached from other machines, and this server asks nobody for a password."
            " Listen on 127.0.0.1, or, where everyone who reaches the address may read and change everything, say"
            " --insecure-no-auth."
        )
    if options.tls_cert:
        raise InvalidParameter("--insecure-no-auth with a TLS certificate: a secret channel to a server open to all.")
    log.warning("everyone who can reach %s may read and change everything (--insecure-no-auth)", options.host)


def is_loopback(host: str) -> bool:
    """Whether an address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound and not yet accepting. Raises ``InvalidParameter`` naming the port when it is taken."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = min(found, key=lambda item: item[0] != socket.AF_INET)
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise InvalidParameter(f"Cannot listen on {host} port {port}: {error.strerror or error}.") from None
    listener.set_inheritable(True)
    return listener


def _allow_many_files() -> None:
    """Take all the open files the system grants; connections are files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


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


def _tls(options: ServerOptions) -> ssl.SSLContext | None:
    if not options.tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(options.tls_cert, options.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise InvalidParameter(f"The TLS files cannot be used: {error}.") from None
    return context


def _shown(options: ServerOptions) -> str:
    return logs.redacted(options.store)


def _log_exception(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What no request is answered with: a failure between requests, or in a callback of the event loop."""
    log.error("event loop: %s", context.get("message", "an error"), exc_info=context.get("exception"))


def _end_at_once() -> None:
    os._exit(1)
