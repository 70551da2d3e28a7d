"""Requirements S3.7, S3.15, S3.33, T3.2, T3.7: projects that run projects, and values that are data."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import is_alive
from tests.support.projects import TOLD, Launcher, write
from tests.support.waiting import wait_for

MAIN = """
import os, sys
import modelyard as mlflow

root = os.path.abspath(os.path.dirname(__file__))
for step in sys.argv[1].split(","):
    submitted = mlflow.run(os.path.join(root, "src", step), "main", parameters={"name": step})
    print(submitted.run_id, submitted.get_status())
"""
STEP = "import modelyard as mlflow, sys\nfrom _utils.words import shout\nmlflow.set_tag('said', shout(sys.argv[1]))\n"
STEP_FILE = 'entry_points: {main: {parameters: {name: string}, command: "python run.py {name}"}}'
PIPELINE = {
    "MLproject": 'entry_points: {main: {parameters: {steps: {default: "one,two"}}, command: "python main.py {steps}"}}',
    "main.py": MAIN,
    "src/_utils/__init__.py": "",
    "src/_utils/words.py": "def shout(word): return word.upper()",
    **{f"src/{step}/MLproject": STEP_FILE for step in ("one", "two")},
    **{f"src/{step}/run.py": STEP for step in ("one", "two")},
}


@pytest.fixture
def here(tmp_path: Path) -> Launcher:
    return Launcher(tmp_path / "here")


def children(here: Launcher) -> tuple[Any, list[Any]]:
    """The run at the top, and those in it."""
    runs = here.runs()
    (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    inside = [run for run in runs if run is not parent]
    assert {run.data.tags["mlflow.parentRunId"] for run in inside} <= {parent.info.run_id}
    return parent, inside


def test_s3_7_run_answers_a_run_id_and_a_status(here: Launcher) -> None:
    write(here.folder / "wine", PIPELINE)
    done = here.run("wine")
    parent, steps = children(here)
    assert [line.split() for line in done.stdout.splitlines()] == [[run.info.run_id, "FINISHED"] for run in steps]
    assert [run.data.tags["said"] for run in steps] == ["ONE", "TWO"]
    assert [run.data.params for run in steps] == [{"name": "one"}, {"name": "two"}]
    assert parent.data.params == {"steps": "one,two"}
    assert {run.info.status for run in (parent, *steps)} == {"FINISHED"}


def test_s3_7_a_failure_raises_and_ends_the_pipeline(here: Launcher) -> None:
    write(here.folder / "wine", {**PIPELINE, "src/one/run.py": "raise SystemExit('no data')"})
    done = here.run("wine", code=1)
    assert "ProjectFailed" in done.stderr
    assert "no data" in done.stderr
    parent, (step,) = children(here)
    assert (parent.info.status, step.info.status) == ("FAILED", "FAILED")


def test_t3_2_a_declared_parameter_reaches_the_program_and_is_not_appended(here: Launcher) -> None:
    write(here.folder / "wine", PIPELINE)
    here.run("wine", "-P", "steps=two")
    _, (step,) = children(here)
    assert step.data.tags["said"] == "TWO"


@pytest.mark.parametrize("place", ["root", "own", "elsewhere", "git"])
def test_s3_15_t3_7_a_component_imports_what_the_project_shares(here: Launcher, place: str) -> None:
    folder = write(here.folder / "wine", PIPELINE)
    if place == "root":
        here.run("wine", "-P", "steps=one")
    elif place == "own":
        done = subprocess.run(
            [sys.executable, "-m", "modelyard", "run", ".", "-P", "name=one", "--env-manager", "local"],
            cwd=folder / "src" / "one", env=here.environment(), capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    elif place == "elsewhere":
        here.run("wine/src/one", "-P", "name=one")
    else:
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one")
        git(folder, "tag", "1.0.0")
        here.run("wine#src/one", "-v", "1.0.0", "-P", "name=one")
    assert here.runs()[-1].data.tags["said"] == "ONE"


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def test_t3_7_steps_are_told_the_absolute_folder_of_the_outermost_project(here: Launcher) -> None:
    step = "import os, modelyard\nmodelyard.set_tag('root', os.environ['MODELYARD_PROJECT_ROOT'])"
    folder = write(here.folder / "wine", {**PIPELINE, "src/one/run.py": step})
    here.run("wine", "-P", "steps=one")
    assert here.runs()[-1].data.tags["root"] == str(folder)


def test_the_manager_that_was_chosen_outside_holds_inside(here: Launcher) -> None:
    needs = "python: '3.11'\ndependencies: [no-such-package-of-anybody==9]"
    write(here.folder / "wine", {**PIPELINE, "src/one/python_env.yaml": needs})
    here.run("wine", "-P", "steps=one")
    assert here.runs()[-1].data.tags["said"] == "ONE"


HOSTILE = ["x='a;touch CANARY'", "a b'c\"$d", "$(touch CANARY)", "`touch CANARY`", "a\nb", "&& touch CANARY", "*", "~"]


@pytest.mark.parametrize("value", HOSTILE)
def test_s3_33_options_for_hydra_are_words_and_never_a_command(here: Launcher, value: str) -> None:
    text = (
        'entry_points: {main: {parameters: {steps: {default: all}, hydra_options: {default: ""}},'
        ' command: "python main.py main.steps={steps} $(echo {hydra_options})"}}'
    )
    folder = write(here.folder / "p", {"MLproject": text, "main.py": TOLD})
    canary = here.folder / "canary"
    given = value.replace("CANARY", str(canary))
    done = here.cli("run", "p", "-P", f"hydra_options={given}", "-P", f"steps={given}", "--env-manager", "local")
    assert not canary.exists()
    if done.returncode:  # words that cannot be split are refused
        assert "cannot be split into words" in done.stderr
        return
    words = json.loads((folder / "told.json").read_text())
    assert words[0] == f"main.steps={given}"


ENDLESS = """
import os, pathlib, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path("pids").write_text(f"{os.getpid()} {child.pid}")
print("started", flush=True)
time.sleep(600)
"""


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if is_alive(pid)]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_everything_and_the_run_is_killed(here: Launcher, number: int, code: int) -> None:
    folder = write(here.folder / "p", {"run.py": ENDLESS})
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # below nohup it is ignored, and a launcher leaves that so
    process = here.start("run", "p", "-e", "run.py", "--env-manager", "local")
    signal.signal(signal.SIGHUP, before)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    pids = [int(word) for word in (folder / "pids").read_text().split()]
    os.kill(process.pid, number)
    process.communicate(timeout=60)
    assert process.returncode == code
    wait_for(lambda: not alive(pids))
    assert here.only_run().info.status == "KILLED"


def test_a_signal_ends_the_steps_of_a_project_too_and_each_run_is_killed(here: Launcher) -> None:
    folder = write(here.folder / "wine", {**PIPELINE, "src/one/run.py": ENDLESS})
    process = here.start("run", "wine", "--env-manager", "local")
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    pids = [int(word) for word in (folder / "src" / "one" / "pids").read_text().split()]
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    wait_for(lambda: not alive(pids))
    parent, steps = children(here)
    assert [run.info.status for run in (parent, *steps)] == ["KILLED", "KILLED"]


ASYNC = """
import modelyard, sys, time, pathlib
submitted = modelyard.run("p", "run.py", synchronous=False, env_manager="local")
print(submitted.get_status(), flush=True)
{then}
"""


def test_one_that_nobody_waits_for_is_marked_when_it_has_ended(here: Launcher) -> None:
    write(
        here.folder / "p", {"run.py": "import pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(0.01)"}
    )
    then = "pathlib.Path('p/go').touch()\nwhile modelyard.get_run(submitted.run_id).info.status != 'FINISHED': time.sleep(0.01)"
    done = here.python("-c", ASYNC.format(then=then))
    assert (done.returncode, done.stdout) == (0, "RUNNING\n"), done.stderr


def test_a_process_that_ends_waits_for_the_runs_it_started(here: Launcher) -> None:
    write(here.folder / "p", {"run.py": "import time\ntime.sleep(1)"})
    done = here.python("-c", ASYNC.format(then=""))
    assert (done.returncode, done.stdout) == (0, "RUNNING\n"), done.stderr
    assert here.only_run().info.status == "FINISHED"


def test_a_run_that_is_cancelled_is_killed(here: Launcher) -> None:
    folder = write(here.folder / "p", {"run.py": ENDLESS})
    then = (
        "while not pathlib.Path('p/pids').exists(): time.sleep(0.01)\n"
        "submitted.cancel()\nprint(submitted.get_status(), submitted.wait())"
    )
    done = here.python("-c", ASYNC.format(then=then))
    assert done.stdout.endswith("KILLED False\n"), done.stderr
    assert here.only_run().info.status == "KILLED"
    assert alive([int(word) for word in (folder / "pids").read_text().split()]) == []


def test_who_is_told_to_end_ends_the_runs_it_started(here: Launcher) -> None:
    folder = write(here.folder / "p", {"run.py": ENDLESS})
    process = subprocess.Popen(
        [sys.executable, "-c", ASYNC.format(then="time.sleep(600)")],
        cwd=here.folder, env=here.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    pids = folder / "pids"
    wait_for(lambda: pids.exists() and pids.read_text())
    process.terminate()
    process.communicate(timeout=60)
    wait_for(lambda: not alive([int(word) for word in pids.read_text().split()]))
    assert here.only_run().info.status == "KILLED"


EARLY = """
import modelyard, os, signal
from modelyard.projects.local import LocalBackend

def submit(self, launch, submit=LocalBackend.submit):
    job = submit(self, launch)
    print(job._process.pid, flush=True)
    os.kill(os.getpid(), signal.{name})
    return job

signal.signal(signal.SIGINT, signal.default_int_handler)
LocalBackend.submit = submit
modelyard.run("p", "run.py", env_manager="local", synchronous={waits})
"""


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_right_after_the_start_ends_everything_too(here: Launcher, name: str, waits: bool) -> None:
    write(here.folder / "p", {"run.py": "import time; time.sleep(600)"})
    done = here.python("-c", EARLY.format(name=name, waits=waits))
    assert done.returncode == {"SIGINT": -signal.SIGINT, "SIGTERM": 143}[name], done.stderr
    wait_for(lambda: not alive([int(done.stdout)]))
    assert here.only_run().info.status == "KILLED"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_the_environment_is_made_kills_the_run(
    here: Launcher, tmp_path: Path, number: int, code: int
) -> None:
    version = ".".join(map(str, sys.version_info[:2]))
    write(here.folder / "p", {"run.py": "", "python_env.yaml": f"python: '{version}'\ndependencies: [six]"})
    begun = tmp_path / "begun"
    tool = write(tmp_path / "bin", {"uv": f"#!/bin/sh\necho $$ > {begun}\nexec sleep 600\n"}) / "uv"
    tool.chmod(0o755)
    path = f"{tool.parent}{os.pathsep}{os.environ['PATH']}"
    process = here.start("run", "p", "-e", "run.py", "--env-manager", "uv", PATH=path)
    wait_for(lambda: begun.exists() and begun.read_text())
    os.kill(process.pid, number)
    process.communicate(timeout=60)
    assert process.returncode == code
    run = here.only_run()
    assert (run.info.status, run.data.tags["modelyard.failure"]) == ("KILLED", "it was interrupted before it began")
    wait_for(lambda: not alive([int(begun.read_text())]))
