"""Artifacts: up, down, listed and read (requirements S1.46 to S1.48, S1.51)."""

from __future__ import annotations

import io
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from modelyard.client.artifacts.proxy import Parts, ProxyPlace
from modelyard.client.sockets import Pool
from modelyard.client.transport import HttpTransport
from modelyard.core.errors import BadRequest, InvalidParameter, NotFound
from modelyard.core.settings import Settings


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The seed's folder, with another one in it."""
    folder = tmp_path / "data"
    (folder / "deep" / "deeper").mkdir(parents=True)
    (folder / "data.json").write_text('{"state": "NY"}')
    (folder / "features.txt").write_text("rooms, zipcode, median_price")
    (folder / "deep" / "deeper" / "ä b+c=d,e.txt").write_bytes(b"\x00\xff")
    return folder


def paths(files: list[Any]) -> list[str]:
    return [info.path for info in files]


def test_the_contents_of_a_folder_keep_their_layout(mlflow: Any, data: Path, tmp_path: Path) -> None:
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(data), artifact_path="states")
    client, run_id = mlflow.MlflowClient(), run.info.run_id
    assert paths(client.list_artifacts(run_id)) == ["states"]
    assert paths(client.list_artifacts(run_id, "states")) == ["states/data.json", "states/deep", "states/features.txt"]
    assert [info.is_dir for info in client.list_artifacts(run_id, "states")] == [False, True, False]
    assert client.list_artifacts(run_id, "states")[0].file_size == 15
    there = Path(mlflow.artifacts.download_artifacts(run_id=run_id, dst_path=str(tmp_path / "down")))
    found = {path.relative_to(there / "states"): path.read_bytes() for path in there.rglob("*") if path.is_file()}
    assert found == {path.relative_to(data): path.read_bytes() for path in data.rglob("*") if path.is_file()}


def test_a_file_at_the_root_and_below_folders(mlflow: Any, data: Path) -> None:
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(data / "data.json"))
        mlflow.log_artifact(data / "data.json", "a/b")
    client = mlflow.MlflowClient()
    assert paths(client.list_artifacts(run.info.run_id)) == ["a", "data.json"]
    assert paths(client.list_artifacts(run.info.run_id, "a/b")) == ["a/b/data.json"]
    assert client.list_artifacts(run.info.run_id, "a/b/data.json") == []
    assert client.list_artifacts(run.info.run_id, "nothing") == []


def test_log_artifact_of_a_folder_keeps_its_name(mlflow: Any, data: Path) -> None:
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(data) + "/")
    listed = mlflow.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path="data")
    assert paths(listed) == ["data/data.json", "data/deep", "data/features.txt"]


@pytest.mark.parametrize("size", [1, 1000, 2500, 3000])
def test_a_large_file_goes_up_in_parts(our_server: str, tmp_path: Path, size: int) -> None:
    local = tmp_path / "large.bin"
    local.write_bytes(os.urandom(size))
    with closing(Pool(our_server, Settings())) as pool:
        place = ProxyPlace(HttpTransport(pool), Parts(above=1000, size=1000))
        place.upload(local, f"parts/{size}.bin")
        assert [info.file_size for info in place.list("parts") if info.path == f"parts/{size}.bin"] == [size]
        place.download(f"parts/{size}.bin", tmp_path / "back.bin")
    assert (tmp_path / "back.bin").read_bytes() == local.read_bytes()


def test_a_folder_that_holds_the_store_is_logged_without_it(mlflow: Any, data: Path, tmp_path: Path) -> None:
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(tmp_path), "all")
    listed = paths(mlflow.MlflowClient().list_artifacts(run.info.run_id, "all"))
    assert "all/data" in listed
    assert "all/a yard" not in listed


def test_what_is_not_there_cannot_be_logged(mlflow: Any, tmp_path: Path) -> None:
    with mlflow.start_run():
        with pytest.raises(InvalidParameter, match="no file or folder"):
            mlflow.log_artifact(str(tmp_path / "missing.csv"))
        with pytest.raises(InvalidParameter, match="no folder"):
            mlflow.log_artifacts(str(tmp_path / "missing"))


@pytest.mark.parametrize("path", ["../up", "/root", "a/../../b", "a\\b", "..", "%2e%2e/x"])
def test_a_path_that_leads_out_is_refused_before_anything_is_sent(mlflow: Any, data: Path, path: str) -> None:
    with mlflow.start_run() as run:
        for log in (
            lambda: mlflow.log_artifact(str(data / "data.json"), path),
            lambda: mlflow.log_artifacts(str(data), path),
            lambda: mlflow.log_text("x", path),
            lambda: mlflow.artifacts.list_artifacts(
                run_id=run.info.run_id, artifact_path=path.lstrip("/") if path != "/root" else ".."
            ),
            lambda: mlflow.get_artifact_uri(path if path != "/root" else ".."),
        ):
            with pytest.raises(InvalidParameter, match="Invalid path"):
                log()
    assert mlflow.MlflowClient().list_artifacts(run.info.run_id) == []


def test_the_address_of_artifacts_leads_to_them(mlflow: Any) -> None:
    with mlflow.start_run() as run:
        mlflow.log_text("hello", "notes/hello.txt")
        assert mlflow.get_artifact_uri() == run.info.artifact_uri
        assert mlflow.artifacts.load_text(mlflow.get_artifact_uri("notes/hello.txt")) == "hello"
        assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/notes/hello.txt") == "hello"
        assert paths(mlflow.artifacts.list_artifacts(mlflow.get_artifact_uri("notes"))) == ["notes/hello.txt"]


def test_a_download_gets_its_own_name_below_the_folder(mlflow: Any, tmp_path: Path) -> None:
    with mlflow.start_run() as run:
        mlflow.log_text("hello", "a/b/c.txt")
    target = tmp_path / "down"
    uri = f"runs:/{run.info.run_id}/a/b"
    assert mlflow.artifacts.download_artifacts(f"{uri}/c.txt", dst_path=str(target)) == str(target / "c.txt")
    assert mlflow.artifacts.download_artifacts(uri, dst_path=target) == str(target / "b")
    assert (target / "b" / "c.txt").read_text() == "hello"
    assert mlflow.MlflowClient().download_artifacts(run.info.run_id, "a/b", str(target)) == str(target / "a" / "b")
    assert Path(mlflow.artifacts.download_artifacts(uri)).name == "b"


def test_what_is_not_there_cannot_be_downloaded(mlflow: Any, tmp_path: Path) -> None:
    with mlflow.start_run() as run:
        mlflow.log_text("hello", "a.txt")
    with pytest.raises(NotFound):
        mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/missing.txt", dst_path=str(tmp_path / "down"))
    with pytest.raises(NotFound):
        mlflow.artifacts.download_artifacts(f"runs:/{'0' * 32}/a.txt")
    with pytest.raises(InvalidParameter, match="Exactly one"):
        mlflow.artifacts.download_artifacts()
    assert not (tmp_path / "down" / "missing.txt").exists()


def test_texts_dictionaries_and_streams(mlflow: Any) -> None:
    with mlflow.start_run() as run:
        mlflow.log_dict({"a": [1, {"b": None}]}, "d.json")
        mlflow.log_dict({"a": 1}, "d.yaml")  # JSON, which is YAML, where PyYAML is not installed
        mlflow.log_text("a: 1", "d.txt")
        mlflow.log_stream(io.BytesIO(b"\x00" * 3_000_000), "big.bin")
    uri = f"runs:/{run.info.run_id}"
    assert mlflow.artifacts.load_dict(f"{uri}/d.json") == {"a": [1, {"b": None}]}
    assert "a" in mlflow.artifacts.load_text(f"{uri}/d.yaml")
    assert os.path.getsize(mlflow.artifacts.download_artifacts(f"{uri}/big.bin")) == 3_000_000
    with pytest.raises(BadRequest, match="JSON"):
        mlflow.artifacts.load_dict(f"{uri}/d.txt")


def test_figures_of_matplotlib(mlflow: Any) -> None:
    figures = pytest.importorskip("matplotlib.figure", reason="matplotlib is not installed")
    figure = figures.Figure()
    figure.subplots().plot([1, 2, 3])
    with mlflow.start_run() as run:
        mlflow.log_figure(figure, "plots/loss.png", save_kwargs={"dpi": 20})
        with pytest.raises(InvalidParameter, match="Unsupported figure"):
            mlflow.log_figure("no figure", "x.png")
    path = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/plots/loss.png")
    assert Path(path).read_bytes().startswith(b"\x89PNG")


def test_images_as_files_and_as_series(mlflow: Any) -> None:
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")
    pytest.importorskip("PIL", reason="pillow is not installed")
    picture = numpy.zeros((20, 10, 3), dtype="uint8")
    with mlflow.start_run() as run:
        mlflow.log_image(picture, "x.png")
        mlflow.log_image(picture, key="dogs/one", step=3)
        with pytest.raises(TypeError):
            mlflow.log_image(picture)
        with pytest.raises(TypeError):
            mlflow.log_image(picture, "x.png", key="dogs")
    client = mlflow.MlflowClient()
    series = paths(client.list_artifacts(run.info.run_id, "images"))
    assert [name.rpartition(".")[2] for name in sorted(series)] == ["webp", "png"] or len(series) == 2
    assert all(name.startswith("images/dogs~one+step+3+timestamp+") for name in series)
    assert client.get_run(run.info.run_id).data.tags["mlflow.loggedImages"] == "True"
    assert mlflow.artifacts.load_image(f"runs:/{run.info.run_id}/x.png").size == (10, 20)


def test_tables_grow_and_are_loaded_from_all_runs(mlflow: Any, name: str) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    mlflow.set_experiment(name)
    for number in range(2):
        with mlflow.start_run() as run:
            mlflow.log_table({"question": ["a", "b"], "score": [0.5, number]}, "eval/t.json")
            mlflow.log_table({"question": ["c"], "score": [1.5]}, "eval/t.json")
    table = mlflow.load_table("eval/t.json", extra_columns=["run_id"])
    assert len(table) == 6
    mine = table[table["run_id"] == run.info.run_id]
    assert mine["question"].tolist() == ["a", "b", "c"]
    assert mlflow.load_table("eval/t.json", run_ids=[run.info.run_id])["score"].tolist() == [0.5, 1.0, 1.5]
    with pytest.raises(NotFound):
        mlflow.load_table("other.json")


def test_an_experiment_with_a_folder_of_its_own(mlflow: Any, name: str, tmp_path: Path) -> None:
    place = tmp_path / "my artifacts"
    experiment_id = mlflow.create_experiment(name, artifact_location=place.as_uri())
    with mlflow.start_run(experiment_id=experiment_id) as run:
        mlflow.log_text("hello", "a/b.txt")
    assert (place / run.info.run_id / "artifacts" / "a" / "b.txt").read_text() == "hello"
    path = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/a/b.txt")
    assert Path(path) == place / run.info.run_id / "artifacts" / "a" / "b.txt"
    assert paths(mlflow.MlflowClient().list_artifacts(run.info.run_id, "a")) == ["a/b.txt"]
