"""One request on its way through the server, and the one way to answer it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from modelyard.web.replies import API_POLICY, JSON

if TYPE_CHECKING:
    from modelyard.web.connection import Connection

DISCARDED = 1_000_000  # of a body that nobody wants; beyond it the connection is closed instead
STREAM_HIGH = 1_500_000
DEFERRED_LIMIT = 2_000_000
_WITHOUT_BODY = frozenset({204, 304})


class Packed(NamedTuple):
    """A body that was compressed with gzip."""

    body: bytes


class DisconnectedError(Exception):
    """The client went away before it had sent, or received, everything."""


class Stream:
    """A body that is handed on while it arrives. The connection stops reading while too much of it waits here."""

    __slots__ = ("_connection", "_ended", "_gone", "_parts", "_waiter", "size")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._parts: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False
        self._gone = False
        self.size = 0  # bytes that wait

    def feed(self, data: bytes) -> None:
        """Bytes arrived."""
        self._parts.append(data)
        self.size += len(data)
        if self.size > STREAM_HIGH:
            self._connection.hold("stream")
        self._wake()

    def end(self) -> None:
        """All of the body has arrived."""
        self._ended = True
        self._wake()

    def cut(self) -> None:
        """The client is gone."""
        self._gone = True
        self._wake()

    async def take(self, at_least: int) -> list[bytes]:
        """At least so many bytes in pieces, fewer only at the end; nothing after it. Raises ``DisconnectedError``."""
        while self.size < at_least and not self._ended and not self._gone:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self._gone:
            raise DisconnectedError
        parts = list(self._parts)
        self._parts.clear()
        self.size = 0
        self._connection.release("stream")
        return parts

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Request:
    """What was asked, where its body is, and how it is answered: with exactly one of the ``reply`` methods."""

    __slots__ = (
        "answered",
        "arguments",
        "begun",
        "body",
        "complete",
        "connection",
        "extra",
        "headers",
        "id",
        "keep_alive",
        "limit",
        "method",
        "path",
        "query",
        "route",
        "seen",
        "since",
        "stream",
    )

    def __init__(self, connection: Connection, method: bytes, url: bytes, headers: dict[bytes, bytes]) -> None:
        self.connection = connection
        self.method = method
        self.path, _, self.query = url.partition(b"?")
        self.headers = headers
        self.route: Any = None  # what answers; each application has rows of its own, with a name and a limit
        self.arguments: dict[str, str] | None = None
        self.body: bytes | bytearray = b""
        self.limit = DEFERRED_LIMIT
        self.stream: Stream | None = None
        self.begun = False  # the application has looked at the head
        self.complete = False  # the body has arrived
        self.answered = False
        self.keep_alive = True
        self.extra = b""  # headers for the answer, whatever it is
        self.seen = 0  # bytes of a body that nobody wants
        self.id = connection.app.next_id()
        self.since = connection.app.now

    def receive(self, data: bytes) -> None:
        """A part of the body arrived."""
        if self.answered:
            self.seen += len(data)
            if self.seen > DISCARDED:
                self.connection.linger()
        elif self.stream is not None:
            self.stream.feed(data)
        else:
            self._keep(data)

    def _keep(self, data: bytes) -> None:
        if not self.body:
            self.body = data
        else:
            if isinstance(self.body, bytes):
                self.body = bytearray(self.body)
            self.body += data
        if len(self.body) > self.limit:
            if self.begun:
                self.connection.app.too_large(self)
            else:  # it was sent ahead, and nobody has looked at it yet
                self.connection.cut()

    def open_stream(self) -> None:
        """Let the body be taken as it arrives, beginning with what is there already."""
        stream = self.stream = Stream(self.connection)
        if self.body:
            stream.feed(bytes(self.body))
            self.body = b""
        if self.complete:
            stream.end()

    def drop_body(self) -> None:
        """Forget what has arrived of a body that is not wanted any more."""
        self.body = b""
        if self.stream is not None:
            self.stream.cut()
            self.stream = None
            self.connection.release("stream")

    def deliver(self, outcome: Any) -> None:
        """Answer what came of the request: bytes of JSON, or an error."""
        if type(outcome) is bytes:
            self.reply_json(outcome)
        elif isinstance(outcome, Packed):
            self.reply(200, outcome.body, headers=b"content-encoding: gzip\r\nvary: accept-encoding\r\n")
        else:
            self.connection.app.fail(self, outcome)

    def reply_json(self, body: bytes) -> None:
        """Answer 200 with JSON; the way of nearly all answers."""
        connection = self.connection
        if self.answered or connection.transport is None:
            return
        if self.extra or not self.keep_alive or self.method == b"HEAD":
            self.reply(200, body)
            return
        self.answered = True
        connection.transport.write(
            b"%s%s\r\ncontent-length: %d\r\n\r\n%s" % (connection.app.heads.ok, self.id, len(body), body)
        )
        connection.answered(self, 200)

    def reply(
        self,
        status: int,
        body: bytes = b"",
        *,
        content_type: bytes = JSON,
        headers: bytes = b"",
        policy: bytes = API_POLICY,
    ) -> None:
        """Answer with all that is to be sent."""
        if self.answered:
            return
        head = self.head(status, len(body), content_type=content_type, headers=headers, policy=policy)
        self.send(head if self.method == b"HEAD" else head + body)
        self.end_reply(status)

    def head(
        self,
        status: int,
        length: int | None,
        *,
        content_type: bytes = JSON,
        headers: bytes = b"",
        policy: bytes = API_POLICY,
    ) -> bytes:
        """The head of an answer with a body of ``length`` bytes, or of one in chunks whose length is not known.

        A client that knows no chunks, of HTTP/1.0, reads until the connection ends.
        """
        if self.connection.app.draining or (length is None and not self.connection.knows_chunks):
            self.keep_alive = False
        return b"".join(
            (
                self.connection.app.heads.of(status),
                policy,
                self.extra,
                headers,
                b"" if status in _WITHOUT_BODY else b"content-type: %s\r\n%s" % (content_type, self._measure(length)),
                b"" if self.keep_alive else b"connection: close\r\n",
                b"x-request-id: %s\r\n\r\n" % self.id,
            )
        )

    def _measure(self, length: int | None) -> bytes:
        if length is None:
            return b"transfer-encoding: chunked\r\n" if self.connection.knows_chunks else b""
        return b"content-length: %d\r\n" % length

    def send(self, data: bytes) -> None:
        """Send the beginning of the answer."""
        self.answered = True
        transport = self.connection.transport
        if transport is not None:
            transport.write(data)

    def end_reply(self, status: int) -> None:
        """All of the answer is handed to the connection."""
        self.connection.answered(self, status)
