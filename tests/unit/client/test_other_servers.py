"""Addresses of artifacts that name a server: ours is asked as who we are, another one is asked as anybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.client.artifacts.locate import locate
from modelyard.client.connection import Connection
from modelyard.client.uris import parse_address
from modelyard.core.errors import NotSupported
from modelyard.core.settings import Settings
from tests.unit.client.test_transport import Answer, Script, script

__all__ = ["script"]

FILES = "/api/2.0/mlflow-artifacts/artifacts"


@pytest.fixture
def tracked(script: Script) -> Iterator[Connection]:
    """A store whose address has a path before every endpoint."""
    connection = Connection(parse_address(f"http://127.0.0.1:{script.port}/base"), Settings(tracking_token="secret"))
    yield connection
    connection.close(1)


def fetch(uri: str, connection: Connection, local: Path) -> bytes:
    found = locate(uri, connection)
    found.place.download(found.key, local)
    return local.read_bytes()


@pytest.mark.parametrize(
    "uri",
    [
        "mlflow-artifacts:/1/a.txt",
        "mlflow-artifacts://127.0.0.1:{port}/1/a.txt",
        "http://127.0.0.1:{port}/base" + FILES + "/1/a.txt",
    ],
)
def test_our_own_server_is_told_who_asks(script: Script, tracked: Connection, tmp_path: Path, uri: str) -> None:
    script.answers = [Answer(body=b"hello")]
    assert fetch(uri.format(port=script.port), tracked, tmp_path / "a.txt") == b"hello"
    (asked,) = script.asked
    assert asked.path == f"/base{FILES}/1/a.txt"
    assert asked.headers["authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("mlflow-artifacts://localhost:{port}/1/a.txt", f"/base{FILES}/1/a.txt"),
        ("http://localhost:{port}/elsewhere" + FILES + "/1/a.txt", f"/elsewhere{FILES}/1/a.txt"),
        ("http://127.0.0.1:{port}" + FILES + "/1/a.txt", f"{FILES}/1/a.txt"),
    ],
)
def test_another_server_is_asked_for_its_own_files_and_told_nothing(
    script: Script, tracked: Connection, tmp_path: Path, uri: str, path: str
) -> None:
    script.answers = [Answer(body=b"theirs")]
    assert fetch(uri.format(port=script.port), tracked, tmp_path / "a.txt") == b"theirs"
    (asked,) = script.asked
    assert asked.path == path
    assert "authorization" not in asked.headers


def test_a_folder_does_not_stand_for_the_server_an_address_names(tmp_path: Path) -> None:
    connection = Connection(parse_address(tmp_path / "yard"), Settings())
    with pytest.raises(NotSupported, match=r"server files\.example:5000 are reached by tracking to it"):
        locate("mlflow-artifacts://files.example:5000/1/a.txt", connection)
    connection.close(1)
