"""A bar for long work, on a terminal; silent elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TextIO

WIDTH = 30


class Progress:
    """Shows how far a work of ``total`` units is (0: not known). Use it as a context manager."""

    def __init__(self, what: str, total: int = 0, *, stream: TextIO | None = None) -> None:
        self._what = what
        self._total = total
        self._out = stream or sys.stderr
        self._shows = self._out.isatty()
        self._begun = time.monotonic()
        self._drawn = 0.0

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shows and self._drawn:
            self._out.write("\n")

    def at(self, done: int, total: int | None = None) -> None:
        """Say how much is done, at most ten times a second."""
        self._total = self._total if total is None else total
        now = time.monotonic()
        if not self._shows or (now - self._drawn < 0.1 and done != self._total):
            return
        self._drawn = now
        self._out.write(f"\r{self._what} {self._line(done, now - self._begun)}\x1b[K")
        self._out.flush()

    def _line(self, done: int, seconds: float) -> str:
        if not self._total:
            return f"{done} ({seconds:.0f} s)"
        share = min(done / self._total, 1.0)
        filled = int(share * WIDTH)
        left = f", {seconds / share - seconds:.0f} s left" if 0 < share < 1 else ""
        return f"[{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{self._total}{left}"
