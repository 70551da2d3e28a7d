"""The short ways answer as the models do, bit by bit, or not at all."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import modelyard
from modelyard.batch import speed
from modelyard.batch.speed import LINEAR, find_forest, find_numbers, matrix
from modelyard.models.mlmodel import Model
from modelyard.models.trust import digest
from tests.support.processes import ROOT
from tests.unit.batch.conftest import Score

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
NAMES = ["first", "second", "third", "fourth"]


def data(rows: int, seed: int = 0) -> Any:
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(seed)
    return pd.DataFrame(np.round(draw.normal(size=(rows, len(NAMES))) * 10, 3), columns=NAMES)


def saved(estimator: Any, folder: str = "fitted", *, verify: bool = False) -> Any:
    frame = data(200)
    target = frame["first"] * 2 - frame["third"] + data(200, 1)["second"]
    estimator.fit(frame, target)
    modelyard.sklearn.save_model(estimator, folder, input_example=frame.head(3), verify=verify)
    return estimator


@pytest.mark.parametrize(("module", "name"), sorted(LINEAR))
def test_a_linear_model_is_its_numbers(module: str, name: str, tmp_path: Path) -> None:
    import importlib

    import pyarrow

    estimator = saved(getattr(importlib.import_module(module), name)())
    shortcut = find_numbers(tmp_path / "fitted", Model.load(tmp_path / "fitted"), trust=None)
    assert shortcut is not None
    for rows in (1, 3, 100, 4097):
        frame = data(rows, rows)
        assert (shortcut(pyarrow.table(dict(frame))) == estimator.predict(frame)).all()


@pytest.mark.parametrize("name", ["RandomForestRegressor", "ExtraTreesRegressor"])
def test_a_forest_is_its_trees(name: str, tmp_path: Path) -> None:
    import pyarrow
    from sklearn import ensemble

    estimator = saved(getattr(ensemble, name)(7, random_state=1))
    shortcut = find_forest(Model.load(tmp_path / "fitted"), estimator)
    assert shortcut is not None
    for rows in (1, 1000, 40_000):
        frame = data(rows, rows)
        assert (shortcut(pyarrow.table(dict(frame))) == estimator.predict(frame)).all()
    assert list(estimator.feature_names_in_) == NAMES


@pytest.mark.parametrize("form", ["skops", "cloudpickle", "pickle"])
def test_a_forest_that_was_verified_is_its_numbers(form: str, tmp_path: Path) -> None:
    import pyarrow
    from sklearn.ensemble import RandomForestRegressor

    estimator = RandomForestRegressor(7, random_state=1).fit(data(200), data(200, 1)["second"])
    modelyard.sklearn.save_model(
        estimator, "fitted", input_example=data(3), serialization_format=form,
        skops_trusted_types=["sklearn.tree._tree.Tree"],
    )  # fmt: skip
    shortcut = find_numbers(tmp_path / "fitted", Model.load(tmp_path / "fitted"), trust=None)
    assert shortcut is not None
    frame = data(10_000, 5)
    assert (shortcut(pyarrow.table(dict(frame))) == estimator.predict(frame)).all()


def changed_prediction(verdict: dict[str, Any]) -> None:
    verdict["reference"]["predictions"][3] = math.nextafter(verdict["reference"]["predictions"][3], math.inf)


def changed_type(verdict: dict[str, Any]) -> None:
    verdict["reference"]["dtype"] = "<f4"


def fewer_columns(verdict: dict[str, Any]) -> None:
    verdict["reference"]["rows"] = [row[1:] for row in verdict["reference"]["rows"]]


def failed(verdict: dict[str, Any]) -> None:
    verdict["status"] = "failed"


def no_verdict(verdict: dict[str, Any]) -> None:
    verdict["reference"] = "none"


@pytest.mark.parametrize("change", [changed_prediction, changed_type, fewer_columns, failed, no_verdict])
def test_numbers_that_were_not_seen_to_be_the_forest_s_are_not_used(
    change: Callable[[dict[str, Any]], None], tmp_path: Path, score: Score
) -> None:
    import pandas as pd
    from sklearn.ensemble import RandomForestRegressor

    estimator = saved(RandomForestRegressor(3), verify=True)
    file = tmp_path / "fitted" / "verification.json"
    verdict = json.loads(file.read_text())
    change(verdict)
    file.write_text(json.dumps(verdict))
    for name in ("manifest.json", "manifest.sig"):
        (tmp_path / "fitted" / name).unlink()
    trust = digest(tmp_path / "fitted")
    assert find_numbers(tmp_path / "fitted", Model.load(tmp_path / "fitted"), trust=trust) is None
    data(50, 2).to_csv("in.csv", index=False)
    score("in.csv", "out.csv", model="fitted", trust=trust)
    assert pd.read_csv("out.csv")["prediction"].tolist() == estimator.predict(data(50, 2)).tolist()


def test_a_forest_that_is_too_large_goes_the_long_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.ensemble import RandomForestRegressor

    estimator = saved(RandomForestRegressor(3), verify=True)
    monkeypatch.setattr(speed, "_MOST_NODES", 100)
    model = Model.load(tmp_path / "fitted")
    assert find_numbers(tmp_path / "fitted", model, trust=None) is None
    assert find_forest(model, estimator) is None


def test_a_table_with_gaps_or_infinities_is_left_to_the_model(tmp_path: Path) -> None:
    import pyarrow
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.linear_model import LinearRegression

    saved(LinearRegression())
    linear = find_numbers(tmp_path / "fitted", Model.load(tmp_path / "fitted"), trust=None)
    forest = saved(RandomForestRegressor(3), "forest")
    trees = find_forest(Model.load(tmp_path / "forest"), forest)
    assert linear is not None and trees is not None
    for value in (None, float("nan"), float("inf"), 1e39):
        table = pyarrow.table({name: pyarrow.array([1.0, value], pyarrow.float64()) for name in NAMES})
        assert trees(table) is None
        assert linear(table) is None or value == 1e39


def other_estimators() -> list[Any]:
    from sklearn.ensemble import GradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return [
        GradientBoostingRegressor(n_estimators=3),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ]


@pytest.mark.parametrize("place", [0, 1])
def test_other_models_go_the_long_way(place: int, tmp_path: Path, score: Score) -> None:
    import pandas as pd

    estimator = other_estimators()[place]
    frame = data(300)
    target = (frame["first"] > 0).astype(int)
    estimator.fit(frame, target)
    modelyard.sklearn.save_model(estimator, "other", input_example=frame.head(3), verify=False)
    assert find_numbers(tmp_path / "other", Model.load(tmp_path / "other"), trust=None) is None
    assert find_forest(Model.load(tmp_path / "other"), estimator) is None
    frame.to_csv("in.csv", index=False)
    score("in.csv", "out.csv", model="other", chunk_rows=70, columns="none")
    assert pd.read_csv("out.csv")["prediction"].tolist() == pytest.approx(estimator.predict(frame).tolist(), rel=1e-12)


def test_gaps_are_rejected_with_the_model_s_own_words(score: Score, tmp_path: Path) -> None:
    from sklearn.linear_model import LinearRegression

    saved(LinearRegression())
    frame = data(100)
    frame.loc[[3, 50], "third"] = float("nan")
    frame.to_csv("in.csv", index=False)
    report = score("in.csv", "out.csv", model="fitted", chunk_rows=30)
    assert (report.scored, report.rejected) == (98, 2)
    told = (tmp_path / "out.csv.rejected.jsonl").read_text()
    assert "NaN" in told
    assert '"row":4,' in told and '"row":51,' in told


@pytest.mark.parametrize("name", ["linear_model.Ridge", "ensemble.RandomForestRegressor"])
def test_numbers_score_without_scikit_learn_being_imported(name: str, tmp_path: Path) -> None:
    import importlib

    module, _, name = name.partition(".")
    saved(getattr(importlib.import_module(f"sklearn.{module}"), name)(), verify=True)
    data(50).to_csv("in.csv", index=False)
    code = (
        "import sys; from modelyard.cli.main import main;"
        " main(['batch', 'score', 'fitted', 'in.csv', 'out.csv', '--no-run']);"
        " print([name for name in ('sklearn', 'pandas', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT / "src"), "MODELYARD_HOME": str(tmp_path / "home")},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert done.stdout == "[]\n"


def test_a_matrix_is_laid_out_as_a_data_frame_s(tmp_path: Path) -> None:
    import pyarrow

    frame = data(10)
    rows = matrix(pyarrow.table(dict(frame)), NAMES)
    assert (rows == frame.to_numpy()).all()
    assert rows.flags.f_contiguous and frame.to_numpy().flags.f_contiguous
