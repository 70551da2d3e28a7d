"""Runs the steps of a pipeline: each when what it needs is there, several at once, as one parent run with a child for each."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from modelyard.core.errors import ProjectFailed
from modelyard.pipelines.component import Component
from modelyard.pipelines.explain import by_dataset
from modelyard.pipelines.parent import Parent
from modelyard.pipelines.prepare import Prepared, prepare
from modelyard.pipelines.shelf import Made
from modelyard.pipelines.show import Event, Silent, Watcher
from modelyard.pipelines.spec import Options, PipelineResult, Reason, StepResult
from modelyard.pipelines.work import Done, Workshop, told

_WELL = ("FINISHED", "SKIPPED")
_PATIENCE = 20.0  # seconds for steps that were ended to be gone


def run(
    place: str | os.PathLike[str] = ".",
    *,
    overrides: Sequence[str] = (),
    options: Options | None = None,
    watcher: Watcher | None = None,
) -> PipelineResult:
    """Run the pipeline of a file, or of a folder that has one; what needs not run again is skipped.

    ``overrides`` change values as Hydra writes it: ``modeling.depth=3``. Raises ``InvalidParameter`` or ``NotFound`` when it
    could not run, before anything does, and ``ProjectFailed`` naming the steps that failed when all that could run has.
    """
    result = execute(prepare(Path(place), overrides, options or Options()), watcher or Silent())
    failed = [step for step in result.steps if step.state in ("FAILED", "KILLED")]
    if failed:
        reasons = "; ".join(f"{step.step}: {step.why}" for step in failed)
        raise ProjectFailed(f"The pipeline {result.name!r} failed in its run {result.run_id}: {reasons}")
    return result


def plan(
    place: str | os.PathLike[str] = ".", *, overrides: Sequence[str] = (), options: Options | None = None
) -> list[Reason]:
    """What would run, what would be skipped, and why; nothing runs."""
    prepared = prepare(Path(place), overrides, options or Options())
    return [verdict.reason for verdict in prepared.judge.plan(list(prepared.components.values()))]


def execute(prepared: Prepared, watcher: Watcher) -> PipelineResult:
    """Run what was prepared to its end. An interrupt ends the steps that work, marks all runs as killed, and goes on."""
    parent = Parent(prepared)
    watcher.begin(prepared.pipeline.name, list(prepared.components), parent.run_id)
    execution = _Execution(prepared, parent, watcher)
    try:
        execution.run()
    except BaseException:
        execution.cancel()
        watcher.end("KILLED", parent.end("KILLED", execution.results()).seconds)
        raise
    finally:
        execution.close()
    results = execution.results()
    result = parent.end("FINISHED" if all(each.state in _WELL for each in results) else "FAILED", results)
    watcher.end(result.status, result.seconds)
    return result


class _Execution:
    """Steps waiting, working and done. All is decided by the thread that calls ``run``; the work is done by others."""

    def __init__(self, prepared: Prepared, parent: Parent, watcher: Watcher) -> None:
        self._prepared = prepared
        self._parent = parent
        self._watcher = watcher
        self._quiet = not prepared.options.verbose
        self._workshop = Workshop(
            parent.run_id, parent.experiment_id, prepared.pipeline.name, prepared.shelf, prepared.environments
        )
        self._waiting = list(prepared.components)
        self._threads: dict[str, threading.Thread] = {}
        self._done: queue.SimpleQueue[Done] = queue.SimpleQueue()
        self._results: dict[str, StepResult] = {}
        self._runs: dict[str, str] = {}
        self._made: dict[str, Made] = {}

    def results(self) -> list[StepResult]:
        """How steps ended, in their order; those that never began were blocked."""
        return [
            self._results.get(name) or StepResult(step=name, state="BLOCKED", why="the run ended before")
            for name in self._prepared.components
        ]

    def run(self) -> None:
        """All steps."""
        while self._waiting or self._threads:
            self._start_ready()
            if self._threads:
                self._end(self._done.get())

    def close(self) -> None:
        """Let go of what steps shared."""
        self._workshop.close()

    def cancel(self) -> None:
        """End the steps that work and wait for them."""
        self._waiting = []
        self._workshop.cancel()
        until = time.monotonic() + _PATIENCE
        while self._threads and (left := until - time.monotonic()) > 0:
            try:
                self._end(self._done.get(timeout=left))
            except queue.Empty:
                break
        for name in self._threads:  # such as one whose environment is being made
            run_id = self._runs.get(name, "")
            if run_id:
                self._workshop.give_up(run_id, "KILLED", "")
            self._tell(StepResult(step=name, state="KILLED", run_id=run_id))

    def _start_ready(self) -> None:
        for name in list(self._waiting):
            before = [each for each in self._prepared.graph.needs[name] if each in self._prepared.components]
            bad = next(
                (each for each in before if each in self._results and self._results[each].state not in _WELL), ""
            )
            if bad:
                self._waiting.remove(name)
                self._tell(StepResult(step=name, state="BLOCKED", why=f"{bad} did not end well"))
            elif all(each in self._results for each in before) and len(self._threads) < self._prepared.options.jobs:
                self._waiting.remove(name)
                component = self._prepared.components[name]
                made = dict(self._made)
                thread = threading.Thread(
                    target=self._step, args=(component, made), name=f"modelyard-step-{name}", daemon=True
                )
                self._threads[name] = thread
                thread.start()

    def _step(self, component: Component, made: Mapping[str, Made]) -> None:
        """Decide about a step and run it, in a thread of its own."""
        name = component.step.name
        done = Done(result=StepResult(step=name, state="FAILED", why="it could not be begun"))
        try:
            verdict = self._prepared.judge.judge(component, made)
            if verdict.kept is not None and not verdict.runs:
                kept = verdict.kept
                references = {key: each.reference for key, each in kept.outputs.items()}
                skipped = StepResult(
                    step=name, state="SKIPPED", run_id=kept.run_id, outputs=references, why=verdict.reason.why
                )
                done = Done(result=skipped, made=kept.outputs)
                return
            run_id = self._runs[name] = self._workshop.begin(component)
            self._watcher.tell(Event(step=name, state="RUNNING", why=verdict.reason.why, run_id=run_id))
            done = self._workshop.work(
                component,
                verdict,
                run_id,
                stands=lambda: self._prepared.judge.stands(component, verdict),
                quiet=self._quiet,
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the step failed, and the others go on
            done = Done(result=StepResult(step=name, state="FAILED", why=told(error)))
        finally:
            self._done.put(done)

    def _end(self, done: Done) -> None:
        name = done.result.step
        self._threads.pop(name).join()
        self._made |= by_dataset(self._prepared.components[name], done.made)
        self._tell(done.result)
        if done.result.state != "SKIPPED" and (self._waiting or self._threads):
            self._parent.note([*self._results.values()])

    def _tell(self, result: StepResult) -> None:
        self._results[result.step] = result
        self._watcher.tell(
            Event(
                step=result.step,
                state=result.state,
                why=result.why,
                run_id=result.run_id,
                seconds=result.seconds,
                outputs=tuple(result.outputs.values()),
            )
        )
