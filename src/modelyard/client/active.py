"""The state of this process: the active run, a context variable; the addresses that were set; what is connected.

This is the one file with state of its own. Everything else is handed what it needs.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextvars import ContextVar
from typing import Any, Protocol

import msgspec

from modelyard.client.connection import Connection
from modelyard.client.exits import ExitWatch
from modelyard.client.lane import Lane
from modelyard.client.uris import DEFAULT_STORE, parse_address
from modelyard.core.entities import Run, RunStatusName
from modelyard.core.errors import ModelyardError
from modelyard.core.settings import Settings


class Stoppable(Protocol):
    """Something that runs beside a run and ends with it."""

    def stop(self) -> None:
        """End it."""
        ...


class OpenRun:
    """A run this process has started or resumed, with its store and its queue."""

    __slots__ = ("connection", "lane", "monitor", "pid", "run", "thread")

    def __init__(self, run: Run, connection: Connection) -> None:
        self.run = run
        self.connection = connection
        self.lane: Lane = connection.sender.lane(run.info.run_id, known=True)
        self.monitor: Stoppable | None = None
        self.pid = os.getpid()
        self.thread = threading.get_ident()

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.run.info.run_id


STACK: ContextVar[tuple[OpenRun, ...]] = ContextVar("modelyard_active_runs", default=())
"""The active runs of this thread or task, the innermost last. A task sees its parent's and may nest its own."""

LAST: ContextVar[tuple[str, Connection] | None] = ContextVar("modelyard_last_run", default=None)
"""The run that ended last in this thread or task."""

MODEL: ContextVar[str | None] = ContextVar("modelyard_active_model", default=None)
"""The active logged model of this thread or task."""


class Process:
    """The addresses that were set, the experiment that was set, the open runs, and the connections."""

    def __init__(self) -> None:
        self.tracking_uri: str | None = None
        self.registry_uri: str | None = None
        self.experiment_id: str | None = None
        self.open_runs: dict[str, OpenRun] = {}
        self.system_metrics: dict[str, Any] = {}
        self.last_model_id: str | None = None
        self._connections: dict[Any, Connection] = {}
        self._connecting = threading.Lock()
        self._exits = ExitWatch(self._leave)
        os.register_at_fork(after_in_child=self._after_fork)

    def current_tracking_uri(self, settings: Settings | None = None) -> str:
        """What was set, else the environment's, else the default folder."""
        if self.tracking_uri:
            return self.tracking_uri
        return (settings or Settings.read()).tracking_uri or DEFAULT_STORE

    def current_registry_uri(self, tracking_uri: str | None = None) -> str:
        """What was set, else the environment's, else the tracking URI."""
        settings = Settings.read()
        return self.registry_uri or settings.registry_uri or tracking_uri or self.current_tracking_uri(settings)

    def connect(self, uri: str | os.PathLike[str] | None = None) -> Connection:
        """The connection to a store, the current one by default; made when it is first asked for."""
        settings = Settings.read()
        address = parse_address(uri if uri is not None else self.current_tracking_uri(settings))
        key = (address, _lasting(settings))
        connection = self._connections.get(key)
        if connection is None:
            with self._connecting:
                connection = self._connections.get(key)
                if connection is None:
                    connection = self._connections[key] = Connection(address, settings)
                    self._exits.install()
        return connection

    @property
    def is_interrupted(self) -> bool:
        """Whether the process ends because somebody told it to, by Ctrl-C or SIGTERM."""
        return self._exits.is_interrupted

    def flush(self) -> None:
        """Send everything that is queued."""
        for connection in list(self._connections.values()):
            connection.sender.flush()

    def open_run(self, opened: OpenRun) -> None:
        """Note a run that this process will have to end."""
        self.open_runs[opened.run_id] = opened
        self._exits.look()

    def close_run(self, opened: OpenRun, status: RunStatusName) -> None:
        """End a run: its points first, then its status."""
        self.open_runs.pop(opened.run_id, None)
        if opened.monitor is not None:
            opened.monitor.stop()
        opened.connection.end_run(opened.run_id, status)

    def reset(self) -> None:
        """Forget what was set, end what is open: a process as if it had just begun, for tests and notebooks."""
        for opened in reversed(list(self.open_runs.values())):
            self.close_run(opened, "FINISHED")
        for connection in self._connections.values():
            connection.close(Settings.read().flush_timeout)
        STACK.set(())
        LAST.set(None)
        MODEL.set(None)
        self.tracking_uri = self.registry_uri = self.experiment_id = self.last_model_id = None
        self.system_metrics = {}
        self._connections = {}

    def _leave(self, watch: ExitWatch) -> None:
        deadline = time.monotonic() + Settings.read().flush_timeout
        for connection in self._connections.values():
            connection.hurry(deadline)
        for opened in reversed(list(self.open_runs.values())):
            if opened.pid != os.getpid():
                continue
            try:
                self.close_run(opened, watch.outcome(opened.thread))
            except ModelyardError as error:
                sys.stderr.write(f"modelyard: the run {opened.run_id} could not be ended: {error.message}\n")
        for connection in self._connections.values():
            left = connection.close(max(0.1, deadline - time.monotonic()))
            if left:
                sys.stderr.write(
                    f"modelyard: {left} records for {connection.location} could not be sent. They are kept and are"
                    " sent at the next start or by 'modelyard sync'.\n"
                )

    def _after_fork(self) -> None:
        self._connecting = threading.Lock()
        self.open_runs = {}
        for connection in self._connections.values():
            connection.after_fork()
        if self._connections:
            self._exits.install()


def _lasting(settings: Settings) -> Settings:
    """The settings that a connection is made by; two that differ only in others share one."""
    return msgspec.structs.replace(
        settings, tracking_uri="", registry_uri="", experiment_name="", experiment_id="", run_id=""
    )


PROCESS = Process()
