"""Experiments and runs, as training code uses them (requirements S1.28 to S1.37, S0.3, S4.8)."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter, ModelyardError, NotFound


def test_set_experiment_makes_it_and_starts_no_run(mlflow: Any, name: str) -> None:
    experiment = mlflow.set_experiment(name)
    assert mlflow.get_experiment_by_name(name).experiment_id == experiment.experiment_id
    assert mlflow.search_runs([experiment.experiment_id], output_format="list") == []
    assert mlflow.active_run() is None
    assert mlflow.set_experiment(name).experiment_id == experiment.experiment_id


def test_without_set_experiment_runs_go_to_default(mlflow: Any) -> None:
    with mlflow.start_run() as run:
        pass
    assert mlflow.get_experiment(run.info.experiment_id).name == "Default"


def test_the_experiment_that_was_set_stays_in_force(mlflow: Any, name: str) -> None:
    experiment = mlflow.set_experiment(name)
    for _ in range(2):
        with mlflow.start_run() as run:
            assert run.info.experiment_id == experiment.experiment_id


def test_the_environment_names_the_experiment(mlflow: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", name)
    with mlflow.start_run() as run:
        pass
    assert mlflow.get_experiment(run.info.experiment_id).name == name


def test_create_experiment_answers_an_id_and_refuses_a_name_twice(mlflow: Any, name: str) -> None:
    experiment_id = mlflow.create_experiment(name, tags={"team": "a"})
    assert isinstance(experiment_id, str)
    with mlflow.start_run(experiment_id=experiment_id) as run:
        assert run.info.experiment_id == experiment_id
    with pytest.raises(ModelyardError, match="already exists"):
        mlflow.create_experiment(name)
    found = mlflow.search_experiments(filter_string=f"name = '{name}'")
    assert [(each.experiment_id, each.tags["team"]) for each in found] == [(experiment_id, "a")]


def test_a_run_can_be_started_by_the_name_of_its_experiment(mlflow: Any, name: str) -> None:
    experiment_id = mlflow.create_experiment(name)
    with mlflow.start_run(experiment_id=name) as run:
        assert run.info.experiment_id == experiment_id


def test_a_name_that_is_another_experiments_id_is_refused(mlflow: Any, name: str) -> None:
    experiment_id = mlflow.create_experiment(name)
    try:
        mlflow.create_experiment(experiment_id)
    except ModelyardError:
        pytest.skip("does not apply: an earlier test has made that name")
    with pytest.raises(InvalidParameter, match="id of one experiment and the name of another"):
        mlflow.start_run(experiment_id=experiment_id)


def test_a_deleted_experiment_is_found_and_cannot_be_set(mlflow: Any, name: str) -> None:
    experiment_id = mlflow.create_experiment(name)
    assert mlflow.get_experiment(experiment_id).lifecycle_stage == "active"
    mlflow.delete_experiment(experiment_id)
    assert mlflow.MlflowClient().get_experiment(experiment_id).lifecycle_stage == "deleted"
    with pytest.raises(InvalidParameter, match="deleted experiment"):
        mlflow.set_experiment(name)
    mlflow.restore_experiment(experiment_id)
    assert mlflow.set_experiment(name).lifecycle_stage == "active"


def test_an_experiment_that_is_not_there_is_not_found(mlflow: Any, name: str) -> None:
    with pytest.raises(NotFound):
        mlflow.get_experiment("987654321")
    assert mlflow.get_experiment_by_name(name) is None
    with pytest.raises(InvalidParameter, match="exactly one"):
        mlflow.set_experiment()


def test_tags_of_the_active_experiment(mlflow: Any, name: str) -> None:
    experiment = mlflow.set_experiment(name)
    mlflow.set_experiment_tag("a", 1)
    mlflow.set_experiment_tags({"b": "2", "c": "3"})
    mlflow.delete_experiment_tag("c")
    assert mlflow.get_experiment(experiment.experiment_id).tags == {"a": "1", "b": "2"}


def test_a_block_that_ends_well_is_finished(mlflow: Any) -> None:
    with mlflow.start_run(run_name="first", tags={"a": 1}, description="words") as run:
        assert mlflow.active_run().info.run_id == run.info.run_id
        assert mlflow.get_run(run.info.run_id).info.status == "RUNNING"
    ended = mlflow.get_run(run.info.run_id)
    assert ended.info.status == "FINISHED"
    assert ended.info.end_time >= ended.info.start_time
    assert ended.info.run_name == "first"
    assert ended.data.tags["a"] == "1"
    assert ended.data.tags["mlflow.note.content"] == "words"
    assert mlflow.active_run() is None


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("no"), "FAILED"),
        (KeyboardInterrupt(), "KILLED"),
        (SystemExit(2), "FAILED"),
        (SystemExit(0), "FINISHED"),
    ],
    ids=repr,
)
def test_an_exception_that_leaves_the_block_goes_on_and_is_noted(
    mlflow: Any, error: BaseException, status: str
) -> None:
    with pytest.raises(type(error)), mlflow.start_run() as run:
        raise error
    assert mlflow.get_run(run.info.run_id).info.status == status


def test_a_second_run_is_refused_and_the_first_is_unharmed(mlflow: Any) -> None:
    first = mlflow.start_run()
    with pytest.raises(InvalidParameter) as refused:
        mlflow.start_run()
    for word in (first.info.run_id, "mlflow.end_run()", "nested=True"):
        assert word in str(refused.value)
    assert mlflow.active_run().info.run_id == first.info.run_id
    mlflow.end_run()
    assert mlflow.get_run(first.info.run_id).info.status == "FINISHED"


@pytest.mark.parametrize("status", ["KILLED", "FAILED", "FINISHED"])
def test_end_run_takes_a_status(mlflow: Any, status: str) -> None:
    run = mlflow.start_run()
    mlflow.end_run(status)
    mlflow.end_run()
    mlflow.end_run()
    assert mlflow.get_run(run.info.run_id).info.status == status


def test_a_status_that_is_none_is_refused_and_the_run_goes_on(mlflow: Any) -> None:
    run = mlflow.start_run()
    with pytest.raises(InvalidParameter, match="'DONE'"):
        mlflow.end_run("DONE")
    assert mlflow.active_run().info.run_id == run.info.run_id


def test_nested_runs_name_their_parent(mlflow: Any) -> None:
    with mlflow.start_run() as parent:
        with mlflow.start_run(nested=True) as child:
            assert mlflow.active_run().info.run_id == child.info.run_id
        with mlflow.start_run(nested=True, parent_run_id=parent.info.run_id) as sibling:
            pass
        assert mlflow.active_run().info.run_id == parent.info.run_id
    found = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'", output_format="list")
    assert {run.info.run_id for run in found} == {child.info.run_id, sibling.info.run_id}
    assert mlflow.get_parent_run(child.info.run_id).info.run_id == parent.info.run_id
    assert mlflow.get_parent_run(parent.info.run_id) is None


def test_a_parent_that_is_not_the_active_run_is_refused(mlflow: Any) -> None:
    other = mlflow.MlflowClient().create_run("0")
    with mlflow.start_run(), pytest.raises(InvalidParameter, match="does not match the specified parent_run_id"):
        mlflow.start_run(nested=True, parent_run_id=other.info.run_id)
    with mlflow.start_run(parent_run_id=other.info.run_id) as child:
        assert mlflow.get_parent_run(child.info.run_id).info.run_id == other.info.run_id


def test_a_run_is_resumed_by_its_id(mlflow: Any) -> None:
    with mlflow.start_run(run_name="before") as run:
        mlflow.log_metric("loss", 1.0, step=0)
    with mlflow.start_run(run_id=run.info.run_id, tags={"again": "yes"}) as again:
        assert again.info.run_id == run.info.run_id
        assert mlflow.get_run(run.info.run_id).info.status == "RUNNING"
        mlflow.log_metric("loss", 0.5, step=1)
    ended = mlflow.get_run(run.info.run_id)
    assert ended.info.status == "FINISHED"
    assert ended.info.run_name == "before"
    assert ended.data.tags["again"] == "yes"
    assert ended.data.metrics == {"loss": 0.5}


def test_a_launchers_run_is_resumed_once(mlflow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = mlflow.MlflowClient().create_run("0")
    monkeypatch.setenv("MLFLOW_RUN_ID", prepared.info.run_id)
    with mlflow.start_run() as run:
        assert run.info.run_id == prepared.info.run_id
    with mlflow.start_run() as other:
        assert other.info.run_id != prepared.info.run_id


def test_a_deleted_run_is_not_resumed(mlflow: Any) -> None:
    with mlflow.start_run() as run:
        pass
    mlflow.delete_run(run.info.run_id)
    with pytest.raises(InvalidParameter, match="deleted state"):
        mlflow.start_run(run_id=run.info.run_id)
    mlflow.MlflowClient().restore_run(run.info.run_id)
    assert mlflow.get_run(run.info.run_id).info.lifecycle_stage == "active"


def test_logging_without_a_run_starts_one(mlflow: Any) -> None:
    mlflow.log_metric("a", 1)
    run = mlflow.active_run()
    mlflow.end_run()
    assert mlflow.get_run(run.info.run_id).data.metrics == {"a": 1.0}
    assert mlflow.last_active_run().info.run_id == run.info.run_id


def test_several_runs_in_one_process(mlflow: Any, name: str) -> None:
    mlflow.set_experiment(name)
    for number in range(3):
        with mlflow.start_run():
            mlflow.log_param("number", number)
    runs = mlflow.search_runs(output_format="list")
    assert sorted(run.data.params["number"] for run in runs) == ["0", "1", "2"]
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_threads_have_active_runs_of_their_own(mlflow: Any, name: str) -> None:
    mlflow.set_experiment(name)
    found: dict[int, str] = {}

    def train(number: int) -> None:
        assert mlflow.active_run() is None
        with mlflow.start_run() as run:
            for step in range(20):
                mlflow.log_metric("number", number, step=step)
            found[number] = run.info.run_id

    with mlflow.start_run() as outer:
        threads = [threading.Thread(target=train, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert mlflow.active_run().info.run_id == outer.info.run_id
    for number, run_id in found.items():
        history = mlflow.MlflowClient().get_metric_history(run_id, "number")
        assert [(point.step, point.value) for point in history] == [(step, float(number)) for step in range(20)]


def test_tasks_have_active_runs_of_their_own(mlflow: Any, name: str) -> None:
    mlflow.set_experiment(name)

    async def train(number: int) -> str:
        with mlflow.start_run() as run:
            for step in range(5):
                mlflow.log_metric("number", number, step=step)
                await asyncio.sleep(0)
            return str(run.info.run_id)

    async def main() -> list[str]:
        return await asyncio.gather(*(train(number) for number in range(3)))

    for number, run_id in enumerate(asyncio.run(main())):
        assert mlflow.get_run(run_id).data.metrics == {"number": float(number)}
        assert mlflow.get_run(run_id).info.status == "FINISHED"


def test_the_client_makes_and_ends_runs_that_are_not_active(mlflow: Any, name: str) -> None:
    client = mlflow.MlflowClient()
    run = client.create_run(client.create_experiment(name), run_name="by hand", tags={"a": 1}, start_time=5)
    assert mlflow.active_run() is None
    client.log_batch(
        run.info.run_id,
        metrics=[mlflow.entities.Metric("loss", 0.5, 7, 1)],
        params=[mlflow.entities.Param("alpha", "1")],
        tags=[mlflow.entities.RunTag("b", "2")],
    )
    client.update_run(run.info.run_id, name="renamed")
    client.set_terminated(run.info.run_id, "KILLED", end_time=9)
    ended = client.get_run(run.info.run_id)
    assert (ended.info.run_name, ended.info.status, ended.info.start_time, ended.info.end_time) == (
        "renamed",
        "KILLED",
        5,
        9,
    )
    assert ended.data.params == {"alpha": "1"}
    assert {"a": "1", "b": "2"}.items() <= ended.data.tags.items()
    client.rename_experiment(run.info.experiment_id, name + " renamed")
    assert client.get_experiment(run.info.experiment_id).name == name + " renamed"


def test_signs_of_life_are_told_where_the_store_knows_them(mlflow: Any, store: str) -> None:
    client = mlflow.MlflowClient()
    silent, ended = client.create_run("0"), client.create_run("0")
    client.set_terminated(ended.info.run_id)
    runs = [client.get_run(each.info.run_id) for each in (silent, ended)]
    assert client.liveness(runs) == {silent.info.run_id: ("unknown", None, None)}
