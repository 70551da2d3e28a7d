"""Experiments, as every tracking store keeps them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from modelyard.core.entities import ExperimentTag
from modelyard.core.errors import AlreadyExists, InvalidParameter, InvalidState, NotFound
from modelyard.core.wire.messages import experiments as exp
from modelyard.services.tracking.contract import TrackingStore
from modelyard.testing.tracking.steps import (
    delete_experiment,
    exactly,
    found_experiments,
    get_experiment,
    get_run,
    make_experiment,
    make_run,
)


class Experiments:
    """Making, reading, renaming, deleting and tagging experiments."""

    def test_a_new_store_has_the_experiment_default(self, store: TrackingStore) -> None:
        default = get_experiment(store, "0")
        assert (default.experiment_id, default.name, default.lifecycle_stage) == ("0", "Default", "active")

    def test_a_new_experiment_is_read_back_as_it_was_made(self, store: TrackingStore) -> None:
        number = make_experiment(store, tags=[ExperimentTag("team", "vino"), ExperimentTag("empty", "")])
        made = get_experiment(store, number)
        assert (made.name, made.tags, made.lifecycle_stage) == ("wine", {"team": "vino", "empty": ""}, "active")
        assert made.creation_time == made.last_update_time
        by_name = store.get_experiment_by_name(exp.GetExperimentByName(experiment_name="wine")).experiment
        assert by_name == made

    def test_artifacts_go_below_the_stores_own_root_by_default(self, store: TrackingStore) -> None:
        number = make_experiment(store)
        assert get_experiment(store, number).artifact_location.endswith(f"/{number}")

    def test_a_location_that_a_client_names_is_kept_as_it_is(self, store: TrackingStore) -> None:
        number = make_experiment(store, artifact_location="s3://bucket/wine?region=eu")
        assert get_experiment(store, number).artifact_location == "s3://bucket/wine?region=eu"
        uri = get_run(store, run_id := make_run(store, number)).info.artifact_uri
        assert uri == f"s3://bucket/wine/{run_id}/artifacts?region=eu"

    def test_a_relative_location_becomes_absolute(self, store: TrackingStore) -> None:
        plain = get_experiment(store, make_experiment(store, "a", artifact_location="some/place")).artifact_location
        assert plain.startswith("/")
        assert plain.endswith("/some/place")
        uri = get_experiment(store, make_experiment(store, "b", artifact_location="file:some/place")).artifact_location
        assert uri.startswith("file:///")
        assert uri.endswith("/some/place")

    @pytest.mark.parametrize(
        ("location", "reason"),
        [
            ("runs:/x/y", "Artifact location cannot be a runs:/ URI. Given: 'runs:/x/y'"),
            ("s3://bucket/a#frag", "'artifact_location' URL can't include fragments or params."),
            ("http://host/a;b", "'artifact_location' URL can't include fragments or params."),
            ("s3://bucket/a?x=../..", "Invalid query string"),
            ("s3://bucket/../other", "'artifact_location' URL can't include relative path references."),
            ("file:///a/%2e%2e/b", "'artifact_location' URL can't include relative path references."),
            ("a/%252e%252e/b", "'artifact_location' URL can't include relative path references."),
            ("s3://bucket/a\nb", "'artifact_location' URL can't include control characters."),
            ("s3://bucket/%00", "'artifact_location' URL can't include control characters."),
            ("s3://" + "a" * 2048, "Invalid artifact path length."),
        ],
    )
    def test_locations_that_are_refused(self, store: TrackingStore, location: str, reason: str) -> None:
        with pytest.raises(InvalidParameter, match=exactly(reason)):
            make_experiment(store, artifact_location=location)

    def test_a_taken_name_is_refused_also_while_its_holder_is_deleted(self, store: TrackingStore) -> None:
        number = make_experiment(store)
        with pytest.raises(AlreadyExists, match=exactly("Experiment(name=wine) already exists.")):
            make_experiment(store)
        delete_experiment(store, number)
        with pytest.raises(AlreadyExists, match=exactly("Experiment(name=wine) already exists.")):
            make_experiment(store)

    def test_of_writers_at_once_one_gets_the_name(self, store: TrackingStore) -> None:
        def attempt(_: int) -> str:
            try:
                return make_experiment(store)
            except AlreadyExists:
                return "taken"

        with ThreadPoolExecutor(8) as threads:
            outcomes = list(threads.map(attempt, range(8)))
        assert outcomes.count("taken") == 7

    def test_experiment_names_that_are_refused(self, store: TrackingStore) -> None:
        with pytest.raises(
            InvalidParameter, match=exactly("Missing value for required parameter 'name'. See the API docs")
        ):
            make_experiment(store, "")
        with pytest.raises(InvalidParameter, match=exactly("'name' exceeds the maximum length of 500 characters")):
            make_experiment(store, "a" * 501)
        with pytest.raises(InvalidParameter, match=r"NUL|U\+0000"):
            make_experiment(store, "a\0b")

    def test_a_name_may_have_500_characters_of_any_script(self, store: TrackingStore) -> None:
        name = "ж🍷" * 250
        assert get_experiment(store, make_experiment(store, name)).name == name

    def test_an_unknown_experiment_is_named(self, store: TrackingStore) -> None:
        with pytest.raises(NotFound, match=exactly("No Experiment with id=99 exists")):
            get_experiment(store, "99")
        with pytest.raises(NotFound, match=exactly("Could not find experiment with name 'x'")):
            store.get_experiment_by_name(exp.GetExperimentByName(experiment_name="x"))

    @pytest.mark.parametrize("experiment_id", ["x", "1.0", "1e3", "0x1", "١", "1 OR 1=1"])
    def test_an_id_that_is_no_number_is_refused(self, store: TrackingStore, experiment_id: str) -> None:
        reason = f"Invalid experiment ID '{experiment_id}'. Experiment ID must be a valid integer."
        with pytest.raises(InvalidParameter, match=exactly(reason)):
            get_experiment(store, experiment_id)

    def test_a_huge_id_is_an_unknown_one(self, store: TrackingStore) -> None:
        with pytest.raises(NotFound):
            get_experiment(store, "9999999999999999999")

    def test_deleting_takes_the_runs_along_and_restoring_brings_them_back(self, store: TrackingStore) -> None:
        number = make_experiment(store)
        run_id, other = make_run(store, number), make_run(store)
        delete_experiment(store, number)
        assert get_experiment(store, number).lifecycle_stage == "deleted"
        assert get_run(store, run_id).info.lifecycle_stage == "deleted"
        assert get_run(store, other).info.lifecycle_stage == "active"
        store.restore_experiment(exp.RestoreExperiment(experiment_id=number))
        assert get_experiment(store, number).lifecycle_stage == "active"
        assert get_run(store, run_id).info.lifecycle_stage == "active"

    def test_deleting_or_restoring_twice_is_not_found(self, store: TrackingStore) -> None:
        number = make_experiment(store)
        with pytest.raises(NotFound, match=exactly(f"No Experiment with id={number} exists")):
            store.restore_experiment(exp.RestoreExperiment(experiment_id=number))
        delete_experiment(store, number)
        with pytest.raises(NotFound, match=exactly(f"No Experiment with id={number} exists")):
            delete_experiment(store, number)

    def test_nothing_is_added_to_a_deleted_experiment(self, store: TrackingStore) -> None:
        number = make_experiment(store)
        delete_experiment(store, number)
        reason = exactly(f"The experiment {number} must be in the 'active' state. Current state is deleted.")
        with pytest.raises(InvalidParameter, match=reason):
            make_run(store, number)
        with pytest.raises(InvalidParameter, match=reason):
            store.set_experiment_tag(exp.SetExperimentTag(experiment_id=number, key="a", value="b"))
        with pytest.raises(InvalidState, match=exactly("Cannot rename a non-active experiment.")):
            store.update_experiment(exp.UpdateExperiment(experiment_id=number, new_name="new"))

    def test_an_experiment_is_renamed(self, store: TrackingStore) -> None:
        number = make_experiment(store)
        store.update_experiment(exp.UpdateExperiment(experiment_id=number, new_name="vin"))
        assert get_experiment(store, number).name == "vin"
        with pytest.raises(NotFound):
            store.get_experiment_by_name(exp.GetExperimentByName(experiment_name="wine"))

    def test_a_new_name_must_be_free_and_there(self, store: TrackingStore) -> None:
        number = make_experiment(store)
        with pytest.raises(AlreadyExists, match=exactly("Experiment(name=Default) already exists.")):
            store.update_experiment(exp.UpdateExperiment(experiment_id=number, new_name="Default"))
        with pytest.raises(InvalidParameter, match=exactly("Missing value for required parameter 'new_name'.")):
            store.update_experiment(exp.UpdateExperiment(experiment_id=number, new_name=""))

    def test_of_experiments_renamed_at_once_one_gets_the_name(self, store: TrackingStore) -> None:
        numbers = [make_experiment(store, f"e{number}") for number in range(8)]

        def attempt(number: str) -> bool:
            try:
                store.update_experiment(exp.UpdateExperiment(experiment_id=number, new_name="wine"))
            except AlreadyExists:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(attempt, numbers)) == 1

    def test_experiment_tags_are_set_replaced_and_removed(self, store: TrackingStore) -> None:
        number = make_experiment(store)
        for value in ("b", "c", ""):
            store.set_experiment_tag(exp.SetExperimentTag(experiment_id=number, key="a", value=value))
            assert get_experiment(store, number).tags == {"a": value}
        store.delete_experiment_tag(exp.DeleteExperimentTag(experiment_id=number, key="a"))
        assert get_experiment(store, number).tags == {}
        with pytest.raises(NotFound, match=exactly(f"No tag with name: a in experiment with id {number}")):
            store.delete_experiment_tag(exp.DeleteExperimentTag(experiment_id=number, key="a"))

    @pytest.mark.parametrize(
        ("key", "value", "reason"),
        [
            ("", "v", "Missing value for required parameter 'key'."),
            ("a" * 251, "v", "'key' exceeds the maximum length of 250 characters"),
            ("k", "a" * 20_001, "'value' exceeds the maximum length of 20000 characters"),
            ("a/../b", "v", "Invalid value \"a/../b\" for parameter 'key' supplied: Names may be treated as files"),
            ("a?", "v", "Invalid value \"a?\" for parameter 'key' supplied: Names may only contain"),
        ],
    )
    def test_experiment_tags_that_are_refused(self, store: TrackingStore, key: str, value: str, reason: str) -> None:
        with pytest.raises(InvalidParameter, match=exactly(reason)):
            store.set_experiment_tag(exp.SetExperimentTag(experiment_id="0", key=key, value=value))


class ExperimentSearch:
    """Finding experiments."""

    def test_the_newest_come_first(self, store: TrackingStore) -> None:
        for name in ("a", "b", "c"):
            make_experiment(store, name)
        assert set(found_experiments(store)) == {"a", "b", "c", "Default"}
        assert found_experiments(store, order_by=["name"]) == ["Default", "a", "b", "c"]
        assert found_experiments(store, order_by=["experiment_id DESC"]) == ["c", "b", "a", "Default"]

    def test_the_view_chooses_the_stage_of_experiments(self, store: TrackingStore) -> None:
        delete_experiment(store, make_experiment(store, "gone"))
        assert found_experiments(store) == ["Default"]
        assert found_experiments(store, view_type="DELETED_ONLY") == ["gone"]
        assert found_experiments(store, view_type="ALL", order_by=["name"]) == ["Default", "gone"]

    def test_names_and_tags_are_filtered(self, store: TrackingStore) -> None:
        make_experiment(store, "red wine", tags=[ExperimentTag("kind", "red")])
        make_experiment(store, "White wine", tags=[ExperimentTag("kind", "white")])
        assert found_experiments(store, filter="name = 'red wine'") == ["red wine"]
        assert found_experiments(store, filter="name LIKE '%Wine'") == []
        assert found_experiments(store, filter="name ILIKE 'white%'") == ["White wine"]
        assert found_experiments(store, filter="tags.kind != 'red'") == ["White wine"]
        assert found_experiments(store, filter="attribute.creation_time > 0 AND tags.kind = 'red'") == ["red wine"]

    def test_pages_of_experiments_leave_nothing_out(self, store: TrackingStore) -> None:
        names = [f"e{number:02}" for number in range(7)]
        for name in names:
            make_experiment(store, name)
        seen: list[str] = []
        token = ""
        while True:
            request = exp.SearchExperiments(max_results=3, order_by=["name ASC"], page_token=token)
            page = store.search_experiments(request)
            seen += [each.name for each in page.experiments]
            token = page.next_page_token
            if not token:
                break
        assert seen == ["Default", *names]

    @pytest.mark.parametrize(
        ("size", "reason"), [(0, "a positive integer"), (-3, "a positive integer"), (50_001, "at most")]
    )
    def test_bad_page_sizes_of_experiments_are_refused(self, store: TrackingStore, size: int, reason: str) -> None:
        start = f"Invalid value {size} for parameter 'max_results' supplied. It must be {reason}"
        with pytest.raises(InvalidParameter, match=exactly(start)):
            found_experiments(store, max_results=size)
