"""The workers: how many there are, who gets what, and what happens when one dies."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from modelyard.core.errors import DeadlineExceeded, LimitExceeded, ModelyardError, Unavailable, from_wire
from modelyard.models.verify import ended
from modelyard.serving.launching import Launched
from modelyard.serving.station import Station
from modelyard.serving.work import Work, WorkerDied
from modelyard.serving.worker.frames import Refused, Started

log = logging.getLogger(__name__)

MOST_WAITING = 1_024
MOST_BYTES = 256_000_000  # of bodies that wait
MOST_TOGETHER = 64
BYTES_TOGETHER = 4_000_000
TRIES = 2

LOOP_DEATHS = 5
LOOP_SECONDS = 60.0
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
_END_SECONDS = 2.0

REST_SECONDS = 3.0
LONGEST_REST = 3_600.0


class Beginning(NamedTuple):
    """What will be said of the model: by the first worker that has loaded it, or why none has; and before, if it was foretold."""

    loaded: asyncio.Future[Started]
    foretold: asyncio.Future[Started | None]


class Pool:
    """Keeps ``count`` workers that have loaded the model, and gives what waits to those that are free.

    Works are given out in the order they came. A worker that dies is replaced at once, five deaths in a minute later and
    later. What it was predicting is predicted once more, each alone, and what then still kills it or makes it hang is
    answered with an error: nobody else is. All of it runs on the event loop's thread.

    Where a fast path answers nearly everybody (``rest_when_idle``), workers that have had nothing to do for a while are
    ended, and started again for the work that needs one. Each such start makes the next rest begin later.
    """

    def __init__(self, launch: Callable[[], Launched], *, count: int, timeout: float) -> None:
        self.restarts = 0
        self._launch = launch
        self._count = count
        self._timeout = timeout
        self._stations: list[Station] = []
        self._waiting: deque[Work] = deque()
        self._bytes = 0
        self._batches = False
        self._deaths: deque[float] = deque()
        self._refusal: Refused | None = None  # why the worker that was started last does not load the model
        self._is_scheduled = False
        self._is_closing = False
        self._opening: set[asyncio.Task[None]] = set()
        self._first: asyncio.Future[Started] | None = None
        self._foretold: asyncio.Future[Started | None] | None = None
        self._has_to_load = False  # somebody waits for the first, and would not go on without it
        self._ended = asyncio.Event()
        self.is_resting = False  # there are no workers, since nobody needs them
        self._rest_after = 0.0  # seconds; 0: never
        self._rest: asyncio.TimerHandle | None = None
        self._resting: set[Station] = set()  # those that were told to end

    async def start(self) -> Started:
        """Start all workers and wait until one has loaded the model. Raises ``ModelyardError`` where it cannot be loaded."""
        return await self.begin(has_to_load=True).loaded

    def begin(self, *, has_to_load: bool = False, foretell: bool = False) -> Beginning:
        """Start all workers. Until the first one has loaded the model they are replaced, but where it ``has_to_load``.

        The first one is asked to ``foretell`` what it will say of the model.
        """
        loop = asyncio.get_running_loop()
        self._has_to_load = has_to_load
        beginning = Beginning(loop.create_future(), loop.create_future())
        self._first, self._foretold = beginning
        for number in range(self._count):
            self._open(foretell=foretell and not number)
        return beginning

    def submit(self, work: Work) -> None:
        """Have a work predicted. Raises ``LimitExceeded`` when too much waits, ``Unavailable`` when nobody can do it."""
        if len(self._waiting) >= MOST_WAITING or self._bytes > MOST_BYTES:
            raise LimitExceeded("Too many requests wait for the model; try again shortly.")
        if (self._refusal is not None or self._has_failed) and not self.alive:
            raise self._unavailable()
        self._wake()
        self._waiting.append(work)
        self._bytes += len(work.body)
        self._schedule()

    def rest_when_idle(self, after: float = REST_SECONDS) -> None:
        """From now on, end workers that have had nothing to do for so many seconds."""
        self._rest_after = after
        self._set_rest()

    @property
    def alive(self) -> int:
        """How many workers have loaded the model."""
        return sum(station.is_loaded for station in self._stations)

    @property
    def waiting(self) -> int:
        """How many works wait."""
        return len(self._waiting)

    @property
    def pids(self) -> list[int]:
        """The processes of the workers, those that load the model too."""
        return [station.pid for station in self._stations]

    @property
    def is_crashing(self) -> bool:
        """Whether workers die over and over."""
        now = asyncio.get_running_loop().time()
        while self._deaths and self._deaths[0] < now - LOOP_SECONDS:
            self._deaths.popleft()
        return len(self._deaths) >= LOOP_DEATHS

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits or is predicted."""
        return not self._waiting and all(station.is_free or not station.is_loaded for station in self._stations)

    async def close(self) -> None:
        """End all workers."""
        self._is_closing = True
        self._cancel_rest()
        for task in self._opening:
            task.cancel()
        for station in self._stations:
            station.close()
        until = asyncio.get_running_loop().time() + _END_SECONDS
        while self._stations and asyncio.get_running_loop().time() < until:
            await self._wait_for_an_end(until)
        for station in self._stations:
            station.kill()
        while self._stations:
            await self._wait_for_an_end(until + 60.0)

    # what stations call

    def foretold(self, started: Started | None) -> None:
        """A worker loads the model, and says what it will say of it; None: nobody will say it before."""
        if self._foretold is not None and not self._foretold.done():
            self._foretold.set_result(started)

    def loaded(self, station: Station, started: Started) -> None:
        """A worker has loaded the model."""
        log.info("worker %d has loaded the model in %.1f s", station.pid, started.card.load_seconds)
        self._refusal = None
        self._batches = started.card.batches
        if self._first is not None and not self._first.done():
            self._first.set_result(started)
        self.foretold(None)
        self._schedule()
        self._set_rest()

    def refused(self, station: Station, refusal: Refused) -> None:
        """A worker will not load the model."""
        log.error("worker %d does not load the model: %s", station.pid, refusal.message)
        self._refusal = refusal
        self._fail_first(from_wire(500, {"error_code": refusal.error_code, "message": refusal.message}))

    def free(self, station: Station) -> None:
        """A worker has answered all it was given."""
        del station
        self._hand_out()
        self._set_rest()

    def hung(self, station: Station, culprits: Sequence[Work], others: Sequence[Work]) -> None:
        """A worker did not answer in time; it has been killed."""
        log.error("worker %d did not answer in time and is killed", station.pid)
        if len(culprits) == 1:
            self._again(others)
            told = f"The model did not answer within {self._timeout:g} seconds."
            culprits[0].done(DeadlineExceeded(told))
        else:
            self._again([*(_alone(work) for work in culprits), *others])

    def died(self, station: Station, code: int, culprits: Sequence[Work], others: Sequence[Work]) -> None:
        """A worker is gone: start another, and try again what it was predicting."""
        self._stations.remove(station)
        self._ended.set()
        was_resting = station in self._resting
        self._resting.discard(station)
        if self._is_closing or was_resting:
            return
        log.error("worker %d %s", station.pid, ended(code))
        again: list[Work] = []
        for work in culprits:
            work.crashes += 1
            if work.crashes < TRIES:
                again.append(_alone(work))
            else:
                work.done(WorkerDied(f"The model's process {ended(code)} while it predicted this request."))
        self._again([*again, *others])
        self._fail_first(ModelyardError(f"The model cannot be loaded: its process {ended(code)}."))
        self._replace()

    # resting

    def _set_rest(self) -> None:
        self._cancel_rest()
        if self._rest_after and self.is_idle and not self._is_closing:
            self._rest = asyncio.get_running_loop().call_later(self._rest_after, self._begin_rest)

    def _cancel_rest(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _begin_rest(self) -> None:
        self._rest = None
        if not self.is_idle or self.alive < len(self._stations):
            return  # another has been started meanwhile, and is waited for
        log.info("the workers rest: the fast path answers without them")
        self.is_resting = True
        self._resting.update(self._stations)
        for station in self._stations:
            station.close()

    def _wake(self) -> None:
        self._cancel_rest()
        if self.is_resting:
            self.is_resting = False
            self._rest_after = min(4.0 * self._rest_after, LONGEST_REST)
            for _ in range(self._count):
                self._open()

    # inside

    def _open(self, *, foretell: bool = False) -> None:
        if self._is_closing:
            return
        try:
            launched = self._launch()
        except OSError as error:
            log.error("a worker cannot be started: %s", error.strerror)
            self._fail_first(ModelyardError(f"The model's process cannot be started: {error.strerror}."))
            self._replace()
            return
        start = msgspec.structs.replace(launched.start, foretell=foretell)
        station = Station(self, launched._replace(start=start), timeout=self._timeout)
        self._stations.append(station)
        opening = asyncio.get_running_loop().create_task(station.open())
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    @property
    def _has_failed(self) -> bool:
        """Whether the model could not be loaded when the server started, which therefore ends."""
        return self._first is not None and self._first.done() and self._first.exception() is not None

    def _replace(self) -> None:
        """Start another worker: at once, or after a pause that grows while they keep dying."""
        if self._has_failed:
            self._turn_away()
            return
        loop = asyncio.get_running_loop()
        self.restarts += 1
        self._deaths.append(loop.time())
        if not self.is_crashing:
            self._open()
            return
        pause = min(FIRST_PAUSE * 2.0 ** (len(self._deaths) - LOOP_DEATHS), LONGEST_PAUSE)
        log.error("%d workers died within a minute; the next one is started in %g s", len(self._deaths), pause)
        loop.call_later(pause, self._open)
        if self._refusal is not None and not self.alive:
            self._turn_away()

    def _again(self, works: Sequence[Work]) -> None:
        self._waiting.extendleft(reversed(works))
        self._bytes += sum(len(work.body) for work in works)
        self._schedule()

    def _schedule(self) -> None:
        """Hand out what waits at the end of the event loop's turn: until then, more of it may arrive."""
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._hand_out_scheduled)

    def _hand_out_scheduled(self) -> None:
        self._is_scheduled = False
        self._hand_out()

    def _hand_out(self) -> None:
        free = [station for station in self._stations if station.is_free]
        while free and self._waiting:
            share = -(-len(self._waiting) // len(free))
            works = self._take(min(share, MOST_TOGETHER) if self._batches else 1)
            if works:
                free.pop().give(works)

    def _take(self, most: int) -> list[Work]:
        """The next works for one worker; those nobody waits for any more are dropped."""
        taken: list[Work] = []
        size = 0
        while self._waiting and len(taken) < most:
            work = self._waiting[0]
            if taken and (work.alone or size + len(work.body) > BYTES_TOGETHER):
                break
            self._waiting.popleft()
            self._bytes -= len(work.body)
            if not work.is_wanted():
                continue
            taken.append(work)
            size += len(work.body)
            if work.alone:
                break
        return taken

    def _turn_away(self) -> None:
        """Nobody can predict, and this will not change soon: tell everybody who waits."""
        works, self._waiting, self._bytes = self._waiting, deque(), 0
        for work in works:
            work.done(self._unavailable())

    def _unavailable(self) -> Unavailable:
        return Unavailable("The model cannot be loaded again at the moment.", retry_after=5, reason="MODEL")

    def _fail_first(self, error: ModelyardError) -> None:
        if self._has_to_load and self._first is not None and not self._first.done():
            self._first.set_exception(error)
        self.foretold(None)

    async def _wait_for_an_end(self, until: float) -> None:
        self._ended.clear()
        try:
            async with asyncio.timeout_at(until):
                await self._ended.wait()
        except TimeoutError:
            return


def _alone(work: Work) -> Work:
    work.alone = True
    return work
