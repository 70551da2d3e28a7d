"""A process that has just begun, and a bucket of its own over HTTP."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.client.active import PROCESS
from tests.support.buckets import bucket_service, make_bucket


@pytest.fixture(autouse=True)
def fresh_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith(("AWS_", "MLFLOW_", "MODELYARD_"))]:
        if name != "MODELYARD_REQUIRE_ALL":
            monkeypatch.delenv(name)
    monkeypatch.setenv("MODELYARD_TRACKING_URI", str(tmp_path / "yard"))
    monkeypatch.setenv("MODELYARD_JOURNAL", str(tmp_path / "journal"))
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    PROCESS.reset()
    yield
    PROCESS.reset()


@pytest.fixture(scope="session")
def service() -> Iterator[str]:
    """The address of an S3 service."""
    pytest.importorskip("obstore", reason="obstore is not installed: pip install 'modelyard[s3]'")
    with bucket_service() as address:
        yield address


@pytest.fixture
def bucket(service: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a new bucket of the service that the environment names."""
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", service)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    name = f"bucket-{uuid.uuid4()}"
    make_bucket(service, name)
    return name
