"""Projects as Ray Jobs, on a cluster of this machine; and what is submitted, without one."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.projects.backend import Launch
from modelyard.projects.ray import RayBackend, submission
from modelyard.projects.spec import read
from modelyard.tracking import MlflowClient
from tests.docs.environment import clean_environment
from tests.integration.projects.conftest import HARD, RUN
from tests.support.ports import reserved_port
from tests.support.waiting import wait_for

Launches = Callable[..., Launch]

TOLD = """
import json, os, sys
names = ("MLFLOW_RUN_ID", "VALUE", "MODELYARD_PROJECT_ROOT", "PYTHONPATH")
print("told: " + json.dumps([sys.argv[1:], os.getcwd(), {name: os.environ.get(name) for name in names}]), flush=True)
sys.exit(3)
"""


class Cluster(NamedTuple):
    """The address of a dashboard."""

    address: str


@pytest.fixture(scope="module")
def token() -> Iterator[str]:
    """What lets into the cluster, in this process's environment."""
    made = secrets.token_hex(32)
    before = {name: os.environ.get(name) for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_USAGE_STATS_ENABLED")}
    os.environ.update({"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": made, "RAY_USAGE_STATS_ENABLED": "0"})
    yield made
    for name, value in before.items():
        os.environ.pop(name)
        if value is not None:
            os.environ[name] = value


@pytest.fixture(scope="module")
def cluster(token: str) -> Iterator[Cluster]:
    """One cluster for all tests of this module: it takes seconds to start.

    All its ports and its folder are its own, so that another of this machine, even one of another test, is not in its way.
    """
    for module in ("ray", "aiohttp"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = clean_environment(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=token, PATH=path)
    # Its sockets have room for no long path.
    with tempfile.TemporaryDirectory(prefix="ray-") as folder, ExitStack() as ports:
        port, dashboard, agent, drivers = (ports.enter_context(reserved_port()) for _ in range(4))
        words = [
            *("ray", "start", "--head", "--block", "--num-cpus", "2", "--disable-usage-stats", "--temp-dir", folder),
            *("--port", str(port), "--dashboard-port", str(dashboard), "--dashboard-agent-listen-port", str(agent)),
            *("--ray-client-server-port", str(drivers), "--include-dashboard", "true", "--log-color", "false"),
        ]
        log = Path(folder) / "start.txt"
        with log.open("wb") as told, subprocess.Popen(words, env=environment, stdout=told, stderr=told) as process:
            try:
                wait_for(lambda: process.poll() is not None or b"Ray runtime started" in log.read_bytes(), 120)
                assert process.poll() is None, log.read_text()
                yield Cluster(f"http://127.0.0.1:{dashboard}")
            finally:
                process.terminate()  # it ends what it started
                process.wait(60)


@pytest.fixture
def component(project: Path) -> Path:
    """A component of the project, in a folder of it."""
    folder = project / "src" / "train it"
    folder.mkdir(parents=True)
    (folder / "MLproject").write_text("name: train\nentry_points:\n  main: {command: python train.py}\n")
    (folder / "train.py").write_text(TOLD)
    return folder


def test_what_is_submitted(launch: Launches, component: Path, project: Path) -> None:
    asked = launch(
        {
            "num_cpus": 2,
            "memory": 1000,
            "runtime_env": {"pip": ["lmfit"], "env_vars": {"A": "1"}},
            "environment": {"VALUE": "$HOME"},
        },
        folder=component,
        project=read(component),
    )
    sent = submission(asked)
    assert (sent["submission_id"], sent["metadata"]) == (f"modelyard-{RUN}", {"modelyard.run": RUN})
    assert (sent["entrypoint_num_cpus"], sent["entrypoint_memory"]) == (2, 1000)
    assert sent["runtime_env"]["working_dir"] == str(project)
    assert sent["runtime_env"]["pip"] == ["lmfit"]
    told = sent["runtime_env"]["env_vars"]
    assert (told["A"], told["MLFLOW_RUN_ID"]) == ("1", RUN)
    assert not {"PATH", "VALUE", "MODELYARD_PROJECT_ROOT"} & set(told)
    first, root, folder, *command = sent["entrypoint"].split(" && ")
    assert (first, root, folder) == (
        "export VALUE='$HOME'",
        'export MODELYARD_PROJECT_ROOT="$PWD"',
        "cd 'src/train it'",
    )
    assert shlex.split(" && ".join(command)) == ["python", "train.py", HARD, "../../data.csv"]
    assert json.loads(RayBackend().describe(asked)) == sent


def test_the_projects_requirements_are_rays_to_install(launch: Launches, project: Path) -> None:
    (project / "conda.yaml").write_text("dependencies: [python=3.11, numpy=1.26, {pip: ['lmfit>=1', modelyard]}]\n")
    assert submission(launch(project=read(project)))["runtime_env"]["pip"] == ["numpy==1.26.*", "lmfit>=1"]
    local = launch(project=read(project), environ={"MODELYARD_PROJECT_ENV_MANAGER": "local"})
    assert "pip" not in submission(local)["runtime_env"]
    (project / "conda.yaml").write_text("dependencies: [cudatoolkit=12]\n")
    with pytest.raises(InvalidParameter, match="packages of conda"):
        submission(launch(project=read(project)))


def test_what_another_machine_does_not_reach_is_refused(
    launch: Launches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = {"address": "http://ray.example.org:8265"}
    with pytest.raises(InvalidParameter, match="which a cluster of other machines does not reach"):
        RayBackend().submit(launch(far, uri=str(tmp_path)))
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "s3cr3t")
    with pytest.raises(InvalidParameter, match="MLFLOW_TRACKING_PASSWORD, which all who look"):
        RayBackend().submit(launch(far))


def test_no_cluster_is_told_before_anything_starts(launch: Launches, project: Path, token: str) -> None:
    pytest.importorskip("ray", reason="ray is not installed")
    with reserved_port() as port, pytest.raises(InvalidParameter, match="No Ray cluster answers at") as caught:
        RayBackend().check(read(project), {"address": f"http://127.0.0.1:{port}"})
    assert "\n" not in caught.value.message
    for config in ({"adress": "x"}, {"runtime_env": []}, {"runtime_env": {"working_dir": "."}}):
        with pytest.raises(InvalidParameter):
            RayBackend().check(read(project), config)


def test_values_arrive_as_they_are_output_is_told_and_a_failure_has_its_exit_code(
    cluster: Cluster, launch: Launches, component: Path
) -> None:
    config = {"address": cluster.address, "environment": {"VALUE": HARD}}
    asked = launch(config, uri="http://127.0.0.1:5000", folder=component, project=read(component))
    RayBackend().check(asked.project, config)
    job = RayBackend().submit(asked)
    assert (job.wait(), job.explain()) == ("FAILED", "it ended with exit code 3")
    said = "".join(launch.said)  # type: ignore[attr-defined]
    (line,) = [line for line in said.splitlines() if line.startswith("told: ")]
    words, folder, variables = json.loads(line.removeprefix("told: "))
    assert words == [HARD, "../../data.csv"]
    assert folder.endswith("/src/train it")
    root = folder.removesuffix("/src/train it")
    assert (variables["MLFLOW_RUN_ID"], variables["VALUE"], variables["MODELYARD_PROJECT_ROOT"]) == (RUN, HARD, root)
    assert "../../src" in variables["PYTHONPATH"].split(":")


def test_cancelling_stops_the_job(cluster: Cluster, launch: Launches, project: Path) -> None:
    (project / "train.py").write_text("import time\nprint('begun', flush=True)\ntime.sleep(600)\n")
    begun = threading.Event()
    asked = launch(
        {"address": cluster.address},
        uri="http://127.0.0.1:5000",
        run_id="e" * 32,
        output=lambda text: begun.set() if "begun" in text else None,
    )
    job = RayBackend().submit(asked)
    assert begun.wait(120)
    assert job.state() == "RUNNING"
    job.cancel()
    assert job.wait() == "KILLED"
    job.cancel()


def test_a_run_by_the_command_line_logs_to_its_store(cluster: Cluster, tmp_path: Path, token: str) -> None:
    folder = tmp_path / "wine"
    folder.mkdir()
    (folder / "train.py").write_text("import sys, modelyard\nmodelyard.log_param('given', sys.argv[2])\n")
    store, config = str(tmp_path / "yard"), json.dumps({"address": cluster.address})
    done = subprocess.run(
        [
            *(sys.executable, "-m", "modelyard", "run", "wine", "-e", "train.py", "--experiment-name", "there"),
            *("--backend", "ray", "-c", config, "-P", "value=a 'b' $HOME;x"),
        ],
        cwd=tmp_path,
        env=clean_environment(MLFLOW_TRACKING_URI=store, MODELYARD_HOME=str(tmp_path / "home"), RAY_AUTH_MODE="token"),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    client = MlflowClient(store)
    experiment = client.get_experiment_by_name("there")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.status, run.data.params["given"]) == ("FINISHED", "a 'b' $HOME;x")
