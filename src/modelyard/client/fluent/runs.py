"""Verbs about the life of runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import msgspec

from modelyard.client.active import LAST, PROCESS, STACK, OpenRun
from modelyard.client.calls.base import key_values, now_ms, status_name
from modelyard.client.client import MlflowClient, StoreClient
from modelyard.client.connection import Connection
from modelyard.client.context import NOTE, PARENT, RUN_NAME, context_tags, user_name
from modelyard.client.fluent.experiments import default_experiment_id, resolve_experiment
from modelyard.client.lifecycle import ActiveRun, activate, create, end_innermost, look_up
from modelyard.client.system_metrics import start_monitor
from modelyard.core.entities import Run, RunInfo, RunTag
from modelyard.core.errors import InvalidParameter
from modelyard.core.ids import new_run_id, new_run_name
from modelyard.core.settings import Settings
from modelyard.core.wire.messages.runs import CreateRun, LogBatch, UpdateRun
from modelyard.services.tracking.rules.values import check_run_id


def start_run(
    run_id: str | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    parent_run_id: str | None = None,
    tags: Mapping[str, Any] | None = None,
    description: str | None = None,
    log_system_metrics: bool | None = None,
) -> ActiveRun:
    """Start a run and make it the active one, or go on with the run ``run_id``.

    With ``with`` the run ends with the block; otherwise ``end_run`` ends it. While a run is active another one can
    only be started in it, with ``nested=True``. ``experiment_id`` takes the name of an experiment too.

    >>> import modelyard as mlflow
    >>> with mlflow.start_run(run_name="first") as run:
    ...     mlflow.log_param("alpha", 0.5)
    ...     mlflow.log_metric("loss", 0.25)
    0.5
    >>> mlflow.get_run(run.info.run_id).info.status
    'FINISHED'
    """
    stack = tuple(opened for opened in STACK.get() if opened.pid == os.getpid())  # a forked child begins its own
    if stack and not nested:
        raise InvalidParameter(
            f"Run with UUID {stack[-1].run_id} is already active. To start a new run, first end the current run with"
            " mlflow.end_run(). To start a nested run, call start_run with nested=True"
        )
    connection = stack[-1].connection if stack else PROCESS.connect()
    settings = Settings.read()
    all_tags = _with_description({str(key): str(value) for key, value in (tags or {}).items()}, description)
    resumed = run_id or _inherited_run_id(settings)
    if resumed:
        run = _resume(connection, resumed, run_name, all_tags)
    else:
        parent = _parent(connection, stack, parent_run_id)
        where = (
            default_experiment_id(connection)
            if experiment_id is None
            else resolve_experiment(connection, experiment_id)
        )
        run = create(connection, _request(settings, where, run_name, {**parent, **all_tags}))
    opened = activate(run, connection)
    if settings.enable_system_metrics_logging if log_system_metrics is None else log_system_metrics:
        _monitor(opened, resumed=bool(resumed))
    return _active(opened)


def end_run(status: str = "FINISHED") -> None:
    """End the active run, after everything that was logged to it; without an active run nothing happens."""
    name = status_name(status)
    end_innermost(name)


def active_run() -> ActiveRun | None:
    """The active run of this thread or task. It does not follow what is logged: ``get_run`` does."""
    stack = STACK.get()
    return _active(stack[-1]) if stack else None


def last_active_run() -> Run | None:
    """The active run, else the run of this thread or task that ended last."""
    stack = STACK.get()
    if stack:
        return _active(stack[-1])
    last = LAST.get()
    return StoreClient(last[1], last[1]).get_run(last[0]) if last else None


def get_run(run_id: str) -> Run:
    """A run with all it logged until now."""
    return MlflowClient().get_run(run_id)


def get_parent_run(run_id: str) -> Run | None:
    """The run a run is nested in; None for one that is not nested."""
    return MlflowClient().get_parent_run(run_id)


def delete_run(run_id: str) -> None:
    """Mark a run deleted."""
    MlflowClient().delete_run(run_id)


def restore_run(run_id: str) -> None:
    """Bring a deleted run back."""
    MlflowClient().restore_run(run_id)


def current_run() -> OpenRun:
    """The active run; one is started where there is none."""
    stack = STACK.get()
    if not stack:
        start_run()
        stack = STACK.get()
    return stack[-1]


def _active(opened: OpenRun) -> ActiveRun:
    run = opened.run
    assert isinstance(run, ActiveRun)
    return run


def _request(settings: Settings, experiment_id: str, run_name: str | None, tags: Mapping[str, str]) -> CreateRun:
    told = dict(tags)
    if run_name:
        told[RUN_NAME] = run_name
    elif RUN_NAME not in told:
        told[RUN_NAME] = new_run_name()
    return CreateRun(
        experiment_id=experiment_id,
        user_id=user_name(settings),
        run_name=told[RUN_NAME],
        start_time=now_ms(),
        tags=key_values(RunTag, {**context_tags(settings), **told}),
        run_id=new_run_id(),
    )


def _with_description(tags: dict[str, str], description: str | None) -> dict[str, str]:
    if not description:
        return tags
    if NOTE in tags:
        raise InvalidParameter(
            f"Description is already set via the tag {NOTE} in tags. Remove the key {NOTE} from the tags or omit the"
            " description."
        )
    return {**tags, NOTE: description}


def _inherited_run_id(settings: Settings) -> str:
    """The run a launcher made for this process: used once."""
    for variable in ("MODELYARD_RUN_ID", "MLFLOW_RUN_ID"):
        os.environ.pop(variable, None)
    return settings.run_id


def _resume(connection: Connection, run_id: str, run_name: str | None, tags: Mapping[str, str]) -> Run:
    check_run_id(run_id)
    connection.sender.flush(run_id)
    found = look_up(connection, run_id)
    if found is not None:
        _check_resumable(found.info)
    connection.sender.send("update_run", UpdateRun(run_id=run_id, status="RUNNING", run_name=run_name or ""))
    if tags:
        connection.sender.send("log_batch", LogBatch(run_id=run_id, tags=key_values(RunTag, tags)))
    again = look_up(connection, run_id)
    return again or Run(info=RunInfo(run_id=run_id, experiment_id="", run_name=run_name))


def _check_resumable(info: RunInfo) -> None:
    if PROCESS.experiment_id is not None and info.experiment_id != PROCESS.experiment_id:
        raise InvalidParameter(
            f"Cannot start run with ID {info.run_id} because active experiment ID does not match environment run ID."
            " Make sure --experiment-name or --experiment-id matches experiment set with set_experiment(), or just use"
            " command-line arguments"
        )
    if info.lifecycle_stage == "deleted":
        raise InvalidParameter(f"Cannot start run with ID {info.run_id} because it is in the deleted state.")


def _parent(connection: Connection, stack: tuple[OpenRun, ...], parent_run_id: str | None) -> dict[str, str]:
    """The tag that names the parent."""
    if not parent_run_id:
        return {PARENT: stack[-1].run_id} if stack else {}
    check_run_id(parent_run_id)
    if stack and stack[-1].run_id != parent_run_id:
        raise InvalidParameter(
            f"Current run with UUID {stack[-1].run_id} does not match the specified parent_run_id {parent_run_id}. To"
            f" start a new nested run under the parent run with UUID {stack[-1].run_id}, first end the current run with"
            " mlflow.end_run()."
        )
    parent = look_up(connection, parent_run_id)
    if parent is not None and parent.info.lifecycle_stage == "deleted":
        raise InvalidParameter(
            f"Cannot start run under parent run with ID {parent_run_id} because it is in the deleted state."
        )
    return {PARENT: parent_run_id}


def _monitor(opened: OpenRun, *, resumed: bool) -> None:
    first_step = 0
    if resumed:
        steps = [metric.step for metric in opened.run.data.metric_list if metric.key.startswith("system/")]
        first_step = max(steps, default=-1) + 1
    options = msgspec.structs.asdict(Settings.read()) | PROCESS.system_metrics
    opened.monitor = start_monitor(opened.lane, first_step, options)
