"""A store that remembers what it was sent, and can be away."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from modelyard.core.entities import Experiment, Run, RunInfo
from modelyard.core.errors import ModelyardError, NotFound, Unreachable
from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages import runs as run
from modelyard.core.wire.messages.message import Empty


class RecordingStore:
    """The few methods of a tracking store that a sender calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.failure: ModelyardError | None = None
        self.refuses: dict[str, ModelyardError] = {}
        self.gives_ids = False
        self.waits_for: threading.Event | None = None
        self.entered = threading.Event()

    def log_batch(self, request: run.LogBatch) -> Empty:
        return self._take("log_batch", request)

    def log_param(self, request: run.LogParam) -> Empty:
        return self._take("log_param", request)

    def set_tag(self, request: run.SetTag) -> Empty:
        return self._take("set_tag", request)

    def update_run(self, request: run.UpdateRun) -> Empty:
        return self._take("update_run", request)

    def heartbeat(self, request: run.Heartbeat) -> Empty:
        return self._take("heartbeat", request)

    def create_run(self, request: run.CreateRun) -> run.RunReply:
        self._take("create_run", request)
        run_id = "f" * 32 if self.gives_ids else request.run_id or ""
        return run.RunReply(run=Run(info=RunInfo(run_id=run_id, experiment_id=request.experiment_id)))

    def get_experiment_by_name(self, request: exp.GetExperimentByName) -> exp.ExperimentReply:
        raise NotFound(f"No experiment {request.experiment_name}")

    def create_experiment(self, request: exp.CreateExperiment) -> exp.ExperimentCreated:
        self._take("create_experiment", request)
        return exp.ExperimentCreated(experiment_id="7")

    def get_experiment(self, request: exp.GetExperiment) -> exp.ExperimentReply:
        return exp.ExperimentReply(experiment=Experiment(experiment_id=request.experiment_id, name="seven"))

    @property
    def points(self) -> list[tuple[str, float, int]]:
        """Every point that was taken: key, value, step."""
        return [(point.key, point.value, point.step) for batch in self.of("log_batch") for point in batch.metrics]

    def of(self, verb: str) -> list[Any]:
        """The requests of one kind that were taken."""
        return [request for name, request in self.calls if name == verb]

    def _take(self, verb: str, request: Any) -> Empty:
        self.entered.set()
        if self.waits_for is not None:
            self.waits_for.wait(10)
        if self.failure is not None:
            raise self.failure
        if verb in self.refuses:
            raise self.refuses[verb]
        self.calls.append((verb, request))
        return Empty()


class HangingStore:
    """Answers nothing, and says so after a time."""

    def __init__(self, seconds: float) -> None:
        self.asked: list[str] = []
        self._seconds = seconds

    def set_tag(self, _: run.SetTag) -> Empty:
        self.asked.append("set_tag")
        time.sleep(self._seconds)
        raise Unreachable("No answer.")


class RecordingOutlet:
    """An outlet over one recording store."""

    location = "http://recorded"

    def __init__(self) -> None:
        self.store = RecordingStore()
        self.hanging: HangingStore | None = None
        self.uploads: list[tuple[str, str, bytes]] = []

    @property
    def quick(self) -> Any:
        return self.store

    @property
    def prompt(self) -> Any:
        return self.hanging or self.store

    @property
    def patient(self) -> Any:
        return self.store

    def upload(self, run_id: str, artifact_path: str, local: Path) -> None:
        if self.store.failure is not None:
            raise self.store.failure
        self.uploads.append((run_id, artifact_path, local.read_bytes()))

    def go_away(self) -> None:
        self.store.failure = Unreachable("Nobody is there.")

    def come_back(self) -> None:
        self.store.failure = None
