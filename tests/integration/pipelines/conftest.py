"""A process that has just begun, and pipelines whose steps are processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.client.active import PROCESS
from tests.support.processes import ROOT
from tests.support.steps import *  # noqa: F403


@pytest.fixture(autouse=True)
def fresh_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "MODELYARD_"))]:
        if name != "MODELYARD_REQUIRE_ALL":
            monkeypatch.delenv(name)
    monkeypatch.setenv("MODELYARD_TRACKING_URI", str(tmp_path / "yard"))
    monkeypatch.setenv("MODELYARD_JOURNAL", str(tmp_path / "journal"))
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.chdir(tmp_path)
    PROCESS.reset()
    yield
    PROCESS.reset()
