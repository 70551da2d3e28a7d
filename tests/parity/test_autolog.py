"""Our autologging beside mlflow's own: the same keys, and the same values where they do not depend on time or place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import modelyard

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

TAGS = ("estimator_name", "estimator_class", "mlflow.autologging")


def _linear(x: Any, y: Any) -> None:
    from sklearn.linear_model import LinearRegression

    LinearRegression().fit(x, x[:, 0] * 2 + y)


def _logistic(x: Any, y: Any) -> None:
    from sklearn.linear_model import LogisticRegression

    LogisticRegression(C=0.3).fit(x, y)


def _forest(x: Any, y: Any) -> None:
    from sklearn.ensemble import RandomForestClassifier

    RandomForestClassifier(5, max_depth=2, random_state=0).fit(x, y)


def _clusters(x: Any, y: Any) -> None:
    from sklearn.cluster import KMeans

    KMeans(2, n_init=1, random_state=0).fit_predict(x)


def _pipeline(x: Any, y: Any) -> None:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    make_pipeline(StandardScaler(), SVC()).fit(x, y)


def _grid(x: Any, y: Any) -> None:
    from sklearn.model_selection import GridSearchCV
    from sklearn.tree import DecisionTreeClassifier

    GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3]}, cv=2).fit(x, y)


@pytest.fixture
def ours(our_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Our own package, tracking to our server."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MODELYARD_JOURNAL", str(tmp_path / "journal"))
    modelyard.set_tracking_uri(our_server)
    yield modelyard
    modelyard.autolog(disable=True)
    modelyard.set_tracking_uri("")


@pytest.mark.parametrize("server", ["ours"], indirect=True)
@pytest.mark.parametrize("train", [_linear, _logistic, _forest, _clusters, _pipeline, _grid])
def test_scikit_learn_is_logged_as_mlflow_logs_it(
    mlflow: Any, ours: Any, client: Any, unique: Callable[[str], str], train: Callable[[Any, Any], None]
) -> None:
    import numpy as np

    x = np.random.default_rng(1).normal(size=(90, 3))
    y = (x[:, 0] + x[:, 1] > 0).astype(int)
    logged = []
    for package in (mlflow, ours):
        experiment = package.set_experiment(unique("autolog")).experiment_id
        package.sklearn.autolog(log_models=False, **({"log_post_training_metrics": False} if package is mlflow else {}))
        train(x, y)
        package.sklearn.autolog(disable=True)
        found = client.search_runs([experiment], order_by=["start_time ASC"])
        logged.append(sorted((_told(run) for run in found), key=repr))
    assert logged[0] == logged[1]


def _told(run: Any) -> dict[str, Any]:
    """What does not depend on when and where."""
    metrics = {name: round(value, 9) for name, value in run.data.metrics.items() if "time" not in name}
    return {
        "child": "mlflow.parentRunId" in run.data.tags,
        "params": run.data.params,
        "metrics": metrics,
        "timed": sorted(name for name in run.data.metrics if "time" in name),
        "tags": {name: run.data.tags.get(name) for name in TAGS},
        "datasets": [(each.dataset.digest, each.dataset.schema) for each in run.inputs.dataset_inputs],
    }
