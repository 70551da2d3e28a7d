"""S1.55 and S1.56: autologging of a search over a grid; a second framework, logged and registered."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

GRID = """
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC
mlflow.set_experiment(NAME)
mlflow.sklearn.autolog()
X, y = load_iris(return_X_y=True)
search = GridSearchCV(SVC(), {"C": [1, 10], "kernel": ["linear", "rbf"]}, cv=3).fit(X, y)
tell(search.best_params_, search.best_score_)
"""

BOOST = """
import xgboost
from sklearn.datasets import load_iris
mlflow.set_experiment(NAME)
mlflow.xgboost.autolog(registered_model_name=NAME)
X, y = load_iris(return_X_y=True)
model = xgboost.XGBClassifier(n_estimators=5).fit(X, y, eval_set=[(X, y)], verbose=False)
tell(model.predict(X).tolist())
"""

PREDICT = """
from sklearn.datasets import load_iris
tell(mlflow.pyfunc.load_model(f"models:/{NAME}/1").predict(load_iris().data).tolist())
"""


def test_s1_55_a_grid_of_two_by_two_is_a_run_with_four_children(session: Any, name: str) -> None:
    best = session.run(f"NAME = {name!r}\n{GRID}")
    runs = session.runs(name)
    [parent] = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    assert len(children) == 4
    assert {(run.data.params["C"], run.data.params["kernel"]) for run in children} == {
        (c, kernel) for c in ("1", "10") for kernel in ("linear", "rbf")
    }
    assert all("mean_test_score" in run.data.metrics for run in children)
    assert all(run.info.status == "FINISHED" for run in runs)
    assert parent.data.params["best_C"] == str(best["C"])
    assert parent.data.params["best_kernel"] == best["kernel"]
    scores = [run.data.metrics["mean_test_score"] for run in children]
    assert parent.data.metrics["best_cv_score"] == max(scores)
    assert {file.path for file in session.client.list_artifacts(parent.info.run_id)} >= {"model", "best_estimator"}


def test_s1_56_xgboost_is_logged_and_registered_and_predicts_elsewhere(session: Any, name: str) -> None:
    pytest.importorskip("xgboost", reason="xgboost is not installed")
    predicted = session.run(f"NAME = {name!r}\n{BOOST}")
    [run] = session.runs(name)
    assert run.info.status == "FINISHED"
    history = session.client.get_metric_history(run.info.run_id, "validation_0-mlogloss")
    assert [point.step for point in history] == [0, 1, 2, 3, 4]
    assert run.data.params["num_boost_round"] == "5"
    assert "feature_importance_weight.json" in {file.path for file in session.client.list_artifacts(run.info.run_id)}
    assert session.client.get_model_version(name, "1").run_id == run.info.run_id
    assert session.run(f"NAME = {name!r}\n{PREDICT}") == predicted
