"""The front's end of one worker: its process and its socket, as one thing that says messages and ends once."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Protocol, cast

import msgspec

from modelyard.serving.launching import Launched, kill, when_ended
from modelyard.serving.worker.frames import HEAD, MAX_FRAME, Message, decode, encode

_GRACE = 0.2  # seconds between the end of a process and that of its socket, in either order


class Owner(Protocol):
    """Who is told of a link. Both are called on the event loop's thread."""

    def said(self, link: Link, message: Any) -> None:
        """The worker said something."""
        ...

    def ended(self, link: Link, code: int) -> None:
        """The process is gone and has said all it had to say; it is told once."""
        ...


class Link(asyncio.Protocol):
    """Sends messages to a worker, hears what it says, and notices its end, in whatever order that happens.

    A worker that says more than ``limit`` bytes at once, or what is no message, is killed.
    """

    limit = MAX_FRAME

    def __init__(self, owner: Owner, launched: Launched) -> None:
        self._owner = owner
        self._launched = launched
        self._process = launched.process
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._code: int | None = None
        self._is_open = True
        self._loop = asyncio.get_running_loop()

    @property
    def pid(self) -> int:
        """The process' id."""
        return self._process.pid

    async def open(self) -> None:
        """Tell it what to load, and listen."""
        when_ended(self._launched, self._tell_code)
        await self._loop.create_connection(lambda: self, sock=self._launched.sock)
        self.send(self._launched.start)

    def send(self, message: Message) -> None:
        """Send a message; what a dead worker is sent is lost, and its end is told."""
        if self._transport is not None and self._is_open:
            self._transport.write(encode(message))

    def hang_up(self) -> None:
        """Let the worker end by itself."""
        if self._transport is not None:
            self._transport.close()

    def kill(self) -> None:
        """End it now."""
        if self._code is None:
            kill(self._process)

    # what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= HEAD.size:
            size = HEAD.unpack_from(buffer, at)[0]
            if size > self.limit:
                self._refuse()
                return
            end = at + HEAD.size + size
            if len(buffer) < end:
                break
            try:
                message = decode(bytes(memoryview(buffer)[at + HEAD.size : end]))
            except msgspec.DecodeError:
                self._refuse()
                return
            self._owner.said(self, message)
            at = end
        del buffer[:at]

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_open = False
        if self._code is None:
            self._loop.call_later(_GRACE, self.kill)  # it is ending by itself, as a rule
        else:
            self._owner.ended(self, self._code)

    # inside

    def _refuse(self) -> None:
        self._buffer.clear()
        kill(self._process)
        if self._transport is not None:
            self._transport.abort()

    def _tell_code(self, code: int) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(self._process_ended, code)

    def _process_ended(self, code: int) -> None:
        self._code = code
        if self._is_open and self._transport is not None:
            self._loop.call_later(_GRACE, self._transport.abort)
        else:
            self._owner.ended(self, code)
