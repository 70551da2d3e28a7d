"""Group commit: writes that arrive together are one transaction, each in a block of its own."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from time import monotonic
from typing import Any, NamedTuple

from modelyard.core.errors import LimitExceeded, ModelyardError, Unavailable
from modelyard.core.wire.codec import encode_reply
from modelyard.db.database import WAIT, Database

log = logging.getLogger(__name__)

MAX_WAITING = 1_024  # writes are short; of reads, fewer may wait
MAX_GROUP = 256
MAX_GROUP_BYTES = 8_000_000
PATIENCE = 0.001  # seconds, at most, for which a group is held back while more writes keep arriving
SLOW = 0.003  # seconds; of a group that takes longer, most is the disk's

Outcome = bytes | BaseException


class Job(NamedTuple):
    """One write: what runs it inside the transaction, and who is told how it ended, once it is on disk.

    Jobs ``together`` have no ``run`` of their own: their messages are written at once, by the group's ``log_batches``.
    """

    run: Callable[[Any], Any]
    message: Any
    size: int
    deliver: Callable[[Outcome], None]
    together: bool = False


class Writers(NamedTuple):
    """What a group is written with. ``log_batches`` answers for each message what came of it."""

    database: Database
    log_batches: Callable[[list[Any]], Sequence[Any]] | None


class GroupCommit:
    """Gathers the writes of one turn of the event loop, commits them together, and then answers them all.

    Where the database is a file (``inline``), a group runs on the event loop itself, as long as nobody else holds the
    file's lock: handing it to a thread would cost more than the commit. Otherwise it runs in ``executor``, which has one
    thread, and the writes that arrive meanwhile are the next group.
    """

    def __init__(self, writers: Writers, executor: Executor, *, inline: bool) -> None:
        self._writers = writers
        self._executor = executor
        self._inline = inline
        self._waiting: deque[Job] = deque()
        self._scheduled = False
        self._seen = 0  # how many waited the last time we looked
        self._hold_until = 0.0
        self._took = 0.0  # seconds that the last group took
        self._last = 0  # how many were in it
        self.committed_at = float("-inf")  # when a group was last on disk, by the event loop's clock
        self.on_failure: Callable[[ModelyardError], None] = log.critical

    def submit(self, job: Job) -> None:
        """Take a write into the next group. Raises ``LimitExceeded`` when too many wait."""
        if len(self._waiting) >= MAX_WAITING:
            raise LimitExceeded("Too many writes are waiting; try again shortly.")
        self._waiting.append(job)
        if not self._scheduled:
            self._scheduled = True
            self._plan(asyncio.get_running_loop())

    @property
    def idle(self) -> bool:
        """Whether every write taken was answered."""
        return not self._scheduled

    def _plan(self, loop: asyncio.AbstractEventLoop) -> None:
        self._seen = 0
        self._hold_until = monotonic() + min(PATIENCE, self._took / 4)
        loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Let in what is arriving right now, since all of a group share the cost of one commit; then run the group.

        The clients of a large group that was just answered are about to write again. Where a commit takes long, they are
        worth a millisecond.
        """
        loop = asyncio.get_running_loop()
        count, began = len(self._waiting), monotonic()
        if count < MAX_GROUP and began < self._hold_until:
            if count > self._seen:
                self._seen = count
                loop.call_soon(self._turn)
                return
            if 2 * count < self._last and self._took > SLOW:
                self._last = 0
                loop.call_later(0.001, self._turn)
                return
        self._run(self._next_group(), began)

    def _run(self, jobs: list[Job], began: float) -> None:
        loop = asyncio.get_running_loop()
        if self._inline:
            try:
                outcomes = run_group(self._writers, jobs, wait=0)
            except Unavailable:
                pass  # somebody else is writing; waiting for them is for a thread
            except ModelyardError as error:
                self._answer(jobs, [error] * len(jobs), began)
                return
            else:
                self._answer(jobs, outcomes, began)
                return
        future = loop.run_in_executor(self._executor, self._run_waiting, jobs)
        future.add_done_callback(lambda done: self._answer(jobs, done.result(), began))

    def _run_waiting(self, jobs: list[Job]) -> list[Outcome]:
        try:
            return run_group(self._writers, jobs, wait=WAIT)
        except Exception as error:  # noqa: BLE001  # every one of them has to be told
            return [error] * len(jobs)

    def _next_group(self) -> list[Job]:
        waiting = self._waiting
        jobs = [waiting.popleft()]
        size = jobs[0].size
        while waiting and len(jobs) < MAX_GROUP and size < MAX_GROUP_BYTES:
            job = waiting.popleft()
            size += job.size
            jobs.append(job)
        return jobs

    def _answer(self, jobs: list[Job], outcomes: list[Outcome], began: float) -> None:
        loop = asyncio.get_running_loop()
        self._took, self._last = monotonic() - began, len(jobs)
        if self._waiting:
            self._plan(loop)
        else:
            self._scheduled = False
        failure = self._writers.database.failure
        if failure is None and any(isinstance(outcome, bytes) for outcome in outcomes):
            self.committed_at = loop.time()
        for job, outcome in zip(jobs, outcomes, strict=True):
            job.deliver(outcome)
        if failure is not None:
            self.on_failure(failure)


def run_group(writers: Writers, jobs: list[Job], *, wait: float) -> list[Outcome]:
    """Run writes in one transaction; what each is to be answered, once all that succeeded are on disk.

    Raises only when the transaction could not begin; then nothing was done.
    """
    outcomes: list[Outcome] = []
    begun = False
    try:
        with writers.database.write(wait=wait):
            begun = True
            outcomes = _run_all(writers, jobs)
    except Exception as error:
        if not begun:
            raise
        # The commit failed: what had succeeded has not.
        outcomes = [error if isinstance(outcome, bytes) else outcome for outcome in outcomes] or [error] * len(jobs)
    return outcomes


def _run_all(writers: Writers, jobs: list[Job]) -> list[Outcome]:
    together = [job.message for job in jobs if job.together] if writers.log_batches is not None else []
    if len(together) < 2:
        return [_run_one(writers.database, job) for job in jobs]
    logged = _run_together(writers, together)
    if logged is None:
        return [_run_one(writers.database, job) for job in jobs]
    outcomes = iter(logged)
    return [next(outcomes) if job.together else _run_one(writers.database, job) for job in jobs]


def _run_together(writers: Writers, messages: list[Any]) -> list[Outcome] | None:
    """What came of messages that were written at once; None when that failed, and nothing of them was written."""
    assert writers.log_batches is not None
    try:
        with writers.database.write():
            answers = writers.log_batches(messages)
    except Exception:  # one of them broke it; which, shows when each is tried alone
        log.exception("writing %d requests at once failed; each is tried alone", len(messages))
        return None
    return [answer if isinstance(answer, ModelyardError) else b"{}" for answer in answers]


def _run_one(database: Database, job: Job) -> Outcome:
    try:
        with database.write():
            reply = job.run(job.message)
            return reply if isinstance(reply, bytes) else encode_reply(reply)
    except Exception as error:  # noqa: BLE001  # one request's failure, whatever it is, must not undo the others
        return error
