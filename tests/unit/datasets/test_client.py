"""Versions of datasets, as the client makes and uses them over a folder and over a server."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import modelyard as mlflow
from modelyard.client.client import MlflowClient
from modelyard.core.entities import Dataset, DatasetInput
from modelyard.core.errors import ChangedDataset, InvalidParameter, NotFound, Unreachable
from tests.support.ports import reserved_port

NAME = "raw_data.parquet"


def written(path: Path, text: str = "one") -> Path:
    path.write_text(text)
    return path


def kept(client: MlflowClient, run_id: str, path: str = "") -> list[str]:
    """All files of a run."""
    found = []
    for info in client.list_artifacts(run_id, path):
        found += kept(client, run_id, info.path) if info.is_dir else [info.path]
    return found


def test_changed_content_makes_a_version_and_equal_content_sends_nothing(client: MlflowClient, tmp_path: Path) -> None:
    runs = [client.create_run("0").info.run_id for _ in range(3)]
    path = tmp_path / "raw.csv"
    made = [client.log_dataset(run_id, written(path, text), NAME) for run_id, text in zip(runs, "aab", strict=True)]
    assert [version.reference for version in made] == [f"{NAME}:v0", f"{NAME}:v0", f"{NAME}:v1"]
    assert [len(kept(client, run_id)) for run_id in runs] == [1, 0, 1]
    assert [client.use_dataset(f"{NAME}:{which}").read_text() for which in ("v0", "latest")] == ["a", "b"]


def test_two_contents_of_one_run_are_apart(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    for text in "ab":
        client.log_dataset(run_id, written(tmp_path / "raw.csv", text), NAME)
    assert [client.use_dataset(f"{NAME}:v{number}").read_text() for number in (0, 1)] == ["a", "b"]


def test_a_folder_is_a_dataset(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    (tmp_path / "images" / "train").mkdir(parents=True)
    written(tmp_path / "images" / "train" / "1.png")
    written(tmp_path / "images" / "labels.csv", "two")
    version = client.log_dataset(run_id, str(tmp_path / "images"), "images")
    assert version.size == 6
    copy = client.use_dataset("images", to=tmp_path / "out")
    assert copy == tmp_path / "out" / "images"
    assert (copy / "train" / "1.png").read_text() == "one"
    assert client.log_dataset(run_id, copy, "images").version == 0


def test_a_copy_is_the_users_own(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    client.log_dataset(run_id, written(tmp_path / "raw.csv"), NAME)
    copy = client.use_dataset(NAME)
    assert copy.name == "raw.csv"
    copy.write_text("scribbled on")
    assert client.use_dataset(NAME).read_text() == "one"


def test_what_is_in_the_folder_already_is_taken_when_it_is_the_same(
    client: MlflowClient, run_id: str, tmp_path: Path
) -> None:
    client.log_dataset(run_id, written(tmp_path / "raw.csv"), NAME)
    copy = client.use_dataset(NAME, to=tmp_path / "data")
    before = copy.stat().st_ino
    assert client.use_dataset(NAME, to=tmp_path / "data").stat().st_ino == before
    copy.write_text("mine")
    with pytest.raises(InvalidParameter, match=r"is there and is not raw_data\.parquet:v0"):
        client.use_dataset(NAME, to=tmp_path / "data")
    assert copy.read_text() == "mine"
    with pytest.raises(InvalidParameter, match="no folder"):
        client.use_dataset(NAME, to=copy)


def test_a_stored_file_that_was_replaced_is_not_handed_out(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    version = client.log_dataset(run_id, written(tmp_path / "raw.csv"), NAME)
    (stored,) = kept(client, run_id)
    client.log_artifact(run_id, str(written(tmp_path / "raw.csv", "evil")), stored.rpartition("/")[0])
    with pytest.raises(ChangedDataset, match=version.digest) as refused:
        client.use_dataset(NAME, to=tmp_path / "out")
    assert refused.value.message.count("sha256:") == 2
    assert list((tmp_path / "out").iterdir()) == []


def test_equal_content_puts_back_what_was_lost(tmp_path: Path) -> None:
    client = MlflowClient(str(tmp_path / "yard"))
    (tmp_path / "images" / "train").mkdir(parents=True)
    written(tmp_path / "images" / "train" / "1.png")
    written(tmp_path / "images" / "2.png", "two")
    for path, lost in ((tmp_path / "images", "1.png"), (written(tmp_path / "raw.csv", "three"), "raw.csv")):
        client.log_dataset(client.create_run("0").info.run_id, path, path.name)
        next(each for each in (tmp_path / "yard" / "artifacts").rglob(lost) if each.is_file()).unlink()
        again = client.create_run("0").info.run_id
        assert client.log_dataset(again, path, path.name).version == 0
        assert kept(client, again) == []
        assert client.use_dataset(path.name).exists()


def test_a_stored_file_that_is_missing_is_not_found(tmp_path: Path) -> None:
    client = MlflowClient(str(tmp_path / "yard"))
    client.log_dataset(client.create_run("0").info.run_id, written(tmp_path / "raw.csv"), NAME)
    (stored,) = (tmp_path / "yard" / "artifacts").rglob("raw.csv")
    stored.unlink()
    with pytest.raises(NotFound):
        client.use_dataset(NAME)


def test_a_reference_is_not_copied_and_is_compared(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    path = written(tmp_path / "large.bin")
    version = client.log_dataset(run_id, path, "large", reference=True)
    assert (version.kind, version.uri, kept(client, run_id)) == ("reference", path.as_uri(), [])
    assert client.log_dataset(run_id, path.as_uri(), "large", reference=True) == version
    assert client.use_dataset("large:v0") == path
    copy = client.use_dataset("large:v0", to=tmp_path / "out")
    assert (copy, copy.read_text()) == (tmp_path / "out" / "large.bin", "one")
    path.write_text("two")
    with pytest.raises(ChangedDataset, match=f"{path} has the digest sha256:.*and had {version.digest}"):
        client.use_dataset("large:v0")
    assert client.log_dataset(run_id, path, "large", reference=True).version == 1
    path.unlink()
    with pytest.raises(NotFound, match=f"refers to {path}"):
        client.use_dataset("large")


def test_a_folder_that_is_referred_to_is_compared(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    written(tmp_path / "images" / "1.png")
    client.log_dataset(run_id, tmp_path / "images", "images", reference=True)
    assert client.use_dataset("images", to=tmp_path / "out") == tmp_path / "out" / "images"
    written(tmp_path / "images" / "2.png")
    with pytest.raises(ChangedDataset):
        client.use_dataset("images")


def test_a_folder_that_holds_the_store_cannot_stay_where_it_is(tmp_path: Path) -> None:
    client = MlflowClient(str(tmp_path / "yard"))
    run_id = client.create_run("0").info.run_id
    written(tmp_path / "raw.csv")
    with pytest.raises(InvalidParameter, match="holds the store"):
        client.log_dataset(run_id, tmp_path, "all", reference=True)
    assert client.log_dataset(run_id, tmp_path, "all").size == 3


def test_a_use_is_recorded_and_is_an_input_of_the_run(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    version = client.log_dataset(run_id, written(tmp_path / "raw.csv"), NAME)
    user = client.create_run("0").info.run_id
    client.use_dataset(f"{NAME}:latest", run_id=user, context="training")
    (read,) = client.get_run(user).inputs.dataset_inputs
    assert (read.dataset.name, read.dataset.digest) == (NAME, version.digest.removeprefix("sha256:")[:32])
    assert json.loads(read.dataset.source) == {"uri": f"datasets:/{NAME}:v0"}
    assert [(tag.key, tag.value) for tag in read.tags] == [("mlflow.data.context", "training")]
    assert [(use.role, use.run_id) for use in client.get_dataset_lineage(NAME)] == [
        ("producer", run_id),
        ("consumer", user),
    ]
    assert [use.version for use in client.get_dataset_lineage(run_id=user)] == [0]


def test_an_input_that_names_the_version_is_a_use(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    version = client.log_dataset(run_id, written(tmp_path / "raw.csv"), NAME)
    reader = client.create_run("0").info.run_id
    told = Dataset(name=NAME, digest=version.input_digest, source_type="local", source="{}")
    client.log_inputs(reader, [DatasetInput(told)])
    assert [use.run_id for use in client.get_dataset_lineage(f"{NAME}:v0") if use.role == "consumer"] == [reader]


def test_versions_are_found_and_named(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    for text in "ab":
        client.log_dataset(run_id, written(tmp_path / "raw.csv", text), NAME, type="raw_data", tags={"rows": 7})
    client.set_dataset_alias(NAME, "good", "v0")
    assert client.get_dataset_version(f"{NAME}:good").version.version == 0
    assert client.get_dataset_version(f"datasets:/{NAME}:v0").version.aliases == ["good"]
    client.delete_dataset_alias(NAME, "good")
    with pytest.raises(InvalidParameter, match="no version"):
        client.set_dataset_alias(NAME, "good", "latest")
    (found,) = client.search_named_datasets("RAW", type="raw_data")
    assert found.latest is not None
    assert [(tag.key, tag.value) for tag in found.latest.tags] == [("rows", "7")]
    page = client.list_dataset_versions(NAME, max_results=1)
    assert ([each.version for each in page], bool(page.token)) == ([1], True)
    assert client.update_named_dataset(NAME, description="Data").description == "Data"


@pytest.mark.parametrize("name", ["", "a/b", "a:b", ".."])
def test_a_bad_name_is_refused_before_anything_is_sent(
    client: MlflowClient, run_id: str, tmp_path: Path, name: str
) -> None:
    with pytest.raises(InvalidParameter):
        client.log_dataset(run_id, written(tmp_path / "raw.csv"), name)
    with pytest.raises(InvalidParameter, match="reserved"):
        client.log_dataset(run_id, tmp_path / "raw.csv", NAME, aliases=["latest"])
    assert kept(client, run_id) == []


def test_what_is_no_data_is_refused(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install 'modelyard[arrow]'")
    with pytest.raises(InvalidParameter, match="There is no file or folder"):
        client.log_dataset(run_id, tmp_path / "nothing", NAME)
    with pytest.raises(InvalidParameter, match="on no disk of this machine"):
        client.log_dataset(run_id, "s3://bucket/raw.csv", NAME, reference=True)
    with pytest.raises(InvalidParameter, match="dict cannot be made a dataset"):
        client.log_dataset(run_id, {"a": 1}, NAME)
    with pytest.raises(InvalidParameter, match="in memory"):
        client.log_dataset(run_id, {"a": 1}, NAME, reference=True)


def test_frames_are_stored_as_parquet(client: MlflowClient, run_id: str) -> None:
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install 'modelyard[arrow]'")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = arrow.table({"a": [1, 2], "b": ["x", None]})
    assert client.log_dataset(run_id, table, "frame").version == 0
    assert client.log_dataset(run_id, arrow.table({"a": [1, 2], "b": ["x", None]}), "frame").version == 0
    path = client.use_dataset("frame")
    assert (path.name, parquet.read_table(path)) == ("frame.parquet", table)
    (batch,) = table.to_batches()
    assert client.log_dataset(run_id, batch, "batch.parquet").uri.endswith("/batch.parquet")


def test_frames_of_pandas_come_back_with_their_index(client: MlflowClient, run_id: str) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed: pip install 'modelyard[pandas]'")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install 'modelyard[arrow]'")
    frame = pandas.DataFrame({"a": [1.5, None], "b": ["x", "y"]}, index=["first", "second"])
    assert client.log_dataset(run_id, frame, "frame").version == 0
    assert client.log_dataset(run_id, frame.copy(), "frame").version == 0
    pandas.testing.assert_frame_equal(pandas.read_parquet(client.use_dataset("frame")), frame)
    with pytest.raises(InvalidParameter, match="a column that Parquet cannot hold"):
        client.log_dataset(run_id, pandas.DataFrame({"a": [1, "x"]}), "frame")


def test_frames_of_polars_are_stored(client: MlflowClient, run_id: str) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed: pip install polars")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install 'modelyard[arrow]'")
    frame = polars.DataFrame({"a": [1, 2]})
    client.log_dataset(run_id, frame, "frame")
    assert client.log_dataset(run_id, frame.lazy(), "frame").version == 0
    assert polars.read_parquet(client.use_dataset("frame")).equals(frame)


def test_an_address_of_a_dataset_is_downloaded_and_listed(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    mlflow.set_tracking_uri(client.tracking_uri)
    (tmp_path / "images").mkdir()
    written(tmp_path / "images" / "1.png")
    client.log_dataset(run_id, tmp_path / "images", "images")
    client.log_dataset(run_id, written(tmp_path / "raw.csv"), NAME)
    assert mlflow.artifacts.load_text(f"datasets:/{NAME}:latest") == "one"
    path = mlflow.artifacts.download_artifacts("datasets:/images", dst_path=str(tmp_path / "out"))
    assert os.listdir(path) == ["1.png"]
    assert [info.path.rpartition("/")[2] for info in mlflow.artifacts.list_artifacts("datasets:/images:v0")] == [
        "1.png"
    ]
    with pytest.raises(InvalidParameter, match="names no dataset"):
        mlflow.artifacts.download_artifacts("datasets:/images:v0/1.png")


def test_verbs_log_to_the_active_run_and_record_it(client: MlflowClient, tmp_path: Path) -> None:
    mlflow.set_tracking_uri(client.tracking_uri)
    with mlflow.start_run() as maker:
        mlflow.datasets.log_dataset(written(tmp_path / "raw.csv"), NAME, type="raw_data", aliases=["good"])
    outside = mlflow.datasets.use_dataset(NAME)
    with mlflow.start_run() as user:
        inside = mlflow.datasets.use_dataset(f"{NAME}:good")
    assert outside.read_text() == inside.read_text() == "one"
    told = [(use.role, use.run_id) for use in mlflow.datasets.dataset_lineage(NAME)]
    assert told == [("producer", maker.info.run_id), ("consumer", user.info.run_id)]
    assert mlflow.datasets.get_dataset(f"{NAME}:good").version == 0
    assert [each.name for each in mlflow.datasets.search_datasets(type="raw_data")] == [NAME]
    assert [each.version for each in mlflow.datasets.list_dataset_versions(NAME)] == [0]
    mlflow.datasets.set_dataset_alias(NAME, "better", 0)
    mlflow.datasets.delete_dataset_alias(NAME, "good")
    assert mlflow.datasets.get_dataset(NAME).aliases == ["better"]


def test_a_run_that_a_launcher_made_is_the_one_that_uses(
    client: MlflowClient, run_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow.set_tracking_uri(client.tracking_uri)
    client.log_dataset(run_id, written(tmp_path / "raw.csv"), NAME)
    launched = client.create_run("0").info.run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", launched)
    mlflow.datasets.use_dataset(NAME)
    assert [use.run_id for use in client.get_dataset_lineage(NAME)] == [run_id, launched]


def test_logging_without_a_run_starts_one(client: MlflowClient, tmp_path: Path) -> None:
    mlflow.set_tracking_uri(client.tracking_uri)
    version = mlflow.datasets.log_dataset(written(tmp_path / "raw.csv"), NAME)
    active = mlflow.active_run()
    assert active is not None
    assert active.info.run_id == version.run_id
    mlflow.end_run()


def test_a_store_that_is_away_makes_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELYARD_HTTP_REQUEST_MAX_RETRIES", "0")
    with reserved_port() as port:
        client = MlflowClient(f"http://127.0.0.1:{port}")
        with pytest.raises(Unreachable):
            client.log_dataset("0" * 32, written(tmp_path / "raw.csv"), NAME)
