"""Rows that walk beside this process come to where they would in it, whatever becomes of the other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import modelyard
from modelyard.batch import walkers
from modelyard.batch.forest import Forest
from modelyard.batch.walkers import Walker, Walkers
from tests.support.processes import ROOT, is_alive
from tests.support.waiting import wait_for
from tests.unit.batch.conftest import Score

np = pytest.importorskip("numpy", reason="numpy is not installed")
ensemble = pytest.importorskip("sklearn.ensemble", reason="scikit-learn is not installed")
NAMES = ["a", "b", "c"]


def rows_of(count: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(count, len(NAMES))).astype("float32")


@pytest.fixture(scope="module")
def forest() -> Forest:
    rows = rows_of(500)
    estimator = ensemble.RandomForestRegressor(5, random_state=0).fit(rows, rows[:, 0] - rows[:, 2])
    return Forest([each.tree_ for each in estimator.estimators_], len(NAMES))


@pytest.fixture
def beside(forest: Forest) -> Iterator[Walker]:
    found = Walker(forest)
    yield found
    found.close()


@pytest.fixture
def pair(forest: Forest) -> Iterator[Walkers]:
    """This process and another; this one is at work, so that what comes is for the other."""
    found = Walkers(forest, 2)
    assert found._free.get() is None
    yield found
    found.close()


def test_the_other_process_predicts_what_this_one_does(forest: Forest, beside: Walker) -> None:
    for count in (1, 7, 40_000):
        rows = rows_of(count, count)
        for layout in (rows, np.asfortranarray(rows), rows[::2]):
            assert beside.predict(layout).tobytes() == forest.predict(layout).tobytes()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_that_is_lost_is_done_without(
    end: signal.Signals, forest: Forest, pair: Walkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walkers, "_PATIENCE", 2)
    (other,) = pair._others
    rows = rows_of(100_000)  # more than a socket holds
    assert pair.predict(rows[:10]).tolist() == forest.predict(rows[:10]).tolist()
    assert other._process is not None and not other.is_lost
    os.kill(other._process.pid, end)
    assert pair.predict(rows).tobytes() == forest.predict(rows).tobytes()
    assert other.is_lost
    assert other._process.poll() is not None
    assert pair.predict(rows).tobytes() == forest.predict(rows).tobytes()


def test_an_interpreter_that_does_not_start_is_done_without(
    forest: Forest, pair: Walkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert pair.predict(rows_of(9)).tolist() == forest.predict(rows_of(9)).tolist()
    assert pair._others[0].is_lost


def test_rows_the_other_process_cannot_walk_with_are_walked_with_here(pair: Walkers) -> None:
    with pytest.raises(IndexError):
        pair.predict(rows_of(10)[:, :2])  # as in this process
    assert pair._others[0].is_lost


def test_nobody_is_begun_for_one_after_the_other(forest: Forest) -> None:
    found = Walkers(forest, 3)
    for seed in range(5):
        found.predict(rows_of(50, seed))
    assert [each._process for each in found._others] == [None, None]


def test_there_are_no_more_than_there_is_work_for(forest: Forest) -> None:
    assert Walkers(forest, 1)._others == []
    assert len(Walkers(forest, 1000)._others) == walkers.MOST


def test_all_that_ask_at_once_are_answered(forest: Forest) -> None:
    found = Walkers(forest, 3)
    answers: dict[int, bytes] = {}

    def ask(seed: int) -> None:
        answers[seed] = found.predict(rows_of(5000, seed)).tobytes()

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        found.close()
    assert answers == {seed: forest.predict(rows_of(5000, seed)).tobytes() for seed in range(8)}


@pytest.fixture
def saved() -> Any:
    """A forest that was verified, in the folder ``forest``, and a thousand rows for it in ``in.csv``."""
    import pandas as pd

    frame = pd.DataFrame(rows_of(1000).astype("float64"), columns=NAMES)
    estimator = ensemble.RandomForestRegressor(5, random_state=0).fit(frame, frame["a"] - frame["c"])
    modelyard.sklearn.save_model(estimator, "forest", input_example=frame.head(3))
    frame.to_csv("in.csv", index=False)
    return estimator


@pytest.mark.parametrize("source", ["in.csv", "in.parquet"])
def test_any_number_of_workers_writes_the_same(source: str, saved: Any, score: Score, tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.read_csv("in.csv")
    frame.loc[501, "b"] = float("nan")
    frame.to_csv("in.csv", index=False)
    frame.to_parquet("in.parquet", index=False)
    reports = [score(source, f"out{count}.csv", model="forest", workers=count, chunk_rows=50) for count in (1, 3)]
    assert (tmp_path / "out1.csv").read_bytes() == (tmp_path / "out3.csv").read_bytes()
    kept = frame if reports[0].rejected == 0 else frame.dropna()
    assert pd.read_csv("out3.csv")["prediction"].tolist() == saved.predict(kept).tolist()


def test_a_batch_that_is_killed_leaves_nobody_behind(tmp_path: Path, saved: Any) -> None:
    code = (
        "import modelyard.batch.walkers as walkers\n"
        "begin = walkers.Walker._begin\n"
        "def told(self):\n"
        "    line = begin(self)\n"
        "    print(self._process.pid, flush=True)\n"
        "    return line\n"
        "walkers.Walker._begin = told\n"
        "from modelyard.cli.main import main\n"
        "main(['batch', 'score', 'forest', 'many.csv', 'out.csv', '--no-run', '--workers', '2', '--chunk-rows', '500'])\n"
    )
    head, *lines = (tmp_path / "in.csv").read_text().splitlines(keepends=True)
    (tmp_path / "many.csv").write_text(head + "".join(lines) * 500)
    environment = {"PYTHONPATH": str(ROOT / "src"), "MODELYARD_HOME": str(tmp_path / "home")}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        number = int(process.stdout.readline())
        process.kill()
    wait_for(lambda: not is_alive(number), 20)
