"""Tables over HTTP: what a page asks for, changes, and is sent."""

from __future__ import annotations

import csv
import http.client
import io
from contextlib import closing
from typing import Any
from urllib.parse import urlencode

import pytest

from modelyard.services.views.sql import export
from tests.support.local_server import *  # noqa: F403
from tests.support.local_server import LocalServer

VIEWS = "/api/1.0/modelyard/views"


def ask(local: LocalServer, path: str, **body: Any) -> Any:
    """The answer of an endpoint that succeeds."""
    reply = local.request("POST", f"{VIEWS}/{path}", body)
    assert reply.status == 200, reply.body
    return reply.json


def make_some(local: LocalServer, count: int) -> list[str]:
    """Runs with a metric and a param, the newest last."""
    ids = []
    for number in range(count):
        body = {"experiment_id": "0", "run_name": f"r{number}", "start_time": number}
        run_id = local.post("runs/create", body).json["run"]["info"]["run_id"]
        points = [{"key": "m", "value": number / 4, "timestamp": 1, "step": 0}]
        params = [{"key": "p", "value": "=x"}]
        assert local.post("runs/log-batch", {"run_id": run_id, "metrics": points, "params": params}).status == 200
        ids.append(run_id)
    return ids


def test_a_table_of_runs_is_paged_and_changed(local: LocalServer) -> None:
    ids = make_some(local, 5)
    asked = {"experiment_ids": ["0"], "columns": ["attributes.run_name", "metrics.m", "tags.team"], "limit": 2}
    page = ask(local, "runs", **asked)
    assert page == {
        "total": 5,
        "run_ids": [ids[4], ids[3]],
        "children": [0, 0],
        "columns": {"attributes.run_name": ["r4", "r3"], "metrics.m": [1.0, 0.75], "tags.team": [None, None]},
    }
    changed = ask(local, "runs/change", run_ids=ids, action="tag", tags=[{"key": "team", "value": "a"}])
    assert changed == {"count": 5}
    assert ask(local, "runs", **asked, filter="tags.team = 'a'")["columns"]["tags.team"] == ["a", "a"]
    assert ask(local, "runs/change", run_ids=ids[:2], action="delete") == {"count": 2}
    assert ask(local, "runs", **asked)["total"] == 3
    assert ask(local, "purge", run_ids=ids[:2]) == {"count": 2}
    assert ask(local, "runs", **asked, view_type="ALL")["total"] == 3
    assert ask(local, "experiments")["experiments"][0]["runs"] == 3


def test_a_fault_in_a_filter_is_answered_with_its_place(local: LocalServer) -> None:
    reply = local.request("POST", f"{VIEWS}/runs", {"experiment_ids": ["0"], "filter": "metrics.m > 1 AND nonsense"})
    assert reply.status == 400
    assert reply.json["error_code"] == "INVALID_PARAMETER_VALUE"
    assert "(at character 19)" in reply.json["message"]


def test_purging_what_is_not_deleted_is_refused(local: LocalServer) -> None:
    reply = local.request("POST", f"{VIEWS}/purge", {"run_ids": make_some(local, 1)})
    assert (reply.status, ask(local, "runs", experiment_ids=["0"])["total"]) == (400, 1)


def test_files_of_purged_runs_are_removed(start_local: Any, tmp_path: Any) -> None:
    local = start_local()
    (run_id,) = make_some(local, 1)
    path = f"/api/2.0/mlflow-artifacts/artifacts/0/{run_id}/artifacts/a.txt"
    assert local.request("PUT", path, b"abc").status == 200
    ask(local, "runs/change", run_ids=[run_id], action="delete")
    ask(local, "purge", run_ids=[run_id])
    assert local.request("GET", path).status == 404
    assert not (tmp_path / "files" / "0" / run_id).exists()


def test_a_kept_view_is_looked_up_by_its_id(local: LocalServer) -> None:
    view_id = ask(local, "keep", state="columns=a,b")["view_id"]
    assert local.request("GET", f"{VIEWS}/kept/{view_id}").json == {"state": "columns=a,b"}
    assert local.request("GET", f"{VIEWS}/kept/nothing").status == 404


def test_keys_values_and_groups_are_answered(local: LocalServer) -> None:
    make_some(local, 3)
    scope = {"experiment_ids": ["0"]}
    assert ask(local, "keys", **scope, kind="params") == {"total": 1, "keys": [{"key": "p", "runs": 3}]}
    assert ask(local, "values", **scope, column="params.p") == {"total": 1, "keys": [{"key": "=x", "runs": 3}]}
    assert ask(local, "varying", **scope) == {"params": [], "metrics": [{"key": "m", "runs": 3}]}
    groups = ask(local, "groups", **scope, by=["params.p"], aggregates=["mean(metrics.m)"])
    assert groups == {"total": 1, "groups": [{"values": ["=x"], "runs": 3, "aggregates": [0.25]}]}


def test_a_file_is_streamed_in_chunks(local: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_AT_ONCE", 2)
    make_some(local, 5)
    query = [("experiment_id", "0"), ("column", "attributes.run_name"), ("column", "params.p")]
    reply = local.request("GET", f"{VIEWS}/export?{urlencode(query)}")
    assert reply.status == 200
    assert reply.headers["transfer-encoding"] == "chunked"
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert reply.headers["content-disposition"] == 'attachment; filename="runs.csv"'
    assert "sandbox" in reply.headers["content-security-policy"]
    rows = list(csv.reader(io.StringIO(reply.body.decode(), newline="")))
    assert rows == [["attributes.run_name", "params.p"], *([f"r{n}", "'=x"] for n in range(4, -1, -1))]


def test_the_connection_serves_on_behind_a_file(local: LocalServer) -> None:
    make_some(local, 1)
    with closing(http.client.HTTPConnection("127.0.0.1", local.port, timeout=60)) as connection:
        for path in (f"{VIEWS}/export?experiment_id=0", "/health"):
            for method in ("GET", "HEAD"):
                connection.request(method, path)
                answer = connection.getresponse()
                body = answer.read()
                assert answer.status == 200
                assert bool(body) is (method == "GET")


def test_a_client_of_http_1_0_gets_the_file_without_chunks(local: LocalServer) -> None:
    make_some(local, 2)
    request = f"GET {VIEWS}/export?experiment_id=0&column=attributes.run_name HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"
    head, _, body = local.exchange(request.encode()).partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()
    assert b"connection: close" in head.lower()
    assert body == b"attributes.run_name\r\nr1\r\nr0\r\n"


def test_a_fault_is_answered_before_a_file_begins(local: LocalServer) -> None:
    for query in ("filter=nonsense", "column=things.x", "format=xls"):
        assert local.request("GET", f"{VIEWS}/export?experiment_id=0&{query}").status == 400


def test_a_file_that_fails_in_the_middle_does_not_look_whole(
    local: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_AT_ONCE", 1)
    make_some(local, 3)
    filled = export.fill
    calls: list[int] = []

    def failing(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) > 1:
            raise OSError("the disk is gone")
        return filled(*arguments)

    monkeypatch.setattr(export, "fill", failing)
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        local.request("GET", f"{VIEWS}/export?experiment_id=0")
    assert local.request("GET", "/health").status == 200
