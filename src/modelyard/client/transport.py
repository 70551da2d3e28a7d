"""HTTP to a server: kept-alive connections, retries, and errors by name."""

from __future__ import annotations

import gzip
import json
import random
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from typing import Any, BinaryIO, NamedTuple, TypeVar

from modelyard.client.route import BLOCK
from modelyard.client.sockets import Pool, Socket
from modelyard.core import errors
from modelyard.core.ids import new_token
from modelyard.core.version import __version__
from modelyard.core.wire.codec import decode_reply, encode_call, fill_path
from modelyard.core.wire.endpoint import Endpoint
from modelyard.core.wire.messages.message import Message
from modelyard.core.wire.messages.runs import CreateRun
from modelyard.core.wire.transport import Outgoing

# MLflow's list without 500: its INVALID_STATE is a 500, and trying a mistake again only makes the caller wait.
RETRIED = frozenset({408, 429, 502, 503, 504})
BROKEN = (ConnectionError, TimeoutError, ssl.SSLError, HTTPException)
"""What a connection that breaks raises while an answer is read; a full disk below the reader raises other OSErrors."""
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
_BY_STATUS: Mapping[int, type[errors.ModelyardError]] = {
    400: errors.BadRequest,
    401: errors.Unauthenticated,
    403: errors.PermissionDenied,
    404: errors.EndpointNotFound,
    405: errors.MethodNotAllowed,
    409: errors.Conflict,
    413: errors.TooLarge,
    416: errors.RangeNotSatisfiable,
    429: errors.LimitExceeded,
    501: errors.NotSupported,
    503: errors.Unavailable,
    504: errors.DeadlineExceeded,
}

Reply = TypeVar("Reply", bound=Message)


class Patience(NamedTuple):
    """How long one request may take: tries after the first, growth of the pause between them, seconds for a try.

    Who is hasty does something else instead of waiting: pauses are short, a try that timed out is the last, and
    ``timeout`` is for a whole try, however slowly the answer comes.
    """

    retries: int = 7
    growth: float = 2.0
    timeout: float = 120.0
    hasty: bool = False

    def pause(self, number: int, answered: str | None) -> float:
        """Seconds before try ``number + 1``; what the server asks for counts, up to a bound."""
        asked = _seconds(answered)
        if self.hasty:
            return FIRST_PAUSE
        if asked is not None:
            return min(asked, LONGEST_PAUSE * 2)
        return float(min(FIRST_PAUSE * self.growth**number, LONGEST_PAUSE)) * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, hides nothing


class Ask(NamedTuple):
    """One HTTP request. A body that is a file is streamed, and read again from the start when sent again."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | BinaryIO | None = None
    size: int = 0


class HttpTransport:
    """A server at an address. Any thread may call."""

    def __init__(self, pool: Pool, authorization: str = "", patience: Patience | None = None) -> None:
        self._pool = pool
        self._authorization = authorization
        self._patience = patience or Patience()

    @property
    def location(self) -> str:
        """The server's address."""
        return self._pool.location

    def with_patience(self, patience: Patience) -> HttpTransport:
        """The same server with other limits of time."""
        return HttpTransport(self._pool, self._authorization, patience)

    def call(self, endpoint: Endpoint, request: Message, reply: type[Reply]) -> Reply:
        """Send one request of the endpoint table; a create can be sent again because it carries a key of its own."""
        method, path, body = encode_call(endpoint, request)
        headers = {"Accept-Encoding": "gzip"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if endpoint.verb.startswith("create_"):
            named = request.run_id if isinstance(request, CreateRun) else None
            headers["Idempotency-Key"] = named or new_token()
        with self.exchange(Ask(method, path, headers, body)) as response:
            data = response.read()
            if response.getheader("Content-Encoding") == "gzip":
                data = gzip.decompress(data)
        return decode_reply(reply, data)

    def send(self, endpoint: Endpoint, request: Message, outgoing: Outgoing) -> str:
        """Send a file to a streaming row; the answer's ETag, without quotes."""
        path, _ = fill_path(endpoint.paths[0], request)
        headers = {"Content-Type": outgoing.kind}
        with self.exchange(Ask(endpoint.methods[0], path, headers, outgoing.file, outgoing.size)) as response:
            response.read()
            return (response.getheader("ETag") or "").strip('"')

    @contextmanager
    def fetch(
        self, endpoint: Endpoint, request: Message, start: int = 0, stop: int | None = None
    ) -> Iterator[HTTPResponse]:
        """The bytes from ``start`` to before ``stop`` that a streaming row answers."""
        path, _ = fill_path(endpoint.paths[0], request)
        headers = {"Accept": "*/*"}
        if start or stop is not None:
            headers["Range"] = f"bytes={start}-{'' if stop is None else stop - 1}"
        with self.exchange(Ask(endpoint.methods[0], path, headers)) as response:
            if response.status != 206:
                _skip(response, start)  # old servers send the whole file
            yield response

    @contextmanager
    def exchange(self, ask: Ask) -> Iterator[HTTPResponse]:
        """The answer to a request, open for reading; raises the error the server named, or ``Unreachable``."""
        socket, response = self._try_until_answered(ask)
        try:
            yield response
        except BROKEN as error:
            socket.close()
            raise self._unreachable(error) from error
        except BaseException:
            socket.close()
            raise
        self._pool.give_back(socket, response)

    def _try_until_answered(self, ask: Ask) -> tuple[Socket, HTTPResponse]:
        tried = 0
        while True:
            answered: str | None = None
            try:
                socket, response = self._attempt(ask)
            except (OSError, HTTPException) as error:
                failure: errors.ModelyardError = self._unreachable(error)
                failure.__cause__ = error
                final = self._patience.hasty and isinstance(error, TimeoutError)
            else:
                if response.status < 300:
                    return socket, response
                answered = response.getheader("Retry-After")
                final = response.status not in RETRIED
                failure = self._failure(response, socket)
            pause = self._patience.pause(tried, answered)
            if final or tried >= self._patience.retries or self._pool.is_late(pause):
                raise failure
            tried += 1
            time.sleep(pause)

    def _attempt(self, ask: Ask) -> tuple[Socket, HTTPResponse]:
        """One try; a kept connection that the server closed meanwhile is not one."""
        headers = {"User-Agent": f"modelyard/{__version__}", **ask.headers}
        if self._authorization:
            headers["Authorization"] = self._authorization
        while True:
            socket = self._pool.take(self._patience.timeout, whole=self._patience.hasty)
            try:
                return socket, socket.send(ask.method, ask.path, headers, ask.body, ask.size)
            except (ConnectionError, HTTPException) as error:
                socket.close()
                if not socket.was_used or isinstance(error, ConnectionRefusedError):
                    raise
            except BaseException:
                socket.close()
                raise

    def _failure(self, response: HTTPResponse, socket: Socket) -> errors.ModelyardError:
        try:
            data = response.read(1_000_000)
            if response.getheader("Content-Encoding") == "gzip":
                data = gzip.decompress(data)
        except (OSError, HTTPException) as error:
            socket.close()
            return self._unreachable(error)
        self._pool.give_back(socket, response)
        if 300 <= response.status < 400:
            return errors.BadRequest(
                f"{self.location} has moved to {response.getheader('Location')}; use that as the tracking URI."
            )
        return named_error(response.status, data, self.location)

    def _unreachable(self, error: Exception) -> errors.Unreachable:
        reason = str(error) or type(error).__name__
        return errors.Unreachable(
            f"No answer from {self.location} ({reason}). Check the address and that the server runs."
        )


def _skip(response: HTTPResponse, count: int) -> None:
    while count > 0 and (piece := response.read(min(count, BLOCK))):
        count -= len(piece)


def named_error(status: int, body: bytes, location: str) -> errors.ModelyardError:
    """The error in an answer; an answer that is not MLflow's JSON is told with its beginning."""
    try:
        fields: Any = json.loads(body)
    except ValueError:
        fields = None
    if isinstance(fields, dict) and "error_code" in fields:
        named = errors.from_wire(status, fields)
        if type(named) is not errors.ModelyardError or status not in _BY_STATUS:
            return named
        return _BY_STATUS[status](named.message)
    text = body[:300].decode("utf-8", "replace").strip()
    kind = _BY_STATUS.get(status, errors.ModelyardError)
    return kind(f"{location} answered with status {status}: {text or 'nothing'}")


def _seconds(retry_after: str | None) -> float | None:
    if not retry_after:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None
