"""Which threads are training right now, so that a fit inside a fit is not logged as one of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple


class Session(NamedTuple):
    """A training that is going on: what kind of, and its recorder; None where it is not recorded."""

    kind: str
    recorder: Any


class Sessions:
    """The trainings of this process by thread, the innermost last. A forked child goes on with its parent's."""

    def __init__(self) -> None:
        self._by_thread: dict[int, list[Session]] = {}

    def current(self) -> Session | None:
        """The training this thread is part of.

        Threads of a pool belong to the thread that made the pool, as joblib's do: `multiprocessing` notes the maker.
        """
        if not self._by_thread:
            return None
        thread: Any = threading.current_thread()
        while thread is not None:
            found = self._by_thread.get(thread.ident)
            if found:
                return found[-1]
            thread = getattr(thread, "_parent", None)
        return None

    @contextmanager
    def open(self, session: Session) -> Iterator[None]:
        """Be in a training for a block."""
        ident = threading.get_ident()
        stack = self._by_thread.setdefault(ident, [])
        stack.append(session)
        try:
            yield
        finally:
            stack.pop()
            if not stack:
                self._by_thread.pop(ident, None)


SESSIONS = Sessions()
