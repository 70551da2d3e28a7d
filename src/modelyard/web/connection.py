"""One client's connection: bytes to requests, in order, within limits of size and time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import httptools

from modelyard.web.replies import CONTINUE
from modelyard.web.request import Request

if TYPE_CHECKING:
    from modelyard.web.reception import Reception

MAX_HEAD = 32_768
MAX_FIELDS = 100
MAX_URL = 16_384
MAX_WAITING = 64
LINGER = 1.0
LINGER_BYTES = 4_000_000

HEAD_SECONDS = 10.0
IDLE_SECONDS = 75.0
PACE_SECONDS = 10.0
PACE_BYTES = 10_000  # in so many seconds, that is 1 kB a second


class Connection(asyncio.Protocol):
    """Reads requests one after the other and hands each to the application; sends what it answers.

    Requests that are sent ahead (pipelined) wait until the one before them is answered.
    """

    __slots__ = (
        "_buffered",
        "_fields",
        "_head_bytes",
        "_headers",
        "_held",
        "_lingering",
        "_mark",
        "_moved",
        "_parser",
        "_receiving",
        "_refusal",
        "_url",
        "_waiting",
        "_writable",
        "address",
        "app",
        "current",
        "endless",
        "is_far",
        "local",
        "secure",
        "since",
        "transport",
        "waits_for_us",
        "when_lost",
    )

    def __init__(self, app: Reception) -> None:
        self.app = app
        self.transport: asyncio.Transport | None = None
        self.current: Request | None = None  # the request that is received or answered now
        self.since = app.now  # when the connection became idle, or the head began
        self.address = self.local = ""
        self.secure = False
        self.is_far = False
        self.endless = False  # the answer has no end of its own: the client, or the server, goes away
        self.waits_for_us = False  # the client is not slow: it is our turn
        self.when_lost: Callable[[], None] | None = None
        self._parser: Any = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: dict[bytes, bytes] | None = None  # of the head that is arriving
        self._fields = self._head_bytes = 0
        self._receiving: Request | None = None
        self._waiting: deque[Request] = deque()
        self._held: set[str] = set()  # why reading is paused
        self._refusal = 400
        self._lingering = -1  # bytes that were thrown away since the connection is being closed; -1 = it is not
        self._writable: asyncio.Future[None] | None = None
        self._mark = app.now
        self._moved = 0  # bytes of bodies received, or of large answers sent, since the mark
        self._buffered = 0  # bytes of answers the client had not taken at the mark

    # what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        peer, local = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        self.local = str(local[0]) if isinstance(local, tuple) else ""
        self.secure = transport.get_extra_info("sslcontext") is not None
        self.is_far = self.app.compression.is_for(self.address)
        self.app.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._parser = None
        self.app.closed(self)
        current, self.current = self.current, None
        if current is not None and current.stream is not None:
            current.stream.cut()
        self._waiting.clear()
        self.resume_writing()
        if self.when_lost is not None:
            self.when_lost()

    def data_received(self, data: bytes) -> None:
        if self._lingering >= 0:
            self._throw_away(len(data))
            return
        self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # it is answered as the plain request it also is, and the connection is closed after that
        except httptools.HttpParserError:
            self._refuse()
        if self._headers is not None and self._head_bytes > MAX_HEAD + MAX_URL:
            self._refusal = 431
            self._refuse()

    def eof_received(self) -> bool:
        """A client that has sent its request may close its side and wait for the answer."""
        current = self.current
        if current is not None and current.complete and not self.secure and not self.endless:
            current.keep_alive = False
            return True
        return False

    def pause_writing(self) -> None:
        self.hold("writer")
        if self._writable is None:
            self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        self.release("writer")
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    # what the parser calls

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers = {}
        self._fields = 0
        if self.current is None:
            self.since = self.app.now

    def on_url(self, url: bytes) -> None:
        self._url += url
        if len(self._url) > MAX_URL:
            self._refusal = 414
            raise ValueError("URL")

    def on_header(self, name: bytes, value: bytes) -> None:
        headers = self._headers
        self._fields += 1
        if self._fields > MAX_FIELDS:
            self._refusal = 431
            raise ValueError("fields")
        if headers is None:
            return  # a trailer
        name = name.lower()
        headers[name] = value if name not in headers else headers[name] + b", " + value

    def on_headers_complete(self) -> None:
        headers = self._headers
        assert headers is not None
        self._headers = None
        if self._head_bytes > MAX_HEAD and sum(map(len, headers)) + sum(map(len, headers.values())) > MAX_HEAD:
            self._refusal = 431
            raise ValueError("head")
        request = Request(self, self._parser.get_method(), self._url, headers)
        request.keep_alive = self._parser.should_keep_alive() and b"upgrade" not in headers
        self._receiving = request
        if self.current is None:
            self._begin(request)
        else:
            self._defer(request)

    def on_body(self, data: bytes) -> None:
        self._moved += len(data)
        if self._receiving is not None:
            self._receiving.receive(data)

    def on_message_complete(self) -> None:
        request, self._receiving = self._receiving, None
        self._head_bytes = 0
        if request is None:
            return
        request.complete = True
        if request.answered:
            self._next(request)
        elif request.stream is not None:
            request.stream.end()
        elif request.begun:
            self.app.run(request)

    # what requests call

    @property
    def knows_chunks(self) -> bool:
        """Whether the client speaks a version of HTTP that has bodies in chunks."""
        return self._parser is not None and self._parser.get_http_version() != "1.0"

    def hold(self, why: str) -> None:
        """Stop reading."""
        if not self._held and self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()
        self._held.add(why)

    def release(self, why: str) -> None:
        """Read on, unless there is another reason not to."""
        if why in self._held:
            self._held.discard(why)
            self._mark = self.app.now
            if not self._held and self.transport is not None and not self.transport.is_closing():
                self.transport.resume_reading()

    def answered(self, request: Request, status: int) -> None:
        """All of an answer was handed over."""
        if self.app.access_log is not None:
            self.app.access_log(request, status)
        if request.complete:
            self._next(request)
            return
        request.drop_body()
        if not request.keep_alive or self._is_long(request):
            self.linger()

    def linger(self) -> None:
        """Close, but let the client read the answer first: a close with unread bytes would throw it away."""
        transport = self.transport
        if self._lingering >= 0 or transport is None:
            return
        self._lingering = 0
        self._held.clear()
        if not transport.is_closing():
            transport.resume_reading()
            if transport.can_write_eof():
                transport.write_eof()
        asyncio.get_running_loop().call_later(LINGER, transport.close)

    async def writable(self) -> None:
        """Wait until the client has taken most of what was sent."""
        if self._writable is not None:
            await self._writable

    def skipped_body(self, request: Request) -> None:
        """The rest of a body was read past the parser, which still waits for it: what comes next gets a new one."""
        self._parser = httptools.HttpRequestParser(self)
        self._receiving = None
        self._head_bytes = 0
        request.complete = True

    def cut(self) -> None:
        """Close at once, in the middle of an answer that cannot be completed."""
        if self.transport is not None:
            self.transport.abort()

    def moved(self, count: int) -> None:
        """Bytes of an answer were taken by the client; keeps a slow one from being taken for a dead one."""
        self._moved += count

    def close_when_idle(self) -> None:
        """The server is going away: answer what is asked and nothing more."""
        if self.endless and self.transport is not None and self.transport.get_write_buffer_size():
            self.transport.abort()
        elif self.current is not None and not self.endless:
            self.current.keep_alive = False
        elif self.transport is not None:
            self.transport.close()

    # time

    def check_time(self, now: float) -> None:
        """Close when the client has been silent or slow for too long; called once a second."""
        transport, current = self.transport, self.current
        if transport is None or self.endless:
            return
        if current is None:
            waits = HEAD_SECONDS if self._headers is not None or self._head_bytes else IDLE_SECONDS
            left = transport.get_write_buffer_size()
            if left:
                self._moved = self._buffered - left
                self._check_pace(now, transport)
                self._buffered = left if self._mark == now else self._buffered
            elif now - self.since > waits:
                transport.close()
        elif not current.complete or current.answered:
            self._check_pace(now, transport)
        elif current.stream is None and now - current.since > self.app.request_seconds:
            self.app.too_late(current)

    def _check_pace(self, now: float, transport: asyncio.Transport) -> None:
        if self.waits_for_us or "stream" in self._held:
            self._mark, self._moved = now, 0
        elif now - self._mark > PACE_SECONDS:
            if self._moved < PACE_BYTES:
                transport.abort()
            self._mark, self._moved = now, 0

    # inside

    def _begin(self, request: Request) -> None:
        self.current = request
        self._mark, self._moved = self.app.now, 0
        request.begun = True
        self.app.begin(request)
        if (
            b"expect" in request.headers
            and not request.answered
            and not request.complete
            and self.transport is not None
        ):
            self.transport.write(CONTINUE)

    def _defer(self, request: Request) -> None:
        self._waiting.append(request)
        self.hold("pipeline")
        if len(self._waiting) > MAX_WAITING and self.transport is not None:
            self.transport.abort()

    def _next(self, request: Request) -> None:
        self.current = None
        self.since = self._mark = self.app.now
        if self.transport is None:
            return
        self._buffered = self.transport.get_write_buffer_size()
        if not request.keep_alive or self.app.draining:
            self.transport.close()
        elif self._waiting:
            self._resume()

    def _resume(self) -> None:
        request = self._waiting.popleft()
        self._begin(request)
        if request.complete and not request.answered and request.stream is None:
            self.app.run(request)
        if not self._waiting:
            self.release("pipeline")

    def _is_long(self, request: Request) -> bool:
        length = request.headers.get(b"content-length", b"")
        return length.isdigit() and int(length) > len(request.body) + 1_000_000

    def _refuse(self) -> None:
        """What arrived is no HTTP, or too large a head: say so, once what came before is answered, and close."""
        self._headers = None
        if self.transport is None or self._lingering >= 0:
            return
        current = self.current
        if current is None:
            self.app.refuse_head(self, self._refusal)
            self.linger()
            return
        current.keep_alive = False
        if current.complete:
            self.hold("broken")
        elif current.answered:
            self.linger()
        else:
            self.app.broken(current)

    def _throw_away(self, count: int) -> None:
        self._lingering += count
        if self._lingering > LINGER_BYTES and self.transport is not None:
            self.transport.pause_reading()
