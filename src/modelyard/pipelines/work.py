"""One step at work: its run, its inputs brought, its process, its outputs kept."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from modelyard.client.active import PROCESS
from modelyard.client.client import MlflowClient
from modelyard.client.context import (
    BRANCH,
    COMMIT,
    ENTRY_POINT,
    PARENT,
    REPOSITORY,
    SOURCE_NAME,
    SOURCE_TYPE,
    USER,
    context_tags,
)
from modelyard.client.git import read_checkout
from modelyard.core.entities import Param, RunTag
from modelyard.core.errors import ModelyardError, ProjectFailed
from modelyard.core.settings import Settings
from modelyard.pipelines.cache import KEY, OUTPUTS, PIPELINE, RECORD, STEP
from modelyard.pipelines.component import Component
from modelyard.pipelines.environment import Environments
from modelyard.pipelines.explain import Verdict
from modelyard.pipelines.lending import Lending
from modelyard.pipelines.shelf import Made, Shelf
from modelyard.pipelines.spec import Output, StepResult
from modelyard.projects.record import FAILURE
from modelyard.projects.request import Request
from modelyard.projects.run import start
from modelyard.projects.submitted import SubmittedRun
from modelyard.projects.variables import SHARED

ROOT = "MODELYARD_PROJECT_ROOT"
_LONGEST_REASON = 1000


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """How a step ended, and what it made, by its outputs' names."""

    result: StepResult
    made: dict[str, Made] = {}


class Workshop:
    """Where steps of one pipeline's run work, several at once. ``cancel`` ends those that do."""

    def __init__(
        self, parent: str, experiment_id: str, pipeline: str, shelf: Shelf, environments: Environments
    ) -> None:
        self._client = MlflowClient()
        self._parent = parent
        self._experiment_id = experiment_id
        self._pipeline = pipeline
        self._shelf = shelf
        self._environments = environments
        self._lending = Lending(environments)
        self._lock = threading.Lock()
        self._working: dict[str, SubmittedRun] = {}
        self._cancelled = False

    def begin(self, component: Component) -> str:
        """Make the run of a step; answers its id."""
        step, project = component.step, component.project
        tags = {
            USER: context_tags(Settings.read())[USER],
            SOURCE_TYPE: "PROJECT",
            SOURCE_NAME: str(project.folder),
            ENTRY_POINT: component.entry_point.name,
            PARENT: self._parent,
            PIPELINE: self._pipeline,
            STEP: step.name,
            **_origin(project.folder),
        }
        run = self._client.create_run(self._experiment_id, tags=tags, run_name=step.name)
        PROCESS.connect().sender.begin(run.info.run_id)
        return run.info.run_id

    def work(
        self, component: Component, verdict: Verdict, run_id: str, *, stands: Callable[[], bool], quiet: bool
    ) -> Done:
        """Run a step in its run; never raises for a step that fails.

        ``stands`` is asked when it has ended well: whether its key is still that of its code.
        """
        began = time.monotonic()
        made: dict[str, Made] = {}
        state: Literal["FINISHED", "FAILED", "KILLED"] = "FINISHED"
        why = ""
        try:
            made = self._work(component, verdict, run_id, quiet=quiet)
            self._remember(verdict, made, run_id, stands=stands())
        except _Killed as error:
            state, why = "KILLED", str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the step failed
            state, why = "FAILED", told(error)
        if state != "FINISHED":
            self.give_up(run_id, state, why)
        return Done(
            made=made,
            result=StepResult(
                step=component.step.name,
                state=state,
                run_id=run_id,
                outputs={name: each.reference for name, each in made.items()},
                seconds=round(time.monotonic() - began, 3),
                why=why,
            ),
        )

    def close(self) -> None:
        """Let go of what steps shared, when none works any more."""
        self._lending.close()

    def cancel(self) -> None:
        """End all that work; what begins from now on ends at once."""
        with self._lock:
            self._cancelled = True
            working = list(self._working.values())
        for submitted in working:
            submitted.cancel()

    def _work(self, component: Component, verdict: Verdict, run_id: str, *, quiet: bool) -> dict[str, Made]:
        assert verdict.record is not None
        with tempfile.TemporaryDirectory(prefix="modelyard-step-", ignore_cleanup_errors=True) as name:
            folder = Path(name).resolve()
            handed = _parameters(component)
            handed |= self._bring(component, verdict.record.inputs, folder / "inputs", run_id)
            places = _places(component, folder / "outputs")
            handed |= {name: str(place) for name, place in places.items() if component.takes(name)}
            self._show(component, verdict.record.inputs, run_id)
            submitted = self._started(component, handed, run_id, quiet=quiet)
            try:
                ended = submitted.wait()
            finally:
                with self._lock:
                    self._working.pop(component.step.name, None)
            if self._cancelled:
                raise _Killed("it was interrupted")
            if submitted.get_status() == "KILLED":
                raise _Killed(submitted.explain())
            if not ended:
                raise ProjectFailed(submitted.explain() or "it failed")
            return self._keep(component, places, run_id)

    def _started(self, component: Component, handed: Mapping[str, str], run_id: str, *, quiet: bool) -> SubmittedRun:
        request = Request(
            uri=str(component.project.folder),
            entry_point=component.entry_point.name,
            parameters=handed,
            run_id=run_id,
            run_name=component.step.name,
            env_manager=self._environments.manager_of(component),
            environ={**_environ(component.root), **self._lending.variables(component)},
            quiet=quiet,
        )
        submitted = start(request)
        with self._lock:
            self._working[component.step.name] = submitted
            cancelled = self._cancelled
        if cancelled:
            submitted.cancel()
        return submitted

    def _bring(self, component: Component, inputs: Mapping[str, str], folder: Path, run_id: str) -> dict[str, str]:
        """The inputs on this disk, each in a folder of its own; those the project does not take are noted as used."""
        handed = {}
        for name, reference in inputs.items():
            if component.takes(name):
                handed[name] = str(self._shelf.bring(reference, folder / name, run_id))
            else:
                self._shelf.note_use(reference, run_id)
        return handed

    def _show(self, component: Component, inputs: Mapping[str, str], run_id: str) -> None:
        """The params of the run; inputs and outputs by their names, not by the folders they were in for a while."""
        named = {**inputs, **{name: output.dataset for name, output in component.step.outputs.items()}}
        shown = component.all_parameters() | {name: text for name, text in named.items() if component.takes(name)}
        if shown:
            self._client.log_batch(run_id, params=[Param(name, text) for name, text in shown.items()])

    def _keep(self, component: Component, places: Mapping[str, Path], run_id: str) -> dict[str, Made]:
        """Make versions of what the step wrote."""
        return {
            name: self._made(component, name, output, places.get(name), run_id)
            for name, output in component.step.outputs.items()
        }

    def _remember(self, verdict: Verdict, made: Mapping[str, Made], run_id: str, *, stands: bool) -> None:
        """The key comes last: a run that has it is a result that stands. Code that was changed meanwhile has no key."""
        self._client.log_text(run_id, msgspec.json.format(msgspec.json.encode(verdict.record)).decode(), RECORD)
        key = [RunTag(KEY, verdict.key)] if stands else []
        self._client.log_batch(run_id, tags=[RunTag(OUTPUTS, msgspec.json.encode(made).decode()), *key])

    def _made(self, component: Component, name: str, output: Output, place: Path | None, run_id: str) -> Made:
        if place is not None and place.exists():
            return self._shelf.keep(place, output, run_id)
        found = self._shelf.made_by(run_id).get(output.dataset)
        if found is None:
            where = f"nothing is at the path {name!r} it was handed" if place is not None else "it logged none"
            raise ProjectFailed(f"its output {output.dataset!r} is missing: {where}")
        return found

    def give_up(self, run_id: str, state: str, why: str) -> None:
        """Mark a run as failed or killed, and why."""
        try:
            if why:
                self._client.set_tag(run_id, FAILURE, why[:_LONGEST_REASON])
            self._client.set_terminated(run_id, state)
        except ModelyardError:  # the store is away: what happened is told by the caller
            return


def told(error: Exception) -> str:
    """An error in one line."""
    if isinstance(error, ModelyardError):
        return error.message
    return f"{type(error).__name__}: {error}".partition("\n")[0]


class _Killed(Exception):
    """The step was ended from outside."""


def _origin(folder: Path) -> dict[str, str]:
    """The state of the checkout that a project is in."""
    checkout = read_checkout(folder)
    if checkout is None:
        return {}
    found = {COMMIT: checkout.commit, BRANCH: checkout.branch, REPOSITORY: checkout.repository}
    return {key: value for key, value in found.items() if value}


def _environ(root: Path) -> dict[str, str]:
    """Where steps find the code they share, as components of a project do."""
    shared = root / SHARED
    return {
        ROOT: os.environ.get(ROOT) or str(root),
        **({"PYTHONPATH": str(shared)} if shared.is_dir() else {}),
    }


def _parameters(component: Component) -> dict[str, str]:
    """The step's own parameters; paths that the project declares are found from the pipeline's folder."""
    found = component.parameters()
    for name, declared in component.entry_point.parameters.items():
        if name in found and declared.type in ("path", "uri"):
            place = component.root / os.path.expanduser(found[name].removeprefix("file://"))
            if found[name] and place.exists():
                found[name] = str(place)
    return found


def _places(component: Component, folder: Path) -> dict[str, Path]:
    """Where the step shall write its outputs."""
    places = {}
    for name, output in component.step.outputs.items():
        if output.path:
            places[name] = component.root / output.path
        elif component.takes(name):
            places[name] = folder / name / output.dataset
        else:
            continue
        places[name].parent.mkdir(parents=True, exist_ok=True)
    return places
