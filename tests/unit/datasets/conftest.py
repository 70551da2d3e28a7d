"""Clients of a folder and of a server in the test's own process."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.client.client import MlflowClient
from tests.support.local_server import *  # noqa: F403
from tests.unit.client.conftest import fresh_process  # noqa: F401


@pytest.fixture(params=["folder", "server"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> MlflowClient:
    """A client of a store of each kind."""
    if request.param == "folder":
        return MlflowClient(str(tmp_path / "yard"))
    return MlflowClient(request.getfixturevalue("local").address)


@pytest.fixture
def run_id(client: MlflowClient) -> str:
    """A run that makes datasets."""
    return client.create_run("0", run_name="maker").info.run_id
