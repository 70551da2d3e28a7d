"""Who works on chunks: threads of this process, or processes of a cluster (``ray.py``)."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from modelyard.batch.read import Position, Reader
from modelyard.batch.scorer import Recipe, Scored, Scorer
from modelyard.batch.write import Encoder

AHEAD = 1
"""Chunks that are read beside those that are worked on."""


class Engine(Protocol):
    """Scores chunks. Only a few are in memory at once; results come in the order of the chunks."""

    def use(self, encoder: Encoder) -> None:
        """From now on segments can be written where chunks are scored."""
        ...

    def results(self, reader: Reader, after: Position) -> Iterator[Scored]:
        """The chunks behind a position, scored.

        Raises what made a chunk impossible; the chunks before it have been given by then.
        """
        ...

    def close(self) -> None:
        """Let go of threads or processes; chunks in work are given up."""
        ...


class LocalEngine:
    """Threads: Arrow and numpy, which do most of the work, leave the interpreter to the others.

    A model's short way that does not has processes beside this one.
    """

    def __init__(self, recipe: Recipe, workers: int) -> None:
        self._workers = workers or available()
        self._scorer = Scorer(recipe, self._workers)
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="batch")
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="batch-model")
        self._loaded = self._loader.submit(self._scorer.load)

    def use(self, encoder: Encoder) -> None:
        """Threads share the encoder."""
        self._scorer.encoder = encoder

    def results(self, reader: Reader, after: Position) -> Iterator[Scored]:
        """As many chunks at once as there are threads, and one more."""
        waiting: deque[Future[Scored]] = deque()
        for chunk in reader.chunks(after):
            waiting.append(self._pool.submit(self._scorer.score, chunk))
            if len(waiting) >= self._workers + AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def close(self) -> None:
        """End the threads, and the processes that help them."""
        self._loader.shutdown()
        self._pool.shutdown(cancel_futures=True)
        self._scorer.close()


def available() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
