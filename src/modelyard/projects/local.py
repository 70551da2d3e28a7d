"""Projects as processes on this machine: each in a session of its own, so that it ends with all it started."""

from __future__ import annotations

import os
import selectors
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any

from modelyard.core.errors import ProjectFailed
from modelyard.core.settings import Settings
from modelyard.projects import family
from modelyard.projects.backend import Launch, State
from modelyard.projects.decoding import Decoding
from modelyard.projects.spec import Project

GRACE = 8.0
"""Seconds between asking a process to end and killing it."""

NESTED_GRACE = 3.0
"""The same for a launcher within a project, to be done before it is killed itself."""

LINGER = 2.0
"""Seconds for what a process that has ended left behind."""

_LOOK = 0.05
_BLOCK = 1 << 16
_ASKED = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL})


class LocalJob:
    """A process, its group, and the thread that listens to them. Any thread may ask."""

    def __init__(self, process: subprocess.Popen[bytes], launch: Launch, grace: float) -> None:
        self._process = process
        self._grace = grace
        self._cancelled = False
        self._ended = threading.Event()
        self._reaping = threading.Lock()  # until it is reaped, its id is nobody else's
        self._thread = threading.Thread(target=self._tend, args=(_pipes(process, launch),), daemon=True)
        self._thread.start()

    def wait(self) -> State:
        """Block until it has ended, and all it said was taken."""
        self._ended.wait()
        return self.state()

    def state(self) -> State:
        """How it stands now."""
        if not self._ended.is_set():
            return "RUNNING"
        code = self._process.returncode
        if self._cancelled or _asking(code) is not None:
            return "KILLED"
        return "FINISHED" if code == 0 else "FAILED"

    def cancel(self) -> None:
        """End it and all it started: asked first, killed after a moment, or at once when asked a second time by Ctrl-C."""
        if self._ended.is_set():
            return
        self._cancelled = True
        started = family.descendants(self._process.pid)
        # Who is interrupted passes that on: programs clean up after Ctrl-C that would not after SIGTERM.
        interrupted = isinstance(sys.exc_info()[1], KeyboardInterrupt)
        try:
            self._signal(signal.SIGINT if interrupted else signal.SIGTERM)
            self._ended.wait(self._grace)
        except (KeyboardInterrupt, SystemExit):
            pass  # told again
        finally:
            if not self._ended.is_set():
                started += family.descendants(self._process.pid)
                self._signal(signal.SIGKILL)
            family.kill(started)  # also those that left the group
            self._ended.wait()

    def explain(self) -> str:
        """Its exit code, or the signal that ended it."""
        if not self._ended.is_set() or self.state() == "FINISHED":
            return ""
        if self._cancelled:
            return "it was cancelled"
        code = self._process.returncode
        if code >= 0:
            return f"it ended with exit code {code}"
        hint = ", perhaps for want of memory" if -code == signal.SIGKILL else ""
        return f"it was ended by {_name(-code)}{hint}"

    def _signal(self, number: signal.Signals) -> None:
        with self._reaping:
            if self._process.returncode is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, number)

    def _tend(self, pipes: dict[IO[bytes], Decoding]) -> None:
        try:
            with selectors.DefaultSelector() as watched:
                for pipe in pipes:
                    watched.register(pipe, selectors.EVENT_READ)
                self._listen(watched, pipes)
                self._end_others()
                _drain(watched, pipes, time.monotonic() + LINGER)
        finally:
            for pipe, reader in pipes.items():
                reader.end()
                pipe.close()
            with self._reaping:
                self._process.wait()
            self._ended.set()

    def _listen(self, watched: selectors.BaseSelector, pipes: dict[IO[bytes], Decoding]) -> None:
        """Take what is said until the process has ended; what it started may still hold the pipes then."""
        with _ending_of(self._process.pid) as ending:
            if ending is not None:
                watched.register(ending, selectors.EVENT_READ)
            while not self._has_ended(block=len(watched.get_map()) == 0):
                for key, _ in watched.select(None if ending is not None else _LOOK):
                    if key.fileobj != ending:
                        _take(watched, key.fileobj, pipes)  # type: ignore[arg-type] # the rest are the pipes
            if ending is not None:
                watched.unregister(ending)

    def _has_ended(self, *, block: bool) -> bool:
        """Whether it has ended; it is not reaped, so that its group keeps its number."""
        return (
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | (0 if block else os.WNOHANG)) is not None
        )

    def _end_others(self) -> None:
        """A run is over when its process is: what that left in its group ends with it."""
        if not family.alive_in(self._process.pid):
            return
        self._signal(signal.SIGTERM)
        until = time.monotonic() + LINGER
        while time.monotonic() < until and family.alive_in(self._process.pid):
            time.sleep(_LOOK)
        self._signal(signal.SIGKILL)


class LocalBackend:
    """Starts processes of this user."""

    def check(self, project: Project, config: Mapping[str, Any]) -> None:
        """Nothing is needed."""

    def describe(self, launch: Launch) -> str:
        """The command line."""
        return shlex.join(launch.argv)

    def submit(self, launch: Launch) -> LocalJob:
        """Start it."""
        # What is printed is seen when it is printed.
        environ = {"PYTHONUNBUFFERED": "1", **os.environ, **launch.environ}
        unset = {name for name, value in launch.environ.items() if not value}
        grace = NESTED_GRACE if Settings.read().project_root else GRACE
        try:
            process = subprocess.Popen(  # noqa: S603 - the command of the project, and no shell
                launch.argv,
                cwd=launch.folder,
                env={name: value for name, value in environ.items() if name not in unset},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=launch.descriptors,
                start_new_session=True,
            )
        except OSError as error:
            raise ProjectFailed(f"{launch.argv[0]!r} cannot be started: {error.strerror or error}.") from None
        return LocalJob(process, launch, grace)


@contextmanager
def _ending_of(pid: int) -> Iterator[int | None]:
    """A descriptor that can be read once a process has ended; None where the system has none."""
    descriptor: int | None = None
    if hasattr(os, "pidfd_open"):
        with suppress(OSError):
            descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _pipes(process: subprocess.Popen[bytes], launch: Launch) -> dict[IO[bytes], Decoding]:
    assert process.stdout is not None
    assert process.stderr is not None
    return {process.stdout: Decoding(launch.output), process.stderr: Decoding(launch.errors or launch.output)}


def _take(watched: selectors.BaseSelector, pipe: IO[bytes], pipes: dict[IO[bytes], Decoding]) -> None:
    data = os.read(pipe.fileno(), _BLOCK)
    if data:
        pipes[pipe].take(data)
    else:
        watched.unregister(pipe)


def _drain(watched: selectors.BaseSelector, pipes: dict[IO[bytes], Decoding], deadline: float) -> None:
    """Take what is still in the pipes; one that somebody holds who left the group is not waited for."""
    while watched.get_map() and time.monotonic() < deadline:
        for key, _ in watched.select(max(0.0, deadline - time.monotonic())):
            _take(watched, key.fileobj, pipes)  # type: ignore[arg-type] # the pipes are all that was registered


def _asking(code: int) -> int | None:
    """The signal that asked a process to end, told by its exit code; None for a code of its own, and for a crash."""
    number = -code if code < 0 else code - 128
    return number if number in _ASKED else None


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
