"""Receiving requests: which connections there are, what time it is for them, and how errors are answered."""

from __future__ import annotations

import itertools
import os
import time
from collections import Counter
from collections.abc import Callable

from modelyard.core.errors import BadRequest, DeadlineExceeded, LimitExceeded, ModelyardError, TooLarge
from modelyard.web.compression import Compression
from modelyard.web.connection import Connection
from modelyard.web.failures import render
from modelyard.web.replies import Heads
from modelyard.web.request import Request

PER_ADDRESS = 64
REQUEST_SECONDS = 60.0


class Reception:
    """Knows all connections there are, and answers what is no request, comes too late or is too large.

    An application is a subclass that says what happens when the head of a request has arrived (``admit``), and when its
    body has (``run``); it answers errors with ``fail``. Everything here runs on the event loop's thread.
    """

    def __init__(self, compression: Compression, *, per_address: int = PER_ADDRESS) -> None:
        self.heads = Heads()
        self.now = 0.0  # the event loop's clock, to the second
        self.request_seconds = REQUEST_SECONDS  # how long a request may take, once it has arrived
        self.draining = False
        self.access_log: Callable[[Request, int], None] | None = None
        self.connections: set[Connection] = set()
        self.compression = compression
        self._per_address = per_address
        self._addresses: Counter[str] = Counter()
        self._ids = itertools.count(1)
        self._id_form = os.urandom(5).hex().encode() + b"-%x"

    def next_id(self) -> bytes:
        """A new request id."""
        return self._id_form % next(self._ids)

    # connections

    def opened(self, connection: Connection) -> None:
        """A client connected. One address may hold 64 connections; more are closed at once."""
        self.connections.add(connection)
        self._addresses[connection.address] += 1
        if self._addresses[connection.address] > self._per_address and connection.transport is not None:
            connection.transport.abort()

    def closed(self, connection: Connection) -> None:
        """A connection is gone."""
        self.connections.discard(connection)
        self._addresses[connection.address] -= 1
        if self._addresses[connection.address] <= 0:
            del self._addresses[connection.address]

    def tick(self, now: float) -> None:
        """What is done once a second: tell the time, and close what was silent for too long."""
        self.now = now
        self.heads.refresh(time.time())
        for connection in list(self.connections):
            connection.check_time(now)

    def drain(self) -> None:
        """Answer what is being asked and take no new request on any connection."""
        self.draining = True
        for connection in list(self.connections):
            connection.close_when_idle()

    @property
    def waits(self) -> bool:
        """Whether somebody waits for an answer."""
        return any(connection.current is not None for connection in self.connections)

    # requests

    def begin(self, request: Request) -> None:
        """The head has arrived."""
        try:
            self.admit(request)
        except Exception as error:  # noqa: BLE001  # the border: whatever it is, the client is answered
            self.fail(request, error)

    def admit(self, request: Request) -> None:
        """Find what answers a request, or raise what is against it."""
        raise NotImplementedError

    def run(self, request: Request) -> None:
        """The body has arrived too."""
        raise NotImplementedError

    def fail(self, request: Request, error: BaseException) -> None:
        """Answer an error."""
        what = request.route.name if request.route is not None else "a request"
        failure = render(error, request.id.decode(), what)
        request.reply(failure.status, failure.body, headers=failure.headers)

    def too_large(self, request: Request) -> None:
        """The body has grown beyond its limit."""
        limit = request.limit
        self.fail(request, TooLarge(f"The body is larger than {limit:,} bytes, the most this endpoint takes."))

    def too_late(self, request: Request) -> None:
        """A request has taken longer than any may."""
        self.fail(request, DeadlineExceeded(f"The request took longer than {self.request_seconds:g} seconds."))

    def broken(self, request: Request) -> None:
        """The body is not framed as HTTP frames it."""
        self.fail(request, _HEADS[400])
        if request.stream is not None:
            request.stream.cut()

    def refuse_head(self, connection: Connection, status: int) -> None:
        """What arrived is no request: say so."""
        request = Request(connection, b"", b"", {})
        request.keep_alive = False
        request.complete = True
        failure = render(_HEADS[status], request.id.decode(), "a request")
        request.reply(status, failure.body)


_HEADS: dict[int, ModelyardError] = {
    400: BadRequest("This is not a valid HTTP request."),
    414: TooLarge("The address is longer than 16 kB."),
    431: LimitExceeded("The headers are larger than 32 kB, or more than 100."),
}
