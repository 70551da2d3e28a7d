"""Artifacts through the real mlflow client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def listed(client: Any, run_id: str, path: str | None = None) -> list[tuple[str, bool, int | None]]:
    return [(file.path, file.is_dir, file.file_size) for file in client.list_artifacts(run_id, path)]


@pytest.fixture
def run_id(mlflow: Any, experiment: str) -> str:
    with mlflow.start_run() as run:
        pass
    return str(run.info.run_id)


def test_files_and_folders_are_logged_listed_and_downloaded(
    mlflow: Any, client: Any, experiment: str, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    (data / "deep" / "er").mkdir(parents=True)
    (data / "data.json").write_text('{"a": 1}')
    (data / "features.txt").write_text("rooms, zipcode")
    (data / "deep" / "er" / "bytes.bin").write_bytes(bytes(range(256)) * 100)
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(data), artifact_path="states")
        mlflow.log_artifact(str(data / "data.json"))
        mlflow.log_artifact(str(data / "data.json"), "a/b")
    run_id = run.info.run_id
    assert listed(client, run_id) == [("a", True, None), ("data.json", False, 8), ("states", True, None)]
    assert listed(client, run_id, "states") == [
        ("states/data.json", False, 8),
        ("states/deep", True, None),
        ("states/features.txt", False, 14),
    ]
    assert listed(client, run_id, "a/b") == [("a/b/data.json", False, 8)]
    assert listed(client, run_id, "nothing") == []
    whole = Path(mlflow.artifacts.download_artifacts(run_id=run_id, dst_path=str(tmp_path / "out")))
    assert (whole / "states" / "deep" / "er" / "bytes.bin").read_bytes() == bytes(range(256)) * 100
    one = mlflow.artifacts.download_artifacts(artifact_uri=f"runs:/{run_id}/states/features.txt")
    assert Path(one).read_text() == "rooms, zipcode"


def test_a_folder_given_to_log_artifact_keeps_its_name(
    mlflow: Any, client: Any, experiment: str, tmp_path: Path
) -> None:
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "a.txt").write_text("a")
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(tmp_path / "plots"))
    assert listed(client, run.info.run_id, "plots") == [("plots/a.txt", False, 1)]


def test_texts_dictionaries_figures_and_images(mlflow: Any, client: Any, experiment: str) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np

    figure, axes = plt.subplots()
    axes.plot([1, 2, 3])
    with mlflow.start_run() as run:
        mlflow.log_text("hello ☃", "notes/hello.txt")
        mlflow.log_dict({"a": [1, 2]}, "conf.json")
        mlflow.log_dict({"a": 1}, "conf.yaml")
        mlflow.log_figure(figure, "plot.png")
        mlflow.log_image(np.zeros((4, 4, 3), dtype=np.uint8), "image.png")
        mlflow.log_image(np.zeros((4, 4), dtype=np.uint8), key="steps", step=3)
    plt.close(figure)
    uri = run.info.artifact_uri
    assert mlflow.artifacts.load_text(f"{uri}/notes/hello.txt") == "hello ☃"
    assert mlflow.artifacts.load_dict(f"{uri}/conf.json") == {"a": [1, 2]}
    assert mlflow.artifacts.load_image(f"{uri}/image.png").size == (4, 4)
    names = {path for path, _, _ in listed(client, run.info.run_id)}
    assert names == {"notes", "conf.json", "conf.yaml", "plot.png", "image.png", "images"}


def test_tables_grow_and_are_read_back(mlflow: Any, client: Any, experiment: str) -> None:
    with mlflow.start_run() as run:
        mlflow.log_table({"q": ["a", "b"], "n": [1, 2]}, "table.json")
        mlflow.log_table({"q": ["c"], "n": [3]}, "table.json")
    table = mlflow.load_table("table.json", run_ids=[run.info.run_id])
    assert list(table["q"]) == ["a", "b", "c"]
    tags = client.get_run(run.info.run_id).data.tags
    assert json.loads(tags["mlflow.loggedArtifacts"]) == [{"path": "table.json", "type": "table"}]


def test_a_missing_file_is_an_error(mlflow: Any, client: Any, run_id: str) -> None:
    with pytest.raises(mlflow.MlflowException):
        mlflow.artifacts.download_artifacts(artifact_uri=f"runs:/{run_id}/nothing.txt")


def test_names_with_spaces_and_signs(mlflow: Any, client: Any, experiment: str) -> None:
    name = "with space/ä & b+c=d,e f'(1).txt"
    with mlflow.start_run() as run:
        mlflow.log_text("x", name)
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/{name}") == "x"
    assert listed(client, run.info.run_id, "with space") == [(name, False, 1)]


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/x"])
def test_paths_that_leave_the_run_are_refused(mlflow: Any, client: Any, run_id: str, path: str) -> None:
    with pytest.raises(mlflow.MlflowException):
        client.log_text(run_id, "x", path)


def test_artifacts_are_deleted(mlflow: Any, client: Any, run_id: str) -> None:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    client.log_text(run_id, "x", "a/b.txt")
    repository = get_artifact_repository(client.get_run(run_id).info.artifact_uri)
    for _ in range(2):
        repository.delete_artifacts("a")
    assert listed(client, run_id) == []


def test_a_large_file_in_parts(mlflow: Any, client: Any, run_id: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(5 << 20))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 << 20))
    content = bytes(range(256)) * 4096 * 12
    (tmp_path / "large.bin").write_bytes(content)
    client.log_artifact(run_id, str(tmp_path / "large.bin"))
    got = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="large.bin")
    assert Path(got).read_bytes() == content
