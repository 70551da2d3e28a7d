"""The server on a thread of the test's own process, over stores the test can look into.

A `conftest.py` makes the fixtures its own: ``from tests.support.local_server import *  # noqa: F403``.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import uvloop

from modelyard.server.app import Server, create_app
from modelyard.server.options import ServerOptions
from modelyard.server.pages import STATIC
from modelyard.server.upkeep import Upkeep
from modelyard.services.stores import StoreOptions, Stores, open_stores
from modelyard.web.connection import Connection
from modelyard.web.listening import listen
from modelyard.web.running import keep_time
from modelyard.web.tasks import Tasks
from tests.support.plain_http import API, OnLoopback, Reply

__all__ = ["LocalServer", "StartLocal", "local", "start_local"]


class LocalServer(OnLoopback):
    """Serves ``stores`` on a free port of loopback until it is stopped."""

    def __init__(self, stores: Stores, options: ServerOptions, pages: Path = STATIC) -> None:
        self.stores = stores
        self.options = options
        self.pages = pages
        self._listener = listen("127.0.0.1", 0)
        self.port = self._listener.getsockname()[1]
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="server")
        self._thread.start()
        assert self._ready.wait(60)

    def stop(self) -> None:
        """End it; what it answers now is answered."""
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)
        assert not self._thread.is_alive(), "the server does not end"
        self._listener.close()

    def call(self, work: Callable[[], Any]) -> Any:
        """Run something on the server's own thread."""

        async def run() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(60)

    def settle(self) -> None:
        """Wait until it has read what was sent to it before: its loop looks at its sockets once for each call."""
        for _ in range(3):
            self.call(lambda: None)

    def post(self, verb: str, body: dict[str, Any], **headers: str) -> Reply:
        """Call an endpoint below `/api/2.0/mlflow/` by POST."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", f"{API}/{verb}", body, named)

    def new_run(self) -> str:
        """A new run in the experiment Default."""
        run_id: str = self.post("runs/create", {"experiment_id": "0"}).json["run"]["info"]["run_id"]
        return run_id

    def exchange(self, data: bytes, timeout: float = 30.0) -> bytes:
        """Send bytes and read until the server closes or the answer is whole."""
        with self.connect(timeout) as sock:
            sock.sendall(data)
            return read_answer(sock)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self.server: Server = create_app(self.stores, self.options, pages=self.pages)
        self.app = self.server.app
        tasks = Tasks()
        upkeep = Upkeep(self.app, self.stores)
        self.app.tick(self.loop.time())
        tasks.start(keep_time(self.app))
        tasks.start(upkeep.watch())
        listening = await self.loop.create_server(lambda: Connection(self.app), sock=self._listener.dup())
        self._ready.set()
        await self._stop.wait()
        listening.close()
        tasks.cancel()
        for connection in list(self.app.connections):
            connection.cut()
        await asyncio.sleep(0.01)
        upkeep.close()
        await self.server.end()
        self.server.close()


def read_answer(sock: socket.socket) -> bytes:
    """One answer with its body, or what came before the connection ended."""
    data = b""
    while True:
        head, end, body = data.partition(b"\r\n\r\n")
        if end:
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            if lengths and len(body) >= int(lengths[0].split(b":")[1]):
                return data
        try:
            more = sock.recv(65536)
        except ConnectionResetError:
            return data
        if not more:
            return data
        data += more


StartLocal = Callable[..., LocalServer]


@pytest.fixture
def start_local(tmp_path: Path) -> Iterator[StartLocal]:
    """Starts servers on threads: ``start_local(location=…, **options)``, by default on a store in memory."""
    with ExitStack() as cleanup:

        def start(location: str = ":memory:", pages: Path = STATIC, **options: Any) -> LocalServer:
            stores = open_stores(location, StoreOptions(artifacts=str(tmp_path / "files")))
            cleanup.callback(stores.close)
            started = LocalServer(stores, ServerOptions(store=location, **options), pages)
            cleanup.callback(started.stop)
            return started

        yield start


@pytest.fixture
def local(start_local: StartLocal) -> LocalServer:
    """A server on a thread, on a new store in memory."""
    return start_local()
