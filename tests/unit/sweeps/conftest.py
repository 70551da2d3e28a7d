"""A process that has just begun, over a store in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.client.active import PROCESS

VARIABLES = ("TRACKING_URI", "REGISTRY_URI", "EXPERIMENT_NAME", "EXPERIMENT_ID", "RUN_ID")


@pytest.fixture(autouse=True)
def fresh_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in VARIABLES:
        for prefix in ("MODELYARD", "MLFLOW"):
            monkeypatch.setenv(f"{prefix}_{name}", "")  # noted, so that what a test sets is taken back
            monkeypatch.delenv(f"{prefix}_{name}")
    monkeypatch.setenv("MODELYARD_JOURNAL", str(tmp_path / "journal"))
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    PROCESS.reset()
    yield
    PROCESS.reset()
