"""Requirements S3.9, S3.10 and A.2: what a component makes is tracked, versioned and stored, or stays where it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.requirements.conftest import Session

DOWNLOAD = """
import sys
name, text = sys.argv[1:]
open("raw_data.parquet", "w").write(text)
with mlflow.start_run(run_name="download") as run:
    version = mlflow.datasets.log_dataset(
        "raw_data.parquet", name, type="raw_data", description="Data as downloaded"
    )
tell([version.reference, version.digest, run.info.run_id])
"""
USE = """
import sys
with mlflow.start_run(run_name="clean") as run:
    path = mlflow.datasets.use_dataset(sys.argv[1], context="cleaning")
tell([str(path), path.read_text(), run.info.run_id])
"""


@pytest.fixture
def dataset(name: str) -> str:
    """A dataset nobody has made yet."""
    return f"{name.replace(' ', '_')}.parquet"


def test_changed_data_are_a_version_and_unchanged_data_none(session: Session, dataset: str) -> None:
    """S3.9: v0, v1, no new one; ``:latest`` and ``:v0`` both resolve; lineage shows producer and consumers."""
    first, digest, maker = session.run(DOWNLOAD, dataset, "one")
    second, _, changer = session.run(DOWNLOAD, dataset, "two")
    third, _, again = session.run(DOWNLOAD, dataset, "two")
    assert [first, second, third] == [f"{dataset}:v0", f"{dataset}:v1", f"{dataset}:v1"]
    _, latest, reader = session.run(USE, f"{dataset}:latest")
    _, old, old_reader = session.run(USE, f"{dataset}:v0")
    assert (latest, old) == ("two", "one")

    shown = json.loads(session.cli("datasets", "show", f"{dataset}:v0", "--output", "json").stdout)
    assert (shown["type"], shown["description"], shown["digest"]) == ("raw_data", "Data as downloaded", digest)
    versions = json.loads(session.cli("datasets", "versions", dataset, "--output", "json").stdout)
    assert [each["version"] for each in versions] == [1, 0]

    told = json.loads(session.cli("datasets", "lineage", dataset, "--output", "json").stdout)
    assert {(use["version"], use["role"], use["run_id"]) for use in told} == {
        (0, "producer", maker),
        (1, "producer", changer),
        (1, "producer", again),
        (1, "consumer", reader),
        (0, "consumer", old_reader),
    }
    tree = session.cli("datasets", "lineage", f"{dataset}:v0").stdout
    assert f"├─ made by  download  {maker}" in tree
    assert f"└─ used by  clean  {old_reader}" in tree
    (read,) = session.client.get_run(reader).inputs.dataset_inputs
    assert (read.dataset.name, [tag.value for tag in read.tags]) == (dataset, ["cleaning"])


def test_a_reference_is_not_copied_and_a_changed_file_is_detected(session: Session, dataset: str) -> None:
    """S3.10: place and checksum only; use says that the file has changed, with its digest then and now."""
    large = session.folder / "large.bin"
    large.write_text("one")
    run_id, digest = session.run(
        """
import sys
with mlflow.start_run() as run:
    version = mlflow.datasets.log_dataset("large.bin", sys.argv[1], reference=True)
tell([run.info.run_id, version.digest])
""",
        dataset,
    )
    assert session.client.list_artifacts(run_id) == []
    path, text, _ = session.run(USE, dataset)
    assert (Path(path), text) == (large, "one")
    large.write_text("two")
    refused = session.run(USE, dataset, code=1)
    assert f"{large} has the digest sha256:" in refused
    assert f"had {digest}" in refused
    done = session.cli("datasets", "download", dataset)
    assert done.returncode == 1
    assert done.stderr.startswith(f"modelyard: {dataset}:v0 has changed: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_dataset_is_logged_compared_named_and_fetched_from_the_command_line(session: Session, dataset: str) -> None:
    """S3.9 and A.2: what the command line made is used from Python, and the other way about."""
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install 'modelyard[arrow]'")
    table = session.folder / "raw.csv"
    table.write_text("id,price\n1,100\n")
    made = session.cli("datasets", "log", "raw.csv", "-n", dataset, "--type", "raw_data", "--alias", "good")
    assert made.stdout.startswith(f"{dataset}:v0  15 B  sha256:"), made.stderr
    table.write_text("id,price,rooms\n1,100,3\n2,300,4\n")
    assert session.cli("datasets", "log", "raw.csv", "-n", dataset).stdout.startswith(f"{dataset}:v1")
    differs = session.cli("datasets", "diff", f"{dataset}:v0").stdout
    assert "rows    1 → 2" in differs
    assert "column added: rooms" in differs
    assert "mean 100 → 200" in differs
    assert dataset in session.cli("datasets", "list", "--contains", dataset).stdout
    _, text, _ = session.run(USE, f"{dataset}:good")
    assert text == "id,price\n1,100\n"
    assert session.cli("datasets", "alias", dataset, "good", "v1").returncode == 0
    fetched = session.cli("datasets", "download", f"{dataset}:good", "-d", "out").stdout.strip()
    assert Path(fetched) == session.folder / "out" / "raw.csv"
    by_address = session.cli("artifacts", "download", "-u", f"datasets:/{dataset}:v0", "-d", "other").stdout.strip()
    assert Path(by_address).read_text() == "id,price\n1,100\n"


def test_what_is_wrong_is_said_in_one_line(session: Session, dataset: str) -> None:
    """A.4: no version of that name, no such file, no such dataset."""
    for words in (
        ("show", f"{dataset}:v0"),
        ("log", "nothing.csv", "-n", dataset),
        ("log", ".", "-n", "a/b"),
        ("lineage",),
        ("diff", dataset),
        ("alias", dataset, "latest", "v0"),
    ):
        done = session.cli("datasets", *words)
        assert done.returncode == 1, words
        assert done.stderr.startswith("modelyard: "), words
        assert len(done.stderr.splitlines()) == 1, words
