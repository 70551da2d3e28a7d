"""What a server is told at its start, and what it makes of it."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.core.settings import Settings
from modelyard.server.options import ServerOptions
from modelyard.server.run import check, with_settings
from modelyard.services.stores import StoreOptions, open_stores
from modelyard.web.logs import LineFormatter, configure, quoted, redacted
from modelyard.web.safety import is_loopback
from tests.support.local_server import LocalServer, StartLocal

API = "/api/2.0/mlflow"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"host": "0.0.0.0"}, "--insecure-no-auth"),
        ({"host": "::"}, "--insecure-no-auth"),
        ({"host": "10.0.0.1"}, "--insecure-no-auth"),
        ({"host": "somewhere"}, "--insecure-no-auth"),
        ({"host": "0.0.0.0", "insecure_no_auth": True, "tls_cert": "a", "tls_key": "b"}, "TLS"),
        ({"tls_cert": "a"}, "--tls-key"),
        ({"tls_key": "a"}, "--tls-cert"),
        ({"workers": 0}, "--workers"),
        ({"port": 65536}, "--port"),
        ({"port": -1}, "--port"),
        ({"allowed_hosts": ("*",)}, "wildcards"),
        ({"trusted_origins": ("example.com",)}, "origin"),
    ],
)
def test_what_is_unsafe_or_cannot_work_is_refused(options: dict[str, object], word: str) -> None:
    with pytest.raises(InvalidParameter, match=word):
        check(ServerOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_loopback_needs_no_leave(host: str) -> None:
    assert is_loopback(host)
    check(ServerOptions(host=host))
    check(ServerOptions(host="0.0.0.0", insecure_no_auth=True))


def test_names_of_the_environment_are_added() -> None:
    settings = Settings(server_allowed_hosts="a.example, b.example", server_cors_allowed_origins="https://c.example")
    found = with_settings(ServerOptions(allowed_hosts=("z.example",)), settings)
    assert found.allowed_hosts == ("z.example", "a.example", "b.example")
    assert found.trusted_origins == ("https://c.example",)


def test_a_folder_of_an_operators_is_read_and_no_other(start_local: StartLocal, tmp_path: Path) -> None:
    for name in ("open", "closed"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "file.txt").write_text(name)
    server = start_local(allow_roots=(str(tmp_path / "open"),))
    for place, status in (
        (f"{tmp_path}/open/sub", 200),
        (f"file://{tmp_path}/open/sub", 200),
        (f"{tmp_path}/closed/sub", 400),
        (f"file://{tmp_path}/closed/sub", 400),
        (f"{tmp_path}/opened/sub", 400),
    ):
        experiment = server.post("experiments/create", {"name": place, "artifact_location": place}).json[
            "experiment_id"
        ]
        location = server.request("GET", f"{API}/experiments/get?experiment_id={experiment}").json["experiment"]
        assert location["artifact_location"].endswith("/sub")
        run = server.post("runs/create", {"experiment_id": experiment}).json["run"]["info"]
        target = Path(run["artifact_uri"].removeprefix("file://"))
        if "/opened/" not in place:
            target.mkdir(parents=True)
            (target / "note.txt").write_text("text")
        reply = server.request("GET", f"/get-artifact?run_id={run['run_id']}&path=note.txt")
        assert (reply.status, reply.body == b"text") == (status, status == 200), place


def test_a_folder_that_is_not_there_cannot_be_opened(tmp_path: Path) -> None:
    from modelyard.server.app import create_app

    stores = open_stores(":memory:", StoreOptions(artifacts=str(tmp_path)))
    with pytest.raises(InvalidParameter, match="--allow-root"):
        create_app(stores, ServerOptions(allow_roots=(str(tmp_path / "nothing"),)))
    stores.close()


def test_runs_are_told_the_place_an_operator_chose(tmp_path: Path) -> None:
    stores = open_stores(":memory:", StoreOptions(artifacts=str(tmp_path), artifact_base="s3://bucket/mine"))
    server = LocalServer(stores, ServerOptions())
    try:
        run = server.post("runs/create", {"experiment_id": "0"}).json["run"]["info"]
        assert run["artifact_uri"] == f"s3://bucket/mine/0/{run['run_id']}/artifacts"
    finally:
        server.stop()
        stores.close()


def test_an_event_is_one_line_whatever_is_in_it() -> None:
    stream = io.StringIO()
    logger = logging.getLogger("modelyard")
    before = (logger.handlers[:], logger.propagate, logger.level)
    configure(stream)
    try:
        try:
            raise ValueError("first\nsecond postgresql://me:secret@db/x")
        except ValueError:
            logging.getLogger("modelyard.test").exception("a\nb %s", "c")
    finally:
        logger.handlers[:], logger.propagate = before[:2]
        logger.setLevel(before[2])
    line = stream.getvalue()
    assert line.count("\n") == 1
    assert line.startswith("time=")
    assert ' level=error logger=modelyard.test msg="a\\nb c" error="Traceback' in line
    assert "secret" not in line
    assert json.loads(line.partition(" error=")[2])


def test_values_are_quoted_when_they_must_be() -> None:
    assert quoted("plain/value-1.2:3") == "plain/value-1.2:3"
    assert quoted('a b"\n') == '"a b\\"\\n"'
    assert redacted("postgresql://u:p@h/d and https://x:y@z/") == "postgresql://u:***@h/d and https://x:***@z/"
    assert LineFormatter().format(logging.makeLogRecord({"name": "n", "msg": "x"})).endswith(" msg=x")
