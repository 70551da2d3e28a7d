"""The verbs of the package over each kind of store: a folder in the process, our server, and the real mlflow server."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import modelyard
from modelyard.client.active import PROCESS
from tests.support.servers import modelyard_server, started

SETTINGS = ("TRACKING_URI", "REGISTRY_URI", "EXPERIMENT_NAME", "EXPERIMENT_ID", "RUN_ID")


@pytest.fixture(scope="session")
def our_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with modelyard_server(tmp_path_factory.mktemp("ours")) as address:
        yield address


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("mlflow", reason="mlflow is not installed: pip install mlflow")
    folder = tmp_path_factory.mktemp("theirs")
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--artifacts-destination", str(folder / "artifacts"), "--workers", "1"]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with started(command, folder, os.environ | quiet) as address:
        yield address


@pytest.fixture(params=["folder", "ours", "theirs"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The tracking URI of each kind of store in turn."""
    if request.param == "folder":
        return str(tmp_path / "a yard")
    return str(request.getfixturevalue("our_server" if request.param == "ours" else "mlflow_server"))


@pytest.fixture(autouse=True)
def fresh_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that has just begun, in a folder of its own."""
    for name in SETTINGS:
        for prefix in ("MODELYARD", "MLFLOW"):
            monkeypatch.setenv(f"{prefix}_{name}", "")  # noted, so that what a test sets is taken back
            monkeypatch.delenv(f"{prefix}_{name}")
    monkeypatch.setenv("MODELYARD_JOURNAL", str(tmp_path / "journal"))
    monkeypatch.chdir(tmp_path)
    PROCESS.reset()
    yield
    PROCESS.reset()


@pytest.fixture
def mlflow(store: str) -> Any:
    """The package, tracking to the store."""
    modelyard.set_tracking_uri(store)
    return modelyard


@pytest.fixture
def name() -> str:
    """A name nobody has used yet."""
    return f"name {uuid.uuid4().hex[:12]}"
