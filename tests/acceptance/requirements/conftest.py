"""Scripts as people write them, in processes of their own, over a folder and over a running server; the test looks at
what they left behind from outside.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelyard.tracking import MlflowClient
from tests.docs.environment import clean_environment
from tests.support.databases import *  # noqa: F403
from tests.support.servers import modelyard_server
from tests.support.training import *  # noqa: F403

TOLD = "told: "  # before what a script wants the test to know
TELL = f'import json, sys\ndef tell(*told): print("{TOLD}" + json.dumps(told))\n'


class Session:
    """A folder in which scripts run one after the other, all tracking to one store."""

    def __init__(self, uri: str, folder: Path, store: Path) -> None:
        self.uri = uri
        self.folder = folder
        self.store = store
        self.client = MlflowClient(uri)

    @property
    def is_folder(self) -> bool:
        """Whether there is no server."""
        return not self.uri.startswith("http")

    def start(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a Python program to its end, in the environment of somebody who set nothing but the tracking URI."""
        settings = {"MLFLOW_TRACKING_URI": self.uri, "MODELYARD_JOURNAL": str(self.folder.parent / "journal")}
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env=clean_environment(**{**settings, **environment}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def cli(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command line of ours to its end."""
        return self.start("-m", "modelyard", *words)

    def run(self, script: str, *arguments: str, code: int = 0, **environment: str) -> Any:
        """Run a script in a fresh process; what it told last. ``code`` is what it must exit with."""
        path = self.folder / "train.py"
        path.write_text(f"{TELL}import modelyard as mlflow\n{script}")
        done = self.start(str(path), *arguments, **environment)
        assert done.returncode == code, done.stdout + done.stderr
        told = [line.removeprefix(TOLD) for line in done.stdout.splitlines() if line.startswith(TOLD)]
        return (json.loads(told[-1]) or [None])[0] if told else done.stderr

    def runs(self, experiment: str, filter_string: str = "") -> list[Any]:
        """The runs of an experiment, the oldest first."""
        found = self.client.get_experiment_by_name(experiment)
        assert found is not None, experiment
        return list(self.client.search_runs([found.experiment_id], filter_string, order_by=["start_time ASC"]))


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server's address and its store."""
    folder = tmp_path_factory.mktemp("required")
    with modelyard_server(folder) as address:
        yield address, folder / "served"


@pytest.fixture(params=["folder", "server"])
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Session:
    """A store of each kind in turn: a folder, or a server."""
    folder = tmp_path / "project"
    folder.mkdir()
    if request.param == "folder":
        return Session(str(tmp_path / "yard"), folder, tmp_path / "yard")
    address, store = request.getfixturevalue("served")
    return Session(address, folder, store)


@pytest.fixture
def name() -> str:
    """A name nobody has used yet."""
    return f"wine {uuid.uuid4().hex[:8]}"


@pytest.fixture
def wine() -> Path:
    """The folder of the UCI wine-quality files; `MODELYARD_TEST_DATA` names another one."""
    return wine_files()


def wine_files() -> Path:
    """The same, for fixtures that last longer than a test."""
    root = Path(__file__).resolve().parents[4]
    for folder in (Path(os.environ.get("MODELYARD_TEST_DATA") or root), root / "shared" / "data"):
        if (folder / "winequality-white.csv").is_file():
            return folder
    return pytest.skip("no wine-quality data: name its folder in MODELYARD_TEST_DATA")
