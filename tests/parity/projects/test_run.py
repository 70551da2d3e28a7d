"""Projects beside mlflow's own: the same file gives the same words, and mlflow's client finds the run the launcher made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelyard.projects.parameters import bind
from modelyard.projects.spec import read
from tests.parity.conftest import MLFLOW, QUIET
from tests.support.projects import SEED, Launcher, write

COMMANDS = {
    "seed": SEED,
    "types": """
name: types
entry_points:
  main:
    parameters:
      data_file: path
      a: {type: string, default: x}
      n: {type: int, default: 3}
      f: {type: float, default: 0.0}
      empty: {type: string, default: ""}
      switch: {default: false}
    command: "python train.py --a={a} -n {n} {f} {empty} {switch} {data_file}"
""",
    "quotes": """
entry_points:
  main:
    parameters: {data_file: path}
    command: |-
      python train.py "two words" 'and three more' \\
        --json '{{"k": 1}}' {data_file}
""",
    "no parameters": "entry_points: {main: {command: 'python -m package.module --flag'}}",
    "not python": 'entry_points: {main: {parameters: {data_file: path}, command: "bash run.sh {data_file}"}}',
}
GIVEN = [
    {},
    {"regularization": "0.25", "a": "plain", "n": "7"},
    {"a": "two words", "extra": "more words", "n-jobs": "4"},
    {"a": "a'b\"c$d;e`f`&|<>*?~#\\", "extra": "'"},
    {"a": "", "extra": ""},
]


def words_of_shell(command: str) -> list[str]:
    """What a program would be started with: mlflow hands its commands to this shell."""
    done = subprocess.run(["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True, check=True)
    return [word.decode() for word in done.stdout.split(b"\x00")[:-1]]


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("given", GIVEN)
def test_the_words_are_those_that_mlflow_has_a_shell_make(name: str, given: dict[str, str], tmp_path: Path) -> None:
    spec = pytest.importorskip("mlflow.projects._project_spec", reason=MLFLOW)
    folder = write(tmp_path / "p", {"MLproject": COMMANDS[name], "d.csv": ""})
    values = {"data_file": str(folder / "d.csv"), **given}
    theirs = spec.load_project(str(folder)).get_entry_point("main").compute_command(values, str(tmp_path))
    project = read(folder)
    point = project.entry_point("main")
    bound = bind(point, values, base=tmp_path, project=folder, fetch=Path)
    ours = (*point.command.fill(bound.values), *bound.arguments)
    assert list(ours) == words_of_shell(theirs)


@pytest.mark.parametrize("entry", ["train.py", "my script.py"])
def test_scripts_are_started_as_mlflow_starts_them(entry: str, tmp_path: Path) -> None:
    spec = pytest.importorskip("mlflow.projects._project_spec", reason=MLFLOW)
    folder = write(tmp_path / "p", {entry: "", "MLproject": "name: p"})
    theirs = spec.load_project(str(folder)).get_entry_point(entry).compute_command({"a": "1"}, str(tmp_path))
    point = read(folder).entry_point(entry)
    bound = bind(point, {"a": "1"}, base=tmp_path, project=folder, fetch=Path)
    assert [*point.command.fill(bound.values), *bound.arguments] == words_of_shell(theirs)


LOGS = """
import mlflow
with mlflow.start_run() as run:
    mlflow.log_param("depth", 3)
    mlflow.log_metric("loss", 0.5)
    mlflow.log_text("kept", "note.txt")
print(run.info.run_id)
"""


@pytest.mark.parametrize("store", ["folder", "ours"])
def test_mlflows_client_logs_to_the_run_of_the_launcher(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, unique: Any
) -> None:
    pytest.importorskip("mlflow", reason=MLFLOW)
    here = Launcher(tmp_path / "here", "" if store == "folder" else request.getfixturevalue("our_server"))
    write(here.folder / "p", {"run.py": LOGS})
    experiment = unique("project")
    done = here.run("p", "-e", "run.py", "--experiment-name", experiment, **QUIET)
    run = here.only_run(experiment)
    assert run.info.run_id in done.stdout.splitlines()
    assert (run.info.status, run.data.params, run.data.metrics) == ("FINISHED", {"depth": "3"}, {"loss": 0.5})
    assert {each.path for each in here.client.list_artifacts(run.info.run_id)} == {"note.txt", "logs"}
    assert not (here.folder / "p" / "mlruns").exists()


PIPELINE = """
name: two
steps:
  one: {project: one/run.py}
  other: {project: other/run.py}
"""


def test_mlflows_client_logs_to_the_runs_of_steps_side_by_side(tmp_path: Path) -> None:
    """The folder is lent once: two servers could not have it."""
    pytest.importorskip("mlflow", reason=MLFLOW)
    pytest.importorskip("omegaconf", reason="omegaconf is not installed: pip install 'modelyard[pipelines]'")
    here = Launcher(tmp_path / "here")
    write(here.folder / "p", {"one/run.py": LOGS, "other/run.py": LOGS, "pipeline.yaml": PIPELINE})
    done = here.cli("pipeline", "run", "p", "--jobs", "2", "--experiment-name", "side by side", **QUIET)
    assert done.returncode == 0, done.stderr
    runs = {run.info.run_name: run for run in here.runs("side by side")}
    assert {name: run.info.status for name, run in runs.items()} == dict.fromkeys(("two", "one", "other"), "FINISHED")
    assert runs["one"].data.metrics == runs["other"].data.metrics == {"loss": 0.5}


def test_our_launcher_tags_a_run_as_mlflows_does(tmp_path: Path, our_server: str, unique: Any) -> None:
    projects = pytest.importorskip("mlflow.projects", reason=MLFLOW)
    here = Launcher(tmp_path / "here", our_server)
    write(
        here.folder / "p",
        {"MLproject": 'entry_points: {main: {parameters: {a: int}, command: "python run.py {a}"}}', "run.py": ""},
    )
    tagged = {}
    for who in ("ours", "theirs"):
        experiment = unique(who)
        if who == "ours":
            here.run("p", "-P", "a=1", "--experiment-name", experiment)
        else:
            run_theirs(projects, here, experiment)
        run = here.only_run(experiment)
        assert (run.info.status, run.data.params) == ("FINISHED", {"a": "1"})
        tagged[who] = {key: value for key, value in run.data.tags.items() if key != "mlflow.runName"}
    assert tagged["ours"] == tagged["theirs"]


def run_theirs(projects: Any, here: Launcher, experiment: str) -> None:
    script = (
        "import mlflow, sys\n"
        "mlflow.projects.run('p', parameters={'a': '1'}, experiment_name=sys.argv[1], env_manager='local')\n"
    )
    done = here.python("-c", script, experiment, PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}", **QUIET)
    assert done.returncode == 0, done.stderr
