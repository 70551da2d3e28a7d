"""Every model in the list trains, and takes the params it says."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.training.data import Split, load, split
from modelyard.training.trainers import sklearn
from modelyard.training.trainers.sklearn import CLASSIFIERS, REGRESSORS
from modelyard.training.trainers.table import TRAINERS, trainer
from tests.support.frameworks import imported

np = pytest.importorskip("numpy", reason="numpy is not installed")
pytest.importorskip("sklearn", reason="sklearn is not installed")

DRAW = random.Random(3)
ROWS = [{"a": DRAW.gauss(5, 2), "b": DRAW.gauss(100, 30)} for _ in range(90)]


class Watched:
    """Remembers what it was told."""

    def __init__(self, checkpoints: Mapping[str, bytes] | None = None) -> None:
        self.epochs: list[tuple[int, int, dict[str, float]]] = []
        self.checkpoints: list[bytes] = []
        self._kept = checkpoints or {}

    def epoch(self, number: int, of: int, losses: Mapping[str, float]) -> None:
        self.epochs.append((number, of, dict(losses)))

    def checkpoint(self, file: Path) -> None:
        self.checkpoints.append(file.read_bytes())

    def fetch_checkpoint(self, run_id: str, folder: Path) -> Path:
        if run_id not in self._kept:
            raise NotFound(run_id)
        (folder / "fetched.pt").write_bytes(self._kept[run_id])
        return folder / "fetched.pt"


def table(task: str) -> Split:
    if task == "regression":
        rows = [{**row, "y": 3 * row["a"] - row["b"] / 10 + 7} for row in ROWS]
    else:
        rows = [{**row, "y": "high" if row["b"] > 100 else "low"} for row in ROWS]
    return split(load(rows), target="y", task=task, test_size=0.3, seed=1)  # type: ignore[arg-type]


def fit(name: str, watch: Watched | None = None, **params: Any) -> tuple[Any, Split]:
    chosen = trainer(name)
    chosen.check(params)
    parts = table(chosen.task)
    return chosen.fit(parts, params, seed=1, watch=watch or Watched()), parts


@pytest.mark.parametrize("name", [*REGRESSORS, *CLASSIFIERS])
def test_an_estimator_of_the_list_trains_and_predicts(name: str) -> None:
    params = {"max_iter": 2000} if name.startswith("MLP") else {}
    fitted, parts = fit(name, **params)
    found = fitted.predict(parts.test_x)
    assert len(found) == parts.rows.test
    assert set(found) <= {"high", "low"} if parts.labels else np.isfinite(found).all()


def test_a_name_that_is_not_in_the_list_is_answered_with_it() -> None:
    for name in ("Rigde", "sklearn.linear_model.Ridge", "", "os.system"):
        with pytest.raises(InvalidParameter, match=r"LinearRegression, Ridge, .*TextClassifier, DenseRegressor"):
            trainer(name)
    with pytest.raises(InvalidParameter, match="Did you mean 'Ridge'"):
        trainer("Rigde")


@pytest.mark.parametrize("name", TRAINERS)
def test_an_unknown_param_is_answered_with_those_there_are(name: str) -> None:
    imported({"pytorch": "torch"}.get(trainer(name).framework, trainer(name).framework), KERAS_BACKEND="torch")
    with pytest.raises(InvalidParameter, match=f"{name} has no param 'alfa'. It has: "):
        trainer(name).check({"alfa": 1})


def test_a_value_scikit_learn_does_not_take_is_told_in_its_words() -> None:
    with pytest.raises(InvalidParameter, match="'alpha' parameter of Ridge"):
        fit("Ridge", alpha=-1)
    with pytest.raises(InvalidParameter, match="RandomForestRegressor"):
        fit("RandomForestRegressor", n_estimators="many")


def test_the_seed_is_the_random_state_unless_one_is_given() -> None:
    assert fit("RandomForestRegressor", n_estimators=2)[0].params["random_state"] == 1
    assert fit("RandomForestRegressor", n_estimators=2, random_state=5)[0].params["random_state"] == 5


def test_a_network_is_the_same_again_with_the_same_seed_and_leaves_chance_alone() -> None:
    torch = imported("torch")
    state = torch.random.get_rng_state()
    first, parts = fit("DenseRegressor", epochs=3)
    again, _ = fit("DenseRegressor", epochs=3)
    assert np.array_equal(first.predict(parts.test_x), again.predict(parts.test_x))
    assert torch.equal(state, torch.random.get_rng_state())


def test_a_network_learns_what_units_hide() -> None:
    imported("torch")
    fitted, parts = fit("DenseRegressor", epochs=150, patience=0, learning_rate=0.01)
    errors = fitted.predict(parts.test_x) - parts.test_y
    assert (errors**2).mean() < 0.1 * parts.test_y.var()


def test_the_network_s_own_methods_are_torch_s() -> None:
    """T2.3: a module that shadows `train` and `eval` does not switch modes."""
    torch = imported("torch")
    network = fit("DenseClassifier", epochs=1)[0].obj
    assert type(network).train is torch.nn.Module.train
    assert type(network).eval is torch.nn.Module.eval
    assert network.training is False


def test_a_network_is_saved_as_numbers_and_widths() -> None:
    """T2.4: what is pickled is a function of ours with a dictionary and tensors, not an object of the script."""
    torch = imported("torch")
    fitted, parts = fit("DenseRegressor", epochs=2)
    restore, (config, state) = fitted.obj.__reduce__()
    assert restore.__module__ == "modelyard.training.trainers.network"
    assert config == {"columns": 2, "hidden": [64, 32], "outputs": 0}
    rows = torch.tensor(parts.test_x.to_numpy(), dtype=torch.float32)
    with torch.no_grad():
        assert torch.equal(copy.deepcopy(fitted.obj)(rows), fitted.obj(rows))
    assert all(isinstance(each, torch.Tensor) for each in state.values())


def test_every_epoch_is_told_and_the_last_checkpoint_resumes() -> None:
    imported("torch")
    watch = Watched()
    fit("DenseRegressor", watch, epochs=6, patience=0, checkpoint_every=3)
    assert [(number, of) for number, of, _ in watch.epochs] == [(each, 6) for each in range(1, 7)]
    assert len(watch.checkpoints) == 3
    run_id = "a" * 32
    resumed = Watched({run_id: watch.checkpoints[0]})
    fit("DenseRegressor", resumed, epochs=6, patience=0, resume=run_id)
    assert resumed.epochs == watch.epochs[3:]
    for params, told in (({"epochs": 3}, "epoch 3"), ({"epochs": 9, "hidden": [4]}, "another network")):
        with pytest.raises(InvalidParameter, match=told):
            fit("DenseRegressor", Watched({run_id: watch.checkpoints[0]}), resume=run_id, **params)
    with pytest.raises(NotFound):
        fit("DenseRegressor", resume="b" * 32)


def test_a_checkpoint_that_is_a_program_is_not_run(tmp_path: Path) -> None:
    torch = imported("torch")
    program = tmp_path / "program.pt"
    torch.save(_Program(), program)
    saved, run_id = program.read_bytes(), "c" * 32
    with pytest.raises(InvalidParameter, match="cannot be read"):
        fit("DenseRegressor", Watched({run_id: saved}), epochs=9, resume=run_id)


class _Program:
    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit",)


def test_a_learning_rate_that_explodes_is_told() -> None:
    imported("torch")
    with pytest.raises(InvalidParameter, match="smaller learning_rate"):
        fit("DenseRegressor", optimizer="sgd", learning_rate=1e9, epochs=50)


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # Keras's own, on PyTorch
def test_a_keras_step_is_an_estimator() -> None:
    imported("keras", KERAS_BACKEND="torch")
    from sklearn.base import clone
    from sklearn.metrics import r2_score

    watch = Watched()
    fitted, parts = fit("KerasRegressor", watch, epochs=4)
    assert [number for number, _, _ in watch.epochs] == [1, 2, 3, 4]
    found = fitted.obj.predict(parts.test_x)
    assert fitted.obj.score(parts.test_x, parts.test_y) == pytest.approx(r2_score(parts.test_y, found))
    assert clone(fitted.obj).get_params()["net__epochs"] == 4
    classes, others = fit("KerasClassifier", epochs=2)
    assert set(classes.obj.predict(others.test_x)) <= {"high", "low"}
    assert classes.obj.predict_proba(others.test_x).sum(axis=1) == pytest.approx(1)
    assert (
        classes.obj.score(others.test_x, others.test_y) == (classes.obj.predict(others.test_x) == others.test_y).mean()
    )


def test_an_estimator_that_fails_without_a_word_is_a_bad_parameter() -> None:
    class Silent:
        def fit(self, x: Any, y: Any) -> None:
            raise ValueError

    with pytest.raises(InvalidParameter, match="silent cannot be trained like that: ValueError"):
        sklearn.fit(Silent(), table("regression"), "silent")
