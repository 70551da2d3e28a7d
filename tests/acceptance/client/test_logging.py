"""Params, tags, metrics and inputs (requirements S1.38 to S1.45, S1.50)."""

from __future__ import annotations

import math
from typing import Any

import pytest

import modelyard.entities
from modelyard.core.errors import InvalidParameter, ModelyardError, NotFound

LARGEST = 1.7976931348623157e308


def test_params_are_texts_and_cannot_change(mlflow: Any) -> None:
    with mlflow.start_run() as run:
        assert mlflow.log_param("alpha", 0.5) == 0.5
        mlflow.log_param("alpha", 0.5)
        with pytest.raises(InvalidParameter, match="Changing param values is not allowed"):
            mlflow.log_param("alpha", 0.6)
    assert mlflow.get_run(run.info.run_id).data.params == {"alpha": "0.5"}


def test_many_params_at_once(mlflow: Any) -> None:
    params = {f"p{number}": number for number in range(200)}
    with mlflow.start_run() as run:
        mlflow.log_params(params)
    assert mlflow.get_run(run.info.run_id).data.params == {key: str(value) for key, value in params.items()}


def test_one_bad_param_means_none_of_its_batch(mlflow: Any) -> None:
    with mlflow.start_run() as run:
        with pytest.raises(ModelyardError, match="bad"):
            mlflow.log_params({"good": 1, "bad\nkey": 2})
        with pytest.raises(InvalidParameter, match="must be a text"):
            mlflow.log_params({1: "x"})
    assert mlflow.get_run(run.info.run_id).data.params == {}


def test_a_changed_param_among_hundreds_keeps_the_others_out(mlflow: Any) -> None:
    params = {f"p{number}": number for number in range(250)}
    with mlflow.start_run() as run:
        mlflow.log_params({"p249": 249, "p248": 0, "long": "x" * 7000})
        with pytest.raises(InvalidParameter, match=r"Changing param values is not allowed.*'p248'"):
            mlflow.log_params(params)
        before = mlflow.get_run(run.info.run_id).data.params
        assert sorted(before) == ["long", "p248", "p249"]
        mlflow.log_params({**params, "p248": 0, "long": "x" * 7000})
    after = mlflow.get_run(run.info.run_id).data.params
    assert after == {**before, **{key: str(value) for key, value in params.items()}, "p248": "0"}


def test_a_bad_point_among_thousands_keeps_the_params_out(mlflow: Any) -> None:
    points = [modelyard.entities.Metric(f"m{number}", 0.5, 1) for number in range(1500)]
    params = [modelyard.entities.Param("alpha", "1")]
    with mlflow.start_run() as run:
        client = mlflow.MlflowClient()
        with pytest.raises(InvalidParameter, match="bad"):
            client.log_batch(run.info.run_id, [*points, modelyard.entities.Metric("bad\nkey", 1.0, 1)], params)
    found = mlflow.get_run(run.info.run_id).data
    assert (found.params, found.metrics) == ({}, {})


@pytest.mark.parametrize("value", ["abc", None, True, [1]])
def test_a_metric_that_is_no_number_is_refused_at_the_call(mlflow: Any, value: Any) -> None:
    with mlflow.start_run() as run:
        with pytest.raises(InvalidParameter, match="'my metric'"):
            mlflow.log_metric("my metric", value)
        with pytest.raises(InvalidParameter, match="'my metric'"):
            mlflow.log_metrics({"fine": 1, "my metric": value})
    assert mlflow.get_run(run.info.run_id).data.metrics == {}


@pytest.mark.parametrize("key", ["", "a\nb", "../up", "a//b", "k" * 251, 5])
def test_a_metrics_name_that_is_not_allowed_is_refused_at_the_call(mlflow: Any, key: Any) -> None:
    with mlflow.start_run(), pytest.raises(InvalidParameter):
        mlflow.log_metric(key, 1)


def test_numpy_scalars_are_numbers(mlflow: Any) -> None:
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")
    with mlflow.start_run() as run:
        mlflow.log_metric("a", numpy.float32(0.5))
        mlflow.log_metric("b", numpy.int64(3))
    assert mlflow.get_run(run.info.run_id).data.metrics == {"a": 0.5, "b": 3.0}


def test_the_whole_history_is_kept(mlflow: Any) -> None:
    with mlflow.start_run() as run:
        for value in (1, 2, 3):
            mlflow.log_metric("m", value)
        mlflow.log_metric("m", 0.5, step=-5)
        mlflow.log_metric("m", 9, step=7, timestamp=1234)
        mlflow.log_metric("m", 8, step=5)
    points = {(point.step, point.value) for point in mlflow.MlflowClient().get_metric_history(run.info.run_id, "m")}
    assert points == {(0, 1.0), (0, 2.0), (0, 3.0), (-5, 0.5), (7, 9.0), (5, 8.0)}
    assert mlflow.get_run(run.info.run_id).data.metrics == {"m": 9.0}


def test_ten_thousand_points_are_all_there(mlflow: Any) -> None:
    with mlflow.start_run() as run:
        for step in range(10_000):
            mlflow.log_metric("loss", step / 2, step=step)
        history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "loss")  # before the run has ended
    assert [(point.step, point.value) for point in sorted(history, key=lambda point: point.step)] == [
        (step, step / 2) for step in range(10_000)
    ]


def test_infinities_and_nan_by_the_stated_rule(mlflow: Any) -> None:
    with mlflow.start_run() as run:
        mlflow.log_metrics({"up": math.inf, "down": -math.inf, "none": math.nan})
    metrics = mlflow.get_run(run.info.run_id).data.metrics
    assert (metrics["up"], metrics["down"]) == (LARGEST, -LARGEST)
    assert math.isnan(metrics["none"])


def test_several_metrics_share_one_step_and_one_time(mlflow: Any) -> None:
    with mlflow.start_run() as run:
        mlflow.log_metrics(metrics={"a": 1, "b": 2}, step=4)
    client = mlflow.MlflowClient()
    points = [client.get_metric_history(run.info.run_id, key)[0] for key in "ab"]
    assert [point.step for point in points] == [4, 4]
    assert points[0].timestamp == points[1].timestamp


def test_metrics_of_another_run_and_what_to_wait_for(mlflow: Any) -> None:
    run_id = mlflow.MlflowClient().create_run("0").info.run_id
    mlflow.log_metric("a", 1, run_id=run_id)
    mlflow.log_metrics({"b": 2}, run_id=run_id, synchronous=True)
    mlflow.log_metric("c", 3, run_id=run_id, synchronous=False).wait()
    assert mlflow.get_run(run_id).data.metrics == {"a": 1.0, "b": 2.0, "c": 3.0}
    assert mlflow.active_run() is None


def test_a_metric_of_a_run_that_is_not_there_is_an_error_at_the_call(mlflow: Any) -> None:
    with pytest.raises(NotFound):
        mlflow.log_metric("a", 1, run_id="0" * 32)


def test_tags_overwrite_and_keep_dots_and_spaces(mlflow: Any) -> None:
    with mlflow.start_run() as run:
        mlflow.set_tag("release.candidate", "RC 1")
        mlflow.set_tag("release.candidate", "RC 2")
        mlflow.set_tags({"engineering": "ML Platform", "with space": 2, "gone": "x"})
        mlflow.delete_tag("gone")
        with pytest.raises(NotFound):
            mlflow.delete_tag("gone")
    tags = mlflow.get_run(run.info.run_id).data.tags
    assert {"release.candidate": "RC 2", "engineering": "ML Platform", "with space": "2"}.items() <= tags.items()
    assert "gone" not in tags


def test_the_run_knows_user_and_source(mlflow: Any) -> None:
    with mlflow.start_run() as run:
        pass
    tags = run.data.tags
    assert tags["mlflow.user"]
    assert tags["mlflow.source.name"]
    assert tags["mlflow.source.type"] == "LOCAL"


def test_datasets_of_ours_and_mlflows_are_inputs(mlflow: Any) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    ours = mlflow.data.from_pandas(
        pandas.DataFrame({"a": [1, 2], "y": [0, 1]}), source="wine.csv", targets="y", name="wine"
    )
    with mlflow.start_run() as run:
        mlflow.log_input(ours, context="training", tags={"who": "us"})
        mlflow.log_input(ours, context="training", tags={"who": "us"})
        mlflow.log_metric("accuracy", 0.9, dataset=ours)
    inputs = mlflow.get_run(run.info.run_id).inputs.dataset_inputs
    assert [(each.dataset.name, each.dataset.digest) for each in inputs] == [("wine", ours.digest)]
    assert {tag.key: tag.value for tag in inputs[0].tags} == {"mlflow.data.context": "training", "who": "us"}
    (point,) = mlflow.MlflowClient().get_metric_history(run.info.run_id, "accuracy")
    assert point.value == 0.9


def test_search_by_filter_and_order_in_every_form(mlflow: Any, name: str) -> None:
    experiment = mlflow.set_experiment(name)
    for depth in (2, 4, 8):
        with mlflow.start_run(tags={"kind": "tree"}):
            mlflow.log_param("depth", depth)
            mlflow.log_metric("loss", 1 / depth)
    found = mlflow.search_runs(
        experiment_names=[name], filter_string="metrics.loss < 0.4", order_by=["metrics.loss ASC"], output_format="list"
    )
    assert [run.data.params["depth"] for run in found] == ["8", "4"]
    assert len(mlflow.search_runs([experiment.experiment_id], max_results=2, output_format="list")) == 2
    page = mlflow.MlflowClient().search_runs([experiment.experiment_id], max_results=2)
    assert page.token
    rest = mlflow.MlflowClient().search_runs([experiment.experiment_id], max_results=2, page_token=page.token)
    assert len({run.info.run_id for run in [*page, *rest]}) == 3
    with pytest.raises(InvalidParameter, match="not both"):
        mlflow.search_runs([experiment.experiment_id], experiment_names=[name])
    with pytest.raises(ModelyardError):
        mlflow.search_runs(filter_string="metrics.loss ~ 3")


def test_search_as_a_data_frame(mlflow: Any, name: str) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    mlflow.set_experiment(name)
    with mlflow.start_run() as run:
        mlflow.log_param("x", 1)
        mlflow.log_metric("y", 2)
        mlflow.set_tag("z", 3)
    frame = mlflow.search_runs()
    assert frame["run_id"].tolist() == [run.info.run_id]
    assert (frame["params.x"][0], frame["metrics.y"][0], frame["tags.z"][0]) == ("1", 2.0, "3")


def test_system_metrics_by_mlflows_names(mlflow: Any) -> None:
    pytest.importorskip("psutil", reason="psutil is not installed")
    mlflow.set_system_metrics_sampling_interval(0.05)
    with mlflow.start_run(log_system_metrics=True) as run:
        pass
    found = mlflow.get_run(run.info.run_id).data.metrics
    assert {
        "system/cpu_utilization_percentage",
        "system/system_memory_usage_megabytes",
        "system/system_memory_usage_percentage",
        "system/disk_usage_percentage",
        "system/disk_usage_megabytes",
        "system/disk_available_megabytes",
        "system/network_receive_megabytes",
        "system/network_transmit_megabytes",
    } <= set(found)


def test_system_metrics_of_a_resumed_run_go_on_counting(mlflow: Any) -> None:
    pytest.importorskip("psutil", reason="psutil is not installed")
    mlflow.enable_system_metrics_logging()
    try:
        with mlflow.start_run() as run:
            pass
        with mlflow.start_run(run_id=run.info.run_id):
            pass
    finally:
        mlflow.disable_system_metrics_logging()
    history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "system/cpu_utilization_percentage")
    assert [point.step for point in history] == list(range(len(history)))
    assert len(history) >= 2
