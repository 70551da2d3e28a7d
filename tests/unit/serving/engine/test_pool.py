"""Workers that die, hang and refuse, and who is told of it; the workers are scripted, and load no model."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from modelyard.core.errors import DeadlineExceeded, LimitExceeded, ModelyardError, PermissionDenied, Unavailable
from modelyard.serving.pool import MOST_WAITING
from modelyard.serving.work import Declined, WorkerDied
from tests.unit.serving.engine.scripted import Asking, with_pool


def test_what_waits_together_goes_to_a_worker_together(tmp_path: Path) -> None:
    async def test(asking: Asking) -> None:
        await asking.pool.start()
        assert await asking.outcomes(b"a", b"b", b"c") == [b"a of 3", b"b of 3", b"c of 3"]
        assert await asking.outcomes(b"a") == [b"a of 1"]

    with_pool(tmp_path, test)


def test_a_model_that_may_not_be_asked_for_several_callers_is_not(tmp_path: Path) -> None:
    async def test(asking: Asking) -> None:
        await asking.pool.start()
        assert await asking.outcomes(b"a", b"b", b"c") == [b"a of 1", b"b of 1", b"c of 1"]

    with_pool(tmp_path, test, batching="never")


def test_free_workers_share_what_waits(tmp_path: Path) -> None:
    async def test(asking: Asking) -> None:
        await asking.pool.start()
        while asking.pool.alive < 2:
            await asyncio.sleep(0.01)
        assert await asking.outcomes(b"a", b"b", b"c", b"d") == [b"a of 2", b"b of 2", b"c of 2", b"d of 2"]

    with_pool(tmp_path, test, count=2)


def test_an_error_that_a_worker_answers_is_its_caller_s(tmp_path: Path) -> None:
    async def test(asking: Asking) -> None:
        await asking.pool.start()
        refused, answered = await asking.outcomes(b"refuse", b"b")
        assert refused == Declined(418, "TEAPOT", "I am a teapot.")
        assert answered == b"b of 2"

    with_pool(tmp_path, test)


@pytest.mark.parametrize("deed", [b"die", b"garbage"])
def test_of_those_predicted_together_only_the_culprit_fails(tmp_path: Path, deed: bytes) -> None:
    async def test(asking: Asking) -> None:
        await asking.pool.start()
        before, culprit, after = await asking.outcomes(b"a", deed, b"c")
        assert (before, after) == (b"a of 1", b"c of 1"), "each was predicted again, alone"
        assert isinstance(culprit, WorkerDied)
        assert culprit.message.endswith("while it predicted this request.")
        assert len(asking.launcher.started) == 3
        assert await asking.outcomes(b"d", b"e") == [b"d of 2", b"e of 2"]
        assert asking.pool.restarts == 2

    with_pool(tmp_path, test)


def test_what_hangs_is_told_so_and_those_with_it_are_answered(tmp_path: Path) -> None:
    async def test(asking: Asking) -> None:
        await asking.pool.start()
        before, culprit, after = await asking.outcomes(b"a", b"hang", b"c")
        assert (before, after) == (b"a of 1", b"c of 1")
        assert isinstance(culprit, DeadlineExceeded)
        assert culprit.message == "The model did not answer within 2 seconds."

    with_pool(tmp_path, test, timeout=2.0)


def test_what_nobody_waits_for_is_not_predicted(tmp_path: Path) -> None:
    async def test(asking: Asking) -> None:
        await asking.pool.start()
        dropped = asking.ask(b"die", wanted=False)
        assert await asking.outcomes(b"a", b"b") == [b"a of 2", b"b of 2"]
        assert not dropped.done()
        assert asking.pool.restarts == 0

    with_pool(tmp_path, test)


def test_only_so_much_may_wait(tmp_path: Path) -> None:
    async def test(asking: Asking) -> None:
        waiting = [asking.ask(b"a") for _ in range(MOST_WAITING)]
        with pytest.raises(LimitExceeded, match="try again shortly"):
            asking.ask(b"b")
        await asking.pool.start()
        assert set(await asyncio.gather(*waiting)) == {b"a of 64"}
        assert await asking.outcomes(b"b") == [b"b of 1"]

    with_pool(tmp_path, test)


def test_bodies_that_wait_are_bounded_too(tmp_path: Path) -> None:
    async def test(asking: Asking) -> None:
        large = bytes(90_000_000)
        waiting = [asking.ask(large) for _ in range(3)]
        with pytest.raises(LimitExceeded):
            asking.ask(large)
        for each in waiting:
            each.cancel()

    with_pool(tmp_path, test)


def test_a_model_that_is_refused_is_told_in_its_words(tmp_path: Path) -> None:
    (tmp_path / "refuse").touch()

    async def test(asking: Asking) -> None:
        with pytest.raises(PermissionDenied, match=r"^The model is untrusted\.$"):
            await asking.pool.start()

    with_pool(tmp_path, test)


def test_a_process_that_ends_while_it_loads_is_told(tmp_path: Path) -> None:
    (tmp_path / "die").touch()

    async def test(asking: Asking) -> None:
        with pytest.raises(ModelyardError, match="its process ended with code 9"):
            await asking.pool.start()

    with_pool(tmp_path, test)


def test_what_a_worker_foretells_is_told_before_it_has_loaded_the_model(tmp_path: Path) -> None:
    async def test(asking: Asking) -> None:
        loaded, foretold = asking.pool.begin(foretell=True)
        told = await foretold
        assert told is not None
        assert told.card.name == "foretold"
        assert (await loaded).card.name == "scripted"
        (outcome,) = await asking.outcomes(b"a")
        assert outcome == b"a of 1"

    with_pool(tmp_path, test)


def test_nothing_is_foretold_where_nobody_asks(tmp_path: Path) -> None:
    async def test(asking: Asking) -> None:
        loaded, foretold = asking.pool.begin(has_to_load=True)
        assert await foretold is None
        assert (await loaded).card.name == "scripted"

    with_pool(tmp_path, test)


@pytest.mark.parametrize("deed", ["refuse", "die"])
def test_a_model_that_was_foretold_and_does_not_load_keeps_nobody_waiting(tmp_path: Path, deed: str) -> None:
    (tmp_path / deed).touch()

    async def test(asking: Asking) -> None:
        loaded, foretold = asking.pool.begin(has_to_load=True, foretell=True)
        waiting = asking.ask(b"a")
        assert await foretold is not None
        with pytest.raises(ModelyardError):
            await loaded
        assert isinstance(await waiting, Unavailable)
        with pytest.raises(Unavailable):
            asking.ask(b"b")
        assert asking.pool.restarts == 0

    with_pool(tmp_path, test)


def test_when_the_model_cannot_be_loaded_again_those_who_wait_are_told(tmp_path: Path) -> None:
    async def test(asking: Asking) -> None:
        await asking.pool.start()
        (tmp_path / "refuse").touch()
        (outcome,) = await asking.outcomes(b"die")
        assert isinstance(outcome, Unavailable)
        assert outcome.reason == "MODEL"
        assert asking.pool.is_crashing
        with pytest.raises(Unavailable):
            asking.ask(b"a")
        (tmp_path / "refuse").unlink()
        while not asking.pool.alive:
            await asyncio.sleep(0.05)
        assert await asking.outcomes(b"a") == [b"a of 1"]

    with_pool(tmp_path, test)


def test_workers_that_nobody_needs_rest_and_the_next_work_wakes_them(tmp_path: Path) -> None:
    async def test(asking: Asking) -> None:
        pool = asking.pool
        await pool.start()
        pool.rest_when_idle(0.05)
        while pool.pids:
            await asyncio.sleep(0.01)
        assert pool.is_resting
        assert pool.is_idle
        assert pool.restarts == 0, "they were told to end, and did not die"
        assert await asking.outcomes(b"a", b"b") == [b"a of 2", b"b of 2"]
        assert not pool.is_resting
        assert len(asking.launcher.started) == 2

    with_pool(tmp_path, test)


def test_each_waking_puts_the_next_rest_off(tmp_path: Path) -> None:
    async def test(asking: Asking) -> None:
        pool = asking.pool
        await pool.start()
        pool.rest_when_idle(0.05)
        while not pool.is_resting:
            await asyncio.sleep(0.01)
        await asking.outcomes(b"a")
        began = asyncio.get_running_loop().time()
        while not pool.is_resting:
            await asyncio.sleep(0.01)
        assert asyncio.get_running_loop().time() - began >= 0.19

    with_pool(tmp_path, test)
