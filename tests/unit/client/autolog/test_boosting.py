"""What a training of XGBoost or LightGBM leaves behind."""

from __future__ import annotations

import json
import pickle  # noqa: TID251 - what is replaced must stay picklable
from collections.abc import Callable
from typing import Any

import pytest

import modelyard

np = pytest.importorskip("numpy", reason="numpy is not installed")
pytest.importorskip("sklearn", reason="scikit-learn is not installed")

Runs = Callable[[], list[Any]]

X = np.random.default_rng(0).normal(size=(80, 3))
Y = (X[:, 0] > 0).astype(int)


def _steps(run: Any, metric: str) -> list[int]:
    return [point.step for point in modelyard.MlflowClient().get_metric_history(run.info.run_id, metric)]


def _importance(run: Any, kind: str) -> dict[str, float]:
    text = modelyard.artifacts.load_text(f"runs:/{run.info.run_id}/feature_importance_{kind}.json")
    found: dict[str, float] = json.loads(text)
    return found


def test_xgboost_train_is_a_run_with_its_iterations_and_model(runs: Runs) -> None:
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    modelyard.xgboost.autolog()
    data = xgboost.DMatrix(X, Y, feature_names=["a", "b", "c"])
    mine: list[Any] = []
    booster = xgboost.train(
        {"objective": "binary:logistic", "eval_metric": ["logloss", "map@2"]},
        data,
        4,
        evals=[(data, "train")],
        early_stopping_rounds=2,
        verbose_eval=False,
        callbacks=mine,
    )
    assert mine == []
    [run] = runs()
    assert (run.data.params["objective"], run.data.params["num_boost_round"]) == ("binary:logistic", "4")
    assert _steps(run, "train-logloss")[:2] == [0, 1]
    assert "train-map_at_2" in run.data.metrics
    assert run.data.metrics["best_iteration"] == booster.best_iteration
    assert _importance(run, "weight") == booster.get_score(importance_type="weight")
    loaded = modelyard.xgboost.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.predict(data).tolist() == booster.predict(data).tolist()
    info = modelyard.pyfunc.load_model(f"runs:/{run.info.run_id}/model").metadata
    assert info.signature.inputs.input_names() == ["a", "b", "c"]


def test_an_xgboost_estimator_is_one_run_whose_model_is_the_estimator(runs: Runs) -> None:
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    modelyard.autolog(log_datasets=False)
    model = xgboost.XGBRFClassifier(n_estimators=3).fit(X, Y)
    [run] = runs()
    assert run.data.tags["mlflow.autologging"] == "xgboost"
    assert run.data.params["num_parallel_tree"] == "3"
    loaded = modelyard.xgboost.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.predict(X).tolist() == model.predict(X).tolist()
    assert run.inputs.dataset_inputs == []


def test_a_booster_inside_a_search_belongs_to_the_search(runs: Runs) -> None:
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    from sklearn.model_selection import GridSearchCV

    modelyard.autolog(log_models=False)
    GridSearchCV(xgboost.XGBClassifier(n_estimators=2), {"max_depth": [1, 2]}, cv=2).fit(X, Y)
    tags = [run.data.tags.get("estimator_name") for run in runs()]
    assert sorted(map(str, tags)) == ["GridSearchCV", "XGBClassifier", "XGBClassifier"]


def test_xgboost_gets_its_functions_back_and_they_can_be_pickled_meanwhile() -> None:
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    owners = [xgboost, xgboost.sklearn, xgboost.XGBModel, xgboost.XGBClassifier, xgboost.XGBRFRegressor]
    before = [dict(vars(owner)) for owner in owners]
    modelyard.xgboost.autolog()
    assert xgboost.train is not before[0]["train"]
    assert pickle.loads(pickle.dumps(xgboost.train)) is xgboost.train
    assert pickle.loads(pickle.dumps(xgboost.sklearn.train)) is xgboost.sklearn.train
    modelyard.xgboost.autolog(disable=True)
    for owner, was in zip(owners, before, strict=True):
        assert [name for name, value in was.items() if vars(owner)[name] is not value] == []


def test_lightgbm_train_is_a_run_with_its_iterations_and_model(runs: Runs) -> None:
    lightgbm = pytest.importorskip("lightgbm", reason="lightgbm is not installed")
    original = lightgbm.train
    modelyard.lightgbm.autolog()
    data = lightgbm.Dataset(X[:60], Y[:60])
    watched = lightgbm.Dataset(X[60:], Y[60:], reference=data)
    booster = lightgbm.train(
        {"objective": "binary", "verbose": -1, "min_data_in_leaf": 2},
        data,
        6,
        valid_sets=[watched],
        valid_names=["watched"],
        callbacks=[lightgbm.early_stopping(2, verbose=False)],
    )
    [run] = runs()
    assert (run.data.params["objective"], run.data.params["num_boost_round"]) == ("binary", "6")
    assert _steps(run, "watched-binary_logloss")[:2] == [0, 1]
    assert run.data.metrics["best_iteration"] == booster.best_iteration
    assert sum(_importance(run, "split").values()) > 0
    loaded = modelyard.lightgbm.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.predict(X).tolist() == booster.predict(X).tolist()
    modelyard.lightgbm.autolog(disable=True)
    assert lightgbm.train is original


def test_a_lightgbm_estimator_is_one_run_whose_model_is_the_estimator(runs: Runs) -> None:
    lightgbm = pytest.importorskip("lightgbm", reason="lightgbm is not installed")
    modelyard.lightgbm.autolog()
    model = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1, min_child_samples=2).fit(X, Y)
    [run] = runs()
    assert run.data.params["num_boost_round"] == "3"
    loaded = modelyard.lightgbm.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.predict(X).tolist() == model.predict(X).tolist()
