"""Runs and what is logged to them, through the real mlflow client."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import pytest

Unique = Callable[[str], str]
LARGEST = 1.7976931348623157e308


def test_a_run_is_begun_logged_to_and_read_back(mlflow: Any, client: Any, experiment: str) -> None:
    with mlflow.start_run(run_name="first", description="a note", tags={"release.candidate": "RC 1"}) as run:
        mlflow.log_param("alpha", 0.5)
        mlflow.log_params({"beta": 1, "layers": [1, 2], "empty": ""})
        for step in range(3):
            mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
        mlflow.log_metrics({"a/b": 1, "c d": 2.5}, step=7)
        mlflow.set_tag("engineering", "ML Platform")
        mlflow.set_tags({"x": 1, "y": "ä ☃"})
    read = client.get_run(run.info.run_id)
    assert (read.info.status, read.info.run_name, read.info.experiment_id) == ("FINISHED", "first", experiment)
    assert read.data.params == {"alpha": "0.5", "beta": "1", "layers": "[1, 2]", "empty": ""}
    assert read.data.metrics == {"loss": pytest.approx(1 / 3), "a/b": 1.0, "c d": 2.5}
    assert read.data.tags["y"] == "ä ☃"
    assert read.data.tags["mlflow.note.content"] == "a note"
    assert read.info.end_time >= read.info.start_time
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(0, 1.0), (1, 0.5), (2, 1 / 3)]


def test_an_exception_makes_the_run_failed(mlflow: Any, client: Any, experiment: str) -> None:
    with pytest.raises(ZeroDivisionError), mlflow.start_run() as run:
        1 / 0  # noqa: B018
    assert client.get_run(run.info.run_id).info.status == "FAILED"


def test_nested_runs_name_their_parent(mlflow: Any, experiment: str) -> None:
    with mlflow.start_run() as parent:
        for _ in range(2):
            with mlflow.start_run(nested=True):
                mlflow.log_metric("m", 1)
    children = mlflow.search_runs([experiment], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert len(children) == 2
    assert set(children["metrics.m"]) == {1.0}


def test_a_run_is_resumed_by_its_id(mlflow: Any, client: Any, experiment: str) -> None:
    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1, step=1)
    with mlflow.start_run(run_id=run.info.run_id) as again:
        assert client.get_run(again.info.run_id).info.status == "RUNNING"
        mlflow.log_metric("m", 2, step=2)
    read = client.get_run(run.info.run_id)
    assert (read.info.status, read.data.metrics) == ("FINISHED", {"m": 2.0})


def test_a_run_without_a_name_gets_one_and_name_and_tag_agree(client: Any, experiment: str) -> None:
    run = client.create_run(experiment)
    assert run.info.run_name
    assert run.data.tags["mlflow.runName"] == run.info.run_name
    client.set_tag(run.info.run_id, "mlflow.runName", "by tag")
    assert client.get_run(run.info.run_id).info.run_name == "by tag"
    client.update_run(run.info.run_id, name="by name")
    read = client.get_run(run.info.run_id)
    assert (read.info.run_name, read.data.tags["mlflow.runName"], read.info.status) == ("by name", "by name", "RUNNING")


def test_params_are_written_once(mlflow: Any, client: Any, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    client.log_param(run_id, "p", "a")
    client.log_param(run_id, "p", "a")
    with pytest.raises(mlflow.MlflowException, match="Changing param values is not allowed") as caught:
        client.log_param(run_id, "p", "b")
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(mlflow.MlflowException, match="Changing param values is not allowed"):
        client.log_batch(run_id, params=[mlflow.entities.Param("p", "c")])
    assert client.get_run(run_id).data.params == {"p": "a"}


def test_two_hundred_params_in_one_call(mlflow: Any, client: Any, experiment: str) -> None:
    params = {f"p{number}": str(number) for number in range(200)}
    with mlflow.start_run() as run:
        mlflow.log_params(params)
    assert client.get_run(run.info.run_id).data.params == params


def test_values_that_are_no_finite_numbers(mlflow: Any, client: Any, experiment: str) -> None:
    with mlflow.start_run() as run:
        mlflow.log_metrics({"up": math.inf, "down": -math.inf, "odd": math.nan})
    metrics = client.get_run(run.info.run_id).data.metrics
    assert (metrics["up"], metrics["down"]) == (LARGEST, -LARGEST)
    assert math.isnan(metrics["odd"])
    assert math.isnan(client.get_metric_history(run.info.run_id, "odd")[0].value)


def test_the_latest_value_is_that_of_the_largest_step(mlflow: Any, client: Any, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    for value, timestamp, step in [(1, 100, 5), (2, 200, -3), (3, 50, 5), (4, 100, 5)]:
        client.log_metric(run_id, "m", value, timestamp, step)
    assert client.get_run(run_id).data.metrics == {"m": 4.0}
    points = [(p.timestamp, p.step, p.value) for p in client.get_metric_history(run_id, "m")]
    assert points == [(50, 5, 3.0), (100, 5, 1.0), (100, 5, 4.0), (200, -3, 2.0)]


def test_a_point_sent_twice_is_one_point(mlflow: Any, client: Any, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    points = [mlflow.entities.Metric("m", 1.5, 1000, step) for step in range(10)]
    for _ in range(2):
        client.log_batch(run_id, metrics=points)
    assert len(client.get_metric_history(run_id, "m")) == 10


def test_the_history_of_an_unknown_metric_is_empty(client: Any, experiment: str) -> None:
    assert client.get_metric_history(client.create_run(experiment).info.run_id, "nothing") == []


def test_a_thousand_metrics_in_one_batch_and_one_more_is_refused(mlflow: Any, client: Any, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    points = [mlflow.entities.Metric(f"m{number}", number, 1000, 0) for number in range(1000)]
    client.log_batch(run_id, metrics=points)
    assert len(client.get_run(run_id).data.metrics) == 1000


@pytest.mark.parametrize("key", ["a\\b", "a#b", "../a", "/a", "a//b"])
def test_names_that_are_refused(mlflow: Any, client: Any, experiment: str, key: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    for log in (
        lambda: client.log_metric(run_id, key, 1.0),
        lambda: client.log_param(run_id, key, "x"),
        lambda: client.set_tag(run_id, key, "x"),
    ):
        with pytest.raises(mlflow.MlflowException):
            log()
    read = client.get_run(run_id).data
    assert (read.metrics, read.params, set(read.tags)) == ({}, {}, {"mlflow.runName"})


def test_tags_are_deleted_and_an_unknown_one_is_an_error(mlflow: Any, client: Any, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    client.set_tag(run_id, "k", "v")
    client.delete_tag(run_id, "k")
    with pytest.raises(mlflow.MlflowException, match="No tag with name: k"):
        client.delete_tag(run_id, "k")


def test_deleting_and_restoring_a_run_may_be_repeated(mlflow: Any, client: Any, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    for _ in range(2):
        client.delete_run(run_id)
    assert len(client.search_runs([experiment])) == 0
    assert len(client.search_runs([experiment], run_view_type=2)) == 1
    with pytest.raises(mlflow.MlflowException, match="must be in the 'active' state"):
        client.log_metric(run_id, "m", 1)
    for _ in range(2):
        client.restore_run(run_id)
    client.log_metric(run_id, "m", 1)


def test_statuses_are_set_by_name(client: Any, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    client.set_terminated(run_id, "KILLED", end_time=12345)
    read = client.get_run(run_id).info
    assert (read.status, read.end_time) == ("KILLED", 12345)
    client.update_run(run_id, status="RUNNING")
    assert client.get_run(run_id).info.status == "RUNNING"


def test_long_values_are_cut(client: Any, experiment: str) -> None:
    run_id = client.create_run(experiment).info.run_id
    client.log_param(run_id, "p", "x" * 6001)
    client.set_tag(run_id, "t", "y" * 8001)
    data = client.get_run(run_id).data
    assert (len(data.params["p"]), len(data.tags["t"])) == (6000, 8000)


def test_datasets_are_recorded_once_with_their_context(mlflow: Any, client: Any, experiment: str) -> None:
    import pandas as pd

    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [3, 4]})
    dataset = mlflow.data.from_pandas(frame, source="data.csv", name="wine", targets="y")
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training", tags={"k": "v"})
        mlflow.log_input(dataset, context="training")
    (used,) = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("wine", dataset.digest)
    assert {tag.key: tag.value for tag in used.tags}["mlflow.data.context"] == "training"
    found = client.search_runs([experiment], "datasets.name = 'wine' AND datasets.context = 'training'")
    assert [each.info.run_id for each in found] == [run.info.run_id]


def test_the_system_records_who_and_what(mlflow: Any, client: Any, experiment: str) -> None:
    with mlflow.start_run() as run:
        pass
    tags = client.get_run(run.info.run_id).data.tags
    assert {"mlflow.user", "mlflow.source.name", "mlflow.source.type", "mlflow.runName"} <= set(tags)
    assert abs(run.info.start_time - time.time() * 1000) < 60_000
