"""Connections kept for reuse: opened when needed, the warmest first, never more than a limit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

from modelyard.core.errors import Unavailable
from modelyard.db.database import CLOSED
from modelyard.db.errors import DatabaseBusy

Item = TypeVar("Item")


class Pool(Generic[Item]):
    """At most ``size`` items at once; whoever finds none free waits. Any thread may use it.

    There is no thread that mends it in the background: an item found broken is dropped and the next `take` makes a
    new one, so that it works again with the first request after the database does.
    """

    def __init__(self, make: Callable[[], Item], close: Callable[[Item], None], *, size: int) -> None:
        self._make = make
        self._close = close
        self._size = size
        self._idle: list[Item] = []
        self._room = threading.BoundedSemaphore(size)
        self._closed = False

    def take(self, wait: float) -> Item:
        """An item for the caller alone, until `give` or `drop`. Raises `Unavailable` after ``wait`` seconds."""
        if not self._room.acquire(blocking=False) and not (wait > 0 and self._room.acquire(timeout=wait)):
            raise DatabaseBusy("All connections to the database are busy; try again shortly.")
        try:
            if self._closed:
                raise Unavailable(CLOSED)
            return self._idle_one() or self._make()
        except BaseException:
            self._room.release()
            raise

    def _idle_one(self) -> Item | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def give(self, item: Item) -> None:
        """Hand back an item that works."""
        if self._closed:
            self._close(item)
        else:
            self._idle.append(item)
        self._room.release()

    def drop(self, item: Item) -> None:
        """Hand back an item that does not work."""
        self._close(item)
        self._room.release()

    def clear(self) -> None:
        """Close what is idle: after one connection broke, the others are likely to be."""
        while (item := self._idle_one()) is not None:
            self._close(item)

    def rest(self, wait: float) -> bool:
        """Let nobody take an item until `resume`, and wait for those in use; False, and nothing changed, when they are
        not all back after ``wait`` seconds.
        """
        deadline = monotonic() + wait
        for taken in range(self._size):
            if not self._room.acquire(timeout=max(0.0, deadline - monotonic())):
                self._release(taken)
                return False
        return True

    def resume(self) -> None:
        """Undo `rest`."""
        self._release(self._size)

    def _release(self, count: int) -> None:
        if count:
            self._room.release(count)

    def close(self) -> None:
        """Close what is idle now, and what is in use when it is handed back."""
        self._closed = True
        self.clear()
