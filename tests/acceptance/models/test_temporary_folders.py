"""What saving, verifying and loading models puts into the folder for temporary files is gone with the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.environment import clean_environment

pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")

SCRIPT = """
import os, sys, tempfile
import modelyard as mlflow
from modelyard import pyfunc

mlflow.set_tracking_uri(sys.argv[1])

def shout(model_input):
    return [each.upper() for each in model_input]

with mlflow.start_run() as run:
    info = pyfunc.log_model(python_model=shout, name="model", input_example=["a"])
assert info.verdict.status == "passed", info.verdict
for uri in (info.model_uri, f"runs:/{run.info.run_id}/model"):
    assert pyfunc.load_model(uri).predict(["b"]) == ["B"]
assert any(name.startswith("modelyard-") for name in os.listdir(tempfile.gettempdir())), "it is loaded from there"
"""


def test_loading_a_logged_model_leaves_no_temporary_folder(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "yard")],
        env=clean_environment(MODELYARD_HOME=str(tmp_path / "home"), TMPDIR=str(temporary)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list(temporary.iterdir()) == []
