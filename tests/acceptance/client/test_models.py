"""Logged models and the registry, by the client's calls and the verbs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import AlreadyExists, InvalidParameter, ModelyardError, NotFound


@pytest.fixture
def model(name: str) -> str:
    """A name a registered model may have."""
    return name.replace(" ", "-")


def run_with_model(mlflow: Any) -> str:
    """A run with a model's folder among its artifacts."""
    with mlflow.start_run() as run:
        mlflow.log_text("flavors: {}", "model/MLmodel")
        mlflow.log_text("weights", "model/data/weights.bin")
    return str(run.info.run_id)


def test_a_registered_model_lives_its_life(mlflow: Any, model: str) -> None:
    client = mlflow.MlflowClient()
    made = client.create_registered_model(model, tags={"team": "a"}, description="words")
    assert (made.name, made.tags, made.description) == (model, {"team": "a"}, "words")
    with pytest.raises(AlreadyExists):
        client.create_registered_model(model)
    client.update_registered_model(model, "other words")
    client.set_registered_model_tag(model, "stage", 2)
    client.delete_registered_model_tag(model, "team")
    client.rename_registered_model(model, f"{model}-renamed")
    found = client.get_registered_model(f"{model}-renamed")
    assert (found.description, found.tags) == ("other words", {"stage": "2"})
    assert [each.name for each in mlflow.search_registered_models(filter_string=f"name = '{model}-renamed'")] == [
        found.name
    ]
    client.delete_registered_model(found.name)
    with pytest.raises(NotFound):
        client.get_registered_model(found.name)
    with pytest.raises(ModelyardError):
        client.create_registered_model("a/b")


def test_register_model_makes_versions_of_a_runs_model(mlflow: Any, model: str, tmp_path: Path) -> None:
    uri = f"runs:/{run_with_model(mlflow)}/model"
    first = mlflow.register_model(uri, model, tags={"a": "1"})
    second = mlflow.register_model(uri, model)
    assert (first.version, second.version) == ("1", "2")
    assert first.tags == {"a": "1"}
    assert second.run_id == uri.split("/")[1]
    for address in (f"models:/{model}/2", f"models:/{model}/latest"):
        assert mlflow.artifacts.load_text(f"{address}/data/weights.bin") == "weights"
    there = Path(mlflow.artifacts.download_artifacts(f"models:/{model}/1", dst_path=str(tmp_path / "down")))
    assert (there / "data" / "weights.bin").read_text() == "weights"
    assert sorted(path.name for path in there.iterdir()) == ["MLmodel", "data"]


def test_a_run_without_that_model_cannot_be_registered(mlflow: Any, model: str) -> None:
    with pytest.raises(NotFound, match="artifact_path nothing"):
        mlflow.register_model(f"runs:/{run_with_model(mlflow)}/nothing", model)


def test_aliases_stages_and_tags_of_versions(mlflow: Any, model: str) -> None:
    client = mlflow.MlflowClient()
    run_id = run_with_model(mlflow)
    for _ in range(2):
        mlflow.register_model(f"runs:/{run_id}/model", model)
    client.set_registered_model_alias(model, "champion", "1")
    assert client.get_model_version_by_alias(model, "champion").version == "1"
    client.set_registered_model_alias(model, "champion", 2)
    assert mlflow.artifacts.load_text(f"models:/{model}@champion/MLmodel") == "flavors: {}"
    assert client.get_registered_model(model).aliases == {"champion": "2"}
    client.delete_registered_model_alias(model, "champion")
    with pytest.raises(InvalidParameter):
        client.get_model_version_by_alias(model, "champion")
    client.transition_model_version_stage(model, "1", "Production")
    assert [each.version for each in client.get_latest_versions(model, ["Production"])] == ["1"]
    assert mlflow.artifacts.load_text(f"models:/{model}/Production/MLmodel") == "flavors: {}"
    mlflow.set_model_version_tag(model, "1", "checked", "yes")
    client.set_model_version_tag(model, key="stage tag", value=1, stage="Production")
    assert client.get_model_version(model, "1").tags == {"checked": "yes", "stage tag": "1"}
    client.delete_model_version_tag(model, "1", "checked")
    client.update_model_version(model, "1", "words")
    assert client.get_model_version(model, "1").description == "words"
    assert client.get_model_version_stages(model, "1") == ["None", "Staging", "Production", "Archived"]
    found = mlflow.search_model_versions(filter_string=f"name = '{model}'")
    assert sorted(each.version for each in found) == ["1", "2"]
    client.delete_model_version(model, "2")
    with pytest.raises(NotFound):
        client.get_model_version(model, "2")


def test_a_version_is_copied_to_another_model(mlflow: Any, model: str) -> None:
    mlflow.register_model(f"runs:/{run_with_model(mlflow)}/model", model)
    copied = mlflow.MlflowClient().copy_model_version(f"models:/{model}/1", f"{model}-copy")
    assert (copied.name, copied.version) == (f"{model}-copy", "1")
    assert mlflow.artifacts.load_text(f"models:/{model}-copy/1/MLmodel") == "flavors: {}"


def test_a_logged_model_lives_its_life(mlflow: Any, name: str, tmp_path: Path) -> None:
    mlflow.set_experiment(name)
    (tmp_path / "MLmodel").write_text("flavors: {}")
    client = mlflow.MlflowClient()
    with mlflow.start_run() as run:
        made = mlflow.initialize_logged_model("net", params={"depth": "3"}, tags={"a": "1"}, model_type="cnn")
        assert (made.status, made.source_run_id, made.model_type) == ("PENDING", run.info.run_id, "cnn")
        client.log_model_artifact(made.model_id, str(tmp_path / "MLmodel"))
        mlflow.log_metric("accuracy", 0.5, model_id=made.model_id)
        mlflow.log_outputs([mlflow.entities.LoggedModelOutput(made.model_id, 0)])
        mlflow.log_model_params({"width": "7"}, made.model_id)
        done = mlflow.finalize_logged_model(made.model_id, "READY")
    assert done.status == "READY"
    found = mlflow.get_logged_model(made.model_id)
    assert found.params == {"depth": "3", "width": "7"}
    assert found.tags["a"] == "1"
    assert [(metric.key, metric.value) for metric in found.metrics] == [("accuracy", 0.5)]
    assert mlflow.last_logged_model().model_id == made.model_id
    assert [info.path for info in client.list_logged_model_artifacts(made.model_id)] == ["MLmodel"]
    assert mlflow.artifacts.load_text(f"models:/{made.model_id}/MLmodel") == "flavors: {}"
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/net/MLmodel") == "flavors: {}"
    assert [info.path for info in client.list_artifacts(run.info.run_id, "net")] == ["net/MLmodel"]
    assert [
        each.model_id for each in mlflow.search_logged_models(filter_string="name = 'net'", output_format="list")
    ] == [made.model_id]
    mlflow.set_logged_model_tags(made.model_id, {"b": 2})
    mlflow.delete_logged_model_tag(made.model_id, "a")
    assert "a" not in mlflow.get_logged_model(made.model_id).tags
    client.delete_logged_model(made.model_id)
    with pytest.raises(NotFound):
        mlflow.get_logged_model(made.model_id)


def test_the_active_model_gets_the_metrics(mlflow: Any, name: str) -> None:
    mlflow.set_experiment(name)
    with mlflow.start_run(), mlflow.set_active_model(name="net") as model:
        assert mlflow.get_active_model_id() == model.model_id
        mlflow.log_metric("loss", 0.25)
        mlflow.flush_async_logging()
        assert [metric.value for metric in mlflow.get_logged_model(model.model_id).metrics] == [0.25]
    assert mlflow.get_active_model_id() is None


def test_a_logged_model_of_a_run_is_registered_by_the_runs_address(
    mlflow: Any, name: str, model: str, tmp_path: Path
) -> None:
    mlflow.set_experiment(name)
    (tmp_path / "MLmodel").write_text("flavors: {}")
    with mlflow.start_run() as run:
        logged = mlflow.initialize_logged_model("net")
        mlflow.MlflowClient().log_model_artifacts(logged.model_id, str(tmp_path))
        mlflow.log_outputs([mlflow.entities.LoggedModelOutput(logged.model_id)])
        mlflow.finalize_logged_model(logged.model_id, "READY")
    version = mlflow.register_model(f"runs:/{run.info.run_id}/net", model)
    assert version.source == f"models:/{logged.model_id}"
    assert mlflow.artifacts.load_text(f"models:/{model}/1/MLmodel") == "flavors: {}"
