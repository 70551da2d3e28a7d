"""The example runs, and shows what it promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.batch.test_killed import settings
from tests.support.processes import ROOT


def test_the_example_scores_a_file_and_goes_on(tmp_path: Path) -> None:
    for module in ("sklearn", "skops", "pyarrow", "pandas"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "batch" / "score.py")],
        cwd=tmp_path, env=settings(tmp_path), capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "440 of 442 rows scored by version diabetes-batch/1" in done.stdout
    assert "  row 100: Column 'bmi': the value is no number\n" in done.stdout
    assert "  row 200: ValueError: Input X contains NaN" in done.stdout
    assert "stopped: 1 rows could not be scored" in done.stdout
    assert "the same output: True" in done.stdout
