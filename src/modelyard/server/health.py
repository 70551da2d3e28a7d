"""Readiness: whether work can be done, found out by doing some."""

from __future__ import annotations

import asyncio
import os
import socket
from functools import partial
from typing import Any

import msgspec

from modelyard.core.wire.codec import encode_reply
from modelyard.core.wire.messages.message import Empty
from modelyard.core.wire.messages.server import Ready
from modelyard.server.commit import GroupCommit, Job
from modelyard.server.pools import Pool
from modelyard.server.request import Request
from modelyard.server.routing import Route
from modelyard.server.space import REASON, Space
from modelyard.server.tasks import Tasks
from modelyard.services.stores import Stores

FRESH = 5.0  # seconds for which a commit proves that the database takes writes
PATIENCE = 5.0


class Readiness:
    """Answers ``/ready``: 200, or 503 with the word for what is wrong.

    A commit of the last five seconds is proof enough that the database takes writes; otherwise one is made, of the
    server's row in the table of heartbeats.
    """

    def __init__(self, stores: Stores, commit: GroupCommit, files: Pool, space: Space) -> None:
        self.draining = False
        self._stores = stores
        self._commit = commit
        self._files = files
        self._space = space
        self._tasks = Tasks()
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    def direct(self, request: Request, _: Route) -> None:
        """Find out, and answer."""
        self._tasks.start(self._answer(request))

    async def _answer(self, request: Request) -> None:
        reason = await self.reason()
        if not reason:
            request.reply_json(encode_reply(Ready(status="ready")))
            return
        body = msgspec.json.encode(Ready(status="unavailable", reason=reason))
        request.reply(503, body, headers=b"retry-after: 1\r\n")

    async def reason(self) -> str:
        """Why work cannot be done now, in a word; empty when it can."""
        if self.draining:
            return "DRAINING"
        if self._stores.database.failure is not None:
            return "DATABASE"
        if self._space.is_low:
            return REASON
        if not await self._files.run(self._stores.artifacts.is_ready):
            return "ARTIFACTS"
        return "" if await self._is_writable() else "DATABASE"

    async def _is_writable(self) -> bool:
        loop = asyncio.get_running_loop()
        if loop.time() - self._commit.committed_at < FRESH:
            return True
        told: asyncio.Future[Any] = loop.create_future()
        try:
            self._commit.submit(Job(self._beat, None, 0, partial(_tell, told)))
            outcome = await asyncio.wait_for(told, PATIENCE)
        except Exception:  # noqa: BLE001  # whatever it was, the database took no write
            return False
        return isinstance(outcome, bytes)

    def _beat(self, _: None) -> Empty:
        self._stores.requests.beat(self._name)
        return Empty()


def _tell(told: asyncio.Future[Any], outcome: Any) -> None:
    if not told.done():
        told.set_result(outcome)
