"""Servers for the time of a block: ours, and other programs' such as mlflow's."""

from __future__ import annotations

import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import reserved_port
from tests.support.server import RunningServer


@contextmanager
def started(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> Iterator[str]:
    """A server process that answers `/health` at the `--port` it is told; it logs to `server.log` in ``folder``."""
    log = folder / "server.log"
    with reserved_port() as port:
        address = f"http://127.0.0.1:{port}"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*command, "--port", str(port)], stdout=out, stderr=out, cwd=folder, env=environment
            )
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
        server.stop()
    finally:
        server.close()


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 240
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=10):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text()[-4000:]}")
