"""Readiness: whether work can be done, found out by doing some."""

from __future__ import annotations

import asyncio
import os
import socket
from time import monotonic
from typing import Any

import msgspec

from modelyard.core.errors import ModelyardError
from modelyard.core.wire.codec import encode_reply
from modelyard.core.wire.messages.message import Empty
from modelyard.core.wire.messages.server import Ready
from modelyard.server.commit import LOCK_WAIT, GroupCommit, Job
from modelyard.server.routing import Route
from modelyard.server.space import REASON, Space
from modelyard.services.stores import Stores
from modelyard.web.pools import Pool
from modelyard.web.request import Request
from modelyard.web.tasks import Tasks

FRESH = 5.0  # seconds for which a commit proves that the database takes writes
STUCK = 2.0  # seconds without progress while writes wait, which prove that it does not
PATIENCE = 0.5  # seconds for which an answer waits for a proof that is missing


class Readiness:
    """Answers ``/ready``: 200, or 503 with the word for what is wrong.

    A commit of the last five seconds is proof enough that the database takes writes, unless others have been waiting in
    vain since; otherwise one is made, of the server's row in the table of heartbeats. Nobody waits for it for long:
    while it is under way, and when the last one failed, the answer is that the database takes none.
    """

    def __init__(self, stores: Stores, commit: GroupCommit, files: Pool, space: Space) -> None:
        self.draining = False
        self._stores = stores
        self._commit = commit
        self._files = files
        self._space = space
        self._tasks = Tasks()
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._beating: asyncio.Future[Any] | None = None
        self._failed = False  # the last heartbeat was late, or was not written

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
        if not await self._are_files_writable():
            return "ARTIFACTS"
        return "" if await self._is_writable() else "DATABASE"

    async def _are_files_writable(self) -> bool:
        try:
            return bool(await asyncio.wait_for(self._files.run(self._stores.artifacts.is_ready), PATIENCE))
        except TimeoutError:  # a file system that does not answer
            return False

    async def _is_writable(self) -> bool:
        if self._commit.stuck_for > STUCK:
            return False
        if asyncio.get_running_loop().time() - self._commit.committed_at < FRESH:
            return True
        beating = self._beating = self._beating or self._beat()
        if self._failed:
            return False
        await asyncio.wait((beating,), timeout=PATIENCE)
        self._failed = not (beating.done() and isinstance(beating.result(), bytes))
        return not self._failed

    def _beat(self) -> asyncio.Future[Any]:
        """Write a heartbeat; what comes of it is remembered."""
        told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        try:
            self._commit.submit(Job(self._write, None, 0, told.set_result, until=monotonic() + LOCK_WAIT))
        except ModelyardError as error:  # too much waits already
            told.set_result(error)
        told.add_done_callback(self._beaten)
        return told

    def _beaten(self, told: asyncio.Future[Any]) -> None:
        self._beating = None
        self._failed = not isinstance(told.result(), bytes)

    def _write(self, _: None) -> Empty:
        self._stores.requests.beat(self._name)
        return Empty()
