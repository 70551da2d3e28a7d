"""Our server as a process of its own, and plain HTTP to it.

A `conftest.py` makes the fixtures its own: ``from tests.support.server import *  # noqa: F403``. Then ``server`` is one
on a new store, and ``start_server`` starts what a test wants: several, with options, on a store that is there already.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.ports import free_port
from tests.support.processes import ROOT

__all__ = ["Reply", "RunningServer", "StartServer", "server", "start_server"]

API = "/api/2.0/mlflow"
_START_SECONDS = 30.0


class Reply(NamedTuple):
    """An answer. Names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


class RunningServer:
    """`modelyard server` on the store ``store``, listening on a free port of loopback; what it logs is in ``log``."""

    def __init__(self, folder: Path, store: str, *options: str) -> None:
        self.folder = folder
        self.store = store
        self.options = options
        self.port = free_port()
        self.log_file = folder / f"server-{self.port}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def address(self) -> str:
        """Where clients reach it."""
        return f"http://127.0.0.1:{self.port}"

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
                [*command, *self.options],
                stdout=out,
                stderr=out,
                cwd=self.folder,
                env={**environment, "PYTHONPATH": str(ROOT / "src")},
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

    def connect(self, timeout: float = 10.0) -> socket.socket:
        """A bare connection, for what no HTTP library would send."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def request(
        self, method: str, path: str, body: bytes | dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """One request on a connection of its own; a dictionary is sent as JSON."""
        sent = dict(headers or {})
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

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
            cleanup.callback(started.kill)
            return started

        yield start


@pytest.fixture
def server(start_server: StartServer) -> RunningServer:
    """A server on a new store in a folder; it does not wait before it ends."""
    return start_server("--drain-delay", "0")
