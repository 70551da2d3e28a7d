"""Runs one trial of a project: its command with the trial's values, in the trial's own run."""

from __future__ import annotations

import os
import shlex
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from modelyard.client.client import MlflowClient
from modelyard.core.errors import ModelyardError
from modelyard.pipelines.sweeps.contract import Plan, Trial, TrialState
from modelyard.pipelines.sweeps.grammar import Space
from modelyard.pipelines.sweeps.hold import SWEEP, TRIAL
from modelyard.projects.backend import Launch
from modelyard.projects.ending import Ending
from modelyard.projects.environment import Prepared
from modelyard.projects.local import LocalBackend
from modelyard.projects.masking import mask_of
from modelyard.projects.output import Output
from modelyard.projects.request import Request
from modelyard.projects.run import start
from modelyard.projects.spec import Project
from modelyard.projects.submitted import SubmittedRun
from modelyard.projects.transcript import Transcript
from modelyard.projects.variables import of_run


class ProjectRunner:
    """A project that is on this disk already, whose environment is made once. It can be sent to another process."""

    def __init__(self, request: Request, plan: Plan, space: Space, sweep: str) -> None:
        self._request = request
        self._plan = plan
        self._space = space
        self._sweep = sweep
        self._running: dict[int, SubmittedRun] = {}
        self._cancelled: set[int] = set()
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._request, self._plan, self._space, self._sweep)

    def run(self, trial: Trial) -> Trial:
        """Start its process and wait for it."""
        begun = time.monotonic()
        state: TrialState
        try:
            state, why = self._to_the_end(trial)
        except (ModelyardError, OSError) as error:
            state, why = "FAILED", str(error)
        finally:
            with self._lock:
                self._running.pop(trial.number, None)
                self._cancelled.discard(trial.number)
        return msgspec.structs.replace(trial, state=state, why=why, seconds=time.monotonic() - begun)

    def cancel(self, number: int) -> None:
        """End its process; where there is none yet, there will be none."""
        with self._lock:
            self._cancelled.add(number)
            submitted = self._running.get(number)
        if submitted is not None:
            submitted.cancel()

    def _to_the_end(self, trial: Trial) -> tuple[TrialState, str]:
        if trial.number in self._cancelled:
            return "KILLED", ""
        submitted = self._started(trial)
        with self._lock:
            self._running[trial.number] = submitted
            cancelled = trial.number in self._cancelled
        if cancelled:
            submitted.cancel()
        try:
            submitted.wait()
        except KeyboardInterrupt:  # how a cluster cancels
            submitted.cancel()
        return self._state(submitted, trial.number), submitted.explain()

    def _state(self, submitted: SubmittedRun, number: int) -> TrialState:
        """How it ended: as its process did, or worse, where it said so of its run itself."""
        state = submitted.get_status()
        if state != "FINISHED":
            return "KILLED" if number in self._cancelled else state
        said = MlflowClient().get_run(submitted.run_id).info.status
        return "FAILED" if said == "FAILED" else "KILLED" if said == "KILLED" else "FINISHED"

    def _started(self, trial: Trial) -> SubmittedRun:
        return start(self.request(trial))

    def request(self, trial: Trial) -> Request:
        """What ``run`` would be asked for by hand."""
        plan = self._plan
        overrides = self._space.overrides(trial.values)
        if plan.kind == "hydra":
            given = {plan.option: " ".join(map(shlex.quote, [*plan.flags, *overrides]))}
        else:
            given = dict(override.partition("=")[::2] for override in overrides)
        return msgspec.structs.replace(
            self._request,
            parameters={**plan.parameters, **given},
            run_id=trial.run_id,
            run_name=None,
            environ=self._variables(trial),
            quiet=True,
        )

    def _variables(self, trial: Trial) -> dict[str, str]:
        return {**self._request.environ, SWEEP: self._sweep, TRIAL: str(trial.number)}


class PipelineRunner(ProjectRunner):
    """A pipeline that is declared in a folder: its program in a process of its own, whose run is below the trial's."""

    def _started(self, trial: Trial) -> SubmittedRun:
        folder = Path(self._request.uri)
        overrides = [word for each in self._space.overrides(trial.values) for word in ("-o", each)]
        manager = ["--env-manager", self._plan.env_manager] if self._plan.env_manager else []
        python = Path(sys.executable)
        output = Output(Transcript(mask_of(os.environ)), quiet=True)
        ending = Ending(trial.run_id, output, {}, ExitStack())
        launch = Launch(
            run_id=trial.run_id,
            argv=(str(python), "-P", "-m", "modelyard", "pipeline", "run", str(folder), *overrides, *manager),
            folder=folder,
            environ={**of_run(MlflowClient().get_run(trial.run_id).info), **self._variables(trial)},
            environment=Prepared(python=python),
            project=Project(folder=folder, name=folder.name),
            entry_point="",
            config={},
            output=output.out,
            errors=output.errors,
        )
        return SubmittedRun(trial.run_id, LocalBackend().submit(launch), ending, ending.explain)


def runner_of(request: Request, plan: Plan, space: Space, sweep: str) -> ProjectRunner:
    """What runs the trials of a plan."""
    kind = PipelineRunner if plan.kind == "pipeline" else ProjectRunner
    return kind(request, plan, space, sweep)
