"""Searching runs, as every tracking store does it. What the language means in full is the suite of `core.search`."""

from __future__ import annotations

import math

import pytest

from modelyard.core.entities import Dataset, DatasetInput, InputTag
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import runs as run
from modelyard.services.tracking.contract import TrackingStore
from modelyard.testing.tracking.steps import (
    delete_run,
    exactly,
    found,
    get_run,
    log,
    log_metric,
    make_experiment,
    make_run,
)


def _three(store: TrackingStore) -> dict[str, str]:
    """Three runs a, b and c, started in this order; c logged nothing. Name → id."""
    runs = {name: make_run(store, run_name=name, start_time=time) for time, name in enumerate("abc", start=1)}
    log(store, runs["a"], metrics={"loss": 0.5, "a/b c": 1.0}, params={"lr": "0.1", "opt": "adam"}, tags={"k": "x"})
    log(store, runs["b"], metrics={"loss": 0.25}, params={"lr": "0.2", "opt": "SGD"}, tags={"k": "y_z"})
    return runs


class Filters:
    """What filters find."""

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("", "cba"),
            ("metrics.loss < 0.5", "b"),
            ("metrics.loss <= 0.5 and metric.loss >= 0.5", "a"),
            ("metrics.loss != 0.5", "b"),
            ('metrics."a/b c" = 1', "a"),
            ("metrics.`a/b c` = 1.0", "a"),
            ("params.lr = '0.1'", "a"),
            ("params.lr != '0.1'", "b"),
            ("param.opt LIKE 'a%'", "a"),
            ("parameters.opt ILIKE 'sg_'", "b"),
            ("tags.k LIKE '%\\_z'", ""),
            ("tag.k LIKE 'y_z'", "b"),
            ("tags.`mlflow.runName` = 'c'", "c"),
            ("params.lr IS NULL", "c"),
            ("tags.k IS NOT NULL", "ba"),
            ("attributes.run_name = 'a'", "a"),
            ("`run name` = 'a'", "a"),
            ("run_name IN ('a', 'c')", "ca"),
            ("attribute.run_name NOT IN ('a', 'c')", "b"),
            ("start_time > 1 AND start_time < 3", "b"),
            ("status = 'RUNNING'", "cba"),
            ("status = 'FINISHED'", ""),
            ("end_time > 0", ""),
            ("attributes.artifact_uri LIKE '%/artifacts'", "cba"),
            ("metrics.loss < 1 AND params.lr = '0.2' AND tags.k = 'y_z'", "b"),
            ("metrics.loss > 0.3 OR params.opt = 'SGD'", "ba"),
            ("NOT (params.lr = '0.1')", "cb"),
            ("metrics.loss BETWEEN 0.1 AND 0.3", "b"),
            ("metrics.never > 0", ""),
            ("params.never = 'x'", ""),
        ],
    )
    def test_filters_find_the_runs_they_describe(self, store: TrackingStore, text: str, names: str) -> None:
        _three(store)
        assert "".join(found(store, filter=text)) == names

    def test_a_run_is_found_by_its_name_as_long_as_a_tag_says_it(self, store: TrackingStore) -> None:
        runs = _three(store)
        store.update_run(run.UpdateRun(run_id=runs["a"], run_name="d"))
        store.delete_tag(run.DeleteTag(run_id=runs["b"], key="mlflow.runName"))
        assert found(store, filter="run_name IN ('a', 'b', 'c', 'd')", order_by=["run_name DESC"]) == ["d", "c"]
        assert found(store, order_by=["run_name"]) == ["c", "d", "b"]

    def test_a_run_is_found_by_its_id(self, store: TrackingStore) -> None:
        runs = _three(store)
        assert found(store, filter=f"attributes.run_id = '{runs['b']}'") == ["b"]
        assert found(store, filter=f"run_id IN ('{runs['a']}', '{runs['c']}')") == ["c", "a"]

    def test_filters_look_at_the_latest_point(self, store: TrackingStore) -> None:
        run_id = make_run(store, run_name="a")
        for step, value in enumerate((1.0, 9.0, 2.0)):
            log_metric(store, run_id, "loss", value, step=step)
        assert found(store, filter="metrics.loss = 2") == ["a"]
        assert found(store, filter="metrics.loss = 9") == []
        assert found(store, filter="metrics.loss.max = 9 AND metrics.loss.min = 1") == ["a"]

    def test_runs_are_found_by_the_datasets_they_read(self, store: TrackingStore) -> None:
        runs = _three(store)
        used = DatasetInput(Dataset("iris", "d1", "local", "x"), [InputTag("mlflow.data.context", "train")])
        store.log_inputs(run.LogInputs(run_id=runs["a"], datasets=[used]))
        assert found(store, filter="datasets.name = 'iris'") == ["a"]
        assert found(store, filter="dataset.digest LIKE 'd%' AND dataset.context = 'train'") == ["a"]
        assert found(store, filter="datasets.name != 'iris'") == []

    def test_long_values_are_told_apart(self, store: TrackingStore) -> None:
        for name in "ab":
            log(store, make_run(store, run_name=name), params={"long": "x" * 5000 + name})
        assert found(store, filter=f"params.long = '{'x' * 3000}'") == []
        assert found(store, filter="params.long LIKE '%a'") == ["a"]

    def test_only_the_experiments_asked_for_are_looked_at(self, store: TrackingStore) -> None:
        other = make_experiment(store)
        make_run(store, run_name="here")
        make_run(store, other, run_name="there")
        assert found(store, "0") == ["here"]
        assert set(found(store, "0", other)) == {"here", "there"}
        assert found(store, "77") == []
        assert store.search_runs(run.SearchRuns()).runs == []

    def test_the_view_chooses_the_stage_of_runs(self, store: TrackingStore) -> None:
        runs = _three(store)
        delete_run(store, runs["b"])
        assert found(store) == ["c", "a"]
        assert found(store, run_view_type="DELETED_ONLY") == ["b"]
        assert found(store, run_view_type="ALL", filter="metrics.loss > 0") == ["b", "a"]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("bogus = 'x'", "Invalid attribute key 'bogus' specified."),
            ("bogus.x = 'x'", "Invalid entity type 'bogus'."),
            ("params.lr > '1'", "Invalid comparator"),
            ("metrics.loss = 'x'", "Expected numeric value type for metric"),
            ("params.lr = 1", "Expected a quoted string value"),
        ],
    )
    def test_filters_that_are_refused(self, store: TrackingStore, text: str, reason: str) -> None:
        with pytest.raises(InvalidParameter) as refused:
            found(store, filter=text)
        assert reason in refused.value.message

    def test_a_found_run_is_whole(self, store: TrackingStore) -> None:
        runs = _three(store)
        page = store.search_runs(run.SearchRuns(experiment_ids=["0"]))
        assert page.runs == [get_run(store, runs[name]) for name in "cba"]


class Orders:
    """The order of what is found."""

    def test_the_latest_start_comes_first_and_ids_break_ties(self, store: TrackingStore) -> None:
        ids = sorted(make_run(store, start_time=5) for _ in range(4))
        later = make_run(store, start_time=6)
        page = store.search_runs(run.SearchRuns(experiment_ids=["0"]))
        assert [each.info.run_id for each in page.runs] == [later, *ids]

    @pytest.mark.parametrize(
        ("order", "names"),
        [
            (["metrics.loss"], "bac"),
            (["metrics.loss DESC"], "abc"),
            (["params.lr DESC"], "bac"),
            (["tags.k ASC"], "abc"),
            (["attributes.start_time ASC"], "abc"),
            (["run_name"], "abc"),
            (["status", "metrics.loss"], "bac"),
            (["metrics.never"], "cba"),
        ],
    )
    def test_what_has_no_value_comes_last(self, store: TrackingStore, order: list[str], names: str) -> None:
        _three(store)
        assert "".join(found(store, order_by=order)) == names

    @pytest.mark.parametrize(("direction", "names"), [("ASC", "lhni"), ("DESC", "hlni")])
    def test_nan_comes_after_numbers_in_either_direction(
        self, store: TrackingStore, direction: str, names: str
    ) -> None:
        values = {"n": math.nan, "h": math.inf, "l": -math.inf}
        make_run(store, run_name="i", start_time=0)
        for name, value in values.items():
            log_metric(store, make_run(store, run_name=name, start_time=0), "loss", value)
        assert "".join(found(store, order_by=[f"metrics.loss {direction}"])) == names

    def test_a_field_twice_is_refused(self, store: TrackingStore) -> None:
        with pytest.raises(InvalidParameter, match="`order_by` contains duplicate fields"):
            found(store, order_by=["metrics.loss", "metric.loss DESC"])


class Pages:
    """One page after the other."""

    @pytest.mark.parametrize("order", [[], ["metrics.loss DESC"], ["params.lr"], ["run_name DESC"], ["end_time"]])
    def test_pages_of_runs_leave_nothing_out(self, store: TrackingStore, order: list[str]) -> None:
        for number in range(11):
            run_id = make_run(store, run_name=f"r{number:02}", start_time=number % 3)
            if number % 4:
                log(store, run_id, metrics={"loss": float(number % 2)}, params={"lr": str(number % 3)})
        whole = found(store, order_by=order)
        seen: list[str] = []
        token = ""
        while True:
            request = run.SearchRuns(experiment_ids=["0"], max_results=2, order_by=order, page_token=token)
            page = store.search_runs(request)
            seen += [each.info.run_name or "" for each in page.runs]
            token = page.next_page_token
            if not token:
                break
        assert seen == whole
        assert len(set(seen)) == 11

    def test_a_page_that_holds_everything_has_no_token(self, store: TrackingStore) -> None:
        _three(store)
        assert store.search_runs(run.SearchRuns(experiment_ids=["0"], max_results=3)).next_page_token == ""
        assert store.search_runs(run.SearchRuns(experiment_ids=["0"], max_results=2)).next_page_token != ""

    @pytest.mark.parametrize("token", ["x", "?!", "eyJvZmZzZXQiOiAxfQ==", "A" * 100])
    def test_a_broken_token_is_refused(self, store: TrackingStore, token: str) -> None:
        with pytest.raises(InvalidParameter, match=exactly("Invalid page token")):
            found(store, page_token=token)

    @pytest.mark.parametrize(
        ("size", "reason"), [(0, "a positive integer"), (-1, "a positive integer"), (50_001, "at most")]
    )
    def test_bad_page_sizes_of_runs_are_refused(self, store: TrackingStore, size: int, reason: str) -> None:
        start = f"Invalid value {size} for parameter 'max_results' supplied. It must be {reason}"
        with pytest.raises(InvalidParameter, match=exactly(start)):
            found(store, max_results=size)

    def test_an_experiment_id_that_is_no_number_is_refused(self, store: TrackingStore) -> None:
        with pytest.raises(InvalidParameter, match=exactly("Invalid experiment ID 'x'.")):
            found(store, "0", "x")
