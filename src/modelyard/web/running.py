"""A server from its start to its end: signals, draining, and an orderly stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from modelyard.core.version import __version__
from modelyard.web.connection import Connection
from modelyard.web.listening import BACKLOG, address_of
from modelyard.web.reception import Reception
from modelyard.web.tasks import Tasks

log = logging.getLogger(__name__)

HARD_LIMIT = 25.0
TICK = 1.0
_LOOK = 0.02
_HANDSHAKE = 1.0
_LAST_WORDS = 0.1  # seconds in which those who connected last may say what they want

Stop = Callable[[int], None]


class Served(Protocol):
    """What is served: an application, and what begins and ends with it. All of it runs on the event loop's thread."""

    @property
    def app(self) -> Reception:
        """Answers the requests."""
        ...

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer, and nothing runs that somebody waits for."""
        ...

    @property
    def name(self) -> str:
        """What is served, for the log: ``the store ./yard``."""
        ...

    async def start(self, tasks: Tasks, stop: Stop) -> None:
        """Begin what is done beside requests, before the first is taken; ``stop(code)`` ends everything early."""
        ...

    def refuse(self) -> None:
        """The end has begun: whoever asks for readiness is told that there is none."""
        ...

    async def close(self) -> None:
        """Let go of threads and processes; every request has been answered."""
        ...


class Running:
    """Serves until SIGTERM or SIGINT: the first ends in good order, the second at once.

    ``delay`` is how many seconds new requests are still taken after the first SIGTERM, so that a load balancer may notice
    that ``/ready`` says no; ``limit`` is how many more the requests under way have.
    """

    def __init__(
        self, served: Served, listener: socket.socket, *, tls: ssl.SSLContext | None, delay: float, limit: float
    ) -> None:
        self._served = served
        self._listener = listener
        self._tls = tls
        self._stop = asyncio.Event()
        self._code = 0
        self._delay = delay
        self._limit = limit

    async def until_stopped(self) -> int:
        """Serve, drain, end; answers the exit code."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_log_exception)
        app, tasks = self._served.app, Tasks()
        app.tick(loop.time())
        tasks.start(keep_time(app))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)
        try:
            if not await self._started(tasks):
                return self._code
            listening = await loop.create_server(
                lambda: Connection(app), sock=self._listener.dup(), ssl=self._tls, backlog=BACKLOG
            )
            address = address_of(self._listener, secure=self._tls is not None)
            log.info("modelyard %s serves %s at %s", __version__, self._served.name, address)
            await self._stop.wait()
            await self._drain(listening)
        finally:
            tasks.cancel()
            await self._served.close()
        log.info("stopped")
        return self._code

    def stop(self, code: int) -> None:
        """End now, without waiting for anybody to notice, with an exit code."""
        if not self._stop.is_set():
            self._code = code
            self._delay = 0.0
            self._stop.set()

    async def _started(self, tasks: Tasks) -> bool:
        """Start what is served; False when it was told to stop before it had started."""
        starting = asyncio.ensure_future(self._served.start(tasks, self.stop))
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not starting.done():
            starting.cancel()
            await asyncio.wait((starting,))
            return False
        starting.result()
        return not self._stop.is_set()

    async def _drain(self, listening: asyncio.AbstractServer) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(HARD_LIMIT, _end_at_once)
        self._served.refuse()
        log.info("stopping: new requests are refused in %g s", self._delay)
        await asyncio.sleep(self._delay)
        listening.close()
        app = self._served.app
        await self._take_the_last(app)
        app.drain()
        deadline = loop.time() + self._limit
        while not self._served.idle and loop.time() < deadline:  # noqa: ASYNC110  # what is waited for is in many places
            await asyncio.sleep(_LOOK)
        for connection in list(app.connections):
            connection.close_when_idle()
        await asyncio.sleep(0)

    async def _take_the_last(self, app: Reception) -> None:
        """Serve those who have connected already: the system would cut them off with the socket they wait at."""
        loop = asyncio.get_running_loop()
        with self._listener as listener:
            while (sock := _waiting_at(listener)) is not None:
                with suppress(OSError):  # of a handshake that fails, or takes too long, too
                    async with asyncio.timeout(_HANDSHAKE):
                        await loop.connect_accepted_socket(lambda: Connection(app), sock, ssl=self._tls)
        await asyncio.sleep(min(self._delay, _LAST_WORDS))

    def _on_signal(self, number: int) -> None:
        if self._stop.is_set():
            _end_at_once()
        if number == signal.SIGINT:
            self._delay = 0.0
        self._stop.set()


def _waiting_at(listener: socket.socket) -> socket.socket | None:
    """A connection that nobody has accepted yet, or None."""
    listener.setblocking(False)
    try:
        return listener.accept()[0]
    except OSError:
        return None


async def keep_time(app: Reception) -> None:
    """Tell an application the time once a second, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        app.tick(loop.time())
        await asyncio.sleep(TICK)


def _log_exception(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What no request is answered with: a failure between requests, or in a callback of the event loop."""
    log.error("event loop: %s", context.get("message", "an error"), exc_info=context.get("exception"))


def _end_at_once() -> None:
    os._exit(1)
