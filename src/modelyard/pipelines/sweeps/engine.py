"""Runs the trials of a sweep, asks for the next one as soon as a place is free, and stores how each ended.

There are no batches: a trial that takes long holds up nobody. What a sweep has stored is enough to go on with it after it
was killed: trials that ended well are kept, the others run again under their numbers.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Literal

import msgspec

from modelyard.core.errors import ModelyardError
from modelyard.pipelines.sweeps.contract import Launcher, Plan, Sampler, Trial
from modelyard.pipelines.sweeps.grammar import Space
from modelyard.pipelines.sweeps.hold import end_left
from modelyard.pipelines.sweeps.naming import params_of, title_of
from modelyard.pipelines.sweeps.pruning import Pruner
from modelyard.pipelines.sweeps.record import Record

LOOK = 1.0
"""Seconds between two looks at the metrics of running trials, where they may be pruned."""
_WAKE = 0.25  # seconds in which a stop is noticed

Told = Callable[[Trial], None]
"""Hears of a trial that began or ended."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a sweep stands when it stops."""

    run_id: str
    state: Literal["FINISHED", "FAILED", "KILLED"]
    trials: dict[int, Trial]
    size: int | None = None

    def count(self, *states: str) -> int:
        """How many trials are in these states."""
        return sum(trial.state in states for trial in self.trials.values())


class Engine:
    """One sweep, from where it stands to its end. ``run`` is called once, by one thread; ``stop`` by any."""

    def __init__(
        self, record: Record, space: Space, sampler: Sampler, launcher: Launcher, *, jobs: int, told: Told
    ) -> None:
        self._record = record
        self._space = space
        self._sampler = sampler
        self._launcher = launcher
        self._jobs = jobs
        self._told = told
        self._stopping = threading.Event()
        self._trials: dict[int, Trial] = {}
        self._again: deque[Trial] = deque()
        self._running: dict[Future[Trial], Trial] = {}
        self._pruned: set[int] = set()
        self._pruner = Pruner(record.plan) if record.plan.prune else None
        self._look_at = 0.0
        self._next = 0

    @property
    def plan(self) -> Plan:
        """What the sweep is."""
        return self._record.plan

    def stop(self) -> None:
        """End it soon: trials that run are ended, and run again when it is resumed."""
        self._stopping.set()

    def run(self) -> Outcome:
        """Go on until no trial is left, or until it is stopped."""
        cancel = True
        try:
            self._recall()
            while self._fill():
                self._collect()
            cancel = False
        finally:
            stopped = cancel or self._stopping.is_set()
            self._launcher.close(cancel=stopped)
            self._collect()
        bad = any(not trial.is_done for trial in self._trials.values())
        state: Literal["FINISHED", "FAILED", "KILLED"] = "KILLED" if stopped else "FAILED" if bad else "FINISHED"
        return Outcome(
            run_id=self._record.run_id,
            state=state,
            trials=dict(sorted(self._trials.items())),
            size=self._sampler.size(),
        )

    def _recall(self) -> None:
        """What is stored already: ended trials are told, those that ended badly are put in line."""
        for left in self._record.running():
            end_left(self._record.run_id, left.number)
        for left in self._record.running():  # one may have ended well meanwhile, and stored it itself
            self._record.kill(left)
        for trial in self._record.trials().values():
            known = self._valued(trial) if trial.is_done and trial.value is None else trial
            self._trials[known.number] = known
            self._sampler.tell(known)
            if not known.is_done:
                self._again.append(known)
            elif self._pruner is not None:
                self._pruner.tell(known, self._record.series(known.run_id))

    def _fill(self) -> bool:
        """Start trials while there is room; whether any runs."""
        while len(self._running) < self._jobs and not self._stopping.is_set():
            trial = self._again.popleft() if self._again else self._asked()
            if trial is None:
                break
            overrides = self._space.overrides(trial.values)
            begun = self._record.begin(trial, params_of(self.plan, overrides), title_of(trial))
            self._note(begun)
            self._running[self._launcher.submit(begun)] = begun
        return bool(self._running) and not self._stopping.is_set()

    def _asked(self) -> Trial | None:
        while self._next in self._trials:
            self._next += 1
        values = self._sampler.ask(self._next)
        return None if values is None else Trial(number=self._next, values=dict(values))

    def _collect(self) -> None:
        """Wait until a trial has ended, or a moment; take in those that have."""
        done, _ = wait(self._running, timeout=_WAKE, return_when=FIRST_COMPLETED)
        for future in done:
            begun = self._running.pop(future)
            self._end(_ended(begun, future))
        if self._pruner is not None and time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK
            self._prune(self._pruner)

    def _end(self, trial: Trial) -> None:
        if trial.state == "KILLED" and trial.number in self._pruned:
            trial = msgspec.structs.replace(trial, state="PRUNED", why="worse than the others at the same step")
        trial = self._valued(trial)
        self._record.end(trial)
        if self._pruner is not None:
            self._pruner.tell(trial, self._record.series(trial.run_id))
        self._pruned.discard(trial.number)
        self._note(trial)

    def _valued(self, trial: Trial) -> Trial:
        if not self.plan.metric or not trial.is_done:
            return trial
        value = self._record.value(trial.run_id)
        why = trial.why or ("" if value is not None else f"it logged no metric {self.plan.metric!r}")
        return msgspec.structs.replace(trial, value=value, why=why)

    def _prune(self, pruner: Pruner) -> None:
        for trial in self._running.values():
            if trial.number in self._pruned:
                continue
            if pruner.should_prune(trial, self._record.series(trial.run_id)):
                self._pruned.add(trial.number)
                self._launcher.cancel(trial.number)

    def _note(self, trial: Trial) -> None:
        self._trials[trial.number] = trial
        self._sampler.tell(trial)
        self._told(trial)


def _ended(begun: Trial, future: Future[Trial]) -> Trial:
    """A trial as it ended; a fault of the program's own costs that trial and no other."""
    error = future.exception()
    if error is None:
        return future.result()
    why = error.message if isinstance(error, ModelyardError) else f"{type(error).__name__}: {error}"
    return msgspec.structs.replace(begun, state="FAILED", why=why)
