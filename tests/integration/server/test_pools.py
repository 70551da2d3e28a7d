"""Threads of the server: who gets one, who waits, who is refused."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from modelyard.core.errors import LimitExceeded
from modelyard.web.pools import MAX_WAITING, PER_PRINCIPAL, Pool


async def settled(pool: Pool) -> None:
    while not pool.idle:
        await asyncio.sleep(0.001)


def test_results_and_failures_are_told_on_the_event_loop() -> None:
    async def run() -> list[Any]:
        pool = Pool("test", 2)
        told: list[Any] = []
        here = threading.get_ident()
        failure = ValueError("no")

        def fail() -> None:
            raise failure

        def done(result: Any) -> None:
            assert threading.get_ident() == here
            told.append(result)

        pool.submit("a", threading.get_ident, done)
        pool.submit("a", fail, done)
        await settled(pool)
        pool.close()
        assert here not in told
        return [failure in told, len(told)]

    assert asyncio.run(run()) == [True, 2]


def test_one_principal_does_not_keep_the_others_waiting() -> None:
    async def run() -> list[str]:
        pool = Pool("test", 1)
        order: list[str] = []
        go = threading.Event()
        for _ in range(PER_PRINCIPAL + 50):
            pool.submit("greedy", go.wait, lambda _: order.append("greedy"))
        pool.submit("modest", lambda: None, lambda _: order.append("modest"))
        go.set()
        await settled(pool)
        pool.close()
        return order

    order = asyncio.run(run())
    assert order.index("modest") == PER_PRINCIPAL
    assert len(order) == PER_PRINCIPAL + 51


def test_the_line_has_an_end() -> None:
    async def run() -> int:
        pool = Pool("test", 1)
        go = threading.Event()
        refused = 0
        for _ in range(PER_PRINCIPAL + MAX_WAITING + 7):
            try:
                pool.submit("a", go.wait, lambda _: None)
            except LimitExceeded:
                refused += 1
        go.set()
        await settled(pool)
        pool.close()
        return refused

    assert asyncio.run(run()) == 7


def test_a_coroutine_can_wait_for_a_thread() -> None:
    async def run() -> int:
        pool = Pool("test", 1)
        try:
            with pytest.raises(ZeroDivisionError):
                await pool.run(lambda: 1 // 0)
            return int(await pool.run(lambda: 7))
        finally:
            pool.close()

    assert asyncio.run(run()) == 7
