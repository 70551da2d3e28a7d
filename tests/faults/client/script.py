"""A training script in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from modelyard.client.active import PROCESS
from modelyard.core.entities import Run
from modelyard.tracking import MlflowClient
from tests.docs.environment import clean_environment

__all__ = ["Script", "StartScript", "fresh_process", "journal", "run_script", "start_script"]

Script = subprocess.Popen[str]
StartScript = Callable[..., Script]
RunScript = Callable[..., "subprocess.CompletedProcess[str]"]

HEAD = """
import os, signal, sys, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background pass on to ignore it
import modelyard as mlflow
mlflow.set_tracking_uri(sys.argv[1])
"""


@pytest.fixture(autouse=True)
def fresh_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that has just begun, with the journal in the test's folder."""
    monkeypatch.setenv("MODELYARD_JOURNAL", str(tmp_path / "journal"))
    monkeypatch.chdir(tmp_path)
    PROCESS.reset()
    yield
    PROCESS.reset()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The folder of the journals of the test's processes."""
    return tmp_path / "journal"


@pytest.fixture
def start_script(tmp_path: Path, journal: Path) -> Iterator[StartScript]:
    """Starts ``code`` as a file; ``mlflow`` tracks to ``uri``. Processes that are left over are killed."""
    with ExitStack() as cleanup:

        def start(code: str, uri: object, *arguments: object, **environment: str) -> Script:
            script = tmp_path / "train.py"
            script.write_text(HEAD + textwrap.dedent(code))
            process = subprocess.Popen(
                [sys.executable, str(script), str(uri), *map(str, arguments)],
                cwd=tmp_path,
                env=clean_environment(MODELYARD_JOURNAL=str(journal), **environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            cleanup.callback(process.communicate)
            cleanup.callback(process.kill)
            return process

        yield start


@pytest.fixture
def run_script(start_script: StartScript) -> RunScript:
    """The same to its end."""

    def run(code: str, uri: object, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        process = start_script(code, uri, *arguments, **environment)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return run


def runs_of(uri: object, experiment: str = "0") -> list[Run]:
    """All runs of an experiment, oldest first."""
    client = MlflowClient(str(uri))
    return sorted(client.search_runs([experiment]), key=lambda run: run.info.start_time or 0)


def steps_of(uri: object, run_id: str, key: str = "loss") -> list[int]:
    """The steps of all points of a metric, sorted; one that is there twice is in the list twice."""
    return sorted(point.step for point in MlflowClient(str(uri)).get_metric_history(run_id, key))


def line_of(process: Script) -> str:
    """The next line a script prints."""
    stdout: Any = process.stdout
    line = str(stdout.readline())
    assert line, "the script has ended"
    return line.strip()
