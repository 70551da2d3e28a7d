"""The real mlflow client beside two servers: ours, and mlflow's own, which keeps these tests honest.

A test that asks for ``server`` runs against both: what it expects is what mlflow does, not what we think it does.
"""

from __future__ import annotations

import os
import sys
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers import modelyard_server, started

MLFLOW = "mlflow is not installed: pip install mlflow"


QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


@pytest.fixture(scope="session")
def our_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with modelyard_server(tmp_path_factory.mktemp("ours")) as address:
        yield address


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    _import_mlflow()
    folder = tmp_path_factory.mktemp("theirs")
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--artifacts-destination", str(folder / "artifacts"), "--workers", "1"]
    with started(command, folder, os.environ | QUIET | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}) as address:
        yield address


@pytest.fixture(params=["ours", "theirs"])
def server(request: pytest.FixtureRequest) -> str:
    """The address of each of the two servers in turn."""
    return str(request.getfixturevalue("our_server" if request.param == "ours" else "mlflow_server"))


@pytest.fixture
def mlflow(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The mlflow package, tracking to the server."""
    module = _import_mlflow()
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    module.set_tracking_uri(server)
    module.set_registry_uri(server)
    yield module
    while module.active_run() is not None:
        module.end_run()
    module.set_tracking_uri(None)
    module.set_registry_uri(None)


@pytest.fixture
def client(mlflow: Any, server: str) -> Any:
    """The client of mlflow for the server."""
    return mlflow.MlflowClient(server)


@pytest.fixture
def unique() -> Callable[[str], str]:
    """Names nobody else used on the server."""
    return lambda stem: f"{stem}-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def experiment(mlflow: Any, unique: Callable[[str], str]) -> str:
    """A new experiment, made active; its id."""
    return str(mlflow.set_experiment(unique("exp")).experiment_id)


def _import_mlflow() -> Any:
    os.environ.update(QUIET)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("mlflow", reason=MLFLOW)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What mlflow and its dependencies warn of is theirs to mend."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.filterwarnings("ignore"))
