"""A folder's store is lent as a server where a project uses MLflow's package, and only there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from modelyard.core.errors import ProjectFailed, StoreLocked
from modelyard.db.store_lock import StoreLock
from modelyard.projects.lend import lent, names_mlflow
from modelyard.projects.spec import read
from modelyard.tracking import MlflowClient
from tests.support.processes import ROOT
from tests.support.projects import write
from tests.support.waiting import wait_for


@pytest.mark.parametrize(
    ("name", "text", "uses"),
    [
        ("run.py", "import mlflow\n", True),
        ("run.py", "def go():\n    import os, mlflow.sklearn as ms, sys\n", True),
        ("src/step/run.py", "from mlflow.tracking import MlflowClient\n", True),
        ("eda.ipynb", json.dumps({"cells": [{"source": ["import mlflow\n"]}]}, indent=1), True),
        ("requirements.txt", "pandas\nmlflow==3.1\n", True),
        ("conda.yaml", "dependencies:\n  - python\n  - pip:\n    - mlflow>=2\n", True),
        ("run.py", "import modelyard as mlflow\nmlflow.log_metric('a', 1)\n", False),
        ("run.py", "import mlflow_tools\n# import mlflow is not what this does\n", False),
        ("requirements.txt", "mlflow-plugin\nmodelyard\n", False),
        ("venv/lib/mlflow/run.py", "import mlflow\n", False),
        (".hidden/run.py", "import mlflow\n", False),
        ("notes.md", "import mlflow\n", False),
    ],
)
def test_who_uses_mlflow_is_told_by_the_projects_files(tmp_path: Path, name: str, text: str, uses: bool) -> None:
    assert names_mlflow(read(write(tmp_path, {name: text}))) is uses


def test_the_look_is_bounded(tmp_path: Path) -> None:
    write(tmp_path, {f"a/{number:04}.py": "" for number in range(600)} | {"z/run.py": "import mlflow\n"})
    assert not names_mlflow(read(tmp_path))
    assert names_mlflow(read(write(tmp_path, {"run.py": "import mlflow\n"})))


def test_a_store_is_lent_for_the_time_of_a_block_and_stays_the_owners_too(tmp_path: Path) -> None:
    store = tmp_path / "yard"
    owner = MlflowClient(str(store))
    with lent(store) as address:
        borrower = MlflowClient(address)
        run_id = borrower.create_run("0").info.run_id
        borrower.log_param(run_id, "a", "1")
        owner.set_tag(run_id, "b", "2")
        run = borrower.get_run(run_id)
        assert (run.data.params, run.data.tags["b"]) == ({"a": "1"}, "2")
    assert owner.get_run(run_id).data.params == {"a": "1"}
    with StoreLock(store), pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{address}/health", timeout=10)


def test_a_store_that_a_server_has_is_not_lent_and_the_way_out_is_said(tmp_path: Path) -> None:
    store = tmp_path / "yard"
    MlflowClient(str(store)).create_run("0")
    with (
        StoreLock(store),
        pytest.raises(ProjectFailed, match=r"in use by another server .*--tracking-uri http://"),
        lent(store),
    ):
        raise AssertionError("it was lent")


def test_it_ends_with_its_owner(tmp_path: Path) -> None:
    """The server holds one end of a pipe; whoever dies lets go of the other."""
    store = tmp_path / "yard"
    code = (
        "import sys, time; from pathlib import Path; from modelyard.projects.lend import lent\n"
        "with lent(Path(sys.argv[1])) as address: print(address, flush=True); time.sleep(600)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen([sys.executable, "-c", code, str(store)], stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"http://127.0.0.1:")
        process.send_signal(signal.SIGKILL)
        process.wait()

    def is_free() -> bool:
        try:
            StoreLock(store).release()
        except StoreLocked:
            return False
        return True

    wait_for(is_free)
