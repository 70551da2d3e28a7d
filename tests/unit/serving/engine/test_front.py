"""What the front does with a fast path that is remembered or foretold, and with what a worker then says of the model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import msgspec
import numpy
import pytest

from modelyard.core.errors import ModelyardError, Unavailable
from modelyard.serving import fastpath
from modelyard.serving.card import Card
from modelyard.serving.fastpath.linear import LinearKernel
from modelyard.serving.fastpath.steps import Steps
from modelyard.serving.front import Front
from modelyard.serving.options import ServeOptions
from modelyard.serving.pool import Beginning, Pool
from modelyard.serving.remembered import Memory
from modelyard.serving.worker.frames import Started
from modelyard.web.tasks import Tasks

FACTS = {"name": "wine", "uri": "./wine"}


def started(weight: float = 2.0, seconds: float = 1.0) -> Started:
    kernel = LinearKernel(1, Steps(), numpy.array([weight]), numpy.array(0.0))
    card = Card(**FACTS, columns=("acid",), kernel="linear", load_seconds=seconds)
    return Started(card, fastpath.pack(kernel.arrays()))


class SlowPool:
    """A pool whose worker tells what it is told to tell, when it is told to."""

    alive = restarts = waiting = 0
    is_crashing = is_resting = False
    is_idle = True

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.beginning = Beginning(loop.create_future(), loop.create_future())
        self.rests_after = 0.0
        self.has_to_load = self.is_asked_before = False

    def begin(self, *, has_to_load: bool = False, foretell: bool = False) -> Beginning:
        self.has_to_load, self.is_asked_before = has_to_load, foretell
        if not foretell:
            self.beginning.foretold.set_result(None)
        return self.beginning

    def rest_when_idle(self, after: float) -> None:
        self.rests_after = after

    async def foretell(self, what: Started | None) -> None:
        self.beginning.foretold.set_result(what)
        await turns()

    async def tell(self, what: Started) -> None:
        self.alive = 1
        self.beginning.loaded.set_result(what)
        if not self.beginning.foretold.done():
            self.beginning.foretold.set_result(None)
        await turns()

    async def fail(self) -> None:
        self.beginning.loaded.set_exception(ModelyardError("The model cannot be loaded."))
        if not self.beginning.foretold.done():
            self.beginning.foretold.set_result(None)
        await turns()


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def with_front(
    folder: Path, test: Callable[[Front, SlowPool], Awaitable[None]], *, foretell: bool = False, ends: int | None = None
) -> Memory:
    memory = Memory(folder, "wine", FACTS)
    codes: list[int] = []

    async def run() -> None:
        pool = SlowPool()
        front = Front(
            ServeOptions(model="./wine"), cast("Pool", pool), memory, name="wine", may_foretell=lambda: foretell
        )
        tasks = Tasks()
        starting = asyncio.ensure_future(front.start(tasks, codes.append))
        await asyncio.sleep(0)
        try:
            await test(front, pool)
            await starting
        finally:
            tasks.cancel()

    asyncio.run(run())
    assert codes == ([] if ends is None else [ends])
    return memory


def test_a_model_that_nothing_is_remembered_of_is_waited_for(tmp_path: Path) -> None:
    async def test(front: Front, pool: SlowPool) -> None:
        assert not front.app.routes
        with pytest.raises(Unavailable):
            front.check_ready()
        assert pool.has_to_load
        await pool.tell(started())
        assert b"/invocations" in front.app.routes
        front.check_ready()

    assert with_front(tmp_path, test).recall() == started()


def test_one_that_is_remembered_is_answered_for_at_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Memory(tmp_path, "wine", FACTS).keep(started())

    async def test(front: Front, pool: SlowPool) -> None:
        before = front.app.routes
        assert b"/invocations" in before
        front.check_ready()
        assert not pool.has_to_load, "a worker that dies while it loads is replaced, and the server goes on"
        await pool.tell(started(seconds=3.0))
        assert front.app.routes is before
        front.check_ready()

    with_front(tmp_path, test)
    assert "is not what was remembered" not in caplog.text


def test_a_model_that_is_not_what_was_remembered_takes_its_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Memory(tmp_path, "wine", FACTS).keep(started(weight=1.0))

    async def test(front: Front, pool: SlowPool) -> None:
        before = front.app.routes
        await pool.tell(started(weight=2.0))
        assert front.app.routes is not before
        assert pool.rests_after > 0

    assert with_front(tmp_path, test).recall() == started(weight=2.0)
    assert "the model is not what was remembered of it" in caplog.text


def test_a_model_whose_fast_path_is_not_certified_any_more_is_asked_itself(tmp_path: Path) -> None:
    Memory(tmp_path, "wine", FACTS).keep(started())

    async def test(front: Front, pool: SlowPool) -> None:
        assert pool.rests_after > 0
        card = msgspec.structs.replace(started().card, kernel="", kernel_reason="A row is predicted otherwise.")
        await pool.tell(Started(card))
        assert pool.rests_after == 0, "its workers are needed"
        assert b"/invocations" in front.app.routes

    assert with_front(tmp_path, test).recall() is None


def test_a_fast_path_that_cannot_be_made_again_is_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken = msgspec.structs.replace(started(), kernel=fastpath.pack({"columns": numpy.array(1)}))
    Memory(tmp_path, "wine", FACTS).keep(broken)

    async def test(front: Front, pool: SlowPool) -> None:
        assert not front.app.routes
        assert pool.has_to_load
        await pool.tell(started())

    assert with_front(tmp_path, test).recall() == started()
    assert "is of no use" in caplog.text


def test_why_a_model_does_not_load_is_told_to_whoever_starts_it(tmp_path: Path) -> None:
    async def test(_: Front, pool: SlowPool) -> None:
        await pool.fail()

    with pytest.raises(ModelyardError, match="cannot be loaded"):
        with_front(tmp_path, test)


# ----------------------------------------------------------------------------------------------------------------------
# What a worker tells before it has loaded the model


def test_a_model_that_is_foretold_is_answered_for_while_it_is_loaded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(front: Front, pool: SlowPool) -> None:
        assert pool.is_asked_before
        assert not front.app.routes
        await pool.foretell(started(seconds=0.0))
        before = front.app.routes
        assert b"/invocations" in before
        front.check_ready()
        assert Memory(tmp_path, "wine", FACTS).recall() is None, "nobody has certified it yet"
        await pool.tell(started())
        assert front.app.routes is before
        front.check_ready()

    assert with_front(tmp_path, test, foretell=True).recall() == started()
    assert "is not what was" not in caplog.text


def test_a_model_of_which_nothing_is_foretold_is_waited_for(tmp_path: Path) -> None:
    async def test(front: Front, pool: SlowPool) -> None:
        await pool.foretell(None)
        assert not front.app.routes
        await pool.tell(started())
        assert b"/invocations" in front.app.routes

    assert with_front(tmp_path, test, foretell=True).recall() == started()


def test_a_model_that_is_not_what_was_foretold_takes_its_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(front: Front, pool: SlowPool) -> None:
        await pool.foretell(started(weight=1.0))
        before = front.app.routes
        await pool.tell(started(weight=2.0))
        assert front.app.routes is not before

    assert with_front(tmp_path, test, foretell=True).recall() == started(weight=2.0)
    assert "the model is not what was foretold of it" in caplog.text


def test_a_model_that_was_foretold_and_does_not_load_ends_the_server(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(front: Front, pool: SlowPool) -> None:
        await pool.foretell(started())
        assert pool.has_to_load
        await pool.fail()

    assert with_front(tmp_path, test, foretell=True, ends=1).recall() is None
    assert "The model cannot be loaded." in caplog.text


def test_nobody_is_asked_to_foretell_what_is_remembered(tmp_path: Path) -> None:
    Memory(tmp_path, "wine", FACTS).keep(started())

    async def test(_: Front, pool: SlowPool) -> None:
        assert not pool.is_asked_before
        await pool.tell(started())

    with_front(tmp_path, test, foretell=True)
