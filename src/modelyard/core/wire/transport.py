"""What remote stores send their requests through."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import BinaryIO, NamedTuple, Protocol, TypeVar

from modelyard.core.wire.endpoint import Endpoint
from modelyard.core.wire.messages.message import Message

Reply = TypeVar("Reply", bound=Message)


class Transport(Protocol):
    """One way to a server.

    Any thread may call. Retries what may be retried (429, 502, 503, 504 and broken connections; with the same
    idempotency key for creates). Raises the error the server named, ``Unreachable`` when no answer came.
    """

    def call(self, endpoint: Endpoint, request: Message, reply: type[Reply]) -> Reply:
        """Send one request of the endpoint table and decode its answer as ``reply`` (the row's reply type)."""
        ...


class Outgoing(NamedTuple):
    """A file to send: what is left to read of it, how many bytes that is, and what kind of file it is."""

    file: BinaryIO
    size: int
    kind: str = "application/octet-stream"


class Incoming(Protocol):
    """A file on its way here. ``length`` is how many bytes are still to come, where the server said so."""

    length: int | None

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the buffer with what comes next; how many bytes that were, 0 at the end."""
        ...


class FileTransport(Transport, Protocol):
    """A way to a server that also carries files, in pieces and with the same little memory for any size."""

    def send(self, endpoint: Endpoint, request: Message, outgoing: Outgoing) -> str:
        """Send a file to a streaming row; the answer's ETag, without quotes. Sent again from its start if need be."""
        ...

    def fetch(
        self, endpoint: Endpoint, request: Message, start: int = 0, stop: int | None = None
    ) -> AbstractContextManager[Incoming]:
        """The bytes from ``start`` to before ``stop`` that a streaming row answers."""
        ...
