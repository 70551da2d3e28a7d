"""A server that is started again, or was prepared for: it answers before its worker has loaded the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

import modelyard as mlflow
from modelyard.serving import fastpath
from modelyard.serving.options import ServeOptions
from modelyard.serving.remembered import Memory
from modelyard.serving.run import prepare
from tests.integration.serving.asked import LOADED, ROWS, predicted, predicted_by_worker, starts
from tests.support.moody import StartMoody
from tests.support.waiting import wait_for

linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")

RECALLED = "this fast path was certified at an earlier start here"


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Path]:
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))
    model = linear_model.ElasticNet(alpha=0.1).fit(ROWS, ROWS.sum(axis=1))
    mlflow.sklearn.save_model(model, tmp_path / "model", input_example=ROWS[:2], verify=False)
    return model, tmp_path / "model"


def test_the_second_start_answers_before_the_model_is_loaded(start_moody: StartMoody, saved: tuple[Any, Path]) -> None:
    model, folder = saved
    first = start_moody(folder)
    assert RECALLED not in first.log
    assert first.stop() == 0
    assert len(starts()) == 1
    second = start_moody(folder)
    assert RECALLED in second.log.partition(LOADED)[0]
    assert second.is_ready()
    assert predicted(second) == model.predict(ROWS[:3]).tolist()
    assert predicted_by_worker(second) == model.predict(ROWS[:3]).tolist(), "what needs the worker waits for it"
    assert LOADED in second.log
    assert "not what was remembered" not in second.log


def test_a_model_that_was_prepared_for_is_answered_for_at_once(
    start_moody: StartMoody, saved: tuple[Any, Path]
) -> None:
    model, folder = saved
    card = prepare(ServeOptions(model=str(folder)))
    assert (card.kernel, card.flavor) == ("linear", "sklearn")
    server = start_moody(folder)
    assert RECALLED in server.log.partition(LOADED)[0]
    assert predicted(server) == model.predict(ROWS[:3]).tolist()


def test_what_is_wrongly_remembered_is_put_right_by_the_model_itself(
    start_moody: StartMoody, saved: tuple[Any, Path]
) -> None:
    model, folder = saved
    prepare(ServeOptions(model=str(folder)))
    (file,) = starts()
    memory = Memory(file.parent, file.stem, {"name": "model", "uri": str(folder)})
    right = memory.recall()
    assert right is not None
    arrays = dict(fastpath.unpack(right.kernel))
    arrays["intercept"] = arrays["intercept"] + 1.0
    memory.keep(msgspec.structs.replace(right, kernel=fastpath.pack(arrays)))
    server = start_moody(folder)
    wait_for(lambda: "the model is not what was remembered of it" in server.log)
    assert predicted(server) == model.predict(ROWS[:3]).tolist()
    again = memory.recall()
    assert again is not None
    assert again.kernel == right.kernel


def test_without_the_fast_path_nothing_is_remembered(start_moody: StartMoody, saved: tuple[Any, Path]) -> None:
    _, folder = saved
    prepare(ServeOptions(model=str(folder)))
    server = start_moody(folder, fast=False)
    assert RECALLED not in server.log
    assert len(starts()) == 1
    assert server.stop() == 0


def test_a_model_whose_files_changed_is_not_the_one_that_is_remembered(
    start_moody: StartMoody, saved: tuple[Any, Path], tmp_path: Path
) -> None:
    _, folder = saved
    prepare(ServeOptions(model=str(folder)))
    other = linear_model.ElasticNet(alpha=0.1).fit(ROWS, -ROWS.sum(axis=1))
    mlflow.sklearn.save_model(other, tmp_path / "other", input_example=ROWS[:2], verify=False)
    folder.rename(tmp_path / "before")
    (tmp_path / "other").rename(folder)
    server = start_moody(folder)
    assert RECALLED not in server.log
    assert predicted(server) == other.predict(ROWS[:3]).tolist()
