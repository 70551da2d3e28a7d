"""Whole scripts, as people write them, in processes of their own (requirements S0.2, S1.59, S4.1, S4.2, S4.6 to S4.9)."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.tracking import MlflowClient
from tests.docs.environment import clean_environment

Run = Callable[..., str]

FIRST_STEPS = """
from modelyard import log_param, log_metric, log_artifact
import modelyard as mlflow
with mlflow.start_run():
    mlflow.log_param("param1", 1)
    mlflow.log_metric("metric1", 2)

    with open("results.csv", "w") as f:
        f.write("val, val2, val2")
        f.write("1, 2, 3")
    log_artifact("results.csv")
"""

ACTIVE_EXPERIMENT = """
import modelyard as mlflow

mlflow.set_experiment("example-experiment")

mlflow.start_run()

run = mlflow.active_run()
print("Active run_id: {}".format(run.info.run_id))
mlflow.end_run()
"""

ARTIFACTS_AND_TAGS = """
import json, os
import modelyard as mlflow

features = "rooms, zipcode, median_price, school_rating, transport"
data = {"state": "TX", "Available": 25, "Type": "Detached"}

os.makedirs("data", exist_ok=True)
with open("data/data.json", "w", encoding="utf-8") as f:
    json.dump(data, f, indent=2)
with open("data/features.txt", "w") as f:
    f.write(features)

tags = {"engineering": "ML Platform", "release.candidate": "RC1", "release.version": "2.2.0"}

with mlflow.start_run() as run:
    mlflow.set_tags(tags)
    mlflow.log_artifacts("data", artifact_path="states")
print(run.info.run_id, run.info.experiment_id)
"""

GET_EXPERIMENT = """
import sys
import modelyard as mlflow

client = mlflow.tracking.MlflowClient()

experiment_id = sys.argv[1]
experiment = client.get_experiment(experiment_id)

print("Name: {}".format(experiment.name))
print("Experiment_id: {}".format(experiment.experiment_id))
print("Artifact Location: {}".format(experiment.artifact_location))
print("Tags: {}".format(experiment.tags))
print("Lifecycle_stage: {}".format(experiment.lifecycle_stage))
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a script to its end in the test's folder; what it printed."""

    def start(code: str, *arguments: str, **environment: str) -> str:
        script = tmp_path / "train.py"
        script.write_text(textwrap.dedent(code))
        done = subprocess.run(
            [sys.executable, "-W", "error", str(script), *arguments],
            cwd=tmp_path,
            env=clean_environment(MODELYARD_JOURNAL=str(tmp_path / "journal"), **environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()

    return start


def test_the_first_script_needs_no_server_and_no_setting(run: Run, tmp_path: Path) -> None:
    run(FIRST_STEPS)
    client = MlflowClient(str(tmp_path / "yard"))
    (found,) = client.search_runs(["0"])
    assert found.data.params == {"param1": "1"}
    assert found.data.metrics == {"metric1": 2.0}
    assert [info.path for info in client.list_artifacts(found.info.run_id)] == ["results.csv"]
    assert found.info.status == "FINISHED"
    assert found.info.start_time is not None
    assert found.info.end_time is not None
    assert found.data.tags["mlflow.source.name"].endswith("train.py")
    below = tmp_path / "yard" / "artifacts" / "0" / found.info.run_id / "artifacts"
    assert (below / "results.csv").read_text() == "val, val2, val21, 2, 3"


@pytest.mark.parametrize("variable", ["MLFLOW_TRACKING_URI", "MODELYARD_TRACKING_URI"])
def test_the_same_script_tracks_to_the_store_of_the_environment(run: Run, store: str, variable: str) -> None:
    client = MlflowClient(store)
    before = {each.info.run_id for each in client.search_runs(["0"])}
    run(FIRST_STEPS, **{variable: store})
    (found,) = [each for each in client.search_runs(["0"]) if each.info.run_id not in before]
    assert (found.data.params, found.data.metrics, found.info.status) == ({"param1": "1"}, {"metric1": 2.0}, "FINISHED")
    assert [info.path for info in client.list_artifacts(found.info.run_id)] == ["results.csv"]


def test_our_variable_wins(run: Run, tmp_path: Path) -> None:
    run(FIRST_STEPS, MLFLOW_TRACKING_URI=str(tmp_path / "theirs"), MODELYARD_TRACKING_URI=str(tmp_path / "ours"))
    assert not (tmp_path / "theirs").exists()
    assert (tmp_path / "ours").exists()


def test_the_tutorials_scripts_in_their_order(run: Run, store: str) -> None:
    told = run(ACTIVE_EXPERIMENT, MLFLOW_TRACKING_URI=store)
    client = MlflowClient(store)
    experiment = client.get_experiment_by_name("example-experiment")
    assert experiment is not None
    active = client.get_run(told.removeprefix("Active run_id: "))
    assert (active.info.experiment_id, active.info.status) == (experiment.experiment_id, "FINISHED")

    run_id, experiment_id = run(ARTIFACTS_AND_TAGS, MLFLOW_TRACKING_URI=store).split()
    assert experiment_id == "0"
    tagged = client.get_run(run_id)
    assert {
        "engineering": "ML Platform",
        "release.candidate": "RC1",
        "release.version": "2.2.0",
    }.items() <= tagged.data.tags.items()
    assert [info.path for info in client.list_artifacts(run_id, "states")] == [
        "states/data.json",
        "states/features.txt",
    ]

    assert run(GET_EXPERIMENT, experiment.experiment_id, MLFLOW_TRACKING_URI=store).splitlines() == [
        "Name: example-experiment",
        f"Experiment_id: {experiment.experiment_id}",
        f"Artifact Location: {experiment.artifact_location}",
        "Tags: {}",
        "Lifecycle_stage: active",
    ]


def test_several_processes_share_a_folder(tmp_path: Path) -> None:
    code = """
        import sys
        import modelyard as mlflow
        mlflow.set_experiment("shared")
        for number in range(3):
            with mlflow.start_run():
                for step in range(200):
                    mlflow.log_metric("loss", step, step=step)
        """
    script = tmp_path / "train.py"
    script.write_text(textwrap.dedent(code))
    environment = clean_environment(MODELYARD_JOURNAL=str(tmp_path / "journal"))
    processes = [
        subprocess.Popen(
            [sys.executable, str(script)], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    told = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, told
    client = MlflowClient(str(tmp_path / "yard"))
    experiments = client.search_experiments(filter_string="name = 'shared'")
    assert len(experiments) == 1
    runs = client.search_runs([experiments[0].experiment_id])
    assert len(runs) == 12
    assert {run.info.status for run in runs} == {"FINISHED"}
    for found in runs:
        assert sorted(point.step for point in client.get_metric_history(found.info.run_id, "loss")) == list(range(200))


def test_a_child_process_inherits_where_to_track(run: Run, tmp_path: Path) -> None:
    run(
        """
        import subprocess, sys
        import modelyard as mlflow
        mlflow.set_tracking_uri("elsewhere")
        mlflow.set_experiment("mine")
        code = "import modelyard; modelyard.log_metric('child', 1)"
        subprocess.run([sys.executable, "-c", code], check=True, cwd="/")
        """
    )
    client = MlflowClient(str(tmp_path / "elsewhere"))
    experiment = client.get_experiment_by_name("mine")
    assert experiment is not None
    assert [found.data.metrics for found in client.search_runs([experiment.experiment_id])] == [{"child": 1.0}]


def test_a_store_can_be_copied_and_read_at_another_place(run: Run, tmp_path: Path) -> None:
    run(FIRST_STEPS)
    (tmp_path / "yard").rename(tmp_path / "other yard")
    client = MlflowClient(str(tmp_path / "other yard"))
    (found,) = client.search_runs(["0"])
    path = client.download_artifacts(found.info.run_id, "results.csv", str(tmp_path / "down"))
    assert Path(path).read_text().startswith("val")
