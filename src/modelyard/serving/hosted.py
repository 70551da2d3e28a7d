"""Models that predict for somebody else's server: a few at a time, each in a confined process, and not for long."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import threading
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from modelyard.core.errors import InvalidParameter, LimitExceeded, ModelFailed, ModelyardError, Unavailable
from modelyard.models.trust.scratch import scratch_folder
from modelyard.serving.admission import admit_model
from modelyard.serving.confine import shield
from modelyard.serving.environment import interpreter
from modelyard.serving.launching import Launcher
from modelyard.serving.options import SCRATCH, ServeOptions
from modelyard.serving.pool import Pool
from modelyard.serving.starting import Model, failed_verification, start_of
from modelyard.serving.work import Outcome, Work
from modelyard.serving.worker.frames import Started

log = logging.getLogger(__name__)

MOST = 2
REST_SECONDS = 120.0
_OPTIONS = ServeOptions(model="", batching="never", fast=False)
"""The limits of time and output that ``modelyard models serve`` has when it is told nothing."""

Fetch = Callable[[Path], None]
"""Puts a model's files into a private, empty folder. Runs on a thread."""


class Prediction(NamedTuple):
    """What came of a request, and the model that made it."""

    outcome: Outcome
    model_id: str


class Hosted:
    """Keeps the models that were asked last. All of it runs on the event loop's thread.

    A model is fetched, judged by this machine's trust and its own verification, and loaded by a confined process when it is
    first asked; it goes when nobody has asked for ``rest`` seconds, or when ``most`` others were asked since. Models run in
    this server's own environment. ``run`` runs something on a thread; ``hidden`` are folders that no model shall see.
    """

    def __init__(
        self,
        run: Callable[[Callable[[], Any]], Awaitable[Any]],
        *,
        hidden: tuple[str, ...] = (),
        most: int = MOST,
        rest: float = REST_SECONDS,
    ) -> None:
        self._run = run
        self._hidden = hidden
        self._most = most
        self._rest = rest
        self._seats: dict[str, _Seat] = {}  # by address, the one that was asked last at the end
        self._leaving: set[asyncio.Task[None]] = set()
        self._cleanup = ExitStack()
        self._place: Path | None = None
        self._lock = threading.Lock()
        self._is_closing = False

    @property
    def pids(self) -> list[int]:
        """The processes of all models."""
        return [pid for seat in self._seats.values() for pid in seat.pids]

    async def predict(self, address: str, fetch: Fetch, body: bytes, *, request: str = "") -> Prediction:
        """Have the model of an address predict a body of ``POST /invocations``. ``request`` is what logs call it.

        Raises ``UntrustedModel``, ``ChangedModel`` and ``InvalidParameter`` for a model that may not be loaded, ``ModelFailed``
        for one that does not load, ``LimitExceeded`` while all seats are taken by models at work.
        """
        seat = self._seat(address, fetch)
        try:
            started = await asyncio.shield(seat.opening)
            outcome = await seat.predict(body, request)
        finally:
            seat.leave()
        return Prediction(outcome, started.card.model_id)

    async def close(self) -> None:
        """End all models."""
        self._is_closing = True
        for seat in list(self._seats.values()):
            self._end(seat)
        if self._leaving:
            await asyncio.wait(self._leaving)
        self._cleanup.close()

    def _seat(self, address: str, fetch: Fetch) -> _Seat:
        """The seat of a model, which is the one asked last from now on."""
        if self._is_closing:
            raise Unavailable("The server is stopping.", reason="DRAINING")
        seat = self._seats.pop(address, None)
        if seat is None:
            self._make_room()
            seat = _Seat(self._rest, self._end)
            seat.opening = asyncio.get_running_loop().create_task(self._open(seat, fetch))
            seat.opening.add_done_callback(lambda opening: self._opened(seat, opening))
        self._seats[address] = seat
        seat.enter()
        return seat

    def _make_room(self) -> None:
        while len(self._seats) >= self._most:
            free = next((seat for seat in self._seats.values() if seat.is_free), None)
            if free is None:
                raise LimitExceeded(f"{self._most} models are at work here already; try again shortly.", retry_after=5)
            self._end(free)

    async def _open(self, seat: _Seat, fetch: Fetch) -> Started:
        shield()
        launcher = await self._run(lambda: self._prepare(seat, fetch))
        seat.pool = Pool(launcher.launch, count=1, timeout=_OPTIONS.timeout)
        try:
            return await seat.pool.start()
        except ModelyardError as error:
            raise _told(error, seat) from error

    def _prepare(self, seat: _Seat, fetch: Fetch) -> Launcher:
        """On a thread: have the files, decide whether they may be loaded, and by which interpreter."""
        place = self._own_place()
        seat.folder = Path(tempfile.mkdtemp(prefix="model-", dir=place))
        fetch(seat.folder)
        admitted = admit_model(seat.folder)
        told = failed_verification(admitted.folder)
        if told:
            raise InvalidParameter(
                f"{told} To predict with it all the same: modelyard models serve --allow-unverified."
            )
        start = start_of(_OPTIONS, Model(admitted.folder, admitted.digest, {}), hidden=self._hidden)
        return Launcher(interpreter(admitted.folder, "local"), start, place)

    def _own_place(self) -> Path:
        with self._lock:
            if self._place is None:
                self._place = self._cleanup.enter_context(scratch_folder(SCRATCH))
            return self._place

    def _opened(self, seat: _Seat, opening: asyncio.Task[Started]) -> None:
        """A model that cannot be loaded keeps no seat."""
        if opening.cancelled() or opening.exception() is not None:
            self._end(seat)

    def _end(self, seat: _Seat) -> None:
        for address, each in list(self._seats.items()):
            if each is seat:
                del self._seats[address]
        if seat.is_ending:
            return
        seat.is_ending = True
        leaving = asyncio.get_running_loop().create_task(seat.end())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)


class _Seat:
    """One model: its files, its process, and how many wait for it."""

    opening: asyncio.Task[Started]

    def __init__(self, rest: float, when_rested: Callable[[_Seat], None]) -> None:
        self.pool: Pool | None = None
        self.folder: Path | None = None
        self.is_ending = False
        self._rest = rest
        self._when_rested = when_rested
        self._guests = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_free(self) -> bool:
        """Whether nobody waits for it."""
        return not self._guests

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        return self.pool.pids if self.pool is not None else []

    def enter(self) -> None:
        """Somebody waits for it."""
        self._guests += 1
        self._cancel()

    def leave(self) -> None:
        """Somebody waits no more; the last one begins its rest."""
        self._guests -= 1
        if not self._guests and not self.is_ending:
            self._cancel()
            self._timer = asyncio.get_running_loop().call_later(self._rest, self._when_rested, self)

    async def predict(self, body: bytes, request: str) -> Outcome:
        """What comes of a body."""
        assert self.pool is not None
        told: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        work = Work("invocations", "application/json", body, told.set_result, lambda: not told.done(), request=request)
        self.pool.submit(work)
        return await told

    async def end(self) -> None:
        """End its process and remove its files."""
        self._cancel()
        if not self.opening.done():
            self.opening.cancel()
            await asyncio.wait((self.opening,))
        if self.pool is not None:
            await self.pool.close()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _told(error: ModelyardError, seat: _Seat) -> ModelyardError:
    """Why a process does not load a model, without the place its files are at here."""
    message = error.message.replace(str(seat.folder), "the model")
    return type(error)(message) if error.status < 500 else ModelFailed(message)
