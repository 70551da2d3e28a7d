"""The environment of a reader who has set nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.processes import ROOT


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without our settings and MLflow's, able to import modelyard, and with ``more``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MODELYARD_", "MLFLOW_"))}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), **more}


def run_python(folder: Path, *words: str, timeout: float = 240, **settings: str) -> str:
    """Run a program of Python to its end as such a reader, in a folder, with more settings; what it printed."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=clean_environment(**settings),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
