"""A clean process that is begun before it is needed, and forks a child for each model that is to prove itself.

Most of what a verification takes is importing the model's framework. The spare process imports it while the model is
still being saved, and keeps it for the next: its children are as clean as a process of their own, begun with the same
words, and import nothing that the flavor's models would not import anyway. It serves one model at a time, has one thread
when it forks, ends when it was not asked for two minutes, and never outlives this process: its end of the line says so.
What it cannot do is done without it, by a process of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from modelyard.core.extras import loaded

IDLE_SECONDS = 120.0
"""So long a spare process waits for the next model."""

LONGEST_MESSAGE = 1 << 16
_PATIENCE = 60.0
"""An import may hang; so many seconds longer than the model's own time it is waited for."""

_BOOT = "import sys; sys.path.append(sys.argv[1]); from modelyard.models.spare_process import main; main(sys.argv[2])"
_TABLES = ("numpy", "pandas")
_IMPORTS: Mapping[str, Sequence[str]] = {
    "sklearn": (*_TABLES, "sklearn"),
    "python_function": _TABLES,
    "composite": _TABLES,
    "xgboost": (*_TABLES, "xgboost"),
    "lightgbm": (*_TABLES, "lightgbm"),
    "pytorch": ("numpy", "torch"),
}
"""Flavor → what loading its models imports. Others start threads or more when they are imported, or take no time."""


class Order(msgspec.Struct, frozen=True):
    """What the spare process is asked: to import, and with ``words`` to verify a folder too."""

    flavor: str
    imports: list[str]
    words: list[str] = []
    place: str = ""
    said: str = ""
    seconds: float = 0.0


class Ended(msgspec.Struct, frozen=True):
    """How a child ended: with a code, which is less than 0 for a signal, or None because its time was over.

    ``forked`` is False when there was none: what was imported has started threads.
    """

    code: int | None = None
    forked: bool = True


class _Process(NamedTuple):
    popen: subprocess.Popen[bytes]
    line: socket.socket
    environment: Mapping[str, str]


class Spare:
    """This process's spare process. Safe from any thread; a fork of this process begins its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._refused: set[str] = set()
        self._hooked = False

    @property
    def pid(self) -> int | None:
        """The process that waits, if there is one."""
        return self._process.popen.pid if self._process is not None else None

    def begin(self, flavor: str, *, home: str, environment: Mapping[str, str]) -> None:
        """Have it import what models of a flavor need; returns at once. Does nothing while it is at work."""
        if flavor in _IMPORTS and self._lock.acquire(blocking=False):
            try:
                self._ready(flavor, home, environment)
            finally:
                self._lock.release()

    def verify(
        self,
        flavor: str,
        words: Sequence[str],
        place: Path,
        said: Path,
        *,
        seconds: float,
        environment: Mapping[str, str],
    ) -> Ended | None:
        """Let a child in the folder ``place`` verify what ``words`` say, its last words in ``said``; None: it cannot.

        Only one that was begun before, with the variables there are now, is asked.
        """
        if flavor not in _IMPORTS or not self._lock.acquire(blocking=False):
            return None
        try:
            process = self._process
            if process is None or process.environment != environment or process.popen.poll() is not None:
                return None
            order = Order(flavor, _imports_of(flavor), list(words), str(place), str(said), seconds)
            answer = self._ask(process, order)
            if answer is not None and answer.forked:
                return answer
            self._end()
            if answer is not None:
                self._refused.add(flavor)
            return None
        except BaseException:
            self._end()
            raise
        finally:
            self._lock.release()

    def end(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def _ready(self, flavor: str, home: str, environment: Mapping[str, str]) -> None:
        process = self._process
        if process is not None and (process.environment != environment or process.popen.poll() is not None):
            self._end()
            process = None
        if flavor in self._refused or not hasattr(os, "pidfd_open"):
            return
        if process is None:
            self._start(home, environment)
        self._tell(Order(flavor, _imports_of(flavor)))

    def _start(self, home: str, environment: Mapping[str, str]) -> None:
        if not self._hooked:
            self._hooked = True
            os.register_at_fork(after_in_child=self._forget)
            atexit.register(self._end)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            popen = subprocess.Popen(  # noqa: S603 - words of our own, and no shell
                [sys.executable, "-I", "-c", _BOOT, home, str(theirs.fileno())],
                cwd="/",
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._process = _Process(popen, ours, dict(environment))

    def _tell(self, order: Order) -> None:
        if self._process is not None:
            with contextlib.suppress(OSError):  # it ended; whoever needs it next sees that
                self._process.line.send(msgspec.json.encode(order), socket.MSG_DONTWAIT)

    def _ask(self, process: _Process, order: Order) -> Ended | None:
        try:
            process.line.settimeout(order.seconds + _PATIENCE)
            process.line.send(msgspec.json.encode(order))
            answer = process.line.recv(LONGEST_MESSAGE)
        except OSError:
            return None
        return msgspec.json.decode(answer, type=Ended) if answer else None

    def _end(self) -> None:
        """Close the line, which ends it and a child that is at work; a process that imports is not asked to finish."""
        process, self._process = self._process, None
        if process is None:
            return
        process.line.close()
        try:
            process.popen.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            process.popen.kill()
            process.popen.wait()

    def _forget(self) -> None:
        """In a fork: the process is the parent's, and so is the line."""
        self._lock = threading.Lock()
        process, self._process = self._process, None
        if process is not None:
            process.line.close()
            process.popen.returncode = 0  # not a child of this one: nothing to wait for


def _imports_of(flavor: str) -> list[str]:
    """What this process has imported already: a model of arrays needs no data frames."""
    return [name for name in _IMPORTS[flavor] if loaded(name) is not None]


SPARE = Spare()
"""The one of this process."""
