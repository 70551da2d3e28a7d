"""The background sender: takes queued points to the store, and keeps in a journal what cannot go now."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from modelyard.client.keeper import Keeper
from modelyard.client.lane import Lane
from modelyard.client.replay import AWAY, Outlet, renamed, request_entry
from modelyard.core import errors
from modelyard.core.entities import Metric
from modelyard.core.wire.messages.message import Message
from modelyard.core.wire.messages.runs import Heartbeat, LogBatch

_logger = logging.getLogger(__name__)

LINGER = 0.05
"""Seconds the sender waits after the first point, so that a batch comes together."""
FIRST_BEAT = 1.0
"""Seconds from the beginning of a run to its first sign of life."""
FIRST_RETRY = 0.5
LAST_RETRY = 5.0
FIRST_HOLD = 5.0
"""Seconds for which calls leave sending to the thread, after one of them waited for nothing; twice that the next time."""
LAST_HOLD = 60.0
_SPILL = 1000
_REFUSALS = 20

Sending = Callable[[Outlet], None]


class Options(NamedTuple):
    """How a sender behaves; see the settings of the same names."""

    synchronous: bool = False
    strict: bool = False
    queue_limit: int = 100_000
    call_deadline: float = 1.0
    heartbeat_interval: float = 10.0


class Sender:
    """Ships the points of all runs of one store. Any thread may call; nothing here blocks an append."""

    def __init__(self, outlet: Outlet, keeper: Keeper, options: Options) -> None:
        self._outlet = outlet
        self._keeper = keeper
        self.options = options
        self._lanes: dict[str, Lane] = {}
        self._beating: dict[str, None] = {}
        self._reset()

    def _reset(self) -> None:
        self.asleep = True
        self._shipping = threading.RLock()
        self._starting = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._adopted = False
        self._closed = False
        self._abandoned = False
        self._away = False
        self._retry_at = 0.0
        self._retry_pause = FIRST_RETRY
        self._held_until = 0.0
        self._hold = FIRST_HOLD
        self._beat_at = 0.0
        self._hears_beats = True
        self._in_flight: tuple[str, list[Metric]] | None = None
        self._complained: set[str] = set()

    # what is sent

    def lane(self, run_id: str, *, known: bool = False) -> Lane:
        """The queue of a run; ``known`` says that the store has the run."""
        lane = self._lanes.get(run_id)
        if lane is None:
            lane = self._lanes.setdefault(run_id, Lane(run_id, self, self.options.queue_limit))
        if known and not self.options.synchronous and not self._closed:
            lane.direct = False
        return lane

    @property
    def is_away(self) -> bool:
        """Whether the store did not answer last, and what is sent is kept."""
        return self._away and self.keeps

    @property
    def keeps(self) -> bool:
        """Whether what cannot be sent is kept; otherwise it is an error."""
        return not (self.options.strict or self.options.synchronous)

    def real_id(self, run_id: str) -> str:
        """The id the store knows a run by: a stock MLflow server that was away when the run began names it itself."""
        return self._keeper.aliases.get(run_id, run_id)

    def send(self, verb: str, request: Message) -> Message | None:
        """Send a request now; None when the store is away and the journal took it.

        Raises what the store says to the request, and ``Unreachable`` in strict and synchronous mode.
        """
        request = renamed(request, self._keeper.aliases)
        if not self.keeps:
            reply: Message = getattr(self._outlet.patient, verb)(request)
            return reply
        if self._is_open():
            # A stock MLflow server does not know the run's id: a create that is sent again leaves it an empty run more.
            store = self._outlet.quick if verb == "create_run" else self._outlet.prompt
            begun = time.monotonic()
            try:
                reply = getattr(store, verb)(request)
            except AWAY as error:
                self._went_away(error)
                self._hold_back(time.monotonic() - begun)
            else:
                self._hold = FIRST_HOLD
                return reply
        self._spill()
        self._keeper.keep(request_entry(verb, request))
        self.rouse()
        return None

    def _is_open(self) -> bool:
        """Whether a call may try the store itself: nothing waits in the journal before it, and none waited in vain."""
        return not self._away and not self._keeper.has_unsent and time.monotonic() >= self._held_until

    def _hold_back(self, waited: float) -> None:
        """After a call that cost the training its deadline: a server that hangs or is slow is the thread's to bear."""
        if waited >= 0.9 * self.options.call_deadline:
            self._held_until = time.monotonic() + self._hold
            self._hold = min(self._hold * 2, LAST_HOLD)

    def send_file(self, run_id: str, artifact_path: str, local: Path) -> None:
        """Write a file to a run's artifacts now, or keep a copy of it while the store is away."""
        if not self.is_away:
            try:
                self._outlet.upload(self.real_id(run_id), artifact_path, local)
            except AWAY as error:
                if not self.keeps:
                    raise
                self._went_away(error)
            else:
                return
        self._keeper.keep_file(run_id, artifact_path, local)
        self.rouse()

    def ship_now(self, lane: Lane) -> None:
        """Send a lane's points before this returns; keep them where the thread is at a store that does not answer."""
        mine = self._shipping.acquire(timeout=self._patience())
        try:
            while metrics := lane.take():
                if mine:
                    self.send("log_batch", LogBatch(run_id=lane.run_id, metrics=metrics))
                else:
                    self._keep(lane.run_id, metrics)
            # The queue of a run that ended is not looked after any more.
            lane.direct = self.options.synchronous or self._closed or lane.run_id not in self._lanes
        finally:
            if mine:
                self._shipping.release()
            else:
                self.rouse()

    def _patience(self) -> float:
        """Seconds to wait for another sending to end; -1 for as long as it takes."""
        return (0 if self._away else self.options.call_deadline) if self.keeps else -1

    def overflow(self, lane: Lane) -> None:
        """Move the oldest points of a full queue to the journal."""
        self.rouse()
        self._keep(lane.run_id, lane.take(_SPILL))

    def flush(self, run_id: str | None = None, timeout: float | None = None) -> bool:
        """Send what is queued, of one run or of all, and what the journal kept; False when the store is away."""
        lanes = [self._lanes[run_id]] if run_id in self._lanes else [] if run_id else list(self._lanes.values())
        idle = not self._away and not self._keeper.has_unsent and not any(lane.points for lane in lanes)
        if idle and self._shipping.acquire(blocking=False):  # nobody is between the queue and the store
            self._shipping.release()
            return True
        if not self._shipping.acquire(timeout=-1 if timeout is None else timeout):
            return False
        try:
            return self._recover() and all(self._ship(lane) for lane in lanes) and self._recover()
        finally:
            self._shipping.release()

    # runs that are alive

    def begin(self, run_id: str) -> None:
        """Send signs of life of a run from now on."""
        interval = self.options.heartbeat_interval
        if self._hears_beats and interval > 0:
            due = time.monotonic() + min(FIRST_BEAT, interval)
            self._beat_at = min(due, self._beat_at) if self._beating else due  # the runs before wait no longer
            self._beating[run_id] = None
        self.rouse()

    def end(self, run_id: str) -> None:
        """The run is over: no more signs of life, and its queue goes."""
        self._beating.pop(run_id, None)
        lane = self._lanes.pop(run_id, None)
        if lane is not None:
            lane.direct = True  # whoever still holds it sends at once from now on
            if lane.points:
                self.ship_now(lane)

    # the thread

    def rouse(self) -> None:
        """Wake the thread; start it the first time."""
        self.asleep = False  # whoever comes next need not
        self._wake.set()
        if self._thread is None and not self.options.synchronous and not self._closed:
            self._start()

    def _start(self) -> None:
        with self._starting, suppress(RuntimeError):  # no thread can start while the interpreter exits
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="modelyard-sender", daemon=True)
                thread.start()
                self._thread = thread

    def close(self, timeout: float) -> int:
        """Send what is left within ``timeout`` seconds, else leave it in the journal; how many records are there."""
        self._closed = True
        self._wake.set()
        if not self.flush(timeout=timeout):
            self._abandoned = True
            if self._in_flight is not None:
                self._keep(*self._in_flight)
            self._spill()
        for lane in list(self._lanes.values()):
            lane.direct = True  # nobody comes to take the points away any more
        return self._keeper.close()

    def after_fork(self) -> None:
        """In a forked child: the queue and the journal are the parent's, the thread is gone."""
        for lane in list(self._lanes.values()):
            lane.points.clear()
        self._beating.clear()
        self._keeper.after_fork()
        self._reset()

    def _work(self) -> None:
        while not self._closed:
            self.asleep = True
            if not any(lane.points for lane in list(self._lanes.values())):
                self._wake.wait(self._pause())
            self._wake.clear()
            self.asleep = False
            try:
                self._turn()
            except Exception:
                _logger.warning("The sender failed and goes on.", exc_info=True)
                time.sleep(FIRST_RETRY)

    def _pause(self) -> float | None:
        now = time.monotonic()
        due = [self._retry_at] if self._away else [now] if self._keeper.has_unsent else []
        if self._beating:
            due.append(self._beat_at)
        return max(0.0, min(due) - now) if due else None

    def _turn(self) -> None:
        time.sleep(LINGER)
        if self._closed:
            return
        if self._away and time.monotonic() < self._retry_at:
            self._spill()
            self._keeper.sync()
            return
        with self._shipping:
            done = self._recover() and all(self._ship(lane) for lane in list(self._lanes.values()))
            if done and not self._adopted:
                self._adopted = True
                self._guarded(self._keeper.adopt)
            if done and self._beating and time.monotonic() >= self._beat_at:
                self._beat()

    def _beat(self) -> None:
        self._beat_at = time.monotonic() + self.options.heartbeat_interval
        try:
            self._outlet.quick.heartbeat(Heartbeat(run_ids=[self.real_id(run_id) for run_id in self._beating]))
        except (errors.UserError, errors.NotSupported):
            # A stock MLflow server does not know signs of life.
            self._hears_beats = False
            self._beating = {}
        except errors.ModelyardError:
            _logger.debug("A sign of life was not taken.", exc_info=True)

    # the store is here or away

    def _ship(self, lane: Lane) -> bool:
        while not self._abandoned and (metrics := lane.take()):
            if not self._deliver(lane.run_id, metrics):
                return False
        return True

    def _deliver(self, run_id: str, metrics: list[Metric]) -> bool:
        self._in_flight = (run_id, metrics)
        try:
            self._outlet.quick.log_batch(LogBatch(run_id=self.real_id(run_id), metrics=metrics))
        except errors.UserError as error:
            self._sift(run_id, metrics, error)
        except errors.ModelyardError as error:
            self._keep(run_id, metrics)
            self._went_away(error)
            return False
        except BaseException:
            # An interrupt: the points are safe before it goes on.
            self._keep(run_id, metrics)
            raise
        finally:
            self._in_flight = None
        return True

    def _sift(self, run_id: str, metrics: list[Metric], error: errors.UserError) -> None:
        """Find the points a batch was refused for, and send the others."""
        if isinstance(error, errors.InvalidParameter | errors.TooLarge):
            refused = 0
            for metric in metrics if len(metrics) > 1 else ():
                try:
                    self._outlet.quick.log_batch(LogBatch(run_id=self.real_id(run_id), metrics=[metric]))
                except errors.UserError:
                    refused += 1
                    if refused >= _REFUSALS:
                        break
                except errors.ModelyardError:
                    self._keep(run_id, [metric])
        if run_id not in self._complained:
            self._complained.add(run_id)
            _logger.warning("Points of the run %s were refused: %s", run_id, error.message)

    def _recover(self) -> bool:
        """Send what the journal holds; whether the store is here."""
        if not self._away and not self._keeper.has_unsent:
            return True
        if not self._guarded(self._keeper.replay):
            return False
        self._away = False
        self._retry_pause = FIRST_RETRY
        if self._keeper.has_unsent:  # written between the end of the replay and now
            return self._guarded(self._keeper.replay)
        return True

    def _guarded(self, send: Sending) -> bool:
        try:
            send(self._outlet)
        except errors.ModelyardError as error:
            self._went_away(error)
            return False
        return True

    def _went_away(self, error: errors.ModelyardError) -> None:
        if not self._away:
            _logger.warning("%s What is logged is kept in %s and sent later.", error.message, self._keeper.folder)
        self._away = True
        self._retry_at = time.monotonic() + self._retry_pause
        self._retry_pause = min(self._retry_pause * 2, LAST_RETRY)

    def _spill(self) -> None:
        for lane in list(self._lanes.values()):
            while metrics := lane.take(_SPILL):
                self._keep(lane.run_id, metrics)

    def _keep(self, run_id: str, metrics: list[Metric]) -> None:
        if metrics:
            self._keeper.keep(request_entry("log_batch", LogBatch(run_id=run_id, metrics=metrics)))
