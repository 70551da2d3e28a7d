"""The one place time is read from, so that tests can say what time it is."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Wall time for records, monotonic time for durations and limits."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, in UTC."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return time.monotonic()


class FixedClock:
    """A clock for tests: stands still until told to move."""

    def __init__(self, start_ms: int = 1_700_000_000_000) -> None:
        self._now = start_ms

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return self._now / 1000

    def advance(self, ms: int) -> None:
        """Move the clock by ``ms`` milliseconds (negative: a clock that was set back)."""
        self._now += ms
