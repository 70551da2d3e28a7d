"""A sweep as runs: the parent with its plan, a child for each trial. Nothing of a sweep is kept anywhere else.

Tags of the parent: ``modelyard.kind`` = ``sweep``, ``modelyard.sweep.key``, ``.size`` and ``.host``; its artifact
``sweep.json`` is the plan.
Tags of a child: ``modelyard.trial`` (its number), ``modelyard.trial.values`` (JSON), and how it ended where
the run's status cannot say it: ``modelyard.trial.state`` (``PRUNED``), ``.value`` and ``.why``. A trial that ran
twice has two children.
"""

from __future__ import annotations

import json
import math
import os
import platform
import tempfile
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

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
)
from modelyard.core.entities import Param, Run, RunTag
from modelyard.core.errors import Conflict, NotFound
from modelyard.pipelines.prepare import DOCUMENT
from modelyard.pipelines.sweeps.contract import Plan, Trial, TrialState
from modelyard.projects.masking import mask_of
from modelyard.projects.record import FAILURE

KIND = "modelyard.kind"
KEY = "modelyard.sweep.key"
SIZE = "modelyard.sweep.size"
HOST = "modelyard.sweep.host"
NUMBER = "modelyard.trial"
VALUES = "modelyard.trial.values"
STATE = "modelyard.trial.state"
VALUE = "modelyard.trial.value"
WHY = "modelyard.trial.why"
PLAN = "sweep.json"

_STATES: Mapping[str, TrialState] = {"FINISHED": "FINISHED", "FAILED": "FAILED", "KILLED": "KILLED"}
_ORIGIN = (USER, SOURCE_TYPE, SOURCE_NAME, ENTRY_POINT, COMMIT, REPOSITORY, BRANCH)
"""Tags of the sweep that its trials have too."""
_LATEST = ["attributes.start_time DESC"]
_MOST_TAG = 5000


class Record:
    """What is stored of one sweep. One thread writes."""

    def __init__(self, client: MlflowClient, run: Run, plan: Plan) -> None:
        self.run_id = run.info.run_id
        self.experiment_id = run.info.experiment_id
        self.plan = plan
        self._client = client
        self._origin = {key: run.data.tags[key] for key in _ORIGIN if key in run.data.tags}
        self.version = run.data.tags.get(COMMIT, plan.version) if plan.version or "://" in plan.uri else ""

    @classmethod
    def create(
        cls,
        client: MlflowClient,
        plan: Plan,
        experiment_id: str,
        *,
        size: int | None,
        name: str,
        tags: Mapping[str, str],
    ) -> Record:
        """Store a new sweep, without trials. What makes it one is written last: a run that has that is whole."""
        run = client.create_run(experiment_id, tags=tags, run_name=name)
        client.log_dict(run.info.run_id, msgspec.to_builtins(plan), PLAN)
        record = cls(client, run, plan)
        own = {plan.option: " ".join(plan.overrides)} if plan.option else {}
        record.log_params(run.info.run_id, {**plan.parameters, **own})
        told = {KIND: "sweep", KEY: plan.key, HOST: platform.node(), SIZE: "" if size is None else str(size)}
        client.log_batch(run.info.run_id, tags=[RunTag(key, value) for key, value in told.items() if value])
        record.beat()
        return record

    @classmethod
    def open(cls, client: MlflowClient, run_id: str) -> Record:
        """The sweep of a run. Raises ``NotFound`` for a run that is none."""
        run = client.get_run(run_id)
        if run.data.tags.get(KIND) != "sweep":
            raise NotFound(f"The run {run_id} is no sweep. List them with: modelyard sweep list")
        with tempfile.TemporaryDirectory(prefix="modelyard-") as folder:
            file = Path(client.download_artifacts(run_id, PLAN, folder))
            try:
                plan = msgspec.json.decode(file.read_bytes(), type=Plan)
            except msgspec.MsgspecError as error:
                raise NotFound(f"The plan of the sweep {run_id} ({PLAN}) cannot be read: {error}") from None
        return cls(client, run, plan)

    @classmethod
    def unfinished(cls, client: MlflowClient, plan: Plan, experiment_id: str) -> Record | None:
        """The latest sweep of the same key that has trials to run; None where there is none."""
        found = client.search_runs([experiment_id], f"tags.`{KEY}` = '{plan.key}'", max_results=1, order_by=_LATEST)
        if not found or found[0].info.status == "FINISHED":
            return None
        return cls.open(client, found[0].info.run_id)

    def trials(self) -> dict[int, Trial]:
        """How each trial stands, by its number: as it ended well, else as it ended last."""
        found: dict[int, Trial] = {}
        for run in self._children():
            trial = _trial_of(run)
            if trial is not None and not (trial.number in found and found[trial.number].is_done):
                found[trial.number] = trial
        return dict(sorted(found.items()))

    def running(self) -> list[Trial]:
        """Trials that say they run, those that another attempt has overtaken too."""
        found = (_trial_of(run) for run in self._children())
        return [trial for trial in found if trial is not None and trial.state == "RUNNING"]

    def take_over(self, *, force: bool) -> None:
        """Make the sweep this machine's. Raises ``Conflict`` where it seems to run on another one."""
        run = self._client.get_run(self.run_id)
        host = run.data.tags.get(HOST, "")
        if host and host != platform.node() and run.info.status == "RUNNING" and not force:
            life = self._client.liveness([run]).get(self.run_id)
            if life is None or life.state != "stale":
                raise Conflict(
                    f"The sweep {self.run_id} was started on {host!r} and may run there still. Where it does not:"
                    f" modelyard sweep resume {self.run_id} --take-over"
                )
        self._client.set_tag(self.run_id, HOST, platform.node())
        self._client.update_run(self.run_id, status="RUNNING")
        self.beat()

    def beat(self) -> None:
        """Give signs of life until the sweep ends."""
        PROCESS.connect().sender.begin(self.run_id)

    def valued(self, trials: Mapping[int, Trial]) -> dict[int, Trial]:
        """The trials that are done with the plan's metric, which need not be the one they were stored with."""
        return {
            number: msgspec.structs.replace(trial, value=self.value(trial.run_id))
            for number, trial in trials.items()
            if trial.is_done
        }

    def begin(self, trial: Trial, params: Mapping[str, str], name: str) -> Trial:
        """Store that a trial runs; answers it with its run."""
        tags = {**self._origin, PARENT: self.run_id, NUMBER: str(trial.number), VALUES: _json(trial.values)}
        run_id = self._client.create_run(self.experiment_id, tags=tags, run_name=name).info.run_id
        self.log_params(run_id, params)
        return msgspec.structs.replace(trial, run_id=run_id, state="RUNNING", value=None, seconds=0.0, why="")

    def end(self, trial: Trial) -> None:
        """Store how a trial ended."""
        tags = {
            STATE: "PRUNED" if trial.state == "PRUNED" else "",
            VALUE: "" if trial.value is None else repr(trial.value),
            WHY: trial.why[:_MOST_TAG],
        }
        for key, value in tags.items():
            if value:
                self._client.set_tag(trial.run_id, key, value)
        self._client.set_terminated(trial.run_id, "KILLED" if trial.state == "PRUNED" else trial.state)

    def log_params(self, run_id: str, params: Mapping[str, str]) -> None:
        """Log params; a secret of the environment is nobody's business."""
        mask = mask_of(os.environ)
        self._client.log_batch(run_id, params=[Param(key, mask(value)) for key, value in params.items()])

    def kill(self, trial: Trial) -> None:
        """Mark a trial whose sweep died before it ended."""
        self._client.set_terminated(trial.run_id, "KILLED")

    def finish(self, state: str, why: str) -> None:
        """End the sweep; what failed can be run again."""
        if why:
            self._client.set_tag(self.run_id, FAILURE, why[:_MOST_TAG])
        self._client.set_terminated(self.run_id, state)

    def value(self, run_id: str) -> float | None:
        """The last value of the sweep's metric in a trial's run, else in one of the runs below it."""
        metric = self.plan.metric
        runs = chain([self._client.get_run(run_id)], self._below(run_id))
        return next((run.data.metrics[metric] for run in runs if metric in run.data.metrics), None)

    def metrics(self, trial: Trial | None) -> list[str]:
        """The names of what a trial logged, in its run and below it."""
        if trial is None:
            return []
        runs = chain([self._client.get_run(trial.run_id)], self._below(trial.run_id))
        return sorted({name for run in runs for name in run.data.metrics})

    def series(self, run_id: str) -> list[tuple[int, float]]:
        """The points of the metric so far, of the first run among these that has it."""
        for each in (run_id, *(run.info.run_id for run in self._below(run_id))):
            points = self._client.get_metric_history(each, self.plan.metric)
            if points:
                return [(point.step, point.value) for point in points]
        return []

    def log_texts(self, texts: Mapping[str, str]) -> None:
        """Add small files to the sweep."""
        for name, text in texts.items():
            self._client.log_text(self.run_id, text, name)

    def _below(self, run_id: str) -> Iterator[Run]:
        """The runs nested in a run, the latest first: of the same experiment, else of any."""
        query = f"tags.`{PARENT}` = '{run_id}'"
        found = self._client.search_runs([self.experiment_id], query, order_by=_LATEST)
        if not found and (others := self._others()):
            found = self._client.search_runs(others, query, order_by=_LATEST)
        yield from found
        for run in found:
            yield from self._below(run.info.run_id)
            yield from self._kept_by(run)

    def _kept_by(self, run: Run) -> Iterator[Run]:
        """The earlier runs whose results a pipeline took instead of running its steps again."""
        if run.data.tags.get(KIND) != "pipeline":
            return
        with tempfile.TemporaryDirectory(prefix="modelyard-") as folder:
            told = json.loads(Path(self._client.download_artifacts(run.info.run_id, DOCUMENT, folder)).read_bytes())
        for step in reversed(told["steps"]):
            if step.get("state") == "SKIPPED" and step.get("run_id"):
                yield self._client.get_run(step["run_id"])

    def _others(self) -> list[str]:
        """The experiments there are now: a trial may make one."""
        listed = self._client.search_experiments()
        return [each.experiment_id for each in listed if each.experiment_id != self.experiment_id]

    def _children(self) -> Iterator[Run]:
        token: str | None = None
        while True:
            page = self._client.search_runs(
                [self.experiment_id],
                f"tags.`{PARENT}` = '{self.run_id}'",
                order_by=["attributes.start_time ASC"],
                page_token=token,
            )
            yield from page
            token = page.token
            if not token:
                return


def _trial_of(run: Run) -> Trial | None:
    """A trial from its run; None for a run below a sweep that is none."""
    tags = run.data.tags
    try:
        number, values = int(tags.get(NUMBER, "")), msgspec.json.decode(tags.get(VALUES, "{}"), type=dict[str, str])
    except (ValueError, msgspec.MsgspecError):
        return None
    pruned = tags.get(STATE) == "PRUNED"
    ended, begun = run.info.end_time, run.info.start_time
    return Trial(
        number=number,
        values=values,
        state="PRUNED" if pruned else _STATES.get(run.info.status, "RUNNING"),
        run_id=run.info.run_id,
        value=_number(tags.get(VALUE)),
        seconds=(ended - begun) / 1000 if ended and begun else 0.0,
        why=tags.get(WHY, ""),
    )


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def _json(values: Mapping[str, str]) -> str:
    return msgspec.json.encode(dict(values)).decode()


def better(plan: Plan, one: Trial, other: Trial | None) -> bool:
    """Whether a trial is better than another by the sweep's metric; one without a value never is."""
    if one.value is None or math.isnan(one.value) or one.state != "FINISHED":
        return False
    if other is None or other.value is None:
        return True
    return one.value < other.value if plan.direction == "minimize" else one.value > other.value


def best_of(plan: Plan, trials: Mapping[int, Trial]) -> Trial | None:
    """The best trial that finished, the earliest of equal ones; None where none has a value."""
    best: Trial | None = None
    for _, trial in sorted(trials.items()):
        if better(plan, trial, best):
            best = trial
    return best
