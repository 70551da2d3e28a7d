"""Requirement S4.18: projects by git@, ssh://, https://, file:// and #subdir, and what of it is refused (T4.5)."""

from __future__ import annotations

import os
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.requirements.conftest import Session
from tests.support.repositories import TLS, Repository, over_https

PROJECT = """
name: tutorial
entry_points:
  main:
    parameters: {alpha: {type: float, default: 0.1}}
    command: "python train.py {alpha}"
"""
CODE = "import sys, modelyard\nmodelyard.log_metric('alpha', float(sys.argv[1]))\nprint('file:', __file__)\n"
SSH = '#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n'


class Mlflows(Repository):
    """A repository with a project, and one in a folder of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        files = {"MLproject": PROJECT, "train.py": CODE}
        self.commit({**files, **{f"examples/inner/{name}": text for name, text in files.items()}}, tag="1.0.0")


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A folder store: where a project is from is the same for all."""
    (tmp_path / "project").mkdir()
    return Session(str(tmp_path / "yard"), tmp_path / "project", tmp_path / "yard")


@pytest.fixture
def example(tmp_path: Path) -> Mlflows:
    return Mlflows(tmp_path / "origin")


def run(session: Session, *words: str, **environment: str) -> tuple[subprocess.CompletedProcess[str], list[Any]]:
    """What the command said, and the runs that came of it."""
    name = f"git {uuid.uuid4().hex[:8]}"
    done = session.start(
        *("-m", "modelyard", "run", *words, "--no-conda", "--experiment-name", name),
        MODELYARD_HOME=str(session.folder.parent / "home"),
        **environment,
    )
    known = session.client.get_experiment_by_name(name)
    return done, [] if known is None else session.runs(name)


def finished(session: Session, *words: str, **environment: str) -> Any:
    done, runs = run(session, *words, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = runs
    assert found.info.status == "FINISHED"
    assert found.data.metrics["alpha"] == 5.0
    return found


def test_s4_18_git_at_and_ssh(session: Session, example: Mlflows, tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(SSH)
    ssh.chmod(0o755)
    for uri in (f"git@example.org:{example.bare}", f"ssh://git@example.org{example.bare}"):
        found = finished(session, uri, "-P", "alpha=5", GIT_SSH_COMMAND=str(ssh), GIT_SSH_VARIANT="ssh")
        assert found.data.tags["mlflow.source.name"] == uri
        assert found.data.tags["mlflow.source.git.commit"] == example.git("rev-parse", "1.0.0")


def test_s4_18_https_and_then_without_a_network(session: Session, example: Mlflows) -> None:
    believed = {"GIT_SSL_CAINFO": str(TLS / "authority.pem")}
    with over_https(example.bare.parent) as address:
        uri = f"{address}/wine.git"
        assert finished(session, uri, "-v", "1.0.0", "-P", "alpha=5", **believed).data.tags["mlflow.source.name"] == uri
    finished(session, uri, "-v", "1.0.0", "-P", "alpha=5")  # A.3: what was fetched once is here
    done, runs = run(session, uri)
    assert (done.returncode, runs) == (1, [])
    assert "could not be fetched from" in done.stderr


def test_s4_18_file_urls_paths_and_a_folder_in_it(session: Session, example: Mlflows) -> None:
    finished(session, f"file://{example.bare}", "-P", "alpha=5")
    near = os.path.relpath(example.bare, session.folder)
    found = finished(session, f"{near}#examples/inner", "-v", "1.0.0", "-P", "alpha=5")
    assert found.data.tags["mlflow.source.name"] == f"{example.bare}#examples/inner"
    finished(session, f"{example.work}#examples/inner", "-P", "alpha=5")
    done, runs = run(session, f"{example.bare}#examples/outer")
    assert (done.returncode, runs) == (1, [])
    assert "has no folder 'examples/outer'" in done.stderr


@pytest.mark.parametrize(
    "uri",
    [
        "ext::sh -c 'touch% pwned'",
        "--upload-pack=touch pwned",
        "ssh://-oProxyCommand=touch%20pwned/x",
        "https://me:s3cr3t@example.org/wine.git",
    ],
)
def test_s4_18_what_could_run_a_command_is_refused(session: Session, uri: str) -> None:
    done, runs = run(session, "--", uri)
    assert (done.returncode, runs) in ((1, []), (2, []))
    assert done.stderr.count("\n") == 1
    assert "s3cr3t" not in done.stderr
    assert not (session.folder / "pwned").exists()
