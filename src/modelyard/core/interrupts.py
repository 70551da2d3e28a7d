"""Ctrl-C and what else ends a process, held off while something is started that nobody could end otherwise."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def held_off() -> Iterator[None]:
    """What would interrupt the block does so at its end; asked a second time, at once.

    Python's handlers wait, not the signals: a process that is started in the block is ended by them like any other. In other
    threads than the main one handlers do not run anyway.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    handlers = {number: signal.getsignal(number) for number in _ENDING}
    waiting = {number: handler for number, handler in handlers.items() if callable(handler)}

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if len(came) > 1:
            came.clear()
            waiting[signal.Signals(number)](number, frame)

    try:
        for number in waiting:
            signal.signal(number, note)
        yield
    finally:
        for number, handler in waiting.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
