"""What runs in the spare process: import what is asked for, then fork a child for each folder that is to be verified."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from modelyard.core.extras import optional
from modelyard.models import catalog, clean
from modelyard.models.skops_files import skops_io
from modelyard.models.spare import IDLE_SECONDS, LONGEST_MESSAGE, Ended, Order

_ALONE = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""What starts threads when it is loaded, and how it does not: a process that forks shall have one."""

_TASKS = "/proc/self/task"


def main(line: str) -> None:
    """Serve the line of the file descriptor ``line`` until it is closed; in a child, verify and return.

    Both end as any process does, with threads waited for and exit handlers run, except that what is in memory is left
    to the system: taking it apart would copy each page that the child has in common with its parent.
    """
    atexit.register(os._exit, 0)  # the handler that is registered first runs last
    with socket.socket(fileno=int(line)) as connection:
        child = Server(connection).serve()
    if child is not None:
        child.work()


class Child:
    """The fork that verifies one folder."""

    def __init__(self, order: Order, imported: float) -> None:
        self._order = order
        self._imported = imported

    def work(self) -> None:
        """Become a process like any other, then do as the clean process does."""
        os.chdir(self._order.place)
        said = os.open(self._order.said, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.dup2(said, sys.stderr.fileno())
        os.close(said)
        sys.argv[1:] = []
        clean.main(self._order.words, before=self._imported)


class Server:
    """Imports and forks. Has no threads of its own, and refuses to fork once a library has started some."""

    def __init__(self, line: socket.socket, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._line = line
        self._idle_seconds = idle_seconds
        self._parent = os.getppid()
        self._seconds: dict[str, float] = {}

    def serve(self) -> Child | None:
        """Until the line is closed, nothing comes for long, or there are threads; in the child, what it is to do."""
        while (order := self._next()) is not None:
            self._import(order)
            if not order.words:
                continue
            if len(os.listdir(_TASKS)) != 1:
                self._line.send(msgspec.json.encode(Ended(forked=False)))
                return None
            child = os.fork()
            if child == 0:
                os.setsid()
                names = (*order.imports, f"{order.flavor}'s")
                return Child(order, sum(self._seconds[name] for name in names))
            ended = self._wait(child, order.seconds)
            if ended is None:
                return None
            self._line.send(msgspec.json.encode(ended))
        return None

    def _next(self) -> Order | None:
        """The next order; None when nobody is there to give one, or nobody gave one for long."""
        until = time.monotonic() + self._idle_seconds
        while time.monotonic() < until and os.getppid() == self._parent:
            if select.select([self._line], [], [], 5.0)[0]:
                message = self._line.recv(LONGEST_MESSAGE)
                return msgspec.json.decode(message, type=Order) if message else None
        return None

    def _import(self, order: Order) -> None:
        """Import what is not there yet, and note how long each took: it belongs to the time that loading takes."""
        before = {name: os.environ.get(name) for name in _ALONE}
        os.environ.update(_ALONE)
        for name in order.imports:
            self._timed(name, partial(optional, name))
        self._timed(f"{order.flavor}'s", partial(_prepare, order.flavor))
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

    def _timed(self, name: str, step: Callable[[], Any]) -> None:
        if name not in self._seconds:
            began = time.perf_counter()
            with contextlib.suppress(Exception):  # a model that needs it will say so
                step()
            self._seconds[name] = time.perf_counter() - began
            gc.freeze()

    def _wait(self, child: int, seconds: float) -> Ended | None:
        """How the child ended, killed when its time is over; None when nobody waits for it any more: then it is killed."""
        process = os.pidfd_open(child)
        try:
            ready = select.select([process, self._line.fileno()], [], [], seconds)[0]
            if process not in ready:
                _kill(child)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        finally:
            os.close(process)
        if process in ready:
            return Ended(code)
        return None if ready else Ended(None)


def _prepare(flavor: str) -> None:
    """The flavor's own module, and what it reads its files with."""
    catalog.flavor(flavor)
    if flavor == "sklearn":
        skops_io()


def _kill(child: int) -> None:
    """With all that it started, as soon as it leads a session of its own."""
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(child, signal.SIGKILL)
