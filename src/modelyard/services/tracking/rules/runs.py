"""Rules of runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from modelyard.core import ids
from modelyard.core.checks import check_max_results
from modelyard.core.entities import LifecycleStage, RunTag
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import runs as run
from modelyard.services.tracking.rules import batches, limits
from modelyard.services.tracking.rules.experiments import DEFAULT_ID, numbers
from modelyard.services.tracking.rules.limits import Limits
from modelyard.services.tracking.rules.values import (
    check_count,
    check_int64,
    check_new_run_id,
    check_text,
    experiment_number,
    require,
)

RUN_NAME_TAG = "mlflow.runName"
MISSED_HEARTBEATS = 3
MODEL_HISTORY_TAG = "mlflow.log-model.history"


class NewRun(NamedTuple):
    """A run that may be made: its name and its tags agree."""

    run_id: str
    experiment: int
    name: str
    tags: list[RunTag]


def check_create(request: run.CreateRun, limit: Limits) -> NewRun:
    """Check a new run and settle its id, its name and the tag of its name."""
    experiment = experiment_number(request.experiment_id) if request.experiment_id else DEFAULT_ID
    check_text("user_id", request.user_id, limits.USER_LENGTH)
    check_int64("start_time", request.start_time)
    check_count("tags", request.tags, limits.TAGS_PER_CREATE)
    tags = {tag.key: tag for tag in batches.checked_new_tags(request.tags, limit)}
    named = tags.get(RUN_NAME_TAG)
    if named and named.value and request.run_name and named.value != request.run_name:
        raise InvalidParameter(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values "
            f"(run_name='{request.run_name}', mlflow.runName='{named.value}')."
        )
    if request.run_id is not None:
        check_new_run_id(request.run_id)
    name = checked_run_name(request.run_name, limit) or (named.value if named else "") or ids.new_run_name()
    tags[RUN_NAME_TAG] = RunTag(RUN_NAME_TAG, name)
    return NewRun(request.run_id or ids.new_run_id(), experiment, name, list(tags.values()))


def checked_run_name(name: str, limit: Limits) -> str:
    """The name as it is stored: as long as the tag that repeats it may be."""
    return batches.fitting("run_name", name, limits.RUN_NAME_LENGTH, limit)


def check_update(request: run.UpdateRun, limit: Limits) -> str:
    """Check a change; answers the new name, empty for none."""
    require("run_id", request.run_id)
    check_int64("end_time", request.end_time)
    return checked_run_name(request.run_name, limit)


def check_known(run_id: str) -> None:
    """Check an id that is looked up."""
    require("run_id", run_id)


def check_delete_tag(request: run.DeleteTag) -> None:
    """Check the removal of a tag."""
    require("run_id", request.run_id)
    require("key", request.key)


def check_search(request: run.SearchRuns) -> list[int]:
    """Check a search; answers the experiments' numbers."""
    check_max_results(request.max_results, limits.PAGE)
    return numbers(request.experiment_ids)


def check_heartbeat(request: run.Heartbeat | run.GetLiveness) -> list[str]:
    """Check signs of life, or who asks for them; answers the run ids, each once."""
    check_count("run_ids", request.run_ids, limits.HEARTBEAT_RUNS)
    return list(dict.fromkeys(request.run_ids))


def is_stale(status: str, silent_ms: int | None, interval: float) -> bool:
    """Whether a run that goes on has missed three signs of life, ``interval`` seconds apart; never one that gave none.

    >>> is_stale("RUNNING", 30_001, 10), is_stale("RUNNING", 30_000, 10), is_stale("FINISHED", 99_000, 10)
    (True, False, False)
    """
    return status == "RUNNING" and silent_ms is not None and silent_ms > MISSED_HEARTBEATS * interval * 1000


def check_active(run_id: str, stage: str) -> None:
    """Refuse to write to a deleted run."""
    if stage != LifecycleStage.ACTIVE:
        raise InvalidParameter(f"The run {run_id} must be in the 'active' state. Current state is {stage}.")


def check_experiment_active(experiment: int, stage: str) -> None:
    """Refuse to add to a deleted experiment."""
    if stage != LifecycleStage.ACTIVE:
        raise InvalidParameter(f"The experiment {experiment} must be in the 'active' state. Current state is {stage}.")


def changed_params(run_id: str, changes: Sequence[tuple[str, str, str]], *, batch: bool) -> InvalidParameter:
    """The error for params that were logged with another value: key, old value, new value."""
    if batch:
        listed = [{"key": key, "old_value": old, "new_value": new} for key, old, new in changes]
        return InvalidParameter(
            f"Changing param values is not allowed. Params were already logged='{listed}' for run ID='{run_id}'."
        )
    key, old, new = changes[0]
    return InvalidParameter(
        f"Changing param values is not allowed. Param with key='{key}' was already logged with value='{old}' for run "
        f"ID='{run_id}'. Attempted logging new value '{new}'."
    )
