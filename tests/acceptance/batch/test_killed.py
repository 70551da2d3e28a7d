"""A batch that is killed at any moment and started again leaves no row out and writes none twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.docs.environment import clean_environment

ROWS = 2000
MODEL = """
import sys, time
import modelyard
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.signature import ModelSignature

def add(model_input):
    import time
    time.sleep(0.002)
    if (model_input["a"] < 0).any():
        raise ValueError("a is negative")
    return (model_input["a"] + model_input["b"]).to_numpy()

signature = ModelSignature(inputs=Schema([ColSpec("double", "a"), ColSpec("double", "b")]))
modelyard.pyfunc.save_model("model", python_model=add, signature=signature, verify=False)
"""
POINTS = [
    ("batch-part-written:1", "csv"),
    ("batch-part-written:20", "csv"),
    ("batch-part-noted:2", "parquet"),
    ("batch-part-noted:30", "csv"),
    ("batch-output-named:1", "csv"),
    ("batch-output-named:1", "parquet"),
]
DRIVER = """
import sys
from modelyard.batch.options import BatchOptions
from modelyard.batch.run import score_files
score_files("model", "in.csv", sys.argv[1], BatchOptions(chunk_rows=50, commit_seconds=0.0, track=sys.argv[2] == "run"))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model and an input in which every hundredth row is bad."""
    for module in ("pyarrow", "pandas", "yaml", "cloudpickle"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    place = tmp_path_factory.mktemp("killed")
    lines = [f"{-1 if row % 100 == 7 else row},{row / 4}\n" for row in range(ROWS)]
    (place / "in.csv").write_text("a,b\n" + "".join(lines))
    run(place, "-c", MODEL)
    return place


def settings(place: Path, **more: str) -> dict[str, str]:
    return clean_environment(MODELYARD_HOME=str(place / "home"), **more)


def run(place: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *words], cwd=place, env=settings(place, **more), capture_output=True, text=True, timeout=240, check=False
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done


def check(place: Path, output: str) -> None:
    """Every good row once and in its order, every bad one in the file beside."""
    from pyarrow import csv, parquet

    table = parquet.read_table(place / output) if output.endswith("parquet") else csv.read_csv(place / output)
    good = [row for row in range(ROWS) if row % 100 != 7]
    assert table.column("a").to_pylist() == good
    assert table.column("prediction").to_pylist() == [row * 1.25 for row in good]
    lines = (place / f"{output}.rejected.jsonl").read_text().splitlines()
    assert [json.loads(line)["row"] for line in lines] == [row + 1 for row in range(ROWS) if row % 100 == 7]
    assert json.loads((place / f"{output}.manifest.json").read_text())["state"] == "complete"
    assert not (place / f"{output}.partial").exists()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_killed_at_random_moments(kind: str, folder: Path) -> None:
    drawn, output, kills = random.Random(kind), f"random.{kind}", 0
    for _ in range(20):
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, output, "none"],
            cwd=folder,
            env=settings(folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        manifest, wait = folder / f"{output}.manifest.json", drawn.uniform(0.0, 0.6)
        before = manifest.stat().st_mtime_ns if manifest.exists() else 0
        until = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < until:
            if manifest.exists() and manifest.stat().st_mtime_ns != before:
                time.sleep(wait)
                break
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        if process.wait() == 0:
            break
        kills += 1
        if kills == 3:
            run(folder, "-c", DRIVER, output, "none")
            break
    assert kills
    check(folder, output)


@pytest.mark.parametrize(("place", "kind"), POINTS)
def test_killed_where_it_would_hurt_most(place: str, kind: str, folder: Path) -> None:
    output = f"{place.replace(':', '-')}.{kind}"
    done = run(folder, "-c", DRIVER, output, "none", MODELYARD_TESTING="1", MODELYARD_FAILPOINT=f"{place}:kill")
    assert done.returncode == -signal.SIGKILL
    assert run(folder, "-c", DRIVER, output, "none").returncode == 0
    check(folder, output)


def test_one_run_is_tracked_however_often_it_was_killed(folder: Path) -> None:
    store = {"MODELYARD_TRACKING_URI": str(folder / "yard")}
    point = {"MODELYARD_TESTING": "1", "MODELYARD_FAILPOINT": "batch-part-noted:15:kill"}
    for _ in range(2):
        assert run(folder, "-c", DRIVER, "tracked.csv", "run", **store, **point).returncode == -signal.SIGKILL
    run(folder, "-c", DRIVER, "tracked.csv", "run", **store)
    check(folder, "tracked.csv")
    code = "import modelyard as m; [r] = m.search_runs(output_format='list'); print(r.info.status, r.data.metrics)"
    told = run(folder, "-c", code, **store)
    assert told.stdout.startswith("FINISHED")
    assert f"'rows_scored': {ROWS * 0.99}" in told.stdout
    assert os.path.exists(folder / "yard")
