"""Runs, as every tracking store keeps them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from modelyard.core.entities import RunLiveness, RunTag
from modelyard.core.errors import AlreadyExists, InvalidParameter, NotFound
from modelyard.core.ids import new_run_id
from modelyard.core.wire.messages import runs as run
from modelyard.services.tracking.contract import TrackingStore
from modelyard.testing.tracking.steps import (
    UNKNOWN_RUN,
    delete_run,
    exactly,
    get_run,
    log,
    log_metric,
    make_experiment,
    make_run,
)

NAME_TAG = "mlflow.runName"


class Runs:
    """Making, reading and changing runs."""

    def test_a_new_run_is_read_back_as_it_was_made(self, store: TrackingStore) -> None:
        tags = [RunTag("mlflow.user", "ann"), RunTag("note", "")]
        made = store.create_run(
            run.CreateRun(experiment_id="0", user_id="ann", run_name="first", start_time=123, tags=tags)
        ).run
        info = made.info
        assert re.fullmatch("[0-9a-f]{32}", info.run_id)
        assert (info.run_uuid, info.experiment_id, info.run_name) == (info.run_id, "0", "first")
        assert (info.user_id, info.status, info.lifecycle_stage) == ("ann", "RUNNING", "active")
        assert (info.start_time, info.end_time) == (123, None)
        assert (info.artifact_uri or "").endswith(f"/0/{info.run_id}/artifacts")
        assert made.data.tags == {"mlflow.user": "ann", "note": "", NAME_TAG: "first"}
        assert get_run(store, info.run_id) == made

    def test_a_start_time_of_zero_is_kept(self, store: TrackingStore) -> None:
        assert get_run(store, make_run(store, start_time=0)).info.start_time == 0

    def test_a_run_without_a_name_gets_one(self, store: TrackingStore) -> None:
        made = get_run(store, make_run(store))
        assert re.fullmatch(r"[a-z]+-[a-z]+-\d+", made.info.run_name or "")
        assert made.data.tags == {NAME_TAG: made.info.run_name}

    def test_the_tag_of_the_name_names_the_run(self, store: TrackingStore) -> None:
        assert get_run(store, make_run(store, tags=[RunTag(NAME_TAG, "tagged")])).info.run_name == "tagged"
        both = make_run(store, run_name="tagged", tags=[RunTag(NAME_TAG, "tagged")])
        assert get_run(store, both).info.run_name == "tagged"

    def test_two_names_for_one_run_are_refused(self, store: TrackingStore) -> None:
        reason = "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values"
        with pytest.raises(InvalidParameter, match=exactly(reason)):
            make_run(store, run_name="a", tags=[RunTag(NAME_TAG, "b")])

    def test_a_run_of_no_experiment_belongs_to_the_default(self, store: TrackingStore) -> None:
        assert get_run(store, make_run(store, "")).info.experiment_id == "0"

    def test_an_unknown_experiment_has_no_runs(self, store: TrackingStore) -> None:
        with pytest.raises(NotFound, match=exactly("No Experiment with id=99 exists")):
            make_run(store, "99")

    def test_a_run_whose_client_made_the_id_is_made_once(self, store: TrackingStore) -> None:
        run_id = new_run_id()
        first = store.create_run(run.CreateRun(experiment_id="0", run_id=run_id, run_name="a", start_time=1)).run
        log_metric(store, run_id, "loss", 0.5)
        again = store.create_run(run.CreateRun(experiment_id="0", run_id=run_id, run_name="a", start_time=1)).run
        assert again.info == first.info
        assert get_run(store, run_id).data.metrics == {"loss": 0.5}

    def test_a_run_that_is_made_by_several_at_once_is_one(self, store: TrackingStore) -> None:
        request = run.CreateRun(experiment_id="0", run_id=new_run_id(), run_name="a", start_time=1)
        with ThreadPoolExecutor(8) as threads:
            made = list(threads.map(lambda _: store.create_run(request).run, range(8)))
        assert all(each == made[0] for each in made)

    def test_an_id_of_another_experiment_is_taken(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        with pytest.raises(AlreadyExists, match=exactly(f"Run with id={run_id} already exists")):
            make_run(store, make_experiment(store), run_id=run_id)

    @pytest.mark.parametrize("run_id", ["x", "A" * 32, "0" * 31, "0" * 33, "../" + "0" * 29])
    def test_an_id_of_another_shape_is_refused(self, store: TrackingStore, run_id: str) -> None:
        with pytest.raises(InvalidParameter, match="for parameter 'run_id' supplied"):
            make_run(store, run_id=run_id)

    def test_an_unknown_run_is_named(self, store: TrackingStore) -> None:
        with pytest.raises(NotFound, match=exactly(f"Run with id={UNKNOWN_RUN} not found")):
            get_run(store, UNKNOWN_RUN)
        with pytest.raises(InvalidParameter, match=exactly("Missing value for required parameter 'run_id'.")):
            get_run(store, "")

    def test_what_an_update_leaves_out_stays(self, store: TrackingStore) -> None:
        run_id = make_run(store, run_name="a")
        info = store.update_run(run.UpdateRun(run_id=run_id, run_name="b")).run_info
        assert (info.run_name, info.status, info.end_time) == ("b", "RUNNING", None)
        info = store.update_run(run.UpdateRun(run_id=run_id, status="FINISHED", end_time=9)).run_info
        assert (info.run_name, info.status, info.end_time) == ("b", "FINISHED", 9)
        assert get_run(store, run_id).info == info
        assert get_run(store, run_id).data.tags == {NAME_TAG: "b"}

    def test_setting_the_tag_of_the_name_renames_the_run(self, store: TrackingStore) -> None:
        run_id = make_run(store, run_name="a")
        store.set_tag(run.SetTag(run_id=run_id, key=NAME_TAG, value="b"))
        assert get_run(store, run_id).info.run_name == "b"
        log(store, run_id, tags={NAME_TAG: "c", "other": "x"})
        named = get_run(store, run_id)
        assert (named.info.run_name, named.data.tags) == ("c", {NAME_TAG: "c", "other": "x"})

    def test_an_empty_tag_of_the_name_changes_nothing(self, store: TrackingStore) -> None:
        run_id = make_run(store, run_name="a")
        store.set_tag(run.SetTag(run_id=run_id, key=NAME_TAG, value=""))
        assert (get_run(store, run_id).info.run_name, get_run(store, run_id).data.tags) == ("a", {NAME_TAG: "a"})

    def test_signs_of_life_are_taken_and_unknown_runs_passed_over(self, store: TrackingStore) -> None:
        store.heartbeat(run.Heartbeat(run_ids=[make_run(store), UNKNOWN_RUN]))
        store.heartbeat(run.Heartbeat(run_ids=[]))

    def test_the_last_signs_of_life_are_told_of_the_runs_that_are_there(self, store: TrackingStore) -> None:
        heard, silent = make_run(store), make_run(store)
        store.heartbeat(run.Heartbeat(run_ids=[heard]))
        first, second = store.get_liveness(run.GetLiveness(run_ids=[silent, UNKNOWN_RUN, heard, silent])).runs
        assert first == RunLiveness(silent)
        assert second.run_id == heard
        assert (second.heartbeat_time or 0) > 1_500_000_000_000
        assert second.silent_ms is not None
        assert second.silent_ms >= 0
        assert store.get_liveness(run.GetLiveness()).runs == []

    def test_silence_is_not_asked_of_too_many_runs_at_once(self, store: TrackingStore) -> None:
        with pytest.raises(InvalidParameter, match="at most 1000 run_ids"):
            store.get_liveness(run.GetLiveness(run_ids=[new_run_id()] * 1001))

    def test_a_new_run_takes_keys_of_any_characters_as_mlflow_does(self, store: TrackingStore) -> None:
        tags = {"lr (init)": "0.1", "größe": "ж"}
        run_id = make_run(store, run_name="a", tags=[RunTag(key, value) for key, value in tags.items()])
        assert get_run(store, run_id).data.tags == {**tags, NAME_TAG: "a"}


class Lifecycle:
    """Deleted runs."""

    def test_a_deleted_run_is_read_and_restored(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        delete_run(store, run_id)
        delete_run(store, run_id)
        assert get_run(store, run_id).info.lifecycle_stage == "deleted"
        for _ in range(2):
            store.restore_run(run.RestoreRun(run_id=run_id))
        assert get_run(store, run_id).info.lifecycle_stage == "active"

    def test_an_unknown_run_is_neither_deleted_nor_restored(self, store: TrackingStore) -> None:
        with pytest.raises(NotFound, match=exactly(f"Run with id={UNKNOWN_RUN} not found")):
            delete_run(store, UNKNOWN_RUN)
        with pytest.raises(NotFound, match=exactly(f"Run with id={UNKNOWN_RUN} not found")):
            store.restore_run(run.RestoreRun(run_id=UNKNOWN_RUN))

    @pytest.mark.parametrize(
        "write",
        [
            lambda store, run_id: log_metric(store, run_id, "a", 1),
            lambda store, run_id: store.log_param(run.LogParam(run_id=run_id, key="a", value="1")),
            lambda store, run_id: store.set_tag(run.SetTag(run_id=run_id, key="a", value="1")),
            lambda store, run_id: store.delete_tag(run.DeleteTag(run_id=run_id, key=NAME_TAG)),
            lambda store, run_id: log(store, run_id, metrics={"a": 1}),
            lambda store, run_id: store.update_run(run.UpdateRun(run_id=run_id, run_name="b")),
            lambda store, run_id: store.log_inputs(run.LogInputs(run_id=run_id)),
        ],
        ids=["log_metric", "log_param", "set_tag", "delete_tag", "log_batch", "update_run", "log_inputs"],
    )
    def test_nothing_is_written_to_a_deleted_or_an_unknown_run(self, store: TrackingStore, write) -> None:  # type: ignore[no-untyped-def]
        run_id = make_run(store)
        delete_run(store, run_id)
        reason = f"The run {run_id} must be in the 'active' state. Current state is deleted."
        with pytest.raises(InvalidParameter, match=exactly(reason)):
            write(store, run_id)
        with pytest.raises(NotFound, match=exactly(f"Run with id={UNKNOWN_RUN} not found")):
            write(store, UNKNOWN_RUN)
