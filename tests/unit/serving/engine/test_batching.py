"""Requests that arrive together are computed together, and each is answered for its own rows."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, ClassVar, cast

import numpy
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.serving.batching import AT_ONCE, MOST_ROWS, Batching
from modelyard.serving.metrics import Metrics
from modelyard.web.request import Request
from tests.support.waiting import LIMIT


class Sum:
    """Adds up the numbers of a row."""

    kind: ClassVar[str] = "sum"
    columns = 2

    def __init__(self, row_seconds: float = 0.0) -> None:
        self.batches: list[int] = []
        self.row_seconds = row_seconds

    def predict(self, rows: Any) -> Any:
        self.batches.append(len(rows))
        if (rows < 0).any():
            raise ValueError("negative")
        time.sleep(self.row_seconds * len(rows))
        return rows.sum(axis=1)

    def arrays(self) -> dict[str, Any]:
        return {}


class Asked:
    """Stands for a request, its connection and its application: keeps what it is answered."""

    def __init__(self) -> None:
        self.connection = self.app = self
        self.answer: Any = None
        self.error: BaseException | None = None

    def reply_json(self, body: bytes) -> None:
        self.answer = json.loads(body)["predictions"]

    def fail(self, request: Asked, error: BaseException) -> None:
        request.error = error


def run(kernel: Sum, *turns: list[list[list[float]]]) -> list[list[Asked]]:
    """Ask for the rows of each turn's requests at once, and wait until they are answered."""

    async def ask() -> list[list[Asked]]:
        batching = Batching(kernel, Metrics())
        found = []
        for turn in turns:
            asked = [Asked() for _ in turn]
            for each, rows in zip(asked, turn, strict=True):
                batching.add(cast("Request", each), numpy.array(rows, "<f8").tobytes())
            async with asyncio.timeout(LIMIT):
                while not batching.is_idle:
                    await asyncio.sleep(0)
            found.append(asked)
        return found

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(ask())


rows = st.lists(st.lists(st.floats(0, 1e9), min_size=2, max_size=2), min_size=1, max_size=5)


@given(st.lists(rows, min_size=1, max_size=20))
@settings(max_examples=50)
def test_each_is_answered_for_its_own_rows(turn: list[list[list[float]]]) -> None:
    kernel = Sum()
    (asked,) = run(kernel, turn)
    assert [each.answer for each in asked] == [[a + b for a, b in each] for each in turn]
    assert len(kernel.batches) == 1


def test_a_request_that_is_alone_waits_for_nobody() -> None:
    kernel = Sum()
    run(kernel, [[[1.0, 2.0]]], [[[3.0, 4.0]]])
    assert kernel.batches == [1, 1]


def test_batches_are_bounded() -> None:
    kernel = Sum()
    (asked,) = run(kernel, [[[1.0, 2.0]] * 1500] * 6)
    assert all(each.answer == [3.0] * 1500 for each in asked)
    assert max(kernel.batches) <= MOST_ROWS
    assert sum(kernel.batches) == 9000


def test_what_would_hold_up_the_event_loop_is_computed_on_a_thread() -> None:
    kernel = Sum(row_seconds=AT_ONCE)
    first, second = run(kernel, [[[1.0, 2.0]] * 16], [[[1.0, 2.0]] * 16] * 2)
    assert [each.answer for each in (*first, *second)] == [[3.0] * 16] * 3


def test_an_error_is_told_everybody_it_concerns() -> None:
    (asked,) = run(Sum(), [[[1.0, 2.0]], [[-1.0, 2.0]]])
    assert all(isinstance(each.error, ValueError) for each in asked)
