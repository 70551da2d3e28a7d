"""Logged models, as every tracking store keeps them."""

from __future__ import annotations

import math
import re

import pytest

from modelyard.core.entities import LoggedModelParameter, LoggedModelTag, Metric
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import runs as run
from modelyard.services.tracking.contract import TrackingStore
from modelyard.testing.tracking.steps import (
    delete_experiment,
    exactly,
    found_models,
    get_model,
    history,
    make_experiment,
    make_model,
    make_run,
)

UNKNOWN = "m-" + "0" * 32


def measure(store: TrackingStore, run_id: str, model_id: str, value: float, **fields: object) -> None:
    """Log a point of a run that names a model."""
    point = run.LogMetric(run_id=run_id, key="acc", value=value, timestamp=1, model_id=model_id, **fields)  # type: ignore[arg-type]
    store.log_metric(point)


class LoggedModels:
    """Making, reading and changing logged models."""

    def test_a_new_model_is_read_back_as_it_was_made(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        made = make_model(
            store,
            name="clf",
            model_type="sklearn",
            source_run_id=run_id,
            params=[LoggedModelParameter("depth", "3")],
            tags=[LoggedModelTag("k", "v")],
        )
        assert re.fullmatch("m-[0-9a-f]{32}", made.model_id)
        assert (made.name, made.model_type, made.source_run_id) == ("clf", "sklearn", run_id)
        assert (made.experiment_id, made.info.status, made.status) == ("0", "LOGGED_MODEL_PENDING", "PENDING")
        assert (made.params, made.tags, made.metrics) == ({"depth": "3"}, {"k": "v"}, [])
        assert made.creation_timestamp == made.last_updated_timestamp
        assert made.artifact_location.endswith(f"/0/models/{made.model_id}/artifacts")
        assert get_model(store, made.model_id) == made

    def test_a_model_lies_below_the_location_of_its_experiment(self, store: TrackingStore) -> None:
        made = make_model(store, make_experiment(store, artifact_location="s3://bucket/wine"))
        assert made.artifact_location == f"s3://bucket/wine/models/{made.model_id}/artifacts"

    def test_a_model_without_a_name_gets_one(self, store: TrackingStore) -> None:
        assert re.fullmatch(r"[a-z]+-[a-z]+-\d+", make_model(store).name)

    @pytest.mark.parametrize("name", ["a/b", "a:b", "a.b", "a%b", 'a"b', "a'b"])
    def test_model_names_that_are_refused(self, store: TrackingStore, name: str) -> None:
        with pytest.raises(InvalidParameter, match=exactly(f"Invalid model name ({name!r}) provided.")):
            make_model(store, name=name)

    def test_a_model_needs_an_active_experiment(self, store: TrackingStore) -> None:
        with pytest.raises(NotFound, match=exactly("No Experiment with id=99 exists")):
            make_model(store, "99")
        number = make_experiment(store)
        delete_experiment(store, number)
        with pytest.raises(InvalidParameter, match=exactly(f"The experiment {number} must be in the 'active' state.")):
            make_model(store, number)

    def test_an_unknown_model_is_named(self, store: TrackingStore) -> None:
        with pytest.raises(NotFound, match=exactly(f"Logged model with ID '{UNKNOWN}' not found.")):
            get_model(store, UNKNOWN)

    @pytest.mark.parametrize(("status", "short"), [("READY", "READY"), ("UPLOAD_FAILED", "FAILED")])
    def test_a_model_is_finalized(self, store: TrackingStore, status: str, short: str) -> None:
        model_id = make_model(store).model_id
        request = lm.FinalizeLoggedModel(model_id=model_id, status=f"LOGGED_MODEL_{status}")  # type: ignore[arg-type]
        assert store.finalize_logged_model(request).model.status == short
        assert get_model(store, model_id).info.status == f"LOGGED_MODEL_{status}"

    def test_a_deleted_model_is_not_found(self, store: TrackingStore) -> None:
        model_id = make_model(store).model_id
        for _ in range(2):
            store.delete_logged_model(lm.DeleteLoggedModel(model_id=model_id))
        with pytest.raises(NotFound, match=exactly(f"Logged model with ID '{model_id}' not found.")):
            get_model(store, model_id)
        assert found_models(store) == []
        with pytest.raises(NotFound):
            store.delete_logged_model(lm.DeleteLoggedModel(model_id=UNKNOWN))

    def test_model_tags_are_set_replaced_and_removed(self, store: TrackingStore) -> None:
        model_id = make_model(store, tags=[LoggedModelTag("a", "1")]).model_id
        tags = [LoggedModelTag("a", "2"), LoggedModelTag("b", ""), LoggedModelTag("a", "3")]
        assert store.set_logged_model_tags(lm.SetLoggedModelTags(model_id=model_id, tags=tags)).model.tags == {
            "a": "3",
            "b": "",
        }
        store.delete_logged_model_tag(lm.DeleteLoggedModelTag(model_id=model_id, tag_key="a"))
        assert get_model(store, model_id).tags == {"b": ""}
        with pytest.raises(NotFound, match=exactly(f"No tag with key 'a' found for model with ID '{model_id}'.")):
            store.delete_logged_model_tag(lm.DeleteLoggedModelTag(model_id=model_id, tag_key="a"))

    def test_model_params_are_written_once(self, store: TrackingStore) -> None:
        model_id = make_model(store, params=[LoggedModelParameter("a", "1")]).model_id
        more = [LoggedModelParameter("a", "1"), LoggedModelParameter("b", "2")]
        for _ in range(2):
            store.log_logged_model_params(lm.LogLoggedModelParams(model_id=model_id, params=more))
        assert get_model(store, model_id).params == {"a": "1", "b": "2"}
        changed = [LoggedModelParameter("c", "3"), LoggedModelParameter("a", "9")]
        with pytest.raises(InvalidParameter, match="Changing param values is not allowed"):
            store.log_logged_model_params(lm.LogLoggedModelParams(model_id=model_id, params=changed))
        assert get_model(store, model_id).params == {"a": "1", "b": "2"}

    def test_a_point_that_names_a_model_is_kept_with_it_and_with_the_run(self, store: TrackingStore) -> None:
        run_id, model_id = make_run(store), make_model(store).model_id
        for _ in range(2):
            measure(store, run_id, model_id, 0.5, step=3, dataset_name="iris", dataset_digest="d")
        assert history(store, run_id, "acc") == [(1, 3, 0.5)]
        point = Metric("acc", 0.5, 1, 3, model_id=model_id, dataset_name="iris", dataset_digest="d", run_id=run_id)
        assert get_model(store, model_id).metrics == [point]

    def test_points_of_a_batch_name_models_too(self, store: TrackingStore) -> None:
        run_id, model_id = make_run(store), make_model(store).model_id
        points = [Metric("a", 1.0, 1), Metric("b", math.nan, 1, model_id=model_id)]
        store.log_batch(run.LogBatch(run_id=run_id, metrics=points))
        (point,) = get_model(store, model_id).metrics
        assert (point.key, math.isnan(point.value), point.dataset_name) == ("b", True, None)

    def test_a_point_of_an_unknown_model_is_refused(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        with pytest.raises(NotFound, match=exactly(f"Logged model with ID '{UNKNOWN}' not found.")):
            measure(store, run_id, UNKNOWN, 0.5)
        assert history(store, run_id, "acc") == []


def _three(store: TrackingStore) -> None:
    """Three models a, b and c, of which c was not measured."""
    run_id = make_run(store)
    for name in "abc":
        model_id = make_model(
            store,
            name=name,
            model_type="x" if name == "a" else None,
            params=[LoggedModelParameter("p", name)],
            tags=[LoggedModelTag("t", name * 2)],
        ).model_id
        if name != "c":
            measure(store, run_id, model_id, 0.1 if name == "a" else 0.9, dataset_name="train")
            measure(store, run_id, model_id, 0.8 if name == "a" else 0.2, dataset_name="test", dataset_digest="d")


class LoggedModelSearch:
    """Finding logged models."""

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("", "abc"),
            ("name = 'a'", "a"),
            ("name LIKE '%'", "abc"),
            ("model_type = 'x'", "a"),
            ("status = 'PENDING'", "abc"),
            ("status = 'READY'", ""),
            ("params.p = 'b'", "b"),
            ("tags.t = 'cc'", "c"),
            ("metrics.acc > 0.85", "b"),
            ("creation_timestamp > 0 AND params.p != 'b'", "ac"),
        ],
    )
    def test_filters_find_the_models_they_describe(self, store: TrackingStore, text: str, names: str) -> None:
        _three(store)
        order = [lm.LoggedModelOrder(field_name="name")]
        assert "".join(found_models(store, filter=text, order_by=order)) == names

    def test_metrics_are_bound_to_datasets(self, store: TrackingStore) -> None:
        _three(store)
        on_test = [lm.DatasetChoice(dataset_name="test", dataset_digest="d")]
        assert found_models(store, filter="metrics.acc > 0.5", datasets=on_test) == ["a"]
        assert sorted(found_models(store, datasets=on_test)) == ["a", "b"]
        assert found_models(store, datasets=[lm.DatasetChoice(dataset_name="never")]) == []
        with pytest.raises(InvalidParameter, match="`dataset_name` in the `datasets` clause must be specified"):
            found_models(store, datasets=[lm.DatasetChoice(dataset_name="")])

    def test_what_was_not_measured_comes_last(self, store: TrackingStore) -> None:
        _three(store)
        on_train = lm.LoggedModelOrder(field_name="metrics.acc", ascending=False, dataset_name="train")
        assert found_models(store, order_by=[on_train]) == ["b", "a", "c"]
        on_test = lm.LoggedModelOrder(field_name="metrics.acc", ascending=False, dataset_name="test")
        assert found_models(store, order_by=[on_test]) == ["a", "b", "c"]
        assert found_models(store, order_by=[lm.LoggedModelOrder(field_name="name", ascending=False)]) == [
            "c",
            "b",
            "a",
        ]

    def test_pages_of_models_leave_nothing_out(self, store: TrackingStore) -> None:
        names = [make_model(store).name for _ in range(5)]
        seen: list[str] = []
        token = ""
        while True:
            request = lm.SearchLoggedModels(experiment_ids=["0"], max_results=2, page_token=token)
            page = store.search_logged_models(request)
            seen += [each.name for each in page.models]
            token = page.next_page_token
            if not token:
                break
        assert sorted(seen) == sorted(names)

    def test_experiments_are_required(self, store: TrackingStore) -> None:
        with pytest.raises(InvalidParameter, match="Missing value for required parameter 'experiment_ids'"):
            store.search_logged_models(lm.SearchLoggedModels())
        make_model(store)
        assert found_models(store, make_experiment(store)) == []
