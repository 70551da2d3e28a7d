"""Many requests in one transaction: each with its own outcome, none harmed by another."""

from __future__ import annotations

import pytest

from modelyard.core.entities import Metric, Param, RunTag
from modelyard.core.errors import InvalidParameter, ModelyardError, NotFound
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import runs as run
from modelyard.core.wire.messages.message import Empty
from modelyard.db.database import Database
from modelyard.services.tracking.sql.store import SqlTrackingStore
from modelyard.testing.tracking.steps import (
    UNKNOWN_RUN,
    delete_run,
    get_model,
    get_run,
    history,
    log,
    log_metric,
    make_model,
    make_run,
)


def test_each_request_of_a_group_has_its_outcome_in_its_place(store: SqlTrackingStore) -> None:
    first, second, deleted = make_run(store), make_run(store), make_run(store)
    delete_run(store, deleted)
    outcomes = store.log_batches(
        [
            run.LogMetric(run_id=first, key="loss", value=1.0, timestamp=1),
            run.LogMetric(run_id=first, key="bad?", value=1.0, timestamp=1),
            run.LogMetric(run_id=UNKNOWN_RUN, key="loss", value=1.0, timestamp=1),
            run.LogBatch(run_id=second, metrics=[Metric("loss", 2.0, 1)], params=[Param("lr", "1")]),
            run.LogParam(run_id=second, key="lr", value="2"),
            run.LogMetric(run_id=deleted, key="loss", value=1.0, timestamp=1),
            run.SetTag(run_id=first, key="t", value="x"),
            run.LogMetric(run_id=first, key="loss", value=3.0, timestamp=2, step=1),
        ]
    )
    assert [type(outcome) for outcome in outcomes] == [
        Empty,
        InvalidParameter,
        NotFound,
        Empty,
        InvalidParameter,
        InvalidParameter,
        Empty,
        Empty,
    ]
    assert history(store, first, "loss") == [(1, 0, 1.0), (2, 1, 3.0)]
    assert get_run(store, first).data.tags["t"] == "x"
    assert (get_run(store, second).data.params, get_run(store, second).data.metrics) == ({"lr": "1"}, {"loss": 2.0})


def test_a_refused_request_of_a_group_leaves_no_trace(store: SqlTrackingStore) -> None:
    run_id = make_run(store, run_name="a")
    log(store, run_id, params={"lr": "1"})
    batch = run.LogBatch(
        run_id=run_id,
        metrics=[Metric("m", 1.0, 1)],
        params=[Param("new", "1"), Param("lr", "2")],
        tags=[RunTag("t", "x")],
    )
    refused, done = store.log_batches([batch, run.LogMetric(run_id=run_id, key="ok", value=1.0, timestamp=1)])
    assert isinstance(refused, ModelyardError)
    assert done == Empty()
    data = get_run(store, run_id).data
    assert (data.params, data.metrics, data.tags) == ({"lr": "1"}, {"ok": 1.0}, {"mlflow.runName": "a"})


def test_what_is_wrong_with_a_single_request_is_said_as_for_that_request(store: SqlTrackingStore) -> None:
    run_id = make_run(store)
    alone, in_batch = store.log_batches(
        [
            run.LogMetric(run_id=run_id, key="a?", value=1.0, timestamp=1),
            run.LogBatch(run_id=run_id, metrics=[Metric("a?", 1.0, 1)]),
        ]
    )
    assert "for parameter 'name' supplied" in str(alone)
    assert "for parameter 'metrics[0].name' supplied" in str(in_batch)


def test_an_empty_group_is_fine(store: SqlTrackingStore) -> None:
    assert store.log_batches([]) == []


def test_points_of_models_are_undone_with_the_batch_that_is_refused(store: SqlTrackingStore) -> None:
    run_id, model_id = make_run(store), make_model(store).model_id
    log(store, run_id, params={"lr": "1"})
    linked = [Metric("m", 1.0, 1, model_id=model_id), Metric("m", 1.0, 1, model_id="m-unknown")]
    (outcome,) = store.log_batches([run.LogBatch(run_id=run_id, metrics=linked)])
    assert isinstance(outcome, NotFound)
    assert (get_model(store, model_id).metrics, get_run(store, run_id).data.metrics) == ([], {})


def test_calls_inside_one_transaction_are_kept_or_undone_one_by_one(
    store: SqlTrackingStore, database: Database
) -> None:
    run_id = make_run(store, run_name="a")
    with database.write():
        store.log_param(run.LogParam(run_id=run_id, key="lr", value="1"))
        with pytest.raises(InvalidParameter):
            log(store, run_id, params={"fresh": "1", "lr": "2"})
        # the key `fresh` was numbered in a block that was undone, and must be numbered again
        store.log_param(run.LogParam(run_id=run_id, key="fresh", value="2"))
        log_metric(store, run_id, "fresh", 0.5)
        made = make_run(store, run_name="b", tags=[RunTag("fresh", "3")])
    assert get_run(store, run_id).data.params == {"lr": "1", "fresh": "2"}
    assert get_run(store, run_id).data.metrics == {"fresh": 0.5}
    assert get_run(store, made).data.tags["fresh"] == "3"


def test_keys_of_a_transaction_that_was_rolled_back_are_numbered_again(
    store: SqlTrackingStore, database: Database
) -> None:
    run_id = make_run(store)

    def fail_in_the_end() -> None:
        with database.write():
            log(store, run_id, metrics={"new": 1.0}, params={"new": "1"}, tags={"new": "x"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_the_end()
    assert get_run(store, run_id).data.metrics == {}
    log(store, run_id, metrics={"other": 2.0, "new": 3.0}, params={"new": "4"})
    data = get_run(store, run_id).data
    assert (data.metrics, data.params) == ({"other": 2.0, "new": 3.0}, {"new": "4"})


def test_a_read_inside_the_transaction_sees_what_it_wrote(store: SqlTrackingStore, database: Database) -> None:
    with database.write():
        run_id = make_run(store)
        log(store, run_id, metrics={"m": 1.0})
        assert get_run(store, run_id).data.metrics == {"m": 1.0}
        request = lm.SearchLoggedModels(experiment_ids=["0"])
        assert store.search_logged_models(request).models == []
