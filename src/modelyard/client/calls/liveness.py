"""Which runs that say they go on do, and which have gone silent. Ours; MLflow has no signs of life."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from modelyard.client.calls.base import Calls
from modelyard.core.entities import Run, RunInfo, RunLiveness
from modelyard.core.errors import EndpointNotFound, MethodNotAllowed, NotSupported
from modelyard.core.settings import Settings
from modelyard.core.wire.messages.runs import GetLiveness
from modelyard.services.tracking.rules.limits import HEARTBEAT_RUNS
from modelyard.services.tracking.rules.runs import is_stale


class Liveness(NamedTuple):
    """What is known of a run that is RUNNING. ``heartbeat_time`` is in milliseconds since the epoch.

    One is ``stale`` that missed three signs of life: its process is gone, or cut off from the store. One that never
    gave any, such as a run that another program logs, is ``unknown``.
    """

    state: Literal["alive", "stale", "unknown"] = "unknown"
    heartbeat_time: int | None = None
    silent_seconds: float | None = None


class LivenessCalls(Calls):
    """Ask for signs of life."""

    def liveness(self, runs: Iterable[Run]) -> dict[str, Liveness]:
        """Whether those of some runs that are RUNNING do run: run id → what is known. No status is changed."""
        running = {run.info.run_id: run.info for run in runs if run.info.status == "RUNNING"}
        # Between signs of life is what the settings say here, and the default where this process sends none.
        interval = Settings.read().heartbeat_interval or Settings().heartbeat_interval
        found = dict.fromkeys(running, Liveness())
        for told in self._signs_of_life(list(running)):
            found[told.run_id] = _judged(running[told.run_id], told, interval)
        return found

    def _signs_of_life(self, run_ids: list[str]) -> list[RunLiveness]:
        told: list[RunLiveness] = []
        for start in range(0, len(run_ids), HEARTBEAT_RUNS):
            request = GetLiveness(run_ids=run_ids[start : start + HEARTBEAT_RUNS])
            try:
                told += self._tracking.tracking.get_liveness(request).runs
            except (EndpointNotFound, MethodNotAllowed, NotSupported):  # a stock MLflow server
                break
        return told


def _judged(info: RunInfo, told: RunLiveness, interval: float) -> Liveness:
    if told.silent_ms is None:
        return Liveness()
    state: Literal["alive", "stale"] = "stale" if is_stale(info.status, told.silent_ms, interval) else "alive"
    return Liveness(state, told.heartbeat_time, told.silent_ms / 1000)
