"""Jobs of other machines, followed by a thread: what Kubernetes and Ray have in common."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from modelyard.projects.backend import State


class FollowedJob(ABC):
    """A job that a thread follows to its end once ``follow`` was called. Any thread may ask."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._state: State = "RUNNING"
        self._reason = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"job {name}", daemon=True)

    def follow(self) -> None:
        """Begin to follow it."""
        self._thread.start()

    def wait(self) -> State:
        """Block until it has ended and all of its output was told."""
        self._ended.wait()
        return self._state

    def state(self) -> State:
        """How it stood when it was last asked."""
        return self._state

    def cancel(self) -> None:
        """End it, and answer when it has ended."""
        if not self._ended.is_set():
            self._stop()
            self._ended.wait()

    def explain(self) -> str:
        """Why it failed, in the words of the place it ran at."""
        return self._reason if self._state in ("FAILED", "KILLED") else ""

    @abstractmethod
    def _outcome(self) -> tuple[State, str]:
        """Tell its output until it has ended; how it did, and why."""

    @abstractmethod
    def _stop(self) -> None:
        """Have it end."""

    def _watch(self) -> None:
        try:
            self._state, self._reason = self._outcome()
        except Exception as error:  # noqa: BLE001 - whoever waits must be told
            self._state, self._reason = "FAILED", f"it could not be followed: {error}"
        finally:
            self._ended.set()
