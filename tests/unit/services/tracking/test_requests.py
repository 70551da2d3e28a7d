"""Rules of requests that need no store: ids, names, sizes."""

from __future__ import annotations

import re

import pytest

from modelyard.core.entities import ExperimentTag, ModelInput, RunTag
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import metrics as met
from modelyard.core.wire.messages import runs as run
from modelyard.services.tracking.contract import TrackingStore
from modelyard.services.tracking.remote import RemoteTrackingStore
from modelyard.services.tracking.routes import routes
from modelyard.services.tracking.rules import experiments, inputs, logged_models, runs, series
from modelyard.services.tracking.rules.limits import Limits


def test_every_endpoint_of_the_table_has_its_method() -> None:
    called: list[str] = []

    class Recorder:
        def call(self, endpoint, request, reply):  # type: ignore[no-untyped-def]
            called.append(endpoint.name)

    store = RemoteTrackingStore(Recorder())
    handlers = routes(store)
    promised = {name for name in vars(TrackingStore) if not name.startswith("_")}
    assert {name.removeprefix("tracking.") for name in handlers} == promised
    for name, handler in handlers.items():
        called.clear()
        handler(lm.GetLoggedModel(model_id="m-1"))
        assert called[0] == name


def test_a_new_run_gets_an_id_a_name_and_the_tag_of_its_name() -> None:
    new = runs.check_create(run.CreateRun(experiment_id="5", tags=[RunTag("a", "1"), RunTag("a", "2")]), Limits())
    assert re.fullmatch("[0-9a-f]{32}", new.run_id)
    assert new.experiment == 5
    assert new.tags == [RunTag("a", "2"), RunTag("mlflow.runName", new.name)]


def test_an_empty_tag_of_the_name_is_no_name() -> None:
    new = runs.check_create(run.CreateRun(run_name="a", tags=[RunTag("mlflow.runName", "")]), Limits())
    assert (new.name, new.tags) == ("a", [RunTag("mlflow.runName", "a")])


@pytest.mark.parametrize(
    "request_",
    [
        run.CreateRun(user_id="x" * 257),
        run.CreateRun(start_time=2**63),
        run.CreateRun(tags=[RunTag("", "x")]),
        run.CreateRun(tags=[RunTag("x" * 251, "x")]),
        run.CreateRun(tags=[RunTag(str(number), "") for number in range(1001)]),
        run.CreateRun(experiment_id="five"),
        run.CreateRun(run_id=""),
    ],
)
def test_new_runs_that_are_refused(request_: run.CreateRun) -> None:
    with pytest.raises(InvalidParameter):
        runs.check_create(request_, Limits())


def test_many_tags_at_once_are_refused() -> None:
    tags = [ExperimentTag(str(number), "") for number in range(1001)]
    with pytest.raises(InvalidParameter, match=r"at most 1000 tags. Got 1001 tags."):
        experiments.check_create(exp.CreateExperiment(name="a", tags=tags), folder="/")


def test_experiments_asked_for_twice_are_looked_at_once() -> None:
    assert experiments.numbers(["2", "1", "2", "-3"]) == [2, 1, -3]


def test_numbers_beyond_64_bits_are_clamped_to_what_is_never_there() -> None:
    assert experiments.numbers(["9999999999999999999"]) == [2**63 - 1]


def test_models_read_need_an_id() -> None:
    with pytest.raises(InvalidParameter, match="'model_id'"):
        inputs.check_inputs(run.LogInputs(run_id="r", models=[ModelInput("")]))


def test_signs_of_life_are_bounded_and_taken_once() -> None:
    assert runs.check_heartbeat(run.Heartbeat(run_ids=["a", "b", "a"])) == ["a", "b"]
    with pytest.raises(InvalidParameter):
        runs.check_heartbeat(run.Heartbeat(run_ids=["a"] * 1001))


@pytest.mark.parametrize(
    "request_",
    [
        met.GetMetricOverview(metric_keys=["a"]),
        met.GetMetricOverview(run_ids=["r"]),
        met.GetMetricOverview(run_ids=["r"], metric_keys=["a"], buckets=0),
        met.GetMetricOverview(run_ids=["r"], metric_keys=["a"], buckets=10_001),
        met.GetMetricOverview(run_ids=["r"] * 1001, metric_keys=["a"]),
        met.GetMetricOverview(run_ids=["r"], metric_keys=["a"] * 101),
        met.GetMetricOverview(run_ids=["r"], metric_keys=["a"], start_step=2, end_step=1),
        met.GetMetricOverview(run_ids=["r"], metric_keys=["a"], start_step=2**63),
    ],
)
def test_pictures_that_are_refused(request_: met.GetMetricOverview) -> None:
    with pytest.raises(InvalidParameter):
        series.check_overview(request_)


def test_a_picture_may_be_cut_at_one_end() -> None:
    series.check_overview(met.GetMetricOverview(run_ids=["r"], metric_keys=["a"], start_step=2))


def test_a_page_of_history_is_as_large_as_allowed() -> None:
    request = met.GetMetricHistory(run_id="r", metric_key="a", max_results=1_000_000)
    assert series.check_history(request) == 25_000


def test_a_long_model_name_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="'name' exceeds the maximum length"):
        logged_models.check_create(lm.CreateLoggedModel(experiment_id="0", name="a" * 501))
