"""Commands that run beside this process, without its settings, and are gone when their time is."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from modelyard.core.interrupts import held_off

_LAST_BYTES = 2000


def run(
    command: Sequence[str],
    place: Path,
    seconds: float,
    *,
    merged: bool = False,
    meanwhile: Callable[[], object] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a folder without this process's settings, and keep the end of what it says on standard error.

    ``merged`` keeps its standard output with it; ``meanwhile`` is called once it has started. Raises
    ``subprocess.TimeoutExpired``; the command and what it started are killed then. What it says goes to a file: a pipe would
    be open as long as anything that it started and left.
    """
    process: subprocess.Popen[bytes] | None = None
    with tempfile.TemporaryFile() as said:
        try:
            with held_off():
                process = subprocess.Popen(  # noqa: S603 - words of our own, and no shell
                    command,
                    cwd=place,
                    env=clean_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=said if merged else subprocess.DEVNULL,
                    stderr=said,
                    start_new_session=True,
                )
            if meanwhile is not None:
                meanwhile()
            process.wait(timeout=seconds)
        except BaseException:
            if process is not None and process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            raise
        said.seek(max(said.seek(0, os.SEEK_END) - _LAST_BYTES, 0))
        return subprocess.CompletedProcess(command, process.returncode, None, said.read(_LAST_BYTES))


def clean_environment() -> dict[str, str]:
    """This process's variables without those that name stores, credentials or where to import from."""
    hidden = ("PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "MLFLOW_", "MODELYARD_", "AWS_", "PYTEST_")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
