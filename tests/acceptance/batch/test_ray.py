"""The engine ray writes what the engine here writes, on a cluster of this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.batch.test_killed import MODEL, settings
from tests.support.processes import ROOT


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "modelyard",
            "batch",
            "score",
            "model",
            "in.csv",
            *words,
            "--no-run",
            "--chunk-rows",
            "40",
        ],
        cwd=folder,
        env=settings(folder, PYTHONPATH=str(ROOT / "src")),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def exact(profile: Any) -> list[dict[str, Any]]:
    """What a profile says of its columns but for the sketch of quantiles, which forgets values by chance."""
    return [{key: value for key, value in each.items() if key != "quantile_sketch"} for each in profile["columns"]]


def test_a_cluster_writes_the_same_bytes(tmp_path: Path) -> None:
    for module in ("ray", "pyarrow", "pandas", "cloudpickle"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    lines = [f"{-1 if row % 90 == 7 else row},{row / 4}\n" for row in range(300)]
    (tmp_path / "in.csv").write_text("a,b\n" + "".join(lines))
    subprocess.run([sys.executable, "-c", MODEL], cwd=tmp_path, env=settings(tmp_path), check=True, timeout=120)
    for output, engine in (("here.csv", "local"), ("there.csv", "ray")):
        done = command(tmp_path, output, "--engine", engine, "--workers", "2")
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert (tmp_path / "there.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()
    ours, theirs = (json.loads((tmp_path / f"{name}.csv.manifest.json").read_text()) for name in ("here", "there"))
    assert ours["parts"] == theirs["parts"]
    assert exact(ours["profile"]) == exact(theirs["profile"])
    bad = (tmp_path / "there.csv.rejected.jsonl").read_text()
    assert bad == (tmp_path / "here.csv.rejected.jsonl").read_text()
    assert len(bad.splitlines()) == 4
