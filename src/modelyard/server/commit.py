"""Group commit: writes that arrive together are one transaction, each in a block of its own."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from time import monotonic
from typing import Any, NamedTuple

from modelyard.core.errors import LimitExceeded, ModelyardError, Unavailable
from modelyard.core.wire.codec import encode_reply
from modelyard.db.database import Database
from modelyard.db.errors import DatabaseBusy, OutcomeUnknown

log = logging.getLogger(__name__)

MAX_WAITING = 1_024  # writes are short; of reads, fewer may wait
MAX_GROUP = 256
MAX_GROUP_BYTES = 8_000_000
MAX_INLINE_BYTES = 2_000_000  # more than that would hold up the event loop
PATIENCE = 0.001  # seconds, at most, for which a group is held back while more writes keep arriving
SLOW = 0.003  # seconds; of a group that takes longer, most is the disk's

LOCK_WAIT = 4.5  # seconds from its arrival that a write waits for who else holds the database; 5 are promised
ATTEMPT = 0.05  # seconds of it in one attempt, after which those that have waited long enough are told
RETRY = 0.02  # seconds in an attempt of a single write; shorter, so that what it holds itself harms no group
PAUSE = 0.1  # seconds between two of these
MAX_BUSY = 4  # writes of one group that may wait for a lock each; those after them are tried with the next group

Outcome = bytes | BaseException
_UNTRIED = DatabaseBusy()  # what a write is told whose turn never came; by identity, also that it has not come yet
_ALL_BUSY = {DatabaseBusy}
_DISPROOF = (Unavailable, OutcomeUnknown)  # where none succeeds, these say that the database may take no writes now


class Job(NamedTuple):
    """One write: what runs it inside the transaction, and who is told how it ended, once it is on disk.

    Jobs ``together`` have no ``run`` of their own: their messages are written at once, by the group's ``log_batches``.
    None waits for a lock beyond ``until``, by the monotonic clock.
    """

    run: Callable[[Any], Any]
    message: Any
    size: int
    deliver: Callable[[Outcome], None]
    together: bool = False
    until: float = math.inf


class Writers(NamedTuple):
    """What a group is written with. ``log_batches`` answers for each message what came of it."""

    database: Database
    log_batches: Callable[[list[Any]], Sequence[Any]] | None


class GroupCommit:
    """Gathers the writes of one turn of the event loop, commits them together, and then answers them all.

    Where the database is a file (``inline``), a group runs on the event loop itself, as long as nobody else holds the
    file's lock and it is not large: handing it to a thread would cost more than the commit. Otherwise it runs in
    ``executor``, and the writes that arrive meanwhile are the next group.

    Who holds a lock, keeps nobody waiting longer than promised: a group waits for it in short attempts, between which
    those whose time is over are told that nothing was done. On PostgreSQL a lock may concern one write of many: that one
    is set aside and tried alone now and then, on the executor's second thread.
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
        self._stuck_since = 0.0  # when the first of the groups began that came to nothing; 0 = the last one did not
        self._watch: asyncio.TimerHandle | None = None
        self._aside: deque[Job] = deque()
        self._retrying = False
        # When a group was last on disk, by the event loop's clock; never, when one has found no database since.
        self.committed_at = -math.inf
        self.on_failure: Callable[[ModelyardError], None] = log.critical
        self.on_written: Callable[[Any, bytes], None] = _ignore  # told each message that was written, and its answer

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
        return not self._scheduled and not self._retrying

    @property
    def stuck_for(self) -> float:
        """Seconds for which writes have been waiting and none was done."""
        return monotonic() - self._stuck_since if self._stuck_since else 0.0

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
        jobs, size = self._next_group()
        self._run(jobs, size, began)

    def _run(self, jobs: list[Job], size: int, began: float) -> None:
        loop = asyncio.get_running_loop()
        if self._inline and size <= MAX_INLINE_BYTES:
            try:
                outcomes = run_group(self._writers, jobs, wait=0)
            except DatabaseBusy:
                pass  # somebody else is writing; waiting for them is for a thread
            except ModelyardError as error:
                self._answer(jobs, [error] * len(jobs), began)
                return
            else:
                self._answer(jobs, outcomes, began)
                return
        self._stuck_since = self._stuck_since or began
        self._watch = loop.call_later(ATTEMPT, self._refuse_late)
        future = loop.run_in_executor(self._executor, self._run_waiting, jobs, ATTEMPT)
        future.add_done_callback(lambda done: self._answer(jobs, done.result(), began))

    def _run_waiting(self, jobs: list[Job], wait: float) -> list[Outcome]:
        try:
            return run_group(self._writers, jobs, wait=wait)
        except DatabaseBusy:
            return [_UNTRIED] * len(jobs)
        except Exception as error:  # noqa: BLE001  # every one of them has to be told
            return [error] * len(jobs)

    def _refuse_late(self) -> None:
        """While a group runs: tell those that wait for their turn for too long that it will not come."""
        now = monotonic()
        while self._waiting and self._waiting[0].until <= now:
            self._waiting.popleft().deliver(_UNTRIED)
        self._watch = asyncio.get_running_loop().call_later(ATTEMPT, self._refuse_late)

    def _next_group(self) -> tuple[list[Job], int]:
        waiting = self._waiting
        jobs = [waiting.popleft()]
        size = jobs[0].size
        while waiting and len(jobs) < MAX_GROUP and size < MAX_GROUP_BYTES:
            job = waiting.popleft()
            size += job.size
            jobs.append(job)
        return jobs, size

    def _answer(self, jobs: list[Job], outcomes: list[Outcome], began: float) -> None:
        now = monotonic()
        self._took, self._last = now - began, len(jobs)
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        kinds = set(map(type, outcomes))
        if kinds != _ALL_BUSY:
            self._stuck_since = 0.0
        told: Iterable[tuple[Job, Outcome]] = zip(jobs, outcomes, strict=True)
        if DatabaseBusy in kinds:
            told = self._keep_back(told, now)
        if self._waiting:
            self._plan(asyncio.get_running_loop())
        else:
            self._scheduled = False
            self._stuck_since = 0.0
        self._tell(told, committed=bytes in kinds)

    def _tell(self, told: Iterable[tuple[Job, Outcome]], *, committed: bool) -> None:
        failure = self._writers.database.failure
        if committed and failure is None:
            self.committed_at = asyncio.get_running_loop().time()
        elif not committed:
            told = list(told)
            if any(isinstance(outcome, _DISPROOF) for _, outcome in told):
                self.committed_at = -math.inf
        for job, outcome in told:
            job.deliver(outcome)
            if isinstance(outcome, bytes):
                self.on_written(job.message, outcome)
        if failure is not None:
            self.on_failure(failure)

    def _keep_back(self, told: Iterable[tuple[Job, Outcome]], now: float) -> list[tuple[Job, Outcome]]:
        """Leave out those that met a lock and may wait longer; they are tried again, in their order."""
        rest: list[tuple[Job, Outcome]] = []
        again: list[Job] = []
        for job, outcome in told:
            if type(outcome) is not DatabaseBusy or job.until <= now:
                rest.append((job, outcome))
            elif outcome is _UNTRIED:
                again.append(job)
            else:
                self._aside.append(job)
        self._waiting.extendleft(reversed(again))
        if self._aside and not self._retrying:
            self._retry()
        return rest

    def _retry(self) -> None:
        """Try the first of those that were set aside, alone; tell those whose time is over."""
        now = monotonic()
        late = [job for job in self._aside if job.until <= now]
        self._aside = deque(job for job in self._aside if job.until > now)
        self._retrying = bool(self._aside)
        if self._retrying:
            job = self._aside.popleft()
            loop = asyncio.get_running_loop()
            future = loop.run_in_executor(self._executor, self._run_waiting, [job], RETRY)
            future.add_done_callback(lambda done: self._retried(job, done.result()[0]))
        self._tell([(job, _UNTRIED) for job in late], committed=False)

    def _retried(self, job: Job, outcome: Outcome) -> None:
        if type(outcome) is DatabaseBusy:
            self._aside.append(job)
            asyncio.get_running_loop().call_later(PAUSE, self._retry)
        else:
            self._retry()
            self._tell([(job, outcome)], committed=isinstance(outcome, bytes))


def _ignore(message: Any, reply: bytes) -> None:
    """Nobody wants to know."""


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
    logged = _run_together(writers, together) if len(together) > 1 else None
    if logged is None:
        return _run_each(writers.database, jobs)
    if len(together) == len(jobs):
        return logged
    ours, others = iter(logged), iter(_run_each(writers.database, [job for job in jobs if not job.together]))
    return [next(ours if job.together else others) for job in jobs]


def _run_together(writers: Writers, messages: list[Any]) -> list[Outcome] | None:
    """What came of messages that were written at once; None when that failed, and nothing of them was written."""
    assert writers.log_batches is not None
    try:
        with writers.database.write():
            answers = writers.log_batches(messages)
    except DatabaseBusy:
        return None
    except Exception:  # one of them broke it; which, shows when each is tried alone
        log.exception("writing %d requests at once failed; each is tried alone", len(messages))
        return None
    return [answer if isinstance(answer, ModelyardError) else b"{}" for answer in answers]


def _run_each(database: Database, jobs: list[Job]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    busy = 0
    for job in jobs:
        outcome = _run_one(database, job) if busy < MAX_BUSY else _UNTRIED
        busy += type(outcome) is DatabaseBusy
        outcomes.append(outcome)
    return outcomes


def _run_one(database: Database, job: Job) -> Outcome:
    try:
        with database.write():
            reply = job.run(job.message)
            return reply if isinstance(reply, bytes) else encode_reply(reply)
    except Exception as error:  # noqa: BLE001  # one request's failure, whatever it is, must not undo the others
        return error
