"""Threads for what would hold up the event loop, and how much may wait for them."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from modelyard.core.errors import LimitExceeded

PER_PRINCIPAL = 16
MAX_WAITING = 256

Work = Callable[[], Any]
Done = Callable[[Any], None]
"""Told the result, or the exception that was raised."""


class _Task(NamedTuple):
    principal: str
    work: Work
    done: Done


class Pool:
    """A few threads, of which one principal may not take more than its share; the rest waits in line."""

    def __init__(self, name: str, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._running: Counter[str] = Counter()
        self._waiting: deque[_Task] = deque()

    def submit(self, principal: str, work: Work, done: Done) -> None:
        """Run ``work`` on a thread, then ``done`` on the event loop. Raises ``LimitExceeded`` when too much waits."""
        task = _Task(principal, work, done)
        if self._running[principal] < PER_PRINCIPAL:
            self._start(task)
        elif len(self._waiting) < MAX_WAITING:
            self._waiting.append(task)
        else:
            raise LimitExceeded("Too many requests are waiting; try again shortly.")

    async def run(self, work: Work) -> Any:
        """Run ``work`` on a thread and wait for its result."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    @property
    def idle(self) -> bool:
        """Whether nothing runs or waits."""
        return not self._waiting and not any(self._running.values())

    def close(self) -> None:
        """Let what runs come to its end, on its own time."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _start(self, task: _Task) -> None:
        self._running[task.principal] += 1
        loop = asyncio.get_running_loop()
        self._executor.submit(_perform, task, loop, self._finished)

    def _finished(self, task: _Task, result: Any) -> None:
        self._running[task.principal] -= 1
        if not self._running[task.principal]:
            del self._running[task.principal]
        for index, waiting in enumerate(self._waiting):
            if self._running[waiting.principal] < PER_PRINCIPAL:
                del self._waiting[index]
                self._start(waiting)
                break
        task.done(result)


def _perform(task: _Task, loop: asyncio.AbstractEventLoop, finished: Callable[[_Task, Any], None]) -> None:
    try:
        result = task.work()
    except BaseException as error:  # noqa: BLE001  # it is handed to the event loop, which answers it
        result = error
    try:
        loop.call_soon_threadsafe(finished, task, result)
    except RuntimeError:
        return  # the loop is closed; nobody waits for this any more
    finally:
        del result  # an error knows this frame, and would keep itself and the request until the next garbage collection
