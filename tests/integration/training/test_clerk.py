"""Processes that train and predict: one that falls or takes too long harms its own request and no other."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import DeadlineExceeded, InvalidParameter, NotFound
from modelyard.tracking import MlflowClient
from modelyard.training.request import TrainRequest
from modelyard.training.service.clerk import Clerk, ClerkFailed, Role
from modelyard.training.service.frames import Describe, ListModels, Train, Which

pytest.importorskip("sklearn", reason="sklearn is not installed")

SECONDS = 120.0


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A table to train on."""
    file = tmp_path / "table.csv"
    file.write_text("a,b,y\n" + "".join(f"{i},{i % 7},{i * 2 + i % 7}\n" for i in range(3000)))
    return file


def with_clerk(role: Role, store: Path, use: Callable[[Clerk], Awaitable[None]]) -> None:
    async def run() -> None:
        clerk = Clerk(role, str(store))
        try:
            await use(clerk)
        finally:
            await clerk.close()

    asyncio.run(run())


def slow(data: Path) -> Train:
    request = TrainRequest(target="y", model="RandomForestRegressor", params={"n_estimators": 50_000})
    return Train(request=request, file=str(data))


async def training_begins(client: MlflowClient) -> Any:
    while True:
        found = client.get_experiment_by_name("training")
        runs = client.search_runs([found.experiment_id]) if found else []
        if runs:
            return runs[0].info.run_id
        await asyncio.sleep(0.05)


def test_a_job_fails_as_what_it_failed_with_and_the_next_one_is_done(tmp_path: Path) -> None:
    async def use(clerk: Clerk) -> None:
        with pytest.raises(NotFound, match="no trained model"):
            await clerk.ask(Describe(which=Which()), seconds=SECONDS)
        missing = Train(request=TrainRequest(target="y"), file=str(tmp_path / "no.csv"))
        with pytest.raises(NotFound, match=r"no\.csv"):
            await clerk.ask(missing, seconds=SECONDS)
        wrong = Train(request=TrainRequest(target="y", model="Nope"), file=__file__)
        with pytest.raises(InvalidParameter):
            await clerk.ask(wrong, seconds=SECONDS)
        assert json.loads((await clerk.ask(ListModels(), seconds=SECONDS)).body) == {"models": []}

    with_clerk("predicts", tmp_path / "models", use)


def test_a_process_that_falls_is_replaced(tmp_path: Path, data: Path) -> None:
    async def use(clerk: Clerk) -> None:
        asked = asyncio.ensure_future(clerk.ask(slow(data), seconds=SECONDS))
        waiting = asyncio.ensure_future(clerk.ask(ListModels(), seconds=SECONDS))
        await training_begins(MlflowClient(str(tmp_path / "models")))
        assert clerk.pid is not None
        os.kill(clerk.pid, signal.SIGKILL)
        with pytest.raises(ClerkFailed, match="code -9"):
            await asked
        assert (await waiting).body
        assert clerk.idle

    with_clerk("trains", tmp_path / "models", use)


def test_a_job_that_takes_too_long_is_ended(tmp_path: Path, data: Path) -> None:
    async def use(clerk: Clerk) -> None:
        await clerk.ask(ListModels(), seconds=SECONDS)
        with pytest.raises(DeadlineExceeded, match=r"0\.5 seconds"):
            await clerk.ask(slow(data), seconds=0.5)
        assert (await clerk.ask(ListModels(), seconds=SECONDS)).body

    with_clerk("trains", tmp_path / "models", use)


def test_a_training_that_is_stopped_is_a_killed_run(tmp_path: Path, data: Path) -> None:
    client = MlflowClient(str(tmp_path / "models"))
    stopped: list[str] = []

    async def use(clerk: Clerk) -> None:
        asked = asyncio.ensure_future(clerk.ask(slow(data), seconds=SECONDS))
        stopped.append(await training_begins(client))
        await clerk.close()
        with pytest.raises(ClerkFailed):
            await asked

    with_clerk("trains", tmp_path / "models", use)
    assert client.get_run(stopped[0]).info.status == "KILLED"
