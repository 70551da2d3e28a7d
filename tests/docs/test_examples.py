"""Every file in examples runs, and shows what it promises."""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.docs.environment import run_python
from tests.docs.pages import ROOT
from tests.support.servers import modelyard_server

EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("*.py"))
NEEDS = {"with_mlflow.py": "mlflow"}


def _run(name: str, folder: Path, *arguments: str, tracking_uri: str = "") -> str:
    settings = {"MLFLOW_TRACKING_URI": tracking_uri} if tracking_uri else {}
    return run_python(folder, str(ROOT / "examples" / name), *arguments, **settings)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "demo.py"])
def test_an_example_runs_against_a_server(name: str, tmp_path: Path) -> None:
    needed = NEEDS.get(name, "sklearn")
    if find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed")
    with modelyard_server(tmp_path) as address:
        assert _run(name, tmp_path, tracking_uri=address).strip()


@pytest.mark.parametrize("name", ["classification.py", "quickstart.py"])
def test_an_example_runs_without_a_server(name: str, tmp_path: Path) -> None:
    assert _run(name, tmp_path).strip()
    assert (tmp_path / "yard" / "yard.db").is_file()


def test_the_demo_ends_by_itself_when_asked_to_run_once(tmp_path: Path) -> None:
    shown = _run("demo.py", tmp_path, "--once", "--port", "0")
    assert "breast cancer, logistic regression" in shown
    assert shown.count("    alpha=") == 9
    assert "The best of the sweep" in shown
    assert "The server is at http://127.0.0.1:" in shown
    assert re.search(r"POST http://127.0.0.1:\d+/invocations with the first row: \[[01](\.0)?\]", shown)


def test_the_pipeline_runs(tmp_path: Path) -> None:
    """Its first steps; it is what `modelyard new project` writes (tests/unit/scaffold), of which acceptance tests run all."""
    for needed in ("cookiecutter", "hydra", "pyarrow", "sklearn"):
        pytest.importorskip(needed, reason=f"{needed} is not installed")
    ignored = shutil.ignore_patterns("yard", "__pycache__", ".ruff_cache", ".pytest_cache")
    shutil.copytree(ROOT / "examples" / "pipeline", tmp_path / "pipeline", ignore=ignored)
    words = (
        "-m",
        "modelyard",
        "run",
        "pipeline",
        "--env-manager",
        "local",
        "-P",
        "steps=download,basic_cleaning",
    )
    run_python(tmp_path, *words, HOME=str(tmp_path))
    assert "clean_data.parquet" in run_python(tmp_path, "-m", "modelyard", "datasets", "list")
