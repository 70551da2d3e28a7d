"""What a tracking store over SQL offers beyond the contract: purging, signs of life, places, operators' choices."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from modelyard.core.clock import FixedClock
from modelyard.core.entities import Dataset, DatasetInput, InputTag, Metric, ModelInput, ModelOutput, RunLiveness
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.wire.codec import encode_reply
from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages import metrics as met
from modelyard.core.wire.messages import runs as run
from modelyard.db.database import Database
from modelyard.services.tracking.rules.limits import Limits
from modelyard.services.tracking.sql.store import SqlTrackingStore
from modelyard.testing.tracking.steps import (
    UNKNOWN_RUN,
    delete_experiment,
    delete_run,
    found_experiments,
    get_experiment,
    get_model,
    get_run,
    history,
    log,
    log_metric,
    make_experiment,
    make_model,
    make_run,
)

KEPT = ("names", "metric_compactions", "schema_version", "sqlite_sequence")


def _rows(database: Database) -> dict[str, int]:
    """How many rows each table of runs, models and experiments has, empty ones left out."""
    if database.dialect.name == "sqlite":
        listing = "SELECT name FROM sqlite_schema WHERE type = 'table'"
    else:
        listing = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
    with database.read() as conn:
        tables = [name for (name,) in conn.rows(listing) if name not in KEPT and not name.startswith("sqlite_")]
        counts = {name: conn.rows(f"SELECT count(*) FROM {name}")[0][0] for name in tables}
    return {name: count for name, count in counts.items() if count}


def _fill(store: SqlTrackingStore, experiment_id: str) -> tuple[str, str]:
    """A run and a model with something of everything."""
    run_id, model_id = make_run(store, experiment_id), make_model(store, experiment_id).model_id
    log(store, run_id, metrics={"m": 1.0}, params={"p": "1"}, tags={"t": "x"})
    store.log_metric(run.LogMetric(run_id=run_id, key="m", value=1.0, timestamp=1, model_id=model_id))
    used = DatasetInput(Dataset("d", "1", "local", "x"), [InputTag("a", "b")])
    store.log_inputs(run.LogInputs(run_id=run_id, datasets=[used], models=[ModelInput(model_id)]))
    store.log_outputs(run.LogOutputs(run_id=run_id, models=[ModelOutput(model_id)]))
    store.note_registration(model_id, "wine", "1")
    return run_id, model_id


def test_purging_removes_a_deleted_experiment_with_everything_in_it(
    store: SqlTrackingStore, database: Database, clock: FixedClock
) -> None:
    before = _rows(database)
    number = make_experiment(store)
    store.set_experiment_tag(exp.SetExperimentTag(experiment_id=number, key="a", value="b"))
    run_id, model_id = _fill(store, number)
    delete_experiment(store, number)
    purged = store.purge(clock.now_ms())
    assert (purged.experiments, purged.runs, purged.models) == ([number], [run_id], [model_id])
    folders = [number, f"{number}/{run_id}", f"{number}/models/{model_id}"]
    assert store.leftovers() == folders
    store.forget_leftovers(folders)
    assert store.leftovers() == []
    assert _rows(database) == before
    assert found_experiments(store, view_type="ALL") == ["Default"]
    assert make_experiment(store) != number, "an id is never given twice"


def test_purging_removes_deleted_runs_and_leaves_the_others(store: SqlTrackingStore, clock: FixedClock) -> None:
    gone, model_id = _fill(store, "0")
    kept, _ = _fill(store, "0")
    delete_run(store, gone)
    purged = store.purge(clock.now_ms())
    assert (purged.runs, purged.models, purged.experiments) == ([gone], [], [])
    with pytest.raises(NotFound):
        get_run(store, gone)
    assert get_run(store, kept).data.metrics == {"m": 1.0}
    assert get_model(store, model_id).name


def test_purging_leaves_what_was_deleted_later(store: SqlTrackingStore, clock: FixedClock) -> None:
    run_id = make_run(store)
    earlier = clock.now_ms()
    clock.advance(1)
    delete_run(store, run_id)
    assert store.purge(earlier).runs == []
    assert get_run(store, run_id).info.lifecycle_stage == "deleted"


def test_purging_gives_no_keys_of_places_that_clients_named(store: SqlTrackingStore, clock: FixedClock) -> None:
    number = make_experiment(store, artifact_location="s3://bucket/wine")
    _fill(store, number)
    delete_experiment(store, number)
    purged = store.purge(clock.now_ms())
    assert (len(purged.runs), store.leftovers()) == (1, [])


def test_what_a_purge_left_over_is_told_until_it_is_forgotten(store: SqlTrackingStore, clock: FixedClock) -> None:
    first, second = sorted(make_run(store) for _ in range(2))
    for run_id in (first, second):
        delete_run(store, run_id)
        store.purge(clock.now_ms())
    assert store.leftovers() == [f"0/{first}", f"0/{second}"]
    store.forget_leftovers([f"0/{first}", "0/unknown"])
    assert store.purge(clock.now_ms()).runs == []
    assert store.leftovers() == [f"0/{second}"]


def test_a_run_that_is_made_again_has_its_folder_back(store: SqlTrackingStore, clock: FixedClock) -> None:
    again, gone = make_run(store), make_run(store)
    for run_id in (again, gone):
        delete_run(store, run_id)
    store.purge(clock.now_ms())
    store.create_run(run.CreateRun(experiment_id="0", run_id=again))
    assert store.leftovers() == [f"0/{gone}"]
    delete_run(store, again)
    store.purge(clock.now_ms())
    assert store.leftovers() == sorted([f"0/{again}", f"0/{gone}"])


def test_the_experiment_that_is_always_there_has_its_folder_back(store: SqlTrackingStore, clock: FixedClock) -> None:
    run_id = make_run(store)
    delete_experiment(store, "0")
    store.purge(clock.now_ms())
    assert store.leftovers() == ["0", f"0/{run_id}"]
    store.ensure_default()
    assert store.leftovers() == [f"0/{run_id}"]


def test_a_run_that_is_restored_meanwhile_is_not_purged(
    store: SqlTrackingStore, database: Database, clock: FixedClock
) -> None:
    """The restoring is under way when the purge begins, where both can be."""
    restored, gone = make_run(store), make_run(store)
    for run_id in (restored, gone):
        delete_run(store, run_id)
    with ThreadPoolExecutor(1) as executor:
        with database.write():
            store.restore_run(run.RestoreRun(run_id=restored))
            purged = executor.submit(store.purge, clock.now_ms())
            time.sleep(0.2)  # it may have come as far as the run by then; if not, this test asks less
        assert purged.result(60).runs == [gone]
    assert get_run(store, restored).info.lifecycle_stage == "active"
    assert store.leftovers() == [f"0/{gone}"]


def test_more_runs_than_a_transaction_takes_are_purged(store: SqlTrackingStore, clock: FixedClock) -> None:
    number = make_experiment(store)
    for _ in range(501):
        make_run(store, number)
    delete_experiment(store, number)
    assert len(store.purge(clock.now_ms()).runs) == 501


def test_the_last_sign_of_life_is_told(store: SqlTrackingStore, clock: FixedClock) -> None:
    first, second = make_run(store), make_run(store)
    clock.advance(5)
    store.heartbeat(run.Heartbeat(run_ids=[first, UNKNOWN_RUN, first]))
    beat = clock.now_ms()
    clock.advance(31_000)
    told = store.get_liveness(run.GetLiveness(run_ids=[first, second, UNKNOWN_RUN])).runs
    assert told == [RunLiveness(first, beat, 31_000), RunLiveness(second)]


def test_the_places_of_runs_and_models_are_told(store: SqlTrackingStore) -> None:
    run_id, model_id = make_run(store), make_model(store).model_id
    assert store.run_artifact_uri(run_id) == f"mlflow-artifacts:/0/{run_id}/artifacts"
    assert store.model_artifact_uri(model_id) == f"mlflow-artifacts:/0/models/{model_id}/artifacts"
    with pytest.raises(NotFound, match=f"Run with id={UNKNOWN_RUN} not found"):
        store.run_artifact_uri(UNKNOWN_RUN)
    with pytest.raises(NotFound, match="Logged model with ID 'm-x' not found"):
        store.model_artifact_uri("m-x")


def test_places_follow_the_base_the_store_is_opened_with(store: SqlTrackingStore, database: Database) -> None:
    run_id, number = make_run(store), make_experiment(store)
    in_folder = SqlTrackingStore(database, artifact_base="file:///srv/o'neill/artifacts/")
    assert in_folder.run_artifact_uri(run_id) == f"file:///srv/o'neill/artifacts/0/{run_id}/artifacts"
    assert get_experiment(in_folder, number).artifact_location == f"file:///srv/o'neill/artifacts/{number}"
    request = run.SearchRuns(experiment_ids=["0"], filter="artifact_uri LIKE 'file:///srv/o%/artifacts'")
    assert [each.info.run_id for each in in_folder.search_runs(request).runs] == [run_id]


def test_registrations_are_listed_once_in_the_tag_of_the_model(store: SqlTrackingStore) -> None:
    model_id = make_model(store).model_id
    for name, version in (("wine", "1"), ("wine", "1"), ("vin", "2")):
        store.note_registration(model_id, name, version)
    model = get_model(store, model_id)
    assert model.tags["mlflow.modelVersions"] == '[{"name": "wine", "version": 1}, {"name": "vin", "version": 2}]'
    assert [(each.name, each.version) for each in model.info.registrations] == [("wine", "1"), ("vin", "2")]


def test_long_values_are_refused_where_an_operator_says_so(database: Database, store: SqlTrackingStore) -> None:
    strict = SqlTrackingStore(database, limits=Limits(truncate_long_values=False))
    run_id = make_run(store)
    with pytest.raises(InvalidParameter, match="'Param value' exceeds the maximum length of 6000 characters"):
        strict.log_param(run.LogParam(run_id=run_id, key="a", value="x" * 6001))
    with pytest.raises(InvalidParameter, match="'value' exceeds the maximum length of 8000 characters"):
        strict.set_tag(run.SetTag(run_id=run_id, key="a", value="x" * 8001))
    strict.log_param(run.LogParam(run_id=run_id, key="a", value="x" * 6000))


def test_opening_again_leaves_the_default_experiment_alone(store: SqlTrackingStore, clock: FixedClock) -> None:
    before = get_experiment(store, "0")
    clock.advance(1)
    store.ensure_default()
    assert get_experiment(store, "0") == before
    store.update_experiment(exp.UpdateExperiment(experiment_id="0", new_name="Mine"))
    store.ensure_default()
    assert get_experiment(store, "0").name == "Mine"


def test_changes_move_the_time_of_an_experiment(store: SqlTrackingStore, clock: FixedClock) -> None:
    number = make_experiment(store)
    made = get_experiment(store, number)
    for change in (
        lambda: store.update_experiment(exp.UpdateExperiment(experiment_id=number, new_name="vin")),
        lambda: store.set_experiment_tag(exp.SetExperimentTag(experiment_id=number, key="a", value="b")),
        lambda: delete_experiment(store, number),
        lambda: store.restore_experiment(exp.RestoreExperiment(experiment_id=number)),
    ):
        clock.advance(1)
        change()
        now = get_experiment(store, number)
        assert (now.last_update_time, now.creation_time) == (clock.now_ms(), made.creation_time)


def test_a_run_without_a_start_time_starts_now(store: SqlTrackingStore, clock: FixedClock) -> None:
    assert get_run(store, make_run(store)).info.start_time == clock.now_ms()


def test_a_history_as_json_spells_nan_out(store: SqlTrackingStore) -> None:
    run_id = make_run(store)
    for step, value in enumerate((1.5, math.nan)):
        log_metric(store, run_id, "loss", value, timestamp=step, step=step)
    request = met.GetMetricHistory(run_id=run_id, metric_key="loss")
    wanted = (
        b'{"metrics":[{"key":"loss","value":1.5,"timestamp":0,"step":0},'
        b'{"key":"loss","value":"NaN","timestamp":1,"step":1}]}'
    )
    assert encode_reply(store.get_metric_history(request)) == wanted
    unknown = met.GetMetricHistory(run_id=run_id, metric_key="never")
    assert encode_reply(store.get_metric_history(unknown)) == b"{}"


def test_a_model_shows_its_newest_thousand_points(store: SqlTrackingStore) -> None:
    run_id, model_id = make_run(store), make_model(store).model_id
    for start in (0, 1000):
        points = [Metric("m", float(step), step, step, model_id=model_id) for step in range(start, start + 1000)]
        store.log_batch(run.LogBatch(run_id=run_id, metrics=points))
    assert [point.step for point in get_model(store, model_id).metrics] == list(range(1000, 2000))
    assert len(history(store, run_id, "m")) == 2000
