"""The benches run, at a small size and without the peers; what they measure is judged by `make bench` alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_bench_runs_at_a_small_size(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benches", "--small", "--no-peers", "--folder", str(tmp_path)]
    command += ["--output", str(tmp_path / "RESULTS.md")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "bare echo" in done.stdout
