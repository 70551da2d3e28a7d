"""Our server as a process of its own, and plain HTTP to it.

A `conftest.py` makes the fixtures its own: ``from tests.support.server import *  # noqa: F403``. Then ``server`` is one
on a new store, and ``start_server`` starts what a test wants: several, with options, on a store that is there already.
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.plain_http import API, OnLoopback, Reply
from tests.support.ports import port_of, reserve
from tests.support.processes import ROOT

__all__ = ["API", "Reply", "RunningServer", "StartServer", "server", "start_server"]

_START_SECONDS = 60.0


class RunningServer(OnLoopback):
    """`modelyard server` on the store ``store``, with a port of loopback of its own; what it logs is in ``log``."""

    def __init__(self, folder: Path, store: str, *options: str) -> None:
        self.folder = folder
        self.store = store
        self.options = options
        self._reserved = reserve()
        self.port = port_of(self._reserved)
        self.log_file = folder / f"server-{self.port}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.under: tuple[str, ...] = ()  # the command that the next start runs it under
        self.environment: dict[str, str] = {}  # what the next start adds to the environment
        with ExitStack() as when_it_fails:
            when_it_fails.callback(self.close)
            self.start()
            when_it_fails.pop_all()

    @property
    def pid(self) -> int:
        """The process' id."""
        assert self.process is not None
        return self.process.pid

    @property
    def memory(self) -> int:
        """Bytes of memory it uses now."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))

    @property
    def worked(self) -> float:
        """Seconds of processor time it has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Start it, again after an end, and wait until it answers."""
        command = [sys.executable, "-m", "modelyard", "server", "--store", self.store, "--port", str(self.port)]
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "MODELYARD_"))
        }
        with self.log_file.open("ab") as out:
            self.process = subprocess.Popen(
                [*self.under, *command, *self.options],
                stdout=out,
                stderr=out,
                cwd=self.folder,
                env={**environment, "PYTHONPATH": str(ROOT / "src"), **self.environment},
            )
        self.wait_until_healthy()

    def wait_until_healthy(self) -> None:
        """Wait until `/health` answers; fails with the log when the process ends instead."""
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and self.process is not None and self.process.poll() is None:
            with suppress(OSError, http.client.HTTPException):
                if self.request("GET", "/health").status == 200:
                    return
            time.sleep(0.02)
        raise AssertionError(f"the server did not start:\n{self.log[-4000:]}")

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 30.0) -> int:
        """End it in good order; the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.wait(seconds)

    def wait(self, seconds: float = 30.0) -> int:
        """Wait until it has ended by itself; the exit code."""
        assert self.process is not None
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """End it as a crash does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End it for good, and give back its port."""
        if self.process is not None:
            self.kill()
        self._reserved.close()

    def api(self, verb: str, body: dict[str, Any]) -> Any:
        """Call an endpoint below `/api/2.0/mlflow/` by POST; its decoded answer. Fails for any status but 200."""
        reply = self.request("POST", f"{API}/{verb}", body)
        assert reply.status == 200, (reply.status, reply.body)
        return reply.json

    def new_run(self) -> str:
        """A new run in the experiment Default."""
        run_id: str = self.api("runs/create", {"experiment_id": "0", "start_time": 1})["run"]["info"]["run_id"]
        return run_id


StartServer = Callable[..., RunningServer]


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers: ``start_server(*options, store=…)``. They are stopped at the end of the test."""
    with ExitStack() as cleanup:

        def start(*options: str, store: str | Path | None = None) -> RunningServer:
            started = RunningServer(tmp_path, str(store or tmp_path / "yard"), *options)
            cleanup.callback(started.close)
            return started

        yield start


@pytest.fixture
def server(start_server: StartServer) -> RunningServer:
    """A server on a new store in a folder; it does not wait before it ends."""
    return start_server("--drain-delay", "0")
