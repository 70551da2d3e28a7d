"""Natural batches: what has arrived when the event loop has looked at all its connections is computed at once."""

from __future__ import annotations

import asyncio
import logging
from time import perf_counter

import msgspec

from modelyard.core.extras import require
from modelyard.serving.fastpath.kernel import Kernel
from modelyard.serving.metrics import Metrics
from modelyard.web.request import Request

log = logging.getLogger(__name__)

MOST_ROWS = 4_096
AT_ONCE = 0.005  # seconds that a batch may hold up the event loop

Batch = list[tuple[Request, bytes]]
"""Requests with their rows, as float64 in little-endian bytes."""
_encode = msgspec.json.Encoder().encode


class Batching:
    """Gathers requests and answers them with a kernel. It waits for nobody: a request by itself is a batch of one."""

    def __init__(self, kernel: Kernel, metrics: Metrics) -> None:
        self._kernel = kernel
        self._metrics = metrics
        self._numpy = require("numpy", what="The fast path", extra="models")
        self._width = kernel.columns
        self._row_bytes = 8 * kernel.columns
        self._loop = asyncio.get_running_loop()
        self._gathered: Batch = []
        self._began = 0.0
        self._row_seconds = 0.0  # what a row has cost of late, in large batches
        self._on_threads = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits or is computed."""
        return not self._gathered and not self._on_threads

    def add(self, request: Request, rows: bytes) -> None:
        """Have rows predicted, and the request answered."""
        gathered = self._gathered
        if not gathered:
            self._began = perf_counter()
            self._loop.call_soon(self._flush)
        gathered.append((request, rows))

    def _flush(self) -> None:
        gathered, self._gathered = self._gathered, []
        most = MOST_ROWS * self._row_bytes
        batch: Batch = []
        size = 0
        for each in gathered:
            if batch and size + len(each[1]) > most:
                self._run(batch, size)
                batch, size = [], 0
            batch.append(each)
            size += len(each[1])
        self._run(batch, size)

    def _run(self, batch: Batch, size: int) -> None:
        if size // self._row_bytes * self._row_seconds <= AT_ONCE:
            try:
                self._answer(batch, self._predict(batch))
            except Exception as error:  # noqa: BLE001 - the border: whatever it is, the clients are answered
                self._fail(batch, error)
            return
        self._on_threads += 1
        computing = self._loop.run_in_executor(None, self._predict, batch)
        computing.add_done_callback(lambda done: self._computed(batch, done))

    def _computed(self, batch: Batch, done: asyncio.Future[list[object]]) -> None:
        self._on_threads -= 1
        error = done.exception()
        if error is None:
            self._answer(batch, done.result())
        else:
            self._fail(batch, error)

    def _predict(self, batch: Batch) -> list[object]:
        rows = batch[0][1] if len(batch) == 1 else b"".join([each[1] for each in batch])
        began = perf_counter()
        matrix = self._numpy.frombuffer(rows, "<f8").reshape(-1, self._width)
        predictions: list[object] = self._kernel.predict(matrix).tolist()
        if len(predictions) >= 16:
            self._row_seconds = (perf_counter() - began) / len(predictions)
        return predictions

    def _answer(self, batch: Batch, predictions: list[object]) -> None:
        at, row_bytes = 0, self._row_bytes
        for request, rows in batch:
            end = at + len(rows) // row_bytes
            request.reply_json(b'{"predictions":%s}' % _encode(predictions[at:end]))
            at = end
        metrics = self._metrics
        metrics.rows += at
        metrics.batches.observe(len(batch))
        metrics.seconds.observe(perf_counter() - self._began, len(batch))

    @staticmethod
    def _fail(batch: Batch, error: BaseException) -> None:
        for request, _ in batch:
            request.connection.app.fail(request, error)
