"""What remote stores send their requests through."""

from __future__ import annotations

from typing import Protocol, TypeVar

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
