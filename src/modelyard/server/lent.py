"""A connection's socket in the hands of threads: large files pass between it and the disk without the event loop."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from modelyard.web.connection import Connection
from modelyard.web.pools import Pool
from modelyard.web.request import DisconnectedError

PIECE = 1 << 20
_SENT_AT_ONCE = 64 << 20  # on one thread, before others get their turn on it
_RECEIVED_AT_ONCE = 16 << 20
_PATIENCE_MS = 5  # that a thread waits for a client's socket; longer is for the event loop
_WORTHWHILE = 1 << 18  # bytes that have to arrive before a thread is sent to read them...
_LULL = 0.2  # ...unless it takes so many seconds: the pace of a slow client is to be seen


@contextmanager
def lent(connection: Connection, files: Pool) -> Iterator[LentSocket]:
    """The socket, until the block ends. Raises ``DisconnectedError`` when the client is gone, or goes meanwhile."""
    transport = connection.transport
    if transport is None or transport.is_closing():
        raise DisconnectedError
    with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as own:
        loan = LentSocket(connection, files, own)
        connection.when_lost = loan.wake
        try:
            yield loan
        except OSError:
            raise DisconnectedError from None
        finally:
            connection.when_lost = None


class LentSocket:
    """Moves bytes on threads and waits for the client on the event loop."""

    def __init__(self, connection: Connection, files: Pool, own: socket.socket) -> None:
        self._connection = connection
        self._files = files
        self._socket = own
        self._descriptor = own.fileno()
        self._ready: asyncio.Future[None] | None = None

    async def send(self, data: bytes) -> None:
        """Send a few bytes, when all that was answered before has left."""
        while self._connected().get_write_buffer_size():  # noqa: ASYNC110  # no event tells when the last has left
            await asyncio.sleep(0.001)
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:  # full of what was answered before
                await self._until_writable()

    async def send_file(self, source: int, start: int, stop: int) -> None:
        """Let the system copy a part of a file to the socket; our own memory sees none of it."""
        while start < stop:
            sent = await self._on_thread(partial(_send_some, self._descriptor, source, start, stop))
            start += sent
            if start < stop:
                await self._until_writable()

    async def receive(self, write: Callable[[memoryview], None], count: int) -> None:
        """Hand the next ``count`` bytes that arrive to ``write``, which is called on threads."""
        try:
            while True:
                got = await self._on_thread(partial(_receive_some, self._descriptor, write, count))
                count -= got
                if not count:
                    return
                await self._until_readable(min(count, _WORTHWHILE) if got else 1, _LULL if got else None)
        finally:
            self._be_readable_with(1)

    def wake(self) -> None:
        """Whoever waits for the socket may go on."""
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(None)

    async def _on_thread(self, move: Callable[[], int]) -> int:
        self._connection.waits_for_us = True
        try:
            count: int = await self._files.run(move)
        finally:
            self._connection.waits_for_us = False
        self._connection.moved(count)
        self._connected()
        return count

    async def _until_writable(self) -> None:
        loop = asyncio.get_running_loop()
        await self._until(loop.add_writer, loop.remove_writer)

    async def _until_readable(self, count: int, seconds: float | None) -> None:
        """Wait for so many bytes, or the end of the connection, and no longer than that."""
        loop = asyncio.get_running_loop()
        self._be_readable_with(count)
        alarm = loop.call_later(seconds, self.wake) if seconds is not None else None
        try:
            await self._until(loop.add_reader, loop.remove_reader)
        finally:
            if alarm is not None:
                alarm.cancel()

    def _be_readable_with(self, count: int) -> None:
        """Have the system count the socket as readable from so many bytes on."""
        with suppress(OSError):  # where it cannot, a thread is sent for fewer
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)

    async def _until(self, add: Callable[..., object], remove: Callable[[int], object]) -> None:
        self._connected()
        self._ready = asyncio.get_running_loop().create_future()
        add(self._descriptor, self.wake)
        try:
            await self._ready
        finally:
            remove(self._descriptor)
        self._connected()

    def _connected(self) -> asyncio.Transport:
        transport = self._connection.transport
        if transport is None:
            raise DisconnectedError
        return transport


def _send_some(target: int, source: int, start: int, stop: int) -> int:
    """On a thread: send what the client takes without much waiting; how many bytes it took."""
    poll = select.poll()
    poll.register(target, select.POLLOUT)
    at, end = start, min(stop, start + _SENT_AT_ONCE)
    while at < end:
        try:
            sent = os.sendfile(target, source, at, end - at)
        except BlockingIOError:
            if not poll.poll(_PATIENCE_MS):
                break
            continue
        if sent == 0:
            raise OSError("the file has become shorter")
        at += sent
    return at - start


def _receive_some(source: int, write: Callable[[memoryview], None], wanted: int) -> int:
    """On a thread: hand on what has arrived, without waiting; how many bytes it was."""
    buffer = memoryview(bytearray(min(PIECE, wanted)))
    got, most = 0, min(wanted, _RECEIVED_AT_ONCE)
    while got < most:
        try:
            count = os.readv(source, [buffer[: most - got]])
        except BlockingIOError:
            break
        if count == 0:
            raise DisconnectedError
        write(buffer[:count])
        got += count
    return got
