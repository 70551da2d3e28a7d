"""A server for each module here, with something beside its store that nobody may ever see."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.acceptance.security.yard import Yard


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A server, a canary beside its files, and a run, a logged model and a model version in it."""
    yard = Yard(tmp_path_factory.mktemp("yard"), f"CANARY-{uuid.uuid4().hex}")
    yield yard
    yard.server.close()


@pytest.fixture
def untouched(yard: Yard) -> Iterator[None]:
    """Checks that a test changed nothing outside of the artifacts, and that the server is well at its end."""
    before = yard.outside()
    yield
    assert yard.outside() == before
    assert yard.server.request("GET", "/health").status == 200


@pytest.fixture
def well(yard: Yard) -> Iterator[None]:
    """Checks that nothing a client sent became an error of ours in the log, and that the server is well at the end."""
    start = len(yard.log)
    yield
    for sign in ("Traceback", "level=error", "level=critical", "SELECT ", "INSERT "):
        assert sign not in yard.log[start:]
    assert yard.server.request("GET", "/health").status == 200
