"""The bench of the interface runs, at a small size and without the peers; what it measures is judged by `make bench-ui` alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.browser import browser_path
from tests.support.frameworks import imported
from tests.support.pages import STATIC

ROOT = Path(__file__).parents[2]


def test_the_bench_of_the_interface_runs_at_a_small_size(tmp_path: Path) -> None:
    imported("playwright.sync_api")
    if not (STATIC / "index.html").is_file() or not (ROOT / "ui" / "node_modules").is_dir():
        pytest.skip("the pages are not built: make ui")
    command = [sys.executable, "-m", "benches.ui", "--small", "--folder", str(tmp_path)]
    command += ["--output", str(tmp_path / "RESULTS.md")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "MODELYARD_TEST_BROWSER": browser_path()}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "elements of the document" in (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
