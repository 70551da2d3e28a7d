"""``--engine ray``: a Ray task for each trial, on the cluster of ``RAY_ADDRESS`` or on one made here."""

from __future__ import annotations

import contextlib
import os
from concurrent.futures import Future
from typing import Any

import msgspec

from modelyard.client.active import PROCESS
from modelyard.core.errors import ModelyardError
from modelyard.core.extras import require
from modelyard.pipelines.sweeps.contract import Runner, Trial

_TRIES = 2
_QUIET = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}


class RayLauncher:
    """Tasks of one processor each. What a task is started with is the runner, which is sent to it."""

    def __init__(self, runner: Runner, jobs: int) -> None:
        self._ray: Any = require("ray", what="The engine ray", extra="ray")
        self._started = not self._ray.is_initialized()
        if self._started:
            _connect(self._ray, jobs)
        self._runner = runner
        self._place = PROCESS.connect().location
        self._task = self._ray.remote(num_cpus=1, max_retries=0)(_trial)
        self._running: dict[int, tuple[Any, Future[Trial]]] = {}

    def submit(self, trial: Trial) -> Future[Trial]:
        """Hand it to the cluster."""
        reference = self._task.remote(self._runner, trial, self._place)
        future: Future[Trial] = Future()
        future.set_running_or_notify_cancel()
        reference.future().add_done_callback(lambda done: _settle(future, trial, done))
        self._running = {number: each for number, each in self._running.items() if not each[1].done()}
        self._running[trial.number] = (reference, future)
        return future

    def cancel(self, number: int) -> None:
        """Interrupt its task, which ends the process."""
        reference, future = self._running.get(number, (None, None))
        if reference is not None and future is not None and not future.done():
            self._ray.cancel(reference)

    def close(self, *, cancel: bool) -> None:
        """Wait for the tasks; end the cluster where it was made here."""
        for number in list(self._running) if cancel else ():
            self.cancel(number)
        for _, future in self._running.values():
            with contextlib.suppress(Exception):
                future.result()
        if self._started:
            self._ray.shutdown()


def _trial(runner: Runner, trial: Trial, place: str) -> Trial:
    """In a process of the cluster: the trial as it ended."""
    PROCESS.tracking_uri = place
    ended = runner.run(trial)
    PROCESS.flush()
    return ended


def _settle(future: Future[Trial], trial: Trial, done: Future[Any]) -> None:
    """What a task came to, also where its process was lost or interrupted."""
    error = done.exception()
    if error is None:
        future.set_result(done.result())
        return
    cancelled = type(error).__name__ == "TaskCancelledError" or "KeyboardInterrupt" in str(error)
    why = "" if cancelled else (str(error).strip().rpartition("\n")[2] or type(error).__name__)
    future.set_result(msgspec.structs.replace(trial, state="KILLED" if cancelled else "FAILED", why=why))


def _connect(ray: Any, jobs: int) -> None:
    """Use the cluster there is, or make one; a machine that is busy may need a second try for its own."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
    address = os.environ.get("RAY_ADDRESS")
    for left in reversed(range(1 if address else _TRIES)):
        try:
            ray.init(address=address, **_QUIET, **({} if address else {"num_cpus": jobs}))
            return
        except Exception as error:  # noqa: BLE001 - Ray raises what its many parts raise
            ray.shutdown()
            if not left:
                told = str(error).strip().splitlines() or [type(error).__name__]
                raise ModelyardError(f"No Ray cluster could be used: {told[0].rstrip('.')}.") from None
