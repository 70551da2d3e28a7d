"""A server as a process: started in its own folder, waited for, weighed, and stopped with all its children."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

MIB = 1024 * 1024
_DROPPED_FROM_ENVIRONMENT = (
    *("MLFLOW_", "MODELYARD_", "TRACKIO_", "FML_", "PYTHONPATH", "VIRTUAL_ENV"),
    "PYTHONDONTWRITEBYTECODE",  # what is installed has its bytecode, and is not compiled anew by each process
)


class ServerFailedError(Exception):
    """A server did not start, or ended while it was measured."""


@dataclass(frozen=True)
class Launch:
    """A server's command line, with `{port}` and `{folder}` to be filled in, and what it adds to the environment."""

    command: Sequence[str]
    environment: Mapping[str, str]
    health: str = "/health"
    """What answers 200 once the server is up."""


@dataclass(frozen=True)
class Memory:
    """Memory of a process tree in MiB: `rss` counts shared pages once per process, `pss` shares them out."""

    rss: float
    pss: float


@dataclass
class Server:
    """A server that is up, on loopback."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]
    seconds_to_health: float

    def tree(self) -> list[psutil.Process]:
        """The server's process and all that descend from it."""
        with contextlib.suppress(psutil.NoSuchProcess):
            top = psutil.Process(self.process.pid)
            return [top, *top.children(recursive=True)]
        return []

    def memory(self) -> Memory:
        """What the tree holds now."""
        rss = pss = 0
        for process in self.tree():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                rss += process.memory_info().rss
                pss += getattr(process.memory_full_info(), "pss", 0)
        return Memory(rss / MIB, pss / MIB)

    def resident(self) -> float:
        """Resident MiB of the tree; cheap enough to ask twenty times a second."""
        total = 0
        for process in self.tree():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                total += process.memory_info().rss
        return total / MIB

    def cpu_seconds(self) -> float:
        """Processor time the tree has used so far."""
        total = 0.0
        for process in self.tree():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def settle(self, *, idle_share: float = 0.25, patience: float = 45.0) -> None:
        """Wait until all workers are up: the tree uses less than `idle_share` of a core for a second."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            before = self.cpu_seconds()
            time.sleep(1.0)
            if self.cpu_seconds() - before < idle_share:
                return

    def stop(self) -> None:
        """End the tree: politely first, and only processes that this object started."""
        family = self.tree()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=20)
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=5)
        self.process.wait()


@contextlib.contextmanager
def running(launch: Launch, folder: Path, *, patience: float = 90.0) -> Iterator[Server]:
    """Start a server in `folder`, yield it when it answers that it is up, stop it at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with reserved_port() as port:
        yield from _running(launch, folder, port, patience)


def _running(launch: Launch, folder: Path, port: int, patience: float) -> Iterator[Server]:
    command = [part.format(port=port, folder=folder) for part in launch.command]
    with (folder / "server.log").open("ab") as log:
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=clean_environment(
                {name: value.format(port=port, folder=folder) for name, value in launch.environment.items()}
            ),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = Server(port, folder, process, 0.0)
    try:
        _wait_for_health(server, launch.health, began + patience)
        server.seconds_to_health = time.monotonic() - began
        yield server
    finally:
        server.stop()


def _wait_for_health(server: Server, path: str, deadline: float) -> None:
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise ServerFailedError(f"exited with {server.process.returncode}: {tail(server.folder / 'server.log')}")
        if _healthy(server.port, path):
            return
        time.sleep(0.005)
    raise ServerFailedError(f"{path} did not answer in time: {tail(server.folder / 'server.log')}")


def _healthy(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class PeakWatch:
    """Samples a server's resident memory in a thread; `before` and `peak` are in MiB."""

    def __init__(self, server: Server, *, every: float = 0.05) -> None:
        self._server = server
        self._every = every
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.before = self.peak = server.resident()

    def __enter__(self) -> PeakWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self.peak = max(self.peak, self._server.resident())

    def _watch(self) -> None:
        while not self._done.wait(self._every):
            self.peak = max(self.peak, self._server.resident())


def clean_environment(additions: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without anything that would change a server's defaults."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED_FROM_ENVIRONMENT)}
    return {**kept, **additions}


@contextlib.contextmanager
def reserved_port() -> Iterator[int]:
    """A port of loopback that nobody else is given in this block.

    It is bound and nobody listens: a server that sets SO_REUSEADDR, as all of them do, can.
    """
    with socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        yield int(reserved.getsockname()[1])


def tail(path: Path, *, characters: int = 600) -> str:
    """The end of a log, for an error's message."""
    return path.read_text(errors="replace")[-characters:].strip() if path.exists() else "(no log)"
