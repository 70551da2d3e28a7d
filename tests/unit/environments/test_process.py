"""A command that runs beside this process is gone when whoever waits for it is interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelyard.environments import process
from tests.support.processes import is_alive
from tests.support.waiting import wait_for

FOR_EVER = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_an_interrupt_while_the_command_is_started_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def interrupted(*words: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(start(*words, **options))
        signal.raise_signal(signal.SIGINT)
        return started[0]

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        process.run(FOR_EVER, tmp_path, 60)
    assert started[0].returncode == -signal.SIGKILL


def test_an_interrupt_while_it_runs_ends_it(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        process.run(FOR_EVER, tmp_path, 60, meanwhile=lambda: signal.raise_signal(signal.SIGINT))


def test_a_command_whose_time_is_over_is_ended_with_what_it_started(tmp_path: Path) -> None:
    words = ["sh", "-c", "sleep 600 & echo $! > started; wait"]
    with pytest.raises(subprocess.TimeoutExpired):
        process.run(words, tmp_path, 1)
    number = int((tmp_path / "started").read_text())
    wait_for(lambda: not is_alive(number))


def test_it_keeps_the_end_of_what_was_said(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "import sys; print('out'); print('x' * 5000 + 'end', file=sys.stderr); sys.exit(3)"]
    done = process.run(words, tmp_path, 60)
    assert done.returncode == 3
    assert len(done.stderr) == 2000 and done.stderr.rstrip().endswith(b"end") and b"out" not in done.stderr
    assert b"out" in process.run([*words[:2], "print('out')"], tmp_path, 60, merged=True).stderr
