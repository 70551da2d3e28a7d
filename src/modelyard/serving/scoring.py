"""The ways of a prediction request: straight to a kernel, as a matrix to a worker, or as it is to a worker."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter

from modelyard.serving.batching import Batching
from modelyard.serving.matrix import Matrix
from modelyard.serving.metrics import Metrics
from modelyard.serving.pool import Pool
from modelyard.serving.work import Declined, Outcome, Work
from modelyard.serving.worker.matrices import MATRIX
from modelyard.web.request import Request

_JSON = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})
_INVOCATIONS = "invocations"


Decline = Callable[[Request, Declined], None]
"""Answers a request with an error that a worker told."""


class Scoring:
    """Has requests predicted and answered. Everything here runs on the event loop's thread."""

    def __init__(
        self, pool: Pool, matrix: Matrix, batching: Batching | None, metrics: Metrics, decline: Decline
    ) -> None:
        self._pool = pool
        self._read = matrix.read
        self._batching = batching
        self._metrics = metrics
        self._decline = decline

    def invocations(self, request: Request) -> None:
        """``POST /invocations``."""
        if request.headers.get(b"content-type") in _JSON:
            rows = self._read(request.body)
            if rows is not None:
                if self._batching is not None:
                    self._batching.add(request, rows)
                else:
                    self._submit(request, _INVOCATIONS, MATRIX, rows)
                return
        self.submit(request, _INVOCATIONS)

    def submit(self, request: Request, protocol: str) -> None:
        """Have a worker read, predict and answer a request."""
        content_type = request.headers.get(b"content-type", b"").decode("latin-1")
        self._submit(request, protocol, content_type, bytes(request.body))

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits or is predicted."""
        return self._pool.is_idle and (self._batching is None or self._batching.is_idle)

    def _submit(self, request: Request, protocol: str, content_type: str, body: bytes) -> None:
        done = partial(self._done, request, perf_counter())
        is_wanted, name = partial(_is_wanted, request), request.id.decode()
        self._pool.submit(Work(protocol, content_type, body, done, is_wanted, request=name))
        request.body = b""

    def _done(self, request: Request, began: float, outcome: Outcome) -> None:
        self._metrics.seconds.observe(perf_counter() - began)
        if isinstance(outcome, Declined):
            self._decline(request, outcome)
        else:
            request.deliver(outcome)


def _is_wanted(request: Request) -> bool:
    return not request.answered and request.connection.transport is not None
