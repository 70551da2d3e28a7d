"""Models and the registry through the real mlflow client: the classic flows, end to end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Unique = Callable[[str], str]
PINS = ["scikit-learn"]  # spares mlflow a process that finds them out


@pytest.fixture
def fitted() -> tuple[Any, Any]:
    """A model and the frame it was fitted on."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LinearRegression

    frame = pd.DataFrame({"x": np.arange(10.0), "y": np.arange(10.0) ** 2})
    return LinearRegression().fit(frame, frame["x"] * 2 + frame["y"]), frame


@pytest.fixture
def logged(mlflow: Any, experiment: str, fitted: tuple[Any, Any]) -> tuple[str, Any]:
    """A run with a model, and the model's info."""
    model, frame = fitted
    with mlflow.start_run() as run:
        mlflow.log_param("kind", "linear")
        mlflow.log_metric("r2", 1.0)
        info = mlflow.sklearn.log_model(model, name="model", input_example=frame.head(2), pip_requirements=PINS)
    return run.info.run_id, info


def test_a_model_is_logged_and_loaded_by_every_address(
    mlflow: Any, client: Any, logged: tuple[str, Any], fitted: tuple[Any, Any]
) -> None:
    run_id, info = logged
    model, frame = fitted
    expected = list(model.predict(frame))
    for address in (info.model_uri, f"models:/{info.model_id}", f"runs:/{run_id}/model"):
        assert list(mlflow.pyfunc.load_model(address).predict(frame)) == expected
    assert list(mlflow.sklearn.load_model(info.model_uri).predict(frame)) == expected
    assert info.model_id in {each.model_id for each in client.get_run(run_id).outputs.model_outputs}


def test_the_files_of_a_model_are_listed_under_its_run(mlflow: Any, client: Any, logged: tuple[str, Any]) -> None:
    run_id, _ = logged
    names = {file.path for file in mlflow.artifacts.list_artifacts(f"runs:/{run_id}/model")}
    assert any(name.endswith("MLmodel") for name in names)


def test_a_logged_model_carries_params_metrics_and_tags(mlflow: Any, client: Any, logged: tuple[str, Any]) -> None:
    run_id, info = logged
    client.set_logged_model_tags(info.model_id, {"stage": "try", "other": "x"})
    client.delete_logged_model_tag(info.model_id, "other")
    model = client.get_logged_model(info.model_id)
    assert (model.name, model.source_run_id, str(model.status)) == ("model", run_id, "READY")
    assert model.params["kind"] == "linear"
    assert model.tags["stage"] == "try"
    assert "other" not in model.tags
    assert {metric.key: metric.value for metric in model.metrics}["r2"] == 1.0


def test_logged_models_are_searched_and_deleted(
    mlflow: Any, client: Any, experiment: str, logged: tuple[str, Any]
) -> None:
    _, info = logged

    def ids(text: str) -> list[str]:
        found = client.search_logged_models([experiment], filter_string=text)
        return [model.model_id for model in found]

    assert ids("name = 'model'") == [info.model_id]
    assert ids("params.kind = 'linear' AND metrics.r2 > 0.5") == [info.model_id]
    assert ids("metrics.r2 > 2") == []
    client.delete_logged_model(info.model_id)
    assert ids("name = 'model'") == []
    with pytest.raises(mlflow.MlflowException, match="not found"):
        client.get_logged_model(info.model_id)


def test_logged_models_are_made_by_hand(mlflow: Any, client: Any, experiment: str) -> None:
    model = client.create_logged_model(experiment, name="agent", params={"a": "1"}, tags={"t": "x"}, model_type="Agent")
    assert (model.model_type, str(model.status), model.params) == ("Agent", "PENDING", {"a": "1"})
    client.log_model_params(model.model_id, {"b": "2"})
    final = client.finalize_logged_model(model.model_id, "READY")
    assert str(final.status) == "READY"
    newest = client.search_logged_models([experiment], order_by=[{"field_name": "creation_timestamp"}])
    assert newest[0].model_id == model.model_id


def test_registering_while_logging_makes_versions(
    mlflow: Any, client: Any, experiment: str, fitted: tuple[Any, Any], unique: Unique
) -> None:
    model, frame = fitted
    name = unique("Auto-Deployed Model")
    for _ in range(2):
        with mlflow.start_run():
            info = mlflow.sklearn.log_model(model, name="model", registered_model_name=name, pip_requirements=PINS)
    versions = client.search_model_versions(f"name = '{name}'")
    assert [str(each.version) for each in versions] == ["2", "1"]
    assert list(mlflow.pyfunc.load_model(f"models:/{name}/1").predict(frame)) == list(model.predict(frame))
    tags = client.get_logged_model(info.model_id).tags
    assert name in tags["mlflow.modelVersions"]


def test_versions_by_alias_and_stage_load(
    mlflow: Any, client: Any, logged: tuple[str, Any], fitted: tuple[Any, Any], unique: Unique
) -> None:
    model, frame = fitted
    run_id, info = logged
    name = unique("wine")
    for source in (info.model_uri, f"runs:/{run_id}/model"):
        mlflow.register_model(source, name, tags={"from": "test"})
    client.set_registered_model_alias(name, "champion", "1")
    client.transition_model_version_stage(name, "2", "Production")
    assert str(client.get_model_version_by_alias(name, "champion").version) == "1"
    expected = list(model.predict(frame))
    for address in (f"models:/{name}@champion", f"models:/{name}/Production", f"models:/{name}/latest"):
        assert list(mlflow.sklearn.load_model(address).predict(frame)) == expected
    assert client.get_model_version(name, "1").tags == {"from": "test"}
    assert {k: str(v) for k, v in client.get_registered_model(name).aliases.items()} == {"champion": "1"}
    assert client.get_model_version_download_uri(name, "1").startswith("mlflow-artifacts:/")


def test_the_life_of_a_registered_model(mlflow: Any, client: Any, unique: Unique) -> None:
    name, other = unique("m"), unique("n")
    client.create_registered_model(name, tags={"a": "1"}, description="first")
    with pytest.raises(mlflow.MlflowException, match="already exists"):
        client.create_registered_model(name)
    for _ in range(3):
        client.create_model_version(name, "s3://bucket/model")
    client.delete_model_version(name, "3")
    assert str(client.create_model_version(name, "s3://bucket/model").version) == "4"
    client.update_model_version(name, "1", description="the first")
    client.set_model_version_tag(name, "1", "k", "v")
    client.rename_registered_model(name, other)
    model = client.get_registered_model(other)
    assert (model.description, model.tags["a"]) == ("first", "1")
    version = client.get_model_version(other, "1")
    assert (version.description, version.tags, version.source) == ("the first", {"k": "v"}, "s3://bucket/model")
    client.delete_model_version_tag(other, "1", "k")
    client.set_registered_model_tag(other, "b", "2")
    client.delete_registered_model_tag(other, "a")
    assert client.get_registered_model(other).tags == {"b": "2"}
    client.update_registered_model(other, "second")
    client.delete_registered_model(other)
    with pytest.raises(mlflow.MlflowException, match="not found"):
        client.get_registered_model(other)


def test_stages_archive_the_others(mlflow: Any, client: Any, unique: Unique) -> None:
    name = unique("m")
    client.create_registered_model(name)
    for number in ("1", "2"):
        client.create_model_version(name, "s3://bucket/model")
        client.transition_model_version_stage(name, number, "production", archive_existing_versions=True)
    assert client.get_model_version(name, "1").current_stage == "Archived"
    latest = client.get_latest_versions(name, stages=["Production"])
    assert [str(each.version) for each in latest] == ["2"]


def test_registered_models_are_searched_and_paged(client: Any, unique: Unique) -> None:
    stem = unique("p")
    for letter in "abc":
        client.create_registered_model(f"{stem}{letter}", tags={"letter": letter})
    first = client.search_registered_models(f"name LIKE '{stem}%'", max_results=2)
    rest = client.search_registered_models(f"name LIKE '{stem}%'", max_results=2, page_token=first.token)
    assert [model.name for model in [*first, *rest]] == [f"{stem}{letter}" for letter in "abc"]
    (found,) = client.search_registered_models(f"name LIKE '{stem}%' AND tags.letter = 'b'")
    assert found.name == f"{stem}b"
    down = client.search_registered_models(f"name LIKE '{stem}%'", order_by=["name DESC"])
    assert [model.name for model in down] == [f"{stem}{letter}" for letter in "cba"]


@pytest.mark.parametrize("source", ["/etc/passwd", "file:///etc/passwd", "s3://b/../x", "mlflow-artifacts:/0/../../x"])
def test_sources_that_are_refused(mlflow: Any, client: Any, unique: Unique, source: str) -> None:
    name = unique("m")
    client.create_registered_model(name)
    with pytest.raises(mlflow.MlflowException, match="Invalid model version source"):
        client.create_model_version(name, source)


def test_autologging_of_a_grid_search(mlflow: Any, client: Any, experiment: str) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    from sklearn.datasets import load_iris
    from sklearn.model_selection import GridSearchCV
    from sklearn.tree import DecisionTreeClassifier

    mlflow.sklearn.autolog(log_datasets=True, silent=True)
    try:
        features, target = load_iris(return_X_y=True, as_frame=True)
        grid = {"max_depth": [1, 2], "min_samples_leaf": [1, 5]}
        with mlflow.start_run() as run:
            GridSearchCV(DecisionTreeClassifier(random_state=0), grid, cv=2).fit(features, target)
    finally:
        mlflow.sklearn.autolog(disable=True)
    parent = client.get_run(run.info.run_id)
    assert {"best_max_depth", "best_min_samples_leaf"} <= set(parent.data.params)
    assert "best_cv_score" in parent.data.metrics
    children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    assert len(children) == 4
    assert all("mean_test_score" in child.data.metrics for child in children)
    assert "cv_results.csv" in {file.path for file in client.list_artifacts(run.info.run_id)}
    assert parent.inputs.dataset_inputs


def test_a_model_folder_is_downloaded_whole(mlflow: Any, logged: tuple[str, Any], tmp_path: Path) -> None:
    _, info = logged
    folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=info.model_uri, dst_path=str(tmp_path / "m")))
    assert {"MLmodel", "requirements.txt", "conda.yaml", "python_env.yaml"} <= {path.name for path in folder.iterdir()}
