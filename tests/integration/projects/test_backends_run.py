"""`modelyard run --backend …`, through the command line: what is shown, what is refused, and what stands in the store."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelyard.tracking import MlflowClient
from tests.docs.environment import clean_environment
from tests.support.recorded import Recorded

PROJECT = """
name: wine
docker_env: {image: "python:3.12-slim"}
entry_points:
  main:
    parameters: {alpha: {type: float, default: 0.5}, data: {type: path, default: train.py}}
    command: "python train.py {alpha} {data}"
"""


class Shell:
    """A folder with a project, a store beside it, and no programs but those of the test."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "wine"
        self.project.mkdir()
        (self.project / "MLproject").write_text(PROJECT)
        (self.project / "train.py").write_text("print('here')\n")
        (folder / "data.csv").write_text("a,b\n")
        self.folder = folder
        self.store = folder / "yard"
        self.bin = folder / "bin"
        self.bin.mkdir()

    def words(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "modelyard", "run", "wine", "--experiment-name", "there", *words]

    def environment(self) -> dict[str, str]:
        """With nothing on the PATH but the programs of the test."""
        return clean_environment(
            MODELYARD_HOME=str(self.folder / "home"), MLFLOW_TRACKING_URI=str(self.store), PATH=str(self.bin)
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.words(*words),
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def runs(self) -> list[Any]:
        client = MlflowClient(str(self.store))
        found = client.get_experiment_by_name("there")
        return [] if found is None else list(client.search_runs([found.experiment_id]))


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_3_without_an_engine_a_cluster_or_kubectl_it_says_so(shell: Shell) -> None:
    image = json.dumps({"image": "example.org/wine:1"})
    for words, said in (
        ([], "There is no docker and no podman on PATH"),
        (["--backend", "kubernetes", "-c", image], "There is no kubectl on PATH"),
        (["--backend", "slurm"], "There is no 'slurm' among project_backends. Known: docker, kubernetes, local, ray."),
    ):
        done = shell.run(*words)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
    assert shell.runs() == []


def test_a_dry_run_shows_the_manifest_and_the_words_without_any_of_them(shell: Shell) -> None:
    config = json.dumps({"image": "example.org/wine:1", "tracking-uri": "https://yard.example.org", "namespace": "lab"})
    done = shell.run("--backend", "kubernetes", "-c", config, "--dry-run", "-P", "alpha=0.1")
    assert done.returncode == 0, done.stderr
    job = yaml.safe_load(done.stdout[done.stdout.index("apiVersion") :])
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert container["command"] == ["python", "train.py", "0.1", "/mlflow/projects/code/train.py"]
    assert {"name": "MLFLOW_RUN_ID", "value": "RUN_ID"} in container["env"]
    done = shell.run("--dry-run", "-A", "gpus=all")
    assert "docker run --rm" in done.stdout
    assert "--gpus=all" in done.stdout
    assert shell.runs() == []


def test_a_project_with_an_image_runs_in_a_container(shell: Shell) -> None:
    docker = Recorded(shell.bin, "docker")
    docker.answer({"to": ["version"], "out": "28\n"}, {"to": ["run"], "out": "trained\n"})
    done = shell.run("-A", "gpus=all", "-P", "data=data.csv")
    assert done.returncode == 0, done.stderr
    assert "trained\n" in done.stdout
    (run,) = shell.runs()
    assert run.info.status == "FINISHED"
    assert run.data.tags["mlflow.project.env"] == "docker"
    (call,) = docker.calls("run")
    data = str(shell.folder / "data.csv")
    assert call.words[-5:] == ["python:3.12-slim", "python", "train.py", "0.5", data]
    assert f"--mount=type=bind,source={data},target={data},readonly" in call.words
    assert f"--mount=type=bind,source={shell.store},target={shell.store}" in call.words
    assert call.environ["MLFLOW_RUN_ID"] == run.info.run_id
    docker.answer({"to": ["version"], "out": "28\n"}, {"to": ["run"], "err": "no such image\n", "code": 125})
    done = shell.run()
    assert done.returncode == 1
    assert "the engine could not start the container" in done.stderr
    assert sorted(run.info.status for run in shell.runs()) == ["FAILED", "FINISHED"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_interrupted_stops_the_container(shell: Shell, number: signal.Signals) -> None:
    docker = Recorded(shell.bin, "docker")
    docker.answer(
        {"to": ["version"], "out": "28\n"},
        {"to": ["stop"], "makes": "stopped"},
        {"to": ["run"], "out": "begun\n", "until": "stopped", "code": 143},
    )
    with subprocess.Popen(
        shell.words(),
        cwd=shell.folder,
        env=shell.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        assert process.wait(60) != 0
    assert len(docker.calls("stop")) == 1
    (run,) = shell.runs()
    assert run.info.status == "KILLED"
