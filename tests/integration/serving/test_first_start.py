"""The first start of a model on a machine: what its files foretell is answered before the worker has loaded it."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import numpy
import pytest

import modelyard as mlflow
from modelyard.models.trust import sign
from modelyard.models.verdict import VERDICT_FILE
from tests.integration.serving.asked import LOADED, ROWS, predicted, predicted_by_worker, starts
from tests.support.moody import StartMoody
from tests.support.waiting import wait_for

linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
ensemble = pytest.importorskip("sklearn.ensemble", reason="scikit-learn is not installed")

FORETOLD = "predicts what the model predicted when it was verified"
SUM = ROWS.sum(axis=1)
MODELS = {
    "linear": (linear_model.ElasticNet(alpha=0.1), SUM),
    "forest": (ensemble.RandomForestRegressor(10, random_state=1), SUM),
    "texts": (ensemble.RandomForestClassifier(10, random_state=1), numpy.array(["low", "high"])[(SUM > 0).astype(int)]),
    "objects": (linear_model.LogisticRegression(), numpy.array(["low", "high"], dtype=object)[(SUM > 0).astype(int)]),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered, and nobody else's keys are trusted."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))


@pytest.fixture
def saved(home: None, tmp_path: Path) -> tuple[Any, Path]:
    """A linear model and its folder."""
    return fit_and_save("linear", tmp_path / "model")


def fit_and_save(kind: str, folder: Path, **options: Any) -> tuple[Any, Path]:
    estimator, target = MODELS[kind]
    model = estimator.fit(ROWS, target)
    mlflow.sklearn.save_model(model, folder, input_example=ROWS[:2], **options)
    return model, folder


def rewrite(folder: Path, **changed: Any) -> None:
    """Change the reference of a model's verdict as its owner could, and sign the folder again."""
    file = folder / VERDICT_FILE
    verdict = json.loads(file.read_bytes())
    verdict["reference"] = {**verdict["reference"], **changed} if changed else None
    file.write_bytes(msgspec.json.encode(verdict))
    sign(folder)


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_is_answered_for_before_it_is_loaded(
    home: None, start_moody: StartMoody, tmp_path: Path, kind: str
) -> None:
    model, folder = fit_and_save(kind, tmp_path / "model")
    server = start_moody(folder, workers=2)
    assert FORETOLD in server.log.partition(LOADED)[0]
    assert server.is_ready()
    assert predicted(server) == model.predict(ROWS[:3]).tolist()
    assert predicted_by_worker(server) == model.predict(ROWS[:3]).tolist(), "what needs the worker waits for it"
    wait_for(starts)
    assert "not what was foretold" not in server.log
    assert server.log.count(FORETOLD) == 1


def test_a_certificate_follows_and_is_what_the_next_start_goes_by(
    saved: tuple[Any, Path], start_moody: StartMoody
) -> None:
    _, folder = saved
    first = start_moody(folder)
    wait_for(starts)
    assert first.stop() == 0
    second = start_moody(folder)
    assert FORETOLD not in second.log
    assert "certified at an earlier start here" in second.log


@pytest.mark.parametrize(
    "changed",
    [
        {"predictions": [0.0] * 18},
        {"dtype": "<f4"},
        {"dtype": "nonsense"},
        {"predictions": ["a"] * 18},
        {"predictions": []},
        {"rows": [], "predictions": []},
        {"rows": [[1.0]] * 18},
        {"rows": [[1e300, 1.0, 1.0]] * 18},
        {"rows": [[1.0], [1.0, 2.0]]},
        {},
    ],
    ids=str,
)
def test_a_reference_that_does_not_fit_is_no_reason_to_answer(
    saved: tuple[Any, Path], start_moody: StartMoody, changed: dict[str, Any]
) -> None:
    model, folder = saved
    rewrite(folder, **changed)
    server = start_moody(folder)
    assert FORETOLD not in server.log
    assert LOADED in server.log
    assert predicted(server) == model.predict(ROWS[:3]).tolist()


def test_a_reference_with_another_model_in_its_folder_does_not_fit(
    saved: tuple[Any, Path], start_moody: StartMoody, tmp_path: Path
) -> None:
    _, folder = saved
    other = linear_model.ElasticNet(alpha=0.1).fit(ROWS, -ROWS.sum(axis=1))
    mlflow.sklearn.save_model(other, tmp_path / "other", input_example=ROWS[:2])
    shutil.copy(folder / VERDICT_FILE, tmp_path / "other" / VERDICT_FILE)
    sign(tmp_path / "other")
    server = start_moody(tmp_path / "other")
    assert FORETOLD not in server.log
    assert "the model's files alone do not tell its fast path: A row is predicted otherwise" in server.log
    assert predicted(server) == other.predict(ROWS[:3]).tolist()


def test_packages_in_other_versions_than_the_model_asks_for_foretell_nothing(
    home: None, start_moody: StartMoody, tmp_path: Path
) -> None:
    _, folder = fit_and_save("linear", tmp_path / "model", pip_requirements=["scikit-learn==0.1"])
    server = start_moody(folder)
    assert FORETOLD not in server.log
    assert LOADED in server.log


@pytest.mark.parametrize("options", [{"fast": False}, {"batching": "never", "fast": False}])
def test_without_the_fast_path_nothing_is_foretold(
    saved: tuple[Any, Path], start_moody: StartMoody, options: dict[str, Any]
) -> None:
    server = start_moody(saved[1], **options)
    assert FORETOLD not in server.log


def test_a_model_that_does_not_load_after_all_ends_its_server(saved: tuple[Any, Path], start_moody: StartMoody) -> None:
    _, folder = saved
    strange = {"__class__": "nothing", "__module__": "sklearn.nowhere", "__loader__": "FunctionNode", "content": {}}
    with_attribute(folder / "model.skops", "strange", strange)
    sign(folder)
    server = start_moody(folder)
    assert server.wait() == 1
    assert FORETOLD in server.log
    assert 'logger=modelyard.serving.front msg="The model cannot be loaded.' in server.log
    assert not starts()


def with_attribute(file: Path, name: str, node: dict[str, Any]) -> None:
    """Give the estimator in a skops file one more attribute."""
    with zipfile.ZipFile(file) as inside:
        members = {each: inside.read(each) for each in inside.namelist()}
    schema = json.loads(members["schema.json"])
    attributes = schema["content"]
    attributes["content"][name] = node
    attributes["key_types"]["content"] += attributes["key_types"]["content"][:1]
    members["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(file, "w") as inside:
        for each, content in members.items():
            inside.writestr(each, content)
