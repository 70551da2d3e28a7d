"""S3.6, S3.12, S3.13, S3.14, S4.22, T3.9, A.3: environments of projects, through the command line on fresh folders.

Packages come from a folder of wheels made on the spot: no test asks an index.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.environments.keeper import Keeper
from modelyard.environments.pythons import find_python
from tests.docs.environment import clean_environment
from tests.support import wheels
from tests.support.waiting import wait_for

MLPROJECT = """
name: {name}
{environment}
entry_points:
  main:
    command: "python run.py"
"""
CONDA = """
channels: [conda-forge]
dependencies:
  - python={python}
  - pip
  - pip:
      - {requirement}
"""
HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
TOLD = "import sys, {module}\nprint('told', {module}.__version__, sys.version.split()[0], sys.prefix)\n"


class Machine:
    """A user's folders, and the wheels that stand for an index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.wheels = folder / "wheels"
        self.wheels.mkdir()
        for version in ("1.0", "2.0"):
            wheels.make(self.wheels, "tinypart", version)
        self.environ = clean_environment(MODELYARD_HOME=str(self.home), **wheels.settings(self.wheels))

    def ask(self, *words: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        """The command line, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "modelyard", *words],
            cwd=cwd or self.folder,
            env={**self.environ, **more},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def environments(self) -> list[dict[str, object]]:
        """What ``modelyard env list`` knows."""
        found: list[dict[str, object]] = json.loads(self.ask("env", "list", "--output", "json").stdout)
        return found


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(tmp_path_factory.mktemp("machine"))


def component(
    folder: Path, *, python: str = HERE, requirement: str = "tinypart==1.0", code: str = "", field: str = ""
) -> Path:
    """A component with an environment of its own, as the template lays them out."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "MLproject").write_text(MLPROJECT.format(name=folder.name, environment=field or "conda_env: conda.yml"))
    (folder / "conda.yml").write_text(CONDA.format(python=python, requirement=requirement))
    (folder / "run.py").write_text(code or TOLD.format(module="tinypart"))
    return folder


def told(done: subprocess.CompletedProcess[str]) -> list[list[str]]:
    """What the components printed."""
    assert done.returncode == 0, done.stderr
    return [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("told ")]


def test_s3_6_changing_only_the_environment_file_changes_only_the_environment(machine: Machine, tmp_path: Path) -> None:
    project = component(tmp_path / "project")
    made = machine.ask("run", str(project))
    assert "Making an environment of 1 of the project's requirements" in made.stderr
    (first,) = told(made)
    (project / "conda.yml").write_text(CONDA.format(python=HERE, requirement="tinypart==2.0"))
    (second,) = told(machine.ask("run", str(project)))
    assert (first[0], second[0]) == ("1.0", "2.0")
    assert first[1] == second[1] == platform.python_version()
    assert first[2] != second[2]


def test_s3_14_a_second_run_finds_the_environment_and_none_pile_up(machine: Machine, tmp_path: Path) -> None:
    told(machine.ask("run", str(component(tmp_path / "first"))))
    before = machine.environments()
    for number in range(2):  # T3.9: other code, other folders, one environment
        again = component(tmp_path / f"again-{number}", requirement="tinypart == 1.0", code=f"print('told', {number})")
        second = machine.ask("run", str(again))
        assert told(second) == [[str(number)]]
        assert "Making an environment" not in second.stderr
    assert [row["key"] for row in machine.environments()] == [row["key"] for row in before]


MAIN = """
import modelyard
for step in ("one", "two"):
    modelyard.projects.run("src/" + step)
"""


def test_s3_12_two_components_pin_two_versions_of_one_package_in_one_pipeline(machine: Machine, tmp_path: Path) -> None:
    project = tmp_path / "pipeline"
    component(project / "src" / "one", requirement="tinypart==1.0")
    component(project / "src" / "two", requirement="tinypart==2.0")
    (project / "MLproject").write_text(MLPROJECT.format(name="pipeline", environment=""))
    (project / "run.py").write_text(MAIN)
    (project / "environment.yml").write_text("this is for developing: no run reads it\n")
    found = told(machine.ask("run", str(project)))
    assert [line[0] for line in found] == ["1.0", "2.0"]


def test_s3_12_what_only_conda_has_is_said_plainly_where_conda_is_not(machine: Machine, tmp_path: Path) -> None:
    project = component(tmp_path / "project")
    (project / "conda.yml").write_text("dependencies: [cudatoolkit=11.8]\n")
    done = machine.ask("run", str(project), PATH="/usr/bin:/bin")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "needs cudatoolkit=11.8 of conda, which no package index has" in done.stderr
    runs = machine.ask("runs", "list", "--experiment-id", "0", "--output", "json", cwd=tmp_path)
    assert json.loads(runs.stdout or "[]") == []


def test_s3_13_the_python_of_the_environment_file_is_honoured_or_refused(machine: Machine, tmp_path: Path) -> None:
    project = component(tmp_path / "project", python="3.8")
    done = machine.ask("run", str(project))
    if find_python("3.8") is None:
        assert done.returncode == 1
        assert "conda.yml asks for Python 3.8, which is not here. Here: " in done.stderr
        assert done.stderr.count("\n") == 1
    else:
        ((_, version, _),) = told(done)
        assert version.startswith("3.8.")
    component(project, python="2.7")
    refused = machine.ask("run", str(project))
    assert refused.returncode == 1
    assert f"asks for Python 2.7, which is not here. Here: {platform.python_version()} (this one)" in refused.stderr


def test_s4_22_the_conda_file_is_used_and_no_conda_runs_in_this_environment(machine: Machine, tmp_path: Path) -> None:
    project = component(tmp_path / "project")
    ((version, _, prefix),) = told(machine.ask("run", str(project)))
    assert (version, prefix != sys.prefix) == ("1.0", True)
    for words in (["--no-conda"], ["--env-manager", "local"]):
        done = machine.ask("run", str(project), *words)
        assert done.returncode == 1
        assert "No module named 'tinypart'" in done.stdout + done.stderr
    (project / "run.py").write_text("import sys; print('told', sys.prefix)\n")
    assert told(machine.ask("run", str(project), "--no-conda")) == [[sys.prefix]]


LEAK = """
import importlib.util, os
print("told", importlib.util.find_spec("modelyard"), importlib.util.find_spec("msgspec"), importlib.util.find_spec("leak"))
"""


def test_nothing_of_the_launchers_environment_leaks_into_a_components(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "leaks").mkdir()
    (tmp_path / "leaks" / "leak.py").touch()
    path = f"{machine.environ['PYTHONPATH']}:{tmp_path / 'leaks'}"
    project = component(tmp_path / "project", code=LEAK)
    assert told(machine.ask("run", str(project), PYTHONPATH=path)) == [["None", "None", "None"]]


LOGS = """
import shutil, subprocess
import modelyard, tinypart
modelyard.log_param("version", tinypart.__version__)
subprocess.run(["modelyard", "--version"], check=True)
"""


def test_this_package_is_linked_into_the_environment_of_a_project_that_asks_for_it(
    machine: Machine, tmp_path: Path
) -> None:
    wheels.copied(machine.wheels, "msgspec")
    project = component(tmp_path / "project", code=LOGS)
    (project / "conda.yml").write_text(
        CONDA.format(python=HERE, requirement="tinypart==1.0") + "      - modelyard==999\n"
    )
    done = machine.ask("run", str(project), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "modelyard, version " in done.stdout
    runs = json.loads(machine.ask("runs", "list", "--experiment-id", "0", "--output", "json", cwd=tmp_path).stdout)
    assert len(runs) == 1
    assert '"version"' in json.dumps(runs)


def test_a_3_what_cannot_be_installed_is_said_with_the_way_out(machine: Machine, tmp_path: Path) -> None:
    project = component(tmp_path / "project", requirement="no-such-part==1")
    done = machine.ask("run", str(project), cwd=tmp_path)
    assert done.returncode == 1
    *_, last = done.stderr.splitlines()
    assert last.startswith("modelyard: The environment of conda.yml cannot be made: ")
    assert last.endswith("With --env-manager local it runs in this one.")
    assert "no-such-part==1" in done.stderr
    runs = json.loads(machine.ask("runs", "list", "--experiment-id", "0", "--output", "json", cwd=tmp_path).stdout)
    assert [run["status"] for run in runs] == ["FAILED"]


def test_c8_lines_that_fetch_from_elsewhere_are_refused_before_anything_starts(
    machine: Machine, tmp_path: Path
) -> None:
    project = component(
        tmp_path / "project", requirement="tinypart @ https://127.0.0.1:1/tinypart-1.0-py3-none-any.whl"
    )
    done = machine.ask("run", str(project), cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "--allow-urls" in done.stderr
    allowed = machine.ask("run", str(project), "--allow-urls", "--dry-run", cwd=tmp_path)
    assert allowed.returncode == 0
    assert "environment: an environment of conda.yml" in allowed.stdout
    assert not (tmp_path / "yard").exists()


def test_s3_14_finding_an_environment_takes_less_than_a_tenth_of_a_second(machine: Machine, tmp_path: Path) -> None:
    project = component(tmp_path / "project")
    assert machine.ask("run", str(project)).returncode == 0
    code = f"""
import time
from modelyard.projects.environment import plan
from modelyard.projects.spec import read
project = read(__import__("pathlib").Path({str(project)!r}))
def spent():
    began = time.process_time()
    found = plan(project, "main")
    with found.holding():
        found.prepare(print)
    return time.process_time() - began
spent()
print(min(spent() for _ in range(5)))
"""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], env=machine.environ, capture_output=True, text=True, check=True, timeout=240
    )
    assert time.monotonic() - began < 240
    assert float(done.stdout) < 0.1


WAITS = """
import pathlib, time, tinypart
pathlib.Path("began").touch()
while not pathlib.Path("end").exists():
    time.sleep(0.05)
"""


@pytest.fixture
def running(machine: Machine, tmp_path: Path) -> Iterator[Path]:
    """A project that runs until its folder has a file ``end``."""
    project = component(tmp_path / "project", code=WAITS)
    launcher = subprocess.Popen(
        [sys.executable, "-m", "modelyard", "run", str(project)],
        cwd=tmp_path,
        env=machine.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for((project / "began").exists)
        yield project
    finally:
        (project / "end").touch()
        launcher.wait(60)


def test_s3_14_prune_removes_ours_and_never_one_in_use(machine: Machine, running: Path) -> None:
    (used,) = [row for row in machine.environments() if row["in_use"]]
    assert (used["for"], used["packages"]) == ("project", "tinypart==1.0")
    key = str(used["key"])
    somebodys = machine.home / "environments" / "mine"
    somebodys.mkdir(exist_ok=True)
    refused = machine.ask("env", "remove", key, "--yes")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "is in use" in refused.stderr
    pruned = machine.ask("env", "prune", "--all", "--yes")
    assert pruned.returncode == 0
    assert f"Left the environment {key}: it is in use." in pruned.stdout
    assert [row["key"] for row in machine.environments()] == [key]
    shown = json.loads(machine.ask("env", "show", key, "--output", "json").stdout)
    assert (shown["in_use"], shown["folder"]) == (True, str(machine.home / "environments" / key))
    (running / "end").touch()
    wait_for(lambda: not Keeper(machine.home / "environments").in_use(key))
    assert machine.ask("env", "prune", "--older-than", "1", "--yes").stdout.startswith(
        f"Left the environment {key}: it was"
    )
    assert machine.ask("models", "environments", "remove", key, "--yes").returncode == 0
    assert machine.environments() == []
    assert somebodys.is_dir()
