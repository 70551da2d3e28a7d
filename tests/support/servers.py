"""Servers for the time of a block: ours, and other programs' such as mlflow's."""

from __future__ import annotations

import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.server import RunningServer


@contextmanager
def started(command: list[str], folder: Path, port: int, environment: dict[str, str] | None = None) -> Iterator[str]:
    """A server process that answers `/health`; its output goes to `server.log` in ``folder``."""
    address = f"http://127.0.0.1:{port}"
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=folder, env=environment)
    try:
        _wait_until_healthy(address, process, log)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def modelyard_server(folder: Path) -> Iterator[str]:
    """`modelyard server`, as a person starts it, on the store ``folder``/served."""
    server = RunningServer(folder, str(folder / "served"))
    try:
        yield server.address
    finally:
        server.stop()


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text()[-4000:]}")
