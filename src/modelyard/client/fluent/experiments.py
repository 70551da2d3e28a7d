"""Verbs about experiments."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from modelyard.client.active import PROCESS, STACK
from modelyard.client.client import MlflowClient
from modelyard.client.connection import Connection
from modelyard.client.paging import gather
from modelyard.client.replay import AWAY, BY_EXPERIMENT_NAME, ensure_experiment
from modelyard.core.entities import Experiment, ViewType
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.settings import Settings
from modelyard.core.wire.messages import experiments as exp

DEFAULT_ID = "0"
_PAGE = 1000


def set_experiment(
    experiment_name: str | None = None, experiment_id: str | None = None, trace_location: None = None
) -> Experiment:
    """Make an experiment the active one for the runs that follow; one of a new name is made. No run is started.

    >>> import modelyard as mlflow
    >>> mlflow.set_experiment("wine").name
    'wine'
    >>> mlflow.active_run() is None
    True
    """
    if trace_location is not None:
        raise InvalidParameter("`trace_location` belongs to another company's service; leave it out.")
    if (experiment_name is None) == (experiment_id is None):
        raise InvalidParameter("Must specify exactly one of: `experiment_id` or `experiment_name`.")
    connection = PROCESS.connect()
    if experiment_id is not None:
        experiment = MlflowClient().get_experiment(str(experiment_id))
    else:
        experiment = _by_name(connection, str(experiment_name))
    if experiment.lifecycle_stage != "active":
        raise InvalidParameter(
            f"Cannot set a deleted experiment {experiment.name!r} as the active experiment. "
            "You can restore the experiment, or permanently delete the experiment to create a new one."
        )
    PROCESS.experiment_id = experiment.experiment_id
    if not experiment.experiment_id.startswith(BY_EXPERIMENT_NAME) and not Settings.read().experiment_name:
        os.environ["MLFLOW_EXPERIMENT_ID"] = experiment.experiment_id  # for processes this one starts
    return experiment


def create_experiment(
    name: str, artifact_location: str | None = None, tags: Mapping[str, Any] | None = None, trace_location: None = None
) -> str:
    """Make an experiment and answer its id; it does not become the active one. A name that is taken is an error."""
    if trace_location is not None:
        raise InvalidParameter("`trace_location` belongs to another company's service; leave it out.")
    return MlflowClient().create_experiment(name, artifact_location, tags)


def get_experiment(experiment_id: str) -> Experiment:
    """The experiment of an id, also a deleted one."""
    return MlflowClient().get_experiment(experiment_id)


def get_experiment_by_name(name: str) -> Experiment | None:
    """The experiment of a name, also a deleted one; None when there is none."""
    return MlflowClient().get_experiment_by_name(name)


def search_experiments(
    view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int | None = None,
    filter_string: str | None = None,
    order_by: list[str] | None = None,
) -> list[Experiment]:
    """Experiments by filter and in an order; all of them without ``max_results``."""
    client = MlflowClient()
    return gather(
        lambda size, token: client.search_experiments(view_type, size, filter_string, order_by, token),
        max_results,
        _PAGE,
    )


def delete_experiment(experiment_id: str) -> None:
    """Mark an experiment and its runs deleted."""
    MlflowClient().delete_experiment(experiment_id)


def restore_experiment(experiment_id: str) -> None:
    """Bring a deleted experiment and its runs back."""
    MlflowClient().restore_experiment(experiment_id)


def set_experiment_tag(key: str, value: Any) -> None:
    """Set a tag of the active experiment."""
    MlflowClient().set_experiment_tag(current_experiment_id(), key, value)


def set_experiment_tags(tags: Mapping[str, Any]) -> None:
    """Set several tags of the active experiment."""
    client, experiment_id = MlflowClient(), current_experiment_id()
    for key, value in tags.items():
        client.set_experiment_tag(experiment_id, key, value)


def delete_experiment_tag(key: str) -> None:
    """Remove a tag of the active experiment."""
    MlflowClient().delete_experiment_tag(current_experiment_id(), key)


def current_experiment_id() -> str:
    """The experiment of a run that would start now: that of the active run, else the active experiment."""
    stack = STACK.get()
    return stack[-1].run.info.experiment_id if stack else default_experiment_id(PROCESS.connect())


def default_experiment_id(connection: Connection) -> str:
    """The experiment that was set, else the one the environment names, else ``Default``."""
    if PROCESS.experiment_id is not None:
        return PROCESS.experiment_id
    settings = Settings.read()
    if settings.experiment_name:
        found = _by_name(connection, settings.experiment_name).experiment_id
        if settings.experiment_id and settings.experiment_id != found:
            raise InvalidParameter(
                f"The environment names the experiment {settings.experiment_name!r}, whose id is {found}, and the id"
                f" {settings.experiment_id}; unset MLFLOW_EXPERIMENT_NAME or MLFLOW_EXPERIMENT_ID."
            )
        return found
    return settings.experiment_id or DEFAULT_ID


def resolve_experiment(connection: Connection, named: str | int) -> str:
    """The id of an experiment given by id or by name; refused when it is the name of one and the id of another."""
    text = str(named)
    store = connection.quick
    try:
        by_name = store.get_experiment_by_name(exp.GetExperimentByName(experiment_name=text)).experiment.experiment_id
    except NotFound:
        return text
    except AWAY:
        if not connection.sender.keeps:
            raise
        return text if text.isdigit() else f"{BY_EXPERIMENT_NAME}{text}"
    if not text.isdigit() or by_name == text:
        return by_name
    try:
        store.get_experiment(exp.GetExperiment(experiment_id=text))
    except NotFound:
        return by_name
    raise InvalidParameter(
        f"{text!r} is the id of one experiment and the name of another (whose id is {by_name}). Give that id,"
        " or rename one."
    )


def _by_name(connection: Connection, name: str) -> Experiment:
    store = connection.quick
    try:
        experiment_id = ensure_experiment(store, name)
        return store.get_experiment(exp.GetExperiment(experiment_id=experiment_id)).experiment
    except AWAY:
        if not connection.sender.keeps:
            raise
        return Experiment(experiment_id=f"{BY_EXPERIMENT_NAME}{name}", name=name)
