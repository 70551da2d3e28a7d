"""`train`, from Python and from the command line: a run with what is needed to do it again, and a version that predicts."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import modelyard
from modelyard.cli.main import main
from modelyard.client.active import PROCESS
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.models.profile import read_profile
from modelyard.tracking import MlflowClient
from modelyard.training import plots, train
from modelyard.training.data import load
from modelyard.training.request import TrainRequest
from modelyard.training.service.catalog import Catalog
from modelyard.training.service.frames import Which
from modelyard.training.train import train_table
from tests.support.frameworks import imported

pytest.importorskip("sklearn", reason="sklearn is not installed")

ROWS = [{"size": float(i), "rooms": i % 5, "price": i * 3.0 + i % 5} for i in range(60)]


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MlflowClient]:
    """A client of a new store, which is the current one."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MODELYARD_TRACKING_URI", str(tmp_path / "yard"))
    monkeypatch.chdir(tmp_path)
    yield MlflowClient(str(tmp_path / "yard"))
    PROCESS.reset()


def test_a_training_is_a_run_with_all_it_came_from(client: MlflowClient) -> None:
    done = train(ROWS, target="price", model="Ridge", params={"alpha": 0.1}, seed=3, name="flats")
    run = client.get_run(done.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics == pytest.approx(done.metrics)
    told = {key: run.data.params[key] for key in ("model", "target", "seed", "test_size", "test_hash", "param.alpha")}
    assert told == {
        "model": "Ridge",
        "target": "price",
        "seed": "3",
        "test_size": "0.33",
        "test_hash": done.rows.test_hash,
        "param.alpha": "0.1",
    }
    (dataset,) = run.inputs.dataset_inputs
    assert dataset.tags[0].value == "training"
    version = client.get_model_version("flats", done.version)
    assert (version.run_id, version.model_id) == (done.run_id, done.model_id)
    assert version.tags["training.model"] == "Ridge"
    assert version.tags["modelyard.verification"] == done.verification == "passed"


def test_a_version_knows_its_columns_and_their_ranges(client: MlflowClient) -> None:
    done = train(ROWS, target="price")
    model = modelyard.pyfunc.load_model(done.model_uri)
    assert model.metadata.get_input_schema().input_names() == ["size", "rooms"]
    assert model.predict([{"rooms": 2, "size": 10.0}]).shape == (1,)
    profile = read_profile(Path(modelyard.artifacts.download_artifacts(done.model_uri)))
    assert profile is not None
    assert profile.source == "training_data"
    assert profile.rows == done.rows.train


def test_what_cannot_be_trained_leaves_no_run(client: MlflowClient, tmp_path: Path) -> None:
    wrong: list[dict[str, Any]] = [
        {"target": "nope"},
        {"target": "price", "model": "Nope"},
        {"target": "price", "test_size": 2},
    ]
    wrong += [{"target": "price", "params": {"nope": 1}}, {"target": "price", "name": "a/b"}, {"target": ""}]
    for settings in wrong:
        with pytest.raises(InvalidParameter):
            train(ROWS, **settings)
    with pytest.raises(NotFound, match=r"no\.csv"):
        train(tmp_path / "no.csv", target="price")
    assert client.search_runs(["0"]) == []


def test_a_training_that_fails_is_a_failed_run_with_the_reason(client: MlflowClient) -> None:
    with pytest.raises(InvalidParameter, match="alpha"):
        train(ROWS, target="price", model="Ridge", params={"alpha": -1})
    (run,) = client.search_runs(["0"])
    assert run.info.status == "FAILED"
    assert "alpha" in run.data.tags["modelyard.training.error"]
    assert client.search_model_versions() == []


def test_a_store_that_is_named_keeps_trainings_together(client: MlflowClient, tmp_path: Path) -> None:
    done = train(ROWS, target="price", models=tmp_path / "models")
    other = MlflowClient(str(tmp_path / "models"))
    experiment = other.get_experiment_by_name("training")
    assert experiment is not None
    assert other.get_run(done.run_id).info.experiment_id == experiment.experiment_id
    assert client.search_runs(["0"]) == []


def test_pictures_of_the_fit(client: MlflowClient) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    done = train(ROWS, target="price")
    assert {file.path for file in client.list_artifacts(done.run_id, "plots")} == {
        "plots/fit.png",
        "plots/residuals.png",
    }
    rows = [{**row, "price": row["rooms"]} for row in ROWS]
    done = train(rows, target="price", model="DecisionTreeClassifier")
    assert {file.path for file in client.list_artifacts(done.run_id, "plots")} == {"plots/confusion_matrix.png"}
    assert set(json.loads(Path(client.download_artifacts(done.run_id, "classes.json")).read_text())) == set(
        done.classes
    )


def test_without_matplotlib_there_are_none_and_that_is_said_once(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logging.getLogger("modelyard"), "propagate", True)
    monkeypatch.setattr(plots, "optional", lambda _: None)
    plots.figures.cache_clear()
    try:
        for _ in range(2):
            done = train(ROWS, target="price")
            assert client.list_artifacts(done.run_id, "plots") == []
    finally:
        plots.figures.cache_clear()
    assert [record.getMessage() for record in caplog.records].count(plots.MISSING) == 1


def test_progress_is_told_in_epochs_or_in_parts(client: MlflowClient) -> None:
    told: list[tuple[int, int]] = []
    request = TrainRequest(target="price")
    settings = {"client": client, "experiment_id": "0", "told": lambda done, of: told.append((done, of))}
    train_table(load(ROWS), request, **settings)  # type: ignore[arg-type]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    imported("torch")
    told.clear()
    request = TrainRequest(target="price", model="DenseRegressor", params={"epochs": 2})
    train_table(load(ROWS), request, **settings)  # type: ignore[arg-type]
    assert told == [(1, 4), (1, 2), (2, 2)]


def test_a_name_of_any_letters_is_found_again(client: MlflowClient) -> None:
    done = train(ROWS, target="price", name="100%41 rot & weiß?")
    catalog = Catalog(client)
    loaded = catalog.load(catalog.find(Which(name=done.name)))
    assert loaded.target == "price"
    assert loaded.limits["rooms"] == (0.0, 4.0)


def test_the_command(client: MlflowClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "flats.csv"
    file.write_text("size;rooms;price\n" + "".join(f"{row['size']};{row['rooms']};{row['price']}\n" for row in ROWS))
    words = ["train", str(file), "--target", "price", "--name", "flats"]
    assert (
        main(
            [
                *words,
                "--model",
                "RandomForestRegressor",
                "--param",
                "n_estimators=3",
                "--param",
                "criterion=squared_error",
            ]
        )
        == 0
    )
    shown = capsys.readouterr().out
    assert "models:/flats/1 (RandomForestRegressor)" in shown
    assert "r2" in shown
    assert main([*words, "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == "2"
    assert main([*words[:3], "rooms", "--model", "DecisionTreeClassifier"]) == 0
    assert "support" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--target", "nope"], "'size', 'rooms', 'price'"),
        (["--target", "price", "--param", "x"], "name=value"),
        (["--target", "price", "--model", "Nope"], "LinearRegression"),
        (["--target", "price", "--test-size", "2"], "test_size"),
    ],
)
def test_a_command_that_cannot_be_done_says_why_in_a_line(
    client: MlflowClient, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    file = tmp_path / "flats.csv"
    file.write_text("size,rooms,price\n1,2,3\n4,5,6\n7,8,9\n")
    assert main(["train", str(file), *words]) == 1
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
