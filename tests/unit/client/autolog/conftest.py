"""A store in the test's folder, keys in another, and nothing autologged before or after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import modelyard
from modelyard.client.autolog.state import AUTOLOG


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The store that is tracked to."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))
    modelyard.set_tracking_uri(str(tmp_path / "yard"))
    yield tmp_path / "yard"
    for name in ("sklearn", "xgboost", "lightgbm", "pytorch", "keras"):
        AUTOLOG.disable(name)


@pytest.fixture
def runs() -> Callable[[], list[Any]]:
    """All runs, the newest first."""

    def found() -> list[Any]:
        listed = modelyard.search_runs(search_all_experiments=True, output_format="list")
        assert isinstance(listed, list)
        return listed

    return found
