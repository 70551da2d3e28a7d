"""`examples/serve`: a model registered, served, and asked in every form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.environment import run_python
from tests.support.processes import ROOT
from tests.support.scoring import serving

EXAMPLE = ROOT / "examples" / "serve"


def test_the_example_is_served_and_asked(tmp_path: Path) -> None:
    for module in ("sklearn", "pandas"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    uri = shown(tmp_path, "train.py").strip()
    with serving(tmp_path, "-m", uri) as server:
        lines = shown(tmp_path, "ask.py", server.address).splitlines()
    assert len(lines) == 5
    numbers = {line.split()[-1] for line in lines}
    assert len(numbers) == 1, lines
    assert 100 < float(numbers.pop()) < 300


def shown(folder: Path, script: str, *words: str) -> str:
    return run_python(folder, str(EXAMPLE / script), *words)
