"""Several server processes on one socket, for stores that take many: a parent that starts them and replaces the fallen."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

log = logging.getLogger(__name__)

STEADY = 5.0  # seconds after which a worker that ends has not failed to start
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
HARD_LIMIT = 25.0


class Supervisor:
    """Keeps ``count`` children running; a child calls ``work`` and ends with the code it answers."""

    def __init__(self, count: int, work: Callable[[], int], when_stopping: Callable[[], None]) -> None:
        self._count = count
        self._work = work
        self._when_stopping = when_stopping
        self._children: dict[int, float] = {}  # process id → when it was started
        self._stopping = False
        self._signals = 0
        self._pause = FIRST_PAUSE
        self._lifeline, self._hold = os.pipe()  # only this process holds its end; the system lets go when it is gone

    def run(self) -> int:
        """Until told to stop, or until no worker can be started; the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        for _ in range(self._count):
            self._start()
        code = 0
        while self._children:
            pid, status = os.wait()
            started = self._children.pop(pid, None)
            if started is None:
                continue
            ended = os.waitstatus_to_exitcode(status)
            if self._stopping:
                # One that was told before it listened for signals has served nobody.
                code = max(code, 0 if ended in (0, -signal.SIGTERM) else 1)
            else:
                self._replace(pid, ended, time.monotonic() - started)
        return code

    def _replace(self, pid: int, ended: int, lived: float) -> None:
        log.error("worker %d ended with code %d; a new one is started", pid, ended)
        if lived < STEADY:
            time.sleep(self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        else:
            self._pause = FIRST_PAUSE
        if not self._stopping:
            self._start()

    def _start(self) -> None:
        pid = os.fork()
        if pid:
            self._children[pid] = time.monotonic()
            return
        code = 1
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            os.close(self._hold)
            threading.Thread(target=_end_with_parent, args=(self._lifeline,), daemon=True).start()
            code = self._work()
        except BaseException:
            log.exception("a worker failed")
        finally:
            os._exit(code)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self._stopping = True
        self._signals += 1
        self._when_stopping()
        wanted = signal.SIGTERM if self._signals == 1 else signal.SIGKILL
        for pid in self._children:
            os.kill(pid, wanted)


def _end_with_parent(lifeline: int) -> None:
    """Stop this worker in good order when its parent was killed: nobody is left to replace or to stop it."""
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def supervise(count: int, work: Callable[[], int], *, when_stopping: Callable[[], None]) -> int:
    """Run ``work`` in ``count`` processes until told to stop; the parent then lets go of what it shares with them."""
    return Supervisor(count, work, when_stopping).run()
