"""Connections to one server, kept open between requests and shared by all threads."""

from __future__ import annotations

import io
import os
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Any, BinaryIO

from modelyard.client.route import BLOCK, Route, route_to
from modelyard.core.errors import InvalidParameter, Unreachable
from modelyard.core.settings import Settings

CONNECT_TIMEOUT = 5.0
KEPT = 16
IDLE_SECONDS = 50.0


class Socket:
    """One connection. ``was_used`` says that the server may have closed it since."""

    def __init__(self, connection: HTTPConnection, route: Route) -> None:
        self._connection = connection
        self._base = route.base
        # Through a tunnel the proxy was told when it was opened.
        self._headers = {} if isinstance(connection, HTTPSConnection) else route.proxy_headers()
        self._released = 0.0
        self._until: float | None = None
        self._wire: Any = None
        self._response: HTTPResponse | None = None
        self.was_used = False

    def open(self, timeout: float, *, whole: bool = False) -> None:
        """Connect where that is still to be done; from now on no wait is longer than ``timeout``.

        With ``whole`` all waits together, until the answer is read, are not longer.
        """
        begun = time.monotonic()
        self._until = begun + timeout if whole else None
        if self._connection.sock is None:
            self._connection.timeout = min(timeout, CONNECT_TIMEOUT)
            with self._noting():
                self._connection.connect()
        self._wire = self._connection.sock  # the connection lets go of it when the answer says that it is the last
        self._wire.settimeout(timeout)
        self._hurry()

    def send(
        self, method: str, path: str, headers: dict[str, str], body: bytes | BinaryIO | None, size: int
    ) -> HTTPResponse:
        """Send a request and wait for the head of its answer."""
        if body is None or isinstance(body, bytes):
            self._connection.request(method, self._base + path, body, {**headers, **self._headers})
        else:
            self._stream(method, path, headers, body, size)
        with self._noting():
            return self._connection.getresponse()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Know every answer, to close it with the connection: also that of a proxy that refuses a tunnel."""
        noted: Any = self._note
        self._connection.response_class = noted
        try:
            yield
        finally:
            self._connection.response_class = HTTPResponse

    def _note(self, *arguments: Any, **options: Any) -> HTTPResponse:
        if self._until is None or self._wire is None:
            self._response = HTTPResponse(*arguments, **options)
        else:
            self._response = _BoundedResponse(*arguments, hurry=self._hurry, **options)
        return self._response

    def _hurry(self) -> None:
        """Leave the next wait no more than what is left of all."""
        if self._until is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self._wire.settimeout(left)

    def _stream(self, method: str, path: str, headers: dict[str, str], body: BinaryIO, size: int) -> None:
        connection = self._connection
        connection.putrequest(method, self._base + path, skip_accept_encoding=True)
        for name, value in {**headers, **self._headers, "Content-Length": str(size)}.items():
            connection.putheader(name, value)
        connection.endheaders()
        start = body.tell() if body.seekable() else 0
        try:
            if isinstance(connection.sock, ssl.SSLSocket) or not isinstance(body, io.BufferedReader):
                _send_blocks(connection, body, size)
            elif size:
                connection.sock.sendfile(body, start, size)
        except (BrokenPipeError, ConnectionResetError):
            # The server refused early and closed: its answer, if there is one, says why.
            return
        finally:
            if body.seekable():
                body.seek(start)

    def is_fresh(self) -> bool:
        """Whether a server would not have closed it for idleness."""
        return time.monotonic() - self._released < IDLE_SECONDS

    def release(self) -> None:
        """Note that a request is over."""
        self._response = None
        self.was_used = True
        self._released = time.monotonic()

    def close(self) -> None:
        """Close it, and the answer that was not read to its end: it would hold the connection's descriptor."""
        self._connection.close()
        if self._response is not None:
            self._response.close()
            self._response = None


class _BoundedReader(io.RawIOBase):
    """What a server sends, however slowly it does: each wait gets what is left of the time for all."""

    def __init__(self, raw: io.RawIOBase, hurry: Callable[[], None]) -> None:
        self._raw = raw
        self._hurry = hurry

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._hurry()
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(HTTPResponse):
    """An answer that must be there, to its end, within a time."""

    def __init__(self, *arguments: Any, hurry: Callable[[], None], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fp = io.BufferedReader(_BoundedReader(self.fp.detach(), hurry))


def _send_blocks(connection: HTTPConnection, body: BinaryIO, size: int) -> None:
    left = size
    while left and (block := body.read(min(BLOCK, left))):
        connection.send(block)
        left -= len(block)


class Pool:
    """The connections to one server."""

    def __init__(self, location: str, settings: Settings) -> None:
        self.location = location
        self._route = route_to(location)
        self._tls = _tls(settings) if location.startswith("https:") else None
        self._idle: deque[Socket] = deque()
        self._parents: list[Socket] = []
        self._closed = False
        self._deadline: float | None = None

    def take(self, timeout: float, *, whole: bool = False) -> Socket:
        """An open connection, exclusively; ``whole`` as in ``Socket.open``."""
        left = self._left()
        if left is not None:
            if left <= 0:
                raise Unreachable(f"No time is left to reach {self.location}.")
            timeout = min(timeout, left)
        while True:
            try:
                socket = self._idle.pop()
            except IndexError:
                socket = Socket(self._route.connection(self._tls), self._route)
            if socket.was_used and not socket.is_fresh():
                socket.close()
                continue
            try:
                socket.open(timeout, whole=whole)
            except BaseException:
                socket.close()
                raise
            return socket

    def give_back(self, socket: Socket, response: HTTPResponse) -> None:
        """Keep the connection for the next request, when the answer was read to its end and leaves it open."""
        reusable = response.isclosed() and not response.will_close
        if reusable and len(self._idle) < KEPT and not self._closed:
            socket.release()
            self._idle.append(socket)
        else:
            socket.close()

    def hurry(self, deadline: float | None) -> None:
        """From now on no wait goes beyond ``deadline`` (monotonic seconds); None lifts that."""
        self._deadline = deadline

    def is_late(self, pause: float) -> bool:
        """Whether after a pause of so many seconds the deadline has passed."""
        left = self._left()
        return left is not None and left <= pause

    def forget(self) -> None:
        """Let go of every connection: in a forked child they belong to the parent."""
        self._parents.extend(self._idle)
        self._idle = deque()
        self._deadline = None

    def close(self) -> None:
        """Close the connections that are not in use, and the others when they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _left(self) -> float | None:
        return None if self._deadline is None else self._deadline - time.monotonic()


def _tls(settings: Settings) -> ssl.SSLContext:
    server = settings.tracking_server_cert_path
    if settings.tracking_insecure_tls and server:
        raise InvalidParameter(
            "MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH contradict each other; unset one."
        )
    for path in filter(None, (server, settings.tracking_client_cert_path)):
        if not os.path.exists(path):
            raise InvalidParameter(f"There is no certificate file {path!r}.")
    context = ssl.create_default_context(
        cafile=server if server and os.path.isfile(server) else None,
        capath=server if server and os.path.isdir(server) else None,
    )
    if settings.tracking_insecure_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.tracking_client_cert_path:
        context.load_cert_chain(settings.tracking_client_cert_path)
    return context
