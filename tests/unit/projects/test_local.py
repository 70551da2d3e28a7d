"""Processes of this machine: what they say, how they end, and what they started ends with them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from modelyard.core.errors import ProjectFailed
from modelyard.projects.backend import Launch
from modelyard.projects.environment import Prepared
from modelyard.projects.local import LocalBackend, LocalJob
from modelyard.projects.spec import Project
from tests.support.processes import is_alive
from tests.support.waiting import wait_for

SLEEP = "import time; time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


class Started:
    """Starts programs and keeps what they said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.errors: list[str] = []

    def launch(self, *argv: str, **environ: str) -> Launch:
        return Launch(
            run_id="1" * 32,
            argv=argv,
            folder=self.folder,
            environ=environ,
            environment=Prepared(python=Path(sys.executable)),
            project=Project(folder=self.folder, name="p"),
            entry_point="main",
            config={},
            output=self.said.append,
            errors=self.errors.append,
        )

    def python(self, code: str, *words: str, **environ: str) -> LocalJob:
        return LocalBackend().submit(self.launch(sys.executable, "-c", code, *words, **environ))

    def pid(self, name: str) -> int:
        path = self.folder / name
        wait_for(lambda: path.is_file() and path.read_text().strip())
        return int(path.read_text())


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    made = Started(tmp_path)
    yield made
    for path in tmp_path.glob("*.pid"):
        with suppress(OSError, ValueError):
            os.kill(int(path.read_text()), signal.SIGKILL)


def test_output_arrives_as_it_comes_and_apart(started: Started) -> None:
    code = (
        "import os, sys, time\nprint('one')\nprint('two', file=sys.stderr)\n"
        "while not os.path.exists('go'): time.sleep(0.01)\nprint('three')"
    )
    job = started.python(code)
    wait_for(lambda: "".join(started.said) == "one\n" and "".join(started.errors) == "two\n")
    assert job.state() == "RUNNING"
    (started.folder / "go").touch()
    assert job.wait() == "FINISHED"
    assert "".join(started.said) == "one\nthree\n"
    assert job.explain() == ""


def test_characters_cut_between_two_pieces_are_whole(started: Started) -> None:
    code = "import os, time\nfor byte in 'ü€\\n'.encode() + b'\\xff':\n    os.write(1, bytes([byte])); time.sleep(0.01)"
    started.python(code).wait()
    assert "".join(started.said) == "ü€\n\ufffd"


@pytest.mark.parametrize(
    ("code", "state", "why"),
    [
        ("", "FINISHED", ""),
        ("raise SystemExit(3)", "FAILED", "it ended with exit code 3"),
        ("import os; os.kill(os.getpid(), 11)", "FAILED", "it was ended by SIGSEGV"),
        ("import os; os.kill(os.getpid(), 9)", "KILLED", "it was ended by SIGKILL, perhaps for want of memory"),
        ("import os; os.kill(os.getpid(), 15)", "KILLED", "it was ended by SIGTERM"),
        ("raise SystemExit(143)", "KILLED", "it ended with exit code 143"),
    ],
)
def test_how_it_ended_is_told_by_its_exit_code(started: Started, code: str, state: str, why: str) -> None:
    job = started.python(code)
    assert job.wait() == state
    assert job.explain() == why


@pytest.mark.parametrize("word", ["no-such-program", "./not-executable", "/nowhere/at/all"])
def test_what_cannot_be_started_is_said(started: Started, word: str) -> None:
    (started.folder / "not-executable").write_text("#!/bin/sh\n")
    with pytest.raises(ProjectFailed, match="cannot be started"):
        LocalBackend().submit(started.launch(word))


def test_cancelling_asks_first(started: Started) -> None:
    code = (
        "import pathlib, signal, sys, time\n"
        "def end(*_): print('cleaned up'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\npathlib.Path('ready').touch()\ntime.sleep(600)"
    )
    job = started.python(code)
    wait_for((started.folder / "ready").exists)
    job.cancel()
    assert job.state() == "KILLED"
    assert "".join(started.said) == "cleaned up\n"
    assert job.explain() == "it was cancelled"


def test_what_does_not_listen_is_killed_with_all_it_started(started: Started) -> None:
    code = (
        "import os, pathlib, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"child = subprocess.Popen([sys.executable, '-c', {DEAF!r}])\n"
        f"apart = subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True)\n"
        "pathlib.Path('child.pid').write_text(str(child.pid)); pathlib.Path('apart.pid').write_text(str(apart.pid))\n"
        "time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=started.folder, stdout=-1, stderr=-1, start_new_session=True
    )
    job = LocalJob(process, started.launch("x"), 0.3)
    family = [started.pid("child.pid"), started.pid("apart.pid"), process.pid]
    job.cancel()
    assert job.state() == "KILLED"
    wait_for(lambda: not any(map(is_alive, family)))


def test_a_second_interrupt_kills_at_once(started: Started) -> None:
    code = (
        "import pathlib, signal, time\nsignal.signal(2, signal.SIG_IGN)\npathlib.Path('ready').touch()\ntime.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=started.folder, stdout=-1, stderr=-1, start_new_session=True
    )
    job = LocalJob(process, started.launch("x"), 300.0)
    wait_for((started.folder / "ready").exists)
    again = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    again.start()
    began = time.monotonic()
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        job.cancel()
    again.join()
    assert time.monotonic() - began < 60
    assert job.state() == "KILLED"
    assert process.returncode == -signal.SIGKILL


def test_an_interrupt_is_passed_on_as_one(started: Started) -> None:
    code = (
        "import pathlib, time\npathlib.Path('ready').touch()\n"
        "try: time.sleep(600)\nexcept KeyboardInterrupt: print('interrupted')"
    )
    job = started.python(code)
    wait_for((started.folder / "ready").exists)
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        job.cancel()
    assert "".join(started.said) == "interrupted\n"


def test_what_it_left_in_its_group_ends_with_it(started: Started) -> None:
    code = (
        "import pathlib, subprocess, sys\n"
        f"left = subprocess.Popen([sys.executable, '-c', {SLEEP!r}])\n"
        "pathlib.Path('left.pid').write_text(str(left.pid))"
    )
    job = started.python(code)
    assert job.wait() == "FINISHED"
    assert not is_alive(started.pid("left.pid"))


def test_one_that_left_the_group_and_holds_the_output_is_not_waited_for(started: Started) -> None:
    code = (
        "import pathlib, subprocess, sys\n"
        f"left = subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True)\n"
        "pathlib.Path('left.pid').write_text(str(left.pid)); print('bye')"
    )
    job = started.python(code)
    assert job.wait() == "FINISHED"
    assert "".join(started.said) == "bye\n"
    assert is_alive(started.pid("left.pid"))  # it left on purpose; the fixture ends it


def test_a_process_that_closed_its_output_is_waited_for(started: Started) -> None:
    code = "import os, time\nos.close(1); os.close(2); time.sleep(0.3); os._exit(7)"
    job = started.python(code)
    assert job.wait() == "FAILED"
    assert job.explain() == "it ended with exit code 7"


def test_an_empty_variable_takes_back_what_the_launcher_has(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMEBODYS", "value")
    started.python("import os; print('SOMEBODYS' in os.environ, os.environ['MINE'])", SOMEBODYS="", MINE="1").wait()
    assert "".join(started.said) == "False 1\n"


def test_cancelling_what_has_ended_does_nothing(started: Started) -> None:
    job = started.python("")
    assert job.wait() == "FINISHED"
    job.cancel()
    assert job.state() == "FINISHED"
