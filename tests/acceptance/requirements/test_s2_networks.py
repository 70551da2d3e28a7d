"""Requirements S2: networks and texts behind the train/predict service, and the scripts of examples/training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import modelyard
from modelyard.artifacts import download_artifacts
from modelyard.client.active import PROCESS
from modelyard.models.load import load_native
from modelyard.tracking import MlflowClient
from modelyard.training.data import load, split
from tests.docs.environment import run_python
from tests.support.frameworks import QUIET
from tests.support.processes import ROOT
from tests.support.training import SAMPLE, SEED_BODY, StartService, TrainingService

EXAMPLES = ROOT / "examples" / "training" / "eg"
JSON = ("-H", "Content-Type: application/json")


def need(*modules: str) -> None:
    for module in modules:
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


def example(name: str, data: Path, folder: Path, **environment: str) -> str:
    """Run a script of examples/training as a person does; what it printed."""
    return run_python(folder, str(EXAMPLES / name), str(data), timeout=280, **{**QUIET, **environment})


@contextmanager
def store(path: Path) -> Iterator[MlflowClient]:
    """A client of a folder, which addresses such as ``models:/dense/1`` mean for the time of the block."""
    modelyard.set_tracking_uri(str(path))
    try:
        yield MlflowClient(str(path))
    finally:
        PROCESS.reset()


def models_of(service: TrainingService) -> Path:
    return Path(service.store)


@pytest.fixture(scope="module")
def dense(service: TrainingService) -> Any:
    """What the service says of a network it trained."""
    need("torch")
    return service.train(model="DenseRegressor", name="dense", epochs=12)


def history(service: TrainingService, run_id: str, key: str) -> list[tuple[int, float]]:
    points = MlflowClient(service.store).get_metric_history(run_id, key)
    return [(point.step, point.value) for point in points]


def test_s2_04_the_network_predicts(service: TrainingService, dense: Any) -> None:
    """S2.4: a finite number that the saved network gives as well, and the same again."""
    replies = [service.curl("-d", SEED_BODY, *JSON, "-X", "POST", "/predict_net?full") for _ in range(2)]
    assert replies[0].body == replies[1].body
    told = replies[0].json["predictions"][0]["quality"]
    assert 3 < told < 9
    short = service.curl("-d", SEED_BODY, *JSON, "-X", "POST", "/predict_net?model=dense/1")
    assert short.json == {"quality": round(told, 2)}
    import torch

    with store(models_of(service)):
        network = load_native(download_artifacts(f"models:/dense/{dense['version']}"), flavor="pytorch")
    with torch.no_grad():
        direct = network(torch.tensor([list(SAMPLE.values())], dtype=torch.float32)).item()
    assert told == pytest.approx(direct, rel=1e-6)


def test_s2_05_the_script_makes_models_dense(start_service: StartService, red_wines: Path, tmp_path: Path) -> None:
    """S2.5, T2.4: the script exits 0 and leaves files; a service of another process, with no file of the script, loads them."""
    need("torch")
    assert "models:/dense/1" in example("pytorch.py", red_wines, tmp_path)
    assert (tmp_path / "models" / "dense" / "MLmodel").is_file()
    started = start_service("--data", str(red_wines), store=tmp_path / "models")
    reply = started.curl("-d", SEED_BODY, *JSON, "-X", "POST", "/predict_net")
    assert reply.headers["x-model"] == "dense/1"
    assert 3 < reply.json["quality"] < 9


def test_s2_07_and_s2_30_three_frameworks_behind_one_interface(service: TrainingService, dense: Any) -> None:
    """S2.7, S2.30: one request and one answer, whatever it was trained with."""
    need("torch", "keras")
    keras = service.train(model="KerasRegressor", name="keras", epochs=5)
    linear = service.train(model="LinearRegression", name="linear")
    assert keras.keys() == linear.keys() == dense.keys()
    assert keras["rows"] == linear["rows"] == dense["rows"]
    for name in ("dense", "keras", "linear"):
        reply = service.predict(SAMPLE, f"/predict?model={name}")
        assert list(reply.json) == ["quality"]
        assert 3 < reply.json["quality"] < 9
        assert reply.headers["x-model"] == f"{name}/1"
    assert service.predict(SAMPLE, "/predict_net").headers["x-model"] == "keras/1"


def test_s2_08_texts(service: TrainingService, tmp_path: Path) -> None:
    """S2.8: reviews by a file, a label for one of them."""
    good = ["great food", "lovely place and great wine", "we loved the food", "friendly, will come again"]
    bad = ["awful food", "slow and rude", "the soup was cold", "never again"]
    lines = [
        f'"{text}, on day {day}",{label}'
        for day in range(6)
        for label, texts in ((1, good), (0, bad))
        for text in texts
    ]
    file = tmp_path / "reviews.csv"
    file.write_text("\n".join(["Review,Liked", *lines]) + "\n")
    form = ("-F", f"data=@{file}", "-F", "target=Liked", "-F", "model=TextClassifier", "-F", "name=reviews")
    assert service.curl(*form, "/train").json["metrics"]["accuracy"] > 0.9
    path = "/predict?model=reviews"
    assert service.curl("-d", '{"Review":"great food"}', *JSON, path).json == {"Liked": 1}
    assert service.predict([{"Review": "slow and rude"}, {"Review": "great food"}], path).json == [
        {"Liked": 0},
        {"Liked": 1},
    ]
    assert "'Review' must be a text" in service.predict({"Review": 7}, path).json["message"]


def test_s2_11_the_tracking_script(red_wines: Path, tmp_path: Path) -> None:
    """S2.11: the experiment is named after the script; N3, and the model's artifact."""
    need("sklearn")
    example("tracking.py", red_wines, tmp_path)
    with store(tmp_path / "yard") as client:
        found = client.get_experiment_by_name("tracking.py")
        assert found is not None
        (run,) = client.search_runs([found.experiment_id])
        assert run.data.metrics["r2"] == pytest.approx(0.30921, abs=5e-6)
        assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["model"]


def test_s2_16_a_row_is_scaled_alike_in_any_company(service: TrainingService, dense: Any) -> None:
    """S2.16, T2.1: alone, in a batch, and beside an outlier."""
    path = "/predict_net?model=dense&full"
    outlier = dict.fromkeys(SAMPLE, 1e6)
    found = [service.predict(rows, path).json["predictions"] for rows in (SAMPLE, [SAMPLE] * 50, [outlier, SAMPLE])]
    alone = found[0][0]["quality"]
    assert [row["quality"] for row in found[1]] == pytest.approx([alone] * 50, rel=1e-6)
    assert found[2][1]["quality"] == pytest.approx(alone, rel=1e-6)


def test_s2_17_resuming_a_training(service: TrainingService) -> None:
    """S2.17: losses of every epoch; a training goes on from the last checkpoint of another, which had its weights."""
    need("torch")
    common = {"model": "DenseRegressor", "name": "resumed", "patience": 0}
    whole = service.train(**common, epochs=8)
    first = service.train(**common, epochs=5)
    second = service.train(**common, epochs=8, resume=first["run_id"])
    assert [step for step, _ in history(service, second["run_id"], "train_loss")] == [6, 7, 8]
    losses = history(service, first["run_id"], "val_loss") + history(service, second["run_id"], "val_loss")
    expected = history(service, whole["run_id"], "val_loss")
    assert [step for step, _ in losses] == [step for step, _ in expected]
    assert [value for _, value in losses] == pytest.approx([value for _, value in expected])
    assert second["metrics"] == pytest.approx(whole["metrics"])
    for wrong in (first["run_id"][:-1], "/etc/passwd", "runs:/x", "0" * 32):
        reply = service.request("POST", "/train", {**common, "epochs": 9, "resume": wrong})
        assert 400 <= reply.status < 500, wrong
    other = service.request("POST", "/train", {**common, "epochs": 9, "hidden": [8], "resume": first["run_id"]})
    assert other.status == 400
    assert "another network" in other.json["message"]


def test_s2_17_a_training_stops_when_it_gets_no_better(service: TrainingService) -> None:
    """S2.17: and keeps its best weights."""
    need("torch")
    done = service.train(model="DenseRegressor", name="early", epochs=300, patience=3, learning_rate=0.02)
    losses = dict(history(service, done["run_id"], "val_loss"))
    assert len(losses) == done["params"]["epochs_done"] < 300
    assert min(losses, key=losses.__getitem__) == done["params"]["best_epoch"] == len(losses) - 3


def test_s2_18_to_s2_22_what_can_be_chosen(service: TrainingService) -> None:
    """S2.18, S2.19, S2.21, S2.22: optimizer, learning rate, batch size and epochs are logged and matter."""
    need("torch")
    tries: list[dict[str, Any]] = [{"optimizer": each} for each in ("sgd", "adam", "adamw")]
    tries[2]["weight_decay"] = 0.5
    tries += [{"learning_rate": 0.05}, {"batch_size": 8}]
    results = set()
    for chosen in tries:
        done = service.train(model="DenseRegressor", name="tries", epochs=3, **chosen)
        params = service.curl(f"/models/{done['model_id']}").json["params"]
        assert {key: params[f"param.{key}"] for key in chosen} == {key: str(value) for key, value in chosen.items()}
        assert params["seed"] == "42"
        for key in ("train_loss", "val_loss"):
            assert [step for step, _ in history(service, done["run_id"], key)] == [1, 2, 3]
        results.add(done["metrics"]["r2"])
    assert len(results) == len(tries)


@pytest.mark.parametrize("model", ["DenseRegressor", "KerasRegressor"])
@pytest.mark.parametrize(
    ("param", "values", "told"),
    [
        ("optimizer", ["rmsprop", 1, "", None], "sgd, adam, adamw"),
        ("learning_rate", [0, -0.1, "fast", True, None], "above 0"),
        ("batch_size", [0, -1, 2.5, "x"], "whole number"),
        ("epochs", [0, -3, 1.5, 10**9], "whole number"),
        ("hidden", [[0], ["x"], 5, [10**6], [8] * 100], "widths"),
    ],
)
def test_s2_18_to_s2_22_what_cannot_be_chosen(
    service: TrainingService, model: str, param: str, values: list[Any], told: str
) -> None:
    """S2.18, S2.19, S2.21, S2.22: refused by name, and no run is left behind."""
    need("torch" if model == "DenseRegressor" else "keras")
    client = MlflowClient(service.store)
    experiment = client.get_experiment_by_name("training")
    before = len(client.search_runs([experiment.experiment_id])) if experiment else 0
    for value in values:
        reply = service.request("POST", "/train", {"model": model, "params": {param: value}})
        assert reply.status == 400, value
        assert reply.json["message"].startswith(param)
        assert told in reply.json["message"]
    experiment = client.get_experiment_by_name("training")
    assert (len(client.search_runs([experiment.experiment_id])) if experiment else 0) == before


def test_s2_20_one_split_for_every_framework(service: TrainingService, red_wines: Path, dense: Any) -> None:
    """S2.20, T2.5: the same rows to test with, by their hash, which is logged; another seed gives others."""
    linear = service.train(name="split of one")
    assert linear["rows"] == dense["rows"]
    assert service.curl(f"/models/{linear['model_id']}").json["params"]["test_hash"] == dense["rows"]["test_hash"]
    assert service.train(name="split of one", seed=1)["rows"]["test_hash"] != dense["rows"]["test_hash"]
    from sklearn.model_selection import train_test_split

    table = load(red_wines)
    ours = split(table, target="quality", task="regression", test_size=0.33, seed=42)
    train, test = train_test_split(table.frame, test_size=0.33, random_state=42)
    assert ours.test_x.index.tolist() == test.index.tolist()
    assert ours.train_x.index.tolist() == train.index.tolist()


def test_s2_24_and_s2_25_keras_in_a_pipeline(red_wines: Path, tmp_path: Path) -> None:
    """S2.24, S2.25: it fits, scores as by hand, saves, loads and predicts equal; and so does the script that shows it."""
    need("keras", "sklearn", "torch")
    shown = example("tf.py", red_wines, tmp_path, KERAS_BACKEND="torch")
    assert "the same predictions after loading" in shown


def test_s2_31_a_network_that_classifies(service: TrainingService) -> None:
    """S2.31: labels, and shares of the classes, of both frameworks."""
    for model, module in (("DenseClassifier", "torch"), ("KerasClassifier", "keras")):
        need(module)
        done = service.train(model=model, name=model, epochs=3)
        assert sum(each["support"] for each in done["classes"].values()) == 528
        reply = service.predict(SAMPLE, f"/predict_net?model={model}&probabilities").json
        assert reply["quality"] in range(3, 9)
        assert sum(reply["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert max(reply["probabilities"], key=reply["probabilities"].__getitem__) == str(reply["quality"])


def test_s2_32_a_folder_says_its_own_format(service: TrainingService, dense: Any) -> None:
    """S2.32: networks are saved through the call that saves estimators."""
    told = service.curl(f"/models/{dense['model_id']}").json
    assert (told["flavor"], told["framework"]) == ("pytorch", "pytorch")
    with store(models_of(service)) as client:
        folder = Path(client.download_artifacts(dense["run_id"], "model"))
        assert "loader_module: mlflow.pytorch" in (folder / "MLmodel").read_text()
        assert np.isfinite(modelyard.pyfunc.load_model(str(folder)).predict([SAMPLE]).to_numpy()).all()


def test_s2_40_the_order_of_keys_does_not_matter_to_a_network(service: TrainingService, dense: Any) -> None:
    """S2.40, T2.2: the same wine with its keys the other way round."""
    path = "/predict_net?model=dense&full"
    turned = dict(reversed(SAMPLE.items()))
    assert service.predict(turned, path).json["predictions"] == service.predict(SAMPLE, path).json["predictions"]
