"""The load generator: one thread, one epoll loop, keep-alive connections, requests made before the clock starts.

A request costs it about 15 µs, two thirds of them the kernel's, so that one core of it outruns one core of any server
here. The share of its own core that it used is part of each answer: near 1 it would be the generator that was measured.
"""

from __future__ import annotations

import gc
import gzip
import os
import re
import select
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_GZIP = b"\x1f\x8b"
_TURN = 1 << 18


@dataclass
class Outcome:
    """What came of a load."""

    seconds: float
    answered: list[int]
    """Replies with status 200 per connection, those of the warm-up included."""
    measured: int
    """Replies with status 200 inside the measured time."""
    refused: Counter[int]
    """Other replies by status; 0 is a connection that was cut."""
    latencies: list[float]
    generator_share: float
    replies: list[list[bytes]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Replies with status 200 a second."""
        return self.measured / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Latency in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000 if ordered else 0.0


class _Connection:
    __slots__ = ("answered", "buffer", "pending", "port", "replies", "requests", "sent_at", "sock")

    def __init__(self, port: int, requests: Iterable[bytes]) -> None:
        self.port = port
        self.requests: Iterator[bytes] = iter(requests)
        self.answered = 0
        self.buffer = b""
        self.pending = memoryview(b"")
        self.replies: list[bytes] = []
        self.sent_at = 0.0
        self.sock = self._open()

    def _open(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        return sock

    def reopen(self) -> None:
        self.sock.close()
        self.buffer = b""
        self.sock = self._open()


class _Drive:
    def __init__(self, port: int, plan: Sequence[Iterable[bytes]], *, keep: bool) -> None:
        self.connections = [_Connection(port, requests) for requests in plan]
        self.by_number: dict[int, _Connection] = {}
        self.poll = select.epoll()
        self.keep = keep
        self.refused: Counter[int] = Counter()
        self.latencies: list[float] = []
        self.open = 0

    def start(self) -> None:
        for connection in self.connections:
            self._register(connection)
            self.open += 1
            self._next(connection, stop=False)

    def turn(self, *, stop: bool) -> None:
        """Handle what is ready; with `stop` no further request is sent."""
        for number, event in self.poll.poll(0.5):
            connection = self.by_number[number]
            if event & select.EPOLLOUT and connection.pending:
                self._push(connection)
            if event & ~select.EPOLLOUT:
                self._read(connection, stop=stop)

    def _register(self, connection: _Connection) -> None:
        number = connection.sock.fileno()
        self.by_number[number] = connection
        self.poll.register(number, select.EPOLLIN)

    def _next(self, connection: _Connection, *, stop: bool) -> None:
        request = None if stop else next(connection.requests, None)
        if request is None:
            self._close(connection)
            return
        connection.sent_at = time.perf_counter()
        try:
            sent = connection.sock.send(request)
        except OSError:
            self._cut(connection, stop=stop)
            return
        if sent < len(request):
            connection.pending = memoryview(request)[sent:]
            self.poll.modify(connection.sock.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def _push(self, connection: _Connection) -> None:
        try:
            sent = connection.sock.send(connection.pending)
        except BlockingIOError:
            return
        connection.pending = connection.pending[sent:]
        if not connection.pending:
            self.poll.modify(connection.sock.fileno(), select.EPOLLIN)

    def _read(self, connection: _Connection, *, stop: bool) -> None:
        try:
            data = connection.sock.recv(_TURN)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._cut(connection, stop=stop)
            return
        reply = connection.buffer + data if connection.buffer else data
        body = body_of(reply)
        if body is None:
            connection.buffer = reply
            return
        connection.buffer = b""
        self.latencies.append(time.perf_counter() - connection.sent_at)
        if reply.startswith(b"HTTP/1.1 200"):
            connection.answered += 1
        else:
            self.refused[int(reply[9:12])] += 1
        if self.keep:
            connection.replies.append(gzip.decompress(body) if body.startswith(_GZIP) else body)
        self._next(connection, stop=stop)

    def _cut(self, connection: _Connection, *, stop: bool) -> None:
        self.refused[0] += 1
        del self.by_number[connection.sock.fileno()]
        connection.pending = memoryview(b"")
        connection.reopen()
        self._register(connection)
        self._next(connection, stop=stop)

    def _close(self, connection: _Connection) -> None:
        del self.by_number[connection.sock.fileno()]
        connection.sock.close()
        self.open -= 1


def body_of(reply: bytes) -> bytes | None:
    """The body of a whole HTTP reply, None while some of it is missing."""
    end = reply.find(b"\r\n\r\n")
    if end < 0:
        return None
    length = _LENGTH.search(reply, 0, end)
    if length:
        body = reply[end + 4 :]
        return body if len(body) >= int(length.group(1)) else None
    if _CHUNKED.search(reply, 0, end):
        return _joined(reply[end + 4 :]) if reply.endswith(b"0\r\n\r\n") else None
    return b""


def _joined(chunks: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    while True:
        line = chunks.index(b"\r\n", at)
        size = int(chunks[at:line], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(chunks[line + 2 : line + 2 + size])
        at = line + 2 + size + 2


def drive(
    port: int, plan: Sequence[Iterable[bytes]], *, seconds: float = 3600.0, warm_up: float = 0.0, keep: bool = False
) -> Outcome:
    """Send each connection's requests one after the other, until all are answered or the time is over.

    One element of `plan` is one connection. Requests in flight at the end are waited for; they count as
    answered, not as measured.
    """
    run = _Drive(port, plan, keep=keep)
    with _on_one_core():
        run.start()
        _until(run, time.perf_counter() + warm_up)
        skipped = _answered(run)
        run.latencies.clear()
        began, used = time.perf_counter(), time.process_time()
        _until(run, began + seconds)
        ended, used = time.perf_counter(), time.process_time() - used
        measured, latencies = _answered(run) - skipped, list(run.latencies)
        while run.open:
            run.turn(stop=True)
    run.poll.close()
    return Outcome(
        seconds=ended - began,
        answered=[connection.answered for connection in run.connections],
        measured=measured,
        refused=run.refused,
        latencies=latencies,
        generator_share=used / (ended - began) if ended > began else 0.0,
        replies=[connection.replies for connection in run.connections],
    )


def _until(run: _Drive, deadline: float) -> None:
    while run.open and time.perf_counter() < deadline:
        run.turn(stop=False)


def _answered(run: _Drive) -> int:
    return sum(connection.answered for connection in run.connections)


@contextmanager
def _on_one_core() -> Iterator[None]:
    """Keep this process on one core, without pauses of the garbage collector; the servers may use every core."""
    gc.collect()
    gc.disable()
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if allowed:
        os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        if allowed:
            os.sched_setaffinity(0, allowed)
        gc.enable()
