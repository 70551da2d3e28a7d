"""What a log of requests promises, whatever keeps it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

KEPT_MS = 24 * 3_600_000
"""How long an answer is kept."""


class RequestLog(Protocol):
    """Answers by idempotency key, so that a request that is sent again is answered again and not done again.

    Guarantees, for every implementation:

    - *Same transaction*: a caller that has a transaction open on this thread gets the entry committed with what the
      work wrote, or neither.
    - *Once*: of several callers with one key, in any number of processes, one does the work and the others get its
      answer.
    - *Raises*: ``Conflict`` when the key was used for another request, whatever the work raises, and the database's
      errors; then nothing was kept.
    """

    def once(self, key: str, digest: bytes, work: Callable[[], bytes]) -> bytes:
        """The answer kept under ``key``, or that of ``work``, which is kept. ``digest`` stands for the whole request."""
        ...

    def sweep(self) -> int:
        """Forget answers older than 24 hours; how many there were."""
        ...

    def beat(self, server: str) -> None:
        """Write a sign of life of one server: what readiness is judged by."""
        ...
