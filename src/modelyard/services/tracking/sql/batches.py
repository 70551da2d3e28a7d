"""Logging to runs: many requests in one transaction, each with an outcome of its own.

This is the hottest path of the store. What does not depend on the number of requests is done once for all of them: one
look-up of the runs, one of the keys, one append of the points. A request that writes params or tags, which may be
refused by what is there already, has a block of its own, so that its failure leaves no trace and harms no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from modelyard.core.entities import LifecycleStage, Param, RunTag
from modelyard.core.errors import ModelyardError, UserError
from modelyard.core.wire.messages import runs as run
from modelyard.core.wire.messages.message import Empty
from modelyard.db import Database
from modelyard.services.tracking.rules import batches as rules
from modelyard.services.tracking.rules.batches import NO_POINTS, GoodNames, Points
from modelyard.services.tracking.rules.limits import Limits
from modelyard.services.tracking.rules.runs import check_active
from modelyard.services.tracking.sql import model_metrics, names, params, runs, tags
from modelyard.services.tracking.sql.metrics import log
from modelyard.services.tracking.sql.metrics.log import PointBatch
from modelyard.services.tracking.sql.runs import RunState

Logging = run.LogBatch | run.LogMetric | run.LogParam | run.SetTag
DONE = Empty()


class Checked(NamedTuple):
    """A request that passed the rules, and its place among the requests."""

    place: int
    run_id: str
    points: Points
    params: list[Param]
    tags: list[RunTag]
    is_batch: bool


def checked(place: int, request: Logging, good: GoodNames, limit: Limits) -> Checked:
    """Check one request against the rules, without looking at the store."""
    match request:
        case run.LogMetric():
            return Checked(place, request.run_id, rules.check_metric(request, good), [], [], False)
        case run.LogBatch():
            points = rules.check_batch(request, good)
            checked_params = rules.checked_params(request.params, limit) if request.params else []
            checked_tags = rules.checked_tags(request.tags, limit) if request.tags else []
            return Checked(place, request.run_id, points, checked_params, checked_tags, True)
        case run.LogParam():
            return Checked(place, request.run_id, NO_POINTS, [rules.check_param(request, limit)], [], False)
        case run.SetTag():
            return Checked(place, request.run_id, NO_POINTS, [], [rules.check_tag(request, limit)], False)


def write_all(db: Database, items: Sequence[Checked], outcomes: list[Empty | ModelyardError]) -> None:
    """Write the requests in one transaction; what refuses one becomes its outcome."""
    with db.write() as conn:
        states = runs.states(conn, {item.run_id for item in items})
        writable = [item for item in items if _is_writable(item, states, outcomes)]
        keys = names.interned(conn, _keys(writable))
        points: list[PointBatch] = []
        for item in writable:
            state = states[item.run_id]
            if item.params or item.tags or item.points.linked:
                failure = _write_apart(db, state, item, keys)
                if failure is not None:
                    outcomes[item.place] = failure
                    continue
            if item.points.keys:
                points.append(PointBatch(state.id, state.experiment, *item.points[:4]))
        if points:
            log.append(conn, points, keys)


def _is_writable(item: Checked, states: Mapping[str, RunState], outcomes: list[Empty | ModelyardError]) -> bool:
    state = states.get(item.run_id)
    if state is None:
        outcomes[item.place] = runs.missing(item.run_id)
        return False
    if state.stage == LifecycleStage.ACTIVE:
        return True
    try:
        check_active(item.run_id, state.stage)
    except UserError as error:
        outcomes[item.place] = error
    return False


def _keys(items: Sequence[Checked]) -> set[str]:
    keys: set[str] = set()
    for item in items:
        keys.update(item.points.keys)
        if item.params or item.tags:
            keys.update([pair.key for pair in (*item.params, *item.tags)])
    return keys


def _write_apart(db: Database, state: RunState, item: Checked, keys: Mapping[str, int]) -> UserError | None:
    """Write what may be refused: params, tags, and points of logged models."""
    try:
        with db.write() as conn:
            params.add(conn, state, item.params, keys, batch=item.is_batch)
            model_metrics.add(conn, state, item.points.linked, keys)
            tags.put(conn, state, item.tags, keys)
    except UserError as error:
        return error
    return None
