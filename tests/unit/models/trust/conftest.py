"""Each test has a machine key of its own."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the machine's key and trust store."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MODELYARD_HOME", str(folder))
    return folder
