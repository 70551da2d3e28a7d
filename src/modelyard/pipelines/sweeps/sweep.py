"""One sweep, from a draft or from what is stored of it: begun, run, ended, told of."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import msgspec

from modelyard.client.active import PROCESS
from modelyard.client.client import MlflowClient
from modelyard.core import plugins
from modelyard.core.errors import ModelyardError
from modelyard.pipelines.sweeps.contract import Launcher, Runner, Sampler, Trial
from modelyard.pipelines.sweeps.engine import Engine, Outcome
from modelyard.pipelines.sweeps.hold import Hold, alone, end_left
from modelyard.pipelines.sweeps.plan import Draft
from modelyard.pipelines.sweeps.progress import Progress
from modelyard.pipelines.sweeps.record import Record
from modelyard.pipelines.sweeps.results import files_of
from modelyard.pipelines.sweeps.runner import ProjectRunner, runner_of
from modelyard.projects.backend import State
from modelyard.projects.experiments import experiment_of
from modelyard.projects.lend import lent, names_mlflow
from modelyard.projects.ready import lend_store, ready
from modelyard.projects.request import Request
from modelyard.projects.spec import Project


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A sweep that this process holds and can run. ``resumed`` says that it was there before."""

    draft: Draft
    record: Record
    sampler: Any  # a Sampler; msgspec looks into no protocols
    hold: Hold
    resumed: bool = False


def sampler_of(draft: Draft) -> Sampler:
    """Who thinks of the trials. Raises ``InvalidParameter`` for a sampler that cannot go through these values."""
    made: Sampler = plugins.load("samplers", draft.plan.sampler)(draft.space, draft.plan)
    return made


def describe(draft: Draft) -> str:
    """How many trials there would be, the first and the last."""
    sampler = sampler_of(draft)
    size = sampler.size()
    lines = [f"{size} trials" if size != 1 else "1 trial"]
    if draft.plan.sampler == "grid" and size:
        for number in dict.fromkeys((0, size - 1)):
            values = sampler.ask(number) or {}
            lines.append(f"  {number}: {' '.join(draft.space.overrides(values))}".rstrip())
    return "\n".join([*lines, *([draft.note] if draft.note else [])])


def begin(draft: Draft) -> Begun:
    """Store a new sweep, or take up the unfinished one of the same key in that experiment.

    Raises ``Conflict`` when another process is at it.
    """
    client = MlflowClient()
    sampler = sampler_of(draft)
    experiment = experiment_of(draft.request)
    with alone("begin"):
        found = None if draft.wanted.new else Record.unfinished(client, draft.plan, experiment)
        record = found or Record.create(
            client, draft.plan, experiment, size=sampler.size(), name=draft.name, tags=draft.tags
        )
        hold = Hold(record.run_id)
    return _held(draft, record, sampler, hold, resumed=found is not None, force=False)


def resume(draft: Draft, record: Record, *, force: bool = False) -> Begun:
    """Go on with a stored sweep."""
    return _held(draft, record, sampler_of(draft), Hold(record.run_id), resumed=True, force=force)


def _held(draft: Draft, record: Record, sampler: Sampler, hold: Hold, *, resumed: bool, force: bool) -> Begun:
    try:
        if resumed:
            record.take_over(force=force)
    except BaseException:
        hold.release()
        raise
    return Begun(draft=draft, record=record, sampler=sampler, hold=hold, resumed=resumed)


class SweepJob:
    """A sweep that runs in a thread of its own. Any thread may ask."""

    def __init__(self, begun: Begun, stream: TextIO | None) -> None:
        self._begun = begun
        self._progress = Progress(begun.draft.plan, begun.sampler.size(), stream)
        self._state: State = "RUNNING"
        self._outcome: Outcome | None = None
        self._error: Exception | None = None
        self._engine: Engine | None = None
        self._stopped = threading.Event()
        self._ended = threading.Event()  # an interrupted join takes a thread for ended
        self._thread = threading.Thread(target=self._run, name=f"sweep {begun.record.run_id}", daemon=True)
        self._thread.start()

    def wait(self) -> State:
        """Block until it has ended."""
        self._ended.wait()
        return self._state

    def state(self) -> State:
        """How it stands now."""
        return self._state if self._ended.is_set() else "RUNNING"

    def cancel(self) -> None:
        """End the trials that run: asked first, killed after a moment, or at once when asked a second time by Ctrl-C.

        The same command goes on with the rest.
        """
        self._stopped.set()
        if self._engine is not None:
            self._engine.stop()
        try:
            self._ended.wait()
        except (KeyboardInterrupt, SystemExit):
            end_left(self._begun.record.run_id, grace=0.0)
            self._ended.wait()

    def explain(self) -> str:
        """Why it did not succeed, in one line."""
        if self._error is not None:
            return str(self._error)
        if self._outcome is None or self._outcome.state == "FINISHED":
            return ""
        return summary(self._outcome)

    def outcome(self) -> Outcome:
        """How it ended. Raises what ended it before its time."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
        assert self._outcome is not None
        return self._outcome

    def _run(self) -> None:
        begun = self._begun
        record = begun.record
        state: State = "FAILED"
        held = ExitStack()
        try:
            known = record.trials() if begun.resumed else {}
            self._progress.begin(record.run_id, known=known, resumed=begun.resumed, note=begun.draft.note)
            self._engine = engine_of(begun, self._progress, held)
            if self._stopped.is_set():
                self._engine.stop()
            self._outcome = self._engine.run()
            state = self._outcome.state
            if state != "KILLED":
                record.log_texts(files_of(begun.draft.plan, begun.draft.space, self._outcome.trials))
        except Exception as error:  # noqa: BLE001 - it is told to who waits
            state, self._error = "FAILED", error
        finally:
            with held:
                self._finish(state)

    def _finish(self, state: State) -> None:
        try:
            self._begun.record.finish(state, self.explain())
        except ModelyardError as error:
            state, self._error = "FAILED", self._error or error
        finally:
            self._state = state
            self._begun.hold.release()
            if self._outcome is not None:
                rest = "" if state == "FINISHED" else "; the same command goes on with the rest"
                self._progress.end(self._outcome.run_id, summary(self._outcome) + rest)
            self._ended.set()


def engine_of(begun: Begun, progress: Progress, held: ExitStack) -> Engine:
    """What runs it: trials in threads here, or where the engine asked for has them run."""
    draft = begun.draft
    request = local_request(draft)
    environ = made_once(runner_of(request, draft.plan, draft.space, ""), draft, progress, held)
    runner: Runner = runner_of(
        msgspec.structs.replace(request, environ={**request.environ, **environ}),
        draft.plan,
        draft.space,
        begun.record.run_id,
    )
    made: Callable[[Runner, int], Launcher] = plugins.load("launchers", draft.wanted.engine)
    jobs = min(draft.wanted.places, begun.sampler.size() or draft.wanted.places)
    return Engine(begun.record, draft.space, begun.sampler, made(runner, jobs), jobs=jobs, told=progress.trial)


def made_once(runner: ProjectRunner, draft: Draft, progress: Progress, held: ExitStack) -> dict[str, str]:
    """What all trials share: the environment, and for a project whose packages speak to servers only, a folder's store as one.

    Answers the variables that tell trials of it; ``held`` ends it.
    """
    if draft.plan.kind == "pipeline":
        address = PROCESS.connect().address
        needed = address.kind == "folder" and names_mlflow(Project(folder=draft.folder, name=draft.folder.name))
        found = held.enter_context(lent(Path(address.location))) if needed else ""
    else:
        some = Trial(number=0, values={each.key: each.some(1)[0] for each in draft.space.swept})
        checked = ready(runner.request(some), held)
        held.enter_context(checked.environment.holding())
        checked.environment.prepare(progress.note)
        found = lend_store(checked, held)
    return dict.fromkeys(("MLFLOW_TRACKING_URI", "MODELYARD_TRACKING_URI"), found) if found else {}


def local_request(draft: Draft) -> Request:
    """The request of each trial: the project where it is on this disk."""
    return msgspec.structs.replace(
        draft.request, uri=str(draft.folder), version=None, experiment_name=None, experiment_id=None, tags={}
    )


def summary(outcome: Outcome) -> str:
    """How many trials ended in which way."""
    words = {"FINISHED": "finished", "PRUNED": "pruned", "FAILED": "failed", "KILLED": "stopped"}
    counts = [f"{count} {word}" for state, word in words.items() if (count := outcome.count(state))]
    left = 0 if outcome.size is None else outcome.size - len(outcome.trials)
    return ", ".join([*counts, *([f"{left} not begun"] if left > 0 else [])]) or "no trials"
