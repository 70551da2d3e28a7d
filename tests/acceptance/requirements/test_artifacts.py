"""Requirements S1.46 to S1.48, S1.50, S1.51 and X3: files of runs, and how runs and files are found again."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.acceptance.requirements.conftest import Session

DATA = """
import os
os.makedirs("data/deep", exist_ok=True)
open("data/data.json", "w").write('{"CO": 1}')
open("data/features.txt", "w").write("rooms, zipcode")
"""


def listed(session: Session, run_id: str, path: str | None = None) -> list[str]:
    return [info.path for info in session.client.list_artifacts(run_id, path)]


def test_a_file_or_a_folder_is_logged(session: Session) -> None:
    """S1.46: at the root, below a path, and a folder under its own name."""
    run_id = session.run(
        DATA
        + """
with mlflow.start_run() as run:
    mlflow.log_artifact("data/features.txt")
    mlflow.log_artifact("data/features.txt", artifact_path="a/b")
    mlflow.log_artifact("data")
tell(run.info.run_id)
"""
    )
    assert listed(session, run_id) == ["a", "data", "features.txt"]
    assert listed(session, run_id, "a/b") == ["a/b/features.txt"]
    assert listed(session, run_id, "data") == ["data/data.json", "data/features.txt"]


def test_the_contents_of_a_folder_are_logged(session: Session, tmp_path: Path) -> None:
    """S1.47: exactly these files, folders in it kept, byte by byte."""
    run_id = session.run(
        DATA
        + """
with mlflow.start_run() as run:
    mlflow.log_artifacts("data", artifact_path="states")
    open("data/deep/bytes.bin", "wb").write(bytes(range(256)))
    mlflow.log_artifacts("data", artifact_path="again")
tell(run.info.run_id)
"""
    )
    assert listed(session, run_id, "states") == ["states/data.json", "states/features.txt"]
    folder = Path(session.client.download_artifacts(run_id, "again", str(tmp_path)))
    assert sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()) == [
        "data.json",
        "deep/bytes.bin",
        "features.txt",
    ]
    assert (folder / "deep" / "bytes.bin").read_bytes() == bytes(range(256))


def test_the_address_of_artifacts_leads_to_them(session: Session) -> None:
    """S1.48: with and without a path below it."""
    told = session.run(
        DATA
        + """
with mlflow.start_run() as run:
    mlflow.log_artifact("data/features.txt", "states")
    root, below = mlflow.get_artifact_uri(), mlflow.get_artifact_uri("states/features.txt")
text = open(mlflow.artifacts.download_artifacts(artifact_uri=below)).read()
tell([root, below, text, [info.path for info in mlflow.artifacts.list_artifacts(artifact_uri=root)]])
"""
    )
    root, below, text, names = told
    assert below == f"{root}/states/features.txt"
    assert (text, names) == ("rooms, zipcode", [f"{root.rpartition('/')[2]}/states"])


def test_runs_and_files_are_looked_up(session: Session, name: str) -> None:
    """S1.50: by name, by filter into a table, by parent; the last run; files by list and download."""
    if find_spec("pandas") is None:
        pytest.skip("pandas is not installed: pip install 'modelyard[pandas]'")
    script = """
mlflow.set_experiment(sys.argv[1])
with mlflow.start_run() as parent:
    for depth in (1, 2):
        with mlflow.start_run(nested=True) as child:
            mlflow.log_param("depth", depth); mlflow.log_metric("r2", depth / 10); mlflow.set_tag("kind", "tree")
            mlflow.log_text("hello", "notes/a.txt")
with mlflow.start_run(): mlflow.log_param("depth", 9)
last = mlflow.last_active_run()
table = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
rows = table.sort_values("params.depth")[["params.depth", "metrics.r2", "tags.kind"]].values.tolist()
files = mlflow.artifacts.list_artifacts(run_id=child.info.run_id, artifact_path="notes")
text = open(mlflow.artifacts.download_artifacts(run_id=child.info.run_id, artifact_path="notes/a.txt")).read()
named = mlflow.get_experiment_by_name(sys.argv[1])
tell([rows, last.data.params, [file.path for file in files], text, named.name, len(mlflow.search_runs())])
"""
    rows, last, files, text, named, count = session.run(script, name)
    assert rows == [["1", 0.1, "tree"], ["2", 0.2, "tree"]]
    assert (last, files, text) == ({"depth": "9"}, ["notes/a.txt"], "hello")
    assert (named, count) == (name, 4)


def test_plain_ls_reaches_the_files(session: Session, name: str) -> None:
    """S1.51, X3: <store>/artifacts/<experiment id>/<run id>/artifacts, as the documentation says."""
    run_id = session.run("""
with mlflow.start_run() as run:
    mlflow.log_text("flavors: {}", "model/MLmodel")
tell(run.info.run_id)
""")
    experiment = session.client.get_run(run_id).info.experiment_id
    file = session.store / "artifacts" / experiment / run_id / "artifacts" / "model" / "MLmodel"
    assert file.read_text() == "flavors: {}"
    rules = Path(__file__).resolve().parents[3] / "docs" / "explanation" / "rules.md"
    assert "`<store>/artifacts/<experiment id>/<run id>/artifacts/`" in rules.read_text()
    shown = session.cli("artifacts", "list", "-r", run_id, "-a", "model")
    assert '"model/MLmodel"' in shown.stdout
