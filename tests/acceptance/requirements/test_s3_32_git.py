"""Requirement S3.32: run straight from Git at a version, by the command line, on a fresh folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.requirements.conftest import Session
from tests.docs.environment import clean_environment
from tests.support.repositories import Repository

PROJECT = """
name: wine
entry_points:
  main:
    parameters: {alpha: {type: float, default: 1}}
    command: "python run.py {alpha}"
"""
CODE = """
import os, sys
import modelyard as mlflow
mlflow.log_param("version", "VERSION")
mlflow.log_metric("alpha", float(sys.argv[1]))
mlflow.log_param("cwd", os.getcwd())
"""


class Project:
    """A bare repository with the tags 1.0.0 and 1.1.0, and the command that runs it."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.repository = Repository(folder / "origin")
        self.repository.commit({"MLproject": PROJECT, "run.py": CODE.replace("VERSION", "1.0.0")}, tag="1.0.0")
        self.repository.commit({"run.py": CODE.replace("VERSION", "1.1.0")}, tag="1.1.0")
        self.repository.git("checkout", "--quiet", "-b", "next")
        self.repository.commit({"run.py": CODE.replace("VERSION", "next")})
        self.home = folder / "home"
        self._session = session

    @property
    def uri(self) -> str:
        return str(self.repository.bare)

    def run(self, *words: str, code: int = 0) -> Any:
        """Run it; the run that came of it, or what was said when it fails."""
        name = f"git {os.urandom(4).hex()}"
        done = self._session.start(
            *("-m", "modelyard", "run", *words, "--env-manager", "local", "--experiment-name", name),
            MODELYARD_HOME=str(self.home),
        )
        assert done.returncode == code, done.stdout + done.stderr
        if code:
            assert self._session.client.get_experiment_by_name(name) is None  # nothing had begun
            return done.stderr
        (run,) = self._session.runs(name)
        return run

    def started(self, *words: str) -> subprocess.Popen[str]:
        """The same, begun and not waited for."""
        return subprocess.Popen(
            [sys.executable, "-m", "modelyard", "run", *words, "--env-manager", "local"],
            cwd=self._session.folder,
            env=clean_environment(MODELYARD_HOME=str(self.home), MLFLOW_TRACKING_URI=self._session.uri),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )


@pytest.fixture
def project(session: Session, tmp_path: Path) -> Project:
    return Project(session, tmp_path)


@pytest.fixture
def alone(tmp_path: Path) -> Project:
    """The same over a folder, for what no store has a part in."""
    (tmp_path / "project").mkdir()
    return Project(Session(str(tmp_path / "yard"), tmp_path / "project", tmp_path / "yard"), tmp_path)


def test_s3_32_a_tag_runs_its_own_code_and_the_run_says_where_it_is_from(project: Project) -> None:
    git = project.repository.git
    for version, code in (
        ("1.0.0", "1.0.0"),
        ("1.1.0", "1.1.0"),
        ("next", "next"),
        (git("rev-parse", "1.0.0"), "1.0.0"),
    ):
        run = project.run(project.uri, "-v", version, "-P", "alpha=5")
        assert run.info.status == "FINISHED"
        assert (run.data.params["version"], run.data.metrics["alpha"]) == (code, 5.0)
        tags = run.data.tags
        assert tags["mlflow.source.name"] == project.uri
        assert tags["mlflow.source.type"] == "PROJECT"
        assert tags["mlflow.source.git.commit"] == git("rev-parse", version)
        assert tags["mlflow.source.git.repoURL"] == project.uri
        assert tags["modelyard.project.version"] == version
        assert tags.get("mlflow.source.git.branch") == ("next" if version == "next" else None)
        assert not Path(run.data.params["cwd"]).exists()  # the temporary checkout
    assert [path.name for path in (project.home / "git").glob("checkout-*")] == []


def test_s3_32_without_a_version_it_is_the_default_branch(alone: Project) -> None:
    run = alone.run(alone.uri)
    assert run.data.params["version"] == "1.1.0"
    assert run.data.tags["mlflow.source.git.branch"] == "main"
    assert run.info.run_name == "wine"


def test_s3_32_an_unknown_version_is_one_line_that_names_those_there_are(alone: Project) -> None:
    said = alone.run(alone.uri, "-v", "1.0.O", code=1)
    assert said.count("\n") == 1
    assert "has no branch, tag or commit '1.0.O'" in said
    assert "1.0.0" in said


def test_s3_32_the_checkout_of_a_run_that_is_ended_is_removed(alone: Project) -> None:
    code = "import os, time\nprint(os.getcwd(), flush=True)\ntime.sleep(600)\n"
    alone.repository.commit({"run.py": code}, tag="2.0.0")
    with alone.started(alone.uri, "-v", "2.0.0") as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert folder.is_relative_to(alone.home)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) != 0
    assert not folder.exists()


def test_s3_32_a_version_is_never_an_option_of_git(alone: Project, tmp_path: Path) -> None:
    said = alone.run(alone.uri, "--version=--upload-pack=touch pwned", code=1)
    assert "begins with '-'" in said
    assert not list(tmp_path.rglob("pwned"))
