"""Projects on a disk, and the command line that runs them, in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from modelyard.tracking import MlflowClient
from tests.docs.environment import clean_environment

SEED = """
name: My Project
entry_points:
  main:
    parameters:
      data_file: path
      regularization: {type: float, default: 0.1}
    command: "python train.py -r {regularization} {data_file}"
  validate:
    parameters:
      data_file: path
    command: "python validate.py {data_file}"
"""
"""The seed's file, but for its environment."""

TOLD = "import json, pathlib, sys\npathlib.Path('told.json').write_text(json.dumps(sys.argv[1:]))\n"
"""A program that writes down its arguments."""

_CALLS = """
import contextlib, io, json, sys
from modelyard.cli.main import main
told = []
for words in json.loads(sys.argv[1]):
    with contextlib.redirect_stderr(io.StringIO()) as errors:
        try:
            code = main(words)
        except SystemExit as error:
            code = error.code
    told.append([code, errors.getvalue()])
print(json.dumps(told))
"""


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Files below a folder, which is made."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


class Launcher:
    """A folder with a store, in which ``modelyard`` is called as a person calls it."""

    def __init__(self, folder: Path, uri: str = "") -> None:
        self.folder = folder
        self.uri = uri or str(folder / "yard")
        folder.mkdir(exist_ok=True, parents=True)

    @property
    def client(self) -> MlflowClient:
        """The store."""
        return MlflowClient(self.uri)

    def environment(self, **more: str) -> dict[str, str]:
        """That of somebody who set nothing but the address of the store."""
        home = self.folder / "home"
        told = {
            "MLFLOW_TRACKING_URI": self.uri,
            "MODELYARD_HOME": str(home),
            "MODELYARD_JOURNAL": str(home / "journal"),
            "DO_NOT_TRACK": "true",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        return clean_environment(**{**told, **more})

    def cli(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return self.python("-m", "modelyard", *words, **environment)

    def python(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """The same for any Python program."""
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def calls(self, lines: Iterable[Sequence[str]], **environment: str) -> list[tuple[int, str]]:
        """Several command lines, one after the other in one process: the exit code of each, and what it said on stderr."""
        done = self.python("-c", _CALLS, json.dumps([list(words) for words in lines]), **environment)
        assert done.returncode == 0, done.stderr
        return [(code, errors) for code, errors in json.loads(done.stdout.splitlines()[-1])]

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command in a session of its own, as a terminal would."""
        return subprocess.Popen(
            [sys.executable, "-m", "modelyard", *words],
            cwd=self.folder,
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """``modelyard run`` in this environment; fails for another exit code."""
        done = self.cli("run", *words, "--env-manager", "local", **environment)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def runs(self, experiment: str = "Default") -> list[Any]:
        """The runs of an experiment, the oldest first; none where there is no store yet."""
        if not self.uri.startswith("http") and not os.path.exists(self.uri):
            return []
        client = self.client
        found = client.get_experiment_by_name(experiment)
        return list(client.search_runs([found.experiment_id], order_by=["start_time ASC"])) if found else []

    def only_run(self, experiment: str = "Default") -> Any:
        """The one run there is."""
        (run,) = self.runs(experiment)
        return run

    def output(self, run_id: str) -> str:
        """What was kept of a run's output."""
        return Path(self.client.download_artifacts(run_id, "logs/output.txt")).read_text()
