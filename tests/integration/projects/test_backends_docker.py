"""Projects in containers: the words an engine is given, and what comes of its answers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter, ProjectFailed
from modelyard.projects.backend import Launch
from modelyard.projects.docker import DockerBackend
from modelyard.projects.spec import read
from tests.integration.projects.conftest import HARD, RUN
from tests.support.recorded import Recorded

Launches = Callable[..., Launch]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """A recorded engine, the only one on the PATH."""
    program = Recorded(tmp_path / "bin", "docker")
    program.answer({"to": ["version"], "out": "28.0\n"}, {"to": ["run"], "out": "trained\n", "err": "warned\n"})
    monkeypatch.setenv("PATH", str(program.folder))
    return program


def test_a_container_has_the_project_its_store_and_its_values(
    docker: Recorded, launch: Launches, project: Path
) -> None:
    asked = launch(environ={"SECRET_VALUE": "s3cr3t", "DOCKER_HOST": "tcp://not-for-us"})
    job = DockerBackend().submit(asked)
    assert (job.wait(), job.state(), job.explain()) == ("FINISHED", "FINISHED", "")
    assert sorted(launch.said) == ["trained\n", "warned\n"]  # type: ignore[attr-defined]
    (call,) = docker.calls("run")
    image = call.words.index("example.org/team/base:1")
    assert call.words[image + 1 :] == ["python", "train.py", HARD, "/mlflow/projects/code/data.csv"]
    options = call.words[:image]
    assert options[:3] == ["run", "--rm", "--init"]
    (name,) = [word for word in options if word.startswith("--name=")]
    assert re.fullmatch(rf"--name=modelyard-{RUN}-[0-9a-z]{{6}}", name)
    assert f"--user={os.getuid()}:{os.getgid()}" in options
    assert f'--mount=type=bind,"source={project}",target=/mlflow/projects/code' in options
    assert "--workdir=/mlflow/projects/code" in options
    assert "--volume=/data:/data:ro" in options
    handed = {"MLFLOW_RUN_ID": RUN, "MLFLOW_TRACKING_URI": "https://yard.example.org", "SECRET_VALUE": "s3cr3t"}
    handed |= {"GREETING": "hello $HOME", "PASSED_ON": "from here"}
    handed |= {"MODELYARD_PROJECT_ROOT": "/mlflow/projects/code", "PYTHONPATH": "/mlflow/projects/code/src"}
    assert {name: call.environ.get(name) for name in handed} == handed
    assert {f"--env={name}" for name in handed} <= set(options)
    assert "s3cr3t" not in " ".join(call.words)  # words can be read by all of the machine
    assert "--env=DOCKER_HOST=tcp://not-for-us" in options
    assert "DOCKER_HOST" not in call.environ
    assert not [word for word in options if word.startswith("--env=PATH")]


def test_a_store_that_is_a_folder_is_mounted_and_a_server_on_loopback_is_refused(
    docker: Recorded, launch: Launches, tmp_path: Path
) -> None:
    yard = tmp_path / "yard"
    DockerBackend().submit(launch(uri=str(yard))).wait()
    assert f"--mount=type=bind,source={yard},target={yard}" in docker.calls("run")[0].words
    near = launch(uri="http://127.0.0.1:5000")
    with pytest.raises(InvalidParameter, match="-A network=host"):
        DockerBackend().submit(near)
    DockerBackend().submit(launch({"docker_args": {"network": "host"}}, uri="http://127.0.0.1:5000")).wait()
    assert "--network=host" in docker.calls("run")[1].words


def test_files_that_parameters_name_are_mounted_to_be_read(docker: Recorded, launch: Launches, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("")
    data = tmp_path / "data.csv"
    DockerBackend().submit(launch(argv=("cat", str(data)), paths=(data,))).wait()
    words = docker.calls("run")[0].words
    assert f"--mount=type=bind,source={data},target={data},readonly" in words
    assert words[-2:] == ["cat", str(data)]


def test_options_of_docker_run(docker: Recorded, launch: Launches) -> None:
    told = {"gpus": "all", "t": True, "i": False, "user": "nobody", "label": ["a=1", "b=2"], "m": "1g"}
    DockerBackend().submit(launch({"docker_args": told})).wait()
    words = docker.calls("run")[0].words
    image = words.index("example.org/team/base:1")
    assert words[image - 6 : image] == ["--gpus=all", "-t", "--user=nobody", "--label=a=1", "--label=b=2", "-m1g"]
    assert not [word for word in words if word.startswith(f"--user={os.getuid()}") or word == "--env=HOME=/tmp"]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"image": "--privileged"}, "no name of an image"),
        ({"docker_args": {"-v": "/:/host"}}, "without its dashes"),
        ({"docker_args": {"v": "/:/host\n"}}, "control characters"),
        ({"docker_args": "gpus"}, "write a mapping"),
        ({"volumes": ["/data"]}, "is not understood"),
        ({"environment": ["NOT_SET_HERE"]}, "NOT_SET_HERE, which is not set here"),
        ({"environment": [["A B", "x"]]}, "no name of an environment variable"),
        ({"imgae": "x"}, "no option 'imgae'"),
        ({"engine": "rkt"}, "known are docker and podman"),
    ],
)
def test_what_cannot_be_understood_is_told_before_anything_starts(
    docker: Recorded, launch: Launches, project: Path, config: dict[str, object], said: str
) -> None:
    with pytest.raises(InvalidParameter, match=said):
        DockerBackend().check(read(project), config)
    assert docker.calls("run") == []


def test_no_engine_no_answer_and_no_image_are_told_apart(
    docker: Recorded, launch: Launches, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = DockerBackend()
    backend.check(read(project), {})
    docker.answer({"to": ["version"], "err": "Cannot connect to the Docker daemon.\n", "code": 1})
    with pytest.raises(InvalidParameter, match=r"no engine answers it: Cannot connect to the Docker daemon\. Start"):
        backend.check(read(project), {})
    monkeypatch.setenv("PATH", str(project))
    with pytest.raises(InvalidParameter, match="There is no docker and no podman on PATH"):
        backend.check(read(project), {})
    (project / "MLproject").unlink()
    with pytest.raises(InvalidParameter, match="names no image to run in"):
        backend.check(read(project), {})


@pytest.mark.parametrize(
    ("code", "state", "said"),
    [
        (3, "FAILED", "it ended with exit code 3"),
        (125, "FAILED", "the engine could not start the container"),
        (127, "FAILED", "the container's command is not in the image"),
        (137, "KILLED", "for want of memory"),
        (143, "KILLED", ""),
    ],
)
def test_how_a_container_ended(docker: Recorded, launch: Launches, code: int, state: str, said: str) -> None:
    docker.answer({"to": ["run"], "code": code})
    job = DockerBackend().submit(launch())
    assert job.wait() == state
    assert said in job.explain()


def test_cancelling_stops_the_container(docker: Recorded, launch: Launches) -> None:
    docker.answer(
        {"to": ["run"], "out": "started\n", "until": "stopped", "code": 143},
        {"to": ["stop"], "makes": "stopped"},
    )
    started = threading.Event()
    asked = launch(output=lambda text: started.set())
    job = DockerBackend().submit(asked)
    assert started.wait(60)
    assert job.state() == "RUNNING"
    job.cancel()
    assert job.wait() == "KILLED"
    (stopped,) = docker.calls("stop")
    assert f"--name={stopped.words[-1]}" in docker.calls("run")[0].words
    job.cancel()
    assert len(docker.calls("stop")) == 1


def test_an_image_is_built_of_the_project_and_its_base(docker: Recorded, launch: Launches, project: Path) -> None:
    docker.answer(
        {"to": ["build"], "out": "Step 1\n", "writes": {"--iidfile": "sha256:abc"}}, {"to": ["login"]}, {"to": ["run"]}
    )
    login = {"username": "me", "password": "s3cr3t", "registry": "example.org"}
    asked = launch({"build_image": True, "repository-uri": "example.org/me/wine", "docker_auth": login})
    assert DockerBackend().submit(asked).wait() == "FINISHED"
    (built,) = docker.calls("build")
    assert built.words[-2:] == ["--", str(project)]
    assert f"example.org/me/wine:{RUN[:12]}" in built.words
    (ran,) = docker.calls("run")
    assert ran.words[ran.words.index("python") - 1] == "sha256:abc"
    assert not [word for word in ran.words if word.startswith("--mount")]
    (let_in,) = docker.calls("login")
    assert "s3cr3t" not in let_in.words
    docker.answer({"to": ["login"]}, {"to": ["build"], "out": "no space left\n", "code": 1})
    with pytest.raises(ProjectFailed, match="could not be built: no space left"):
        DockerBackend().submit(asked)


def test_podman_maps_this_user(launch: Launches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    podman = Recorded(tmp_path / "bin", "podman")
    podman.answer({"to": ["run"]})
    monkeypatch.setenv("PATH", str(podman.folder))
    DockerBackend().submit(launch()).wait()
    assert "--userns=keep-id" in podman.calls("run")[0].words


def test_root_in_a_container_without_root_is_this_user(docker: Recorded, launch: Launches) -> None:
    docker.answer({"to": ["info"], "out": "[name=seccomp name=rootless]"}, {"to": ["run"]})
    DockerBackend().submit(launch()).wait()
    assert not [word for word in docker.calls("run")[0].words if word.startswith("--user")]


def test_a_dry_run_needs_no_engine(launch: Launches, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    line = DockerBackend().describe(launch(run_id=""))
    assert line.startswith("docker run --rm --init --name=modelyard-run-id ")


def test_a_notebook_is_refused(docker: Recorded, launch: Launches, project: Path) -> None:
    (project / "eda.ipynb").write_text("{}")
    with pytest.raises(InvalidParameter, match="runs on this machine only"):
        DockerBackend().submit(launch(entry_point="eda.ipynb"))


def test_for_real_where_an_engine_answers(launch: Launches, project: Path) -> None:
    program = shutil.which("docker") or shutil.which("podman")
    if program is None or subprocess.run([program, "version"], capture_output=True, check=False, timeout=60).returncode:
        pytest.skip("no container engine answers")
    image = "python:3.12-slim"
    if subprocess.run([program, "image", "inspect", image], capture_output=True, check=False, timeout=60).returncode:
        pytest.skip("no container engine answers with an image of Python")
    (project / "train.py").write_text("import sys; print(ascii(sys.argv[1]))\n")
    asked = launch({"image": image, "volumes": []}, project=read(project))
    assert DockerBackend().submit(asked).wait() == "FINISHED"
    assert ascii(HARD) in "".join(launch.said)  # type: ignore[attr-defined]
