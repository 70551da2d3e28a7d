"""Which request gets which answer: paths, methods, types, sizes, errors."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter, ModelyardError
from modelyard.core.version import __version__
from modelyard.core.wire.endpoint import Endpoint, Need
from modelyard.core.wire.messages.message import Empty
from modelyard.core.wire.messages.runs import GetRun
from modelyard.core.wire.table import ENDPOINTS
from modelyard.server.options import ServerOptions
from modelyard.server.routing import make_routes
from modelyard.server.run import check
from tests.support.local_server import LocalServer, StartLocal, read_answer

API = "/api/2.0/mlflow"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/index.html",
        "/api/2.0/mlflow",
        f"{API}/runs/get/",
        "/API/2.0/mlflow/runs/get",
        "//health",
        f"{API}//runs/get",
    ],
)
def test_an_unknown_path_is_a_real_404(local: LocalServer, path: str) -> None:
    for method in ("GET", "POST", "DELETE", "OPTIONS"):
        reply = local.request(method, path, b"{" if method == "POST" else None)
        assert (reply.status, reply.json["error_code"]) == (404, "ENDPOINT_NOT_FOUND")


@pytest.mark.parametrize(
    "prefix", ["/api/2.0/mlflow", "/ajax-api/2.0/mlflow", "/api/3.0/mlflow", "/ajax-api/3.0/mlflow"]
)
def test_an_endpoint_answers_below_every_prefix(local: LocalServer, prefix: str) -> None:
    reply = local.request("POST", f"{prefix}/experiments/search", {"max_results": 5})
    assert [each["name"] for each in reply.json["experiments"]] == ["Default"]


def test_another_method_is_405_and_says_which_ones_there_are(local: LocalServer) -> None:
    reply = local.request("PUT", f"{API}/runs/create", b"{}")
    assert (reply.status, reply.headers["allow"]) == (405, "OPTIONS, POST")
    assert local.request("PUT", f"{API}/experiments/get", b"").headers["allow"] == "GET, HEAD, OPTIONS"


def test_a_static_prefix_goes_before_every_path(start_local: StartLocal) -> None:
    server = start_local(static_prefix="/x")
    assert server.request("GET", "/x/health").body == b"OK"
    assert server.request("GET", f"/x{API}/experiments/get?experiment_id=0").status == 200
    assert server.request("GET", "/health").status == 404


@pytest.mark.parametrize("prefix", ["x", "/x/", "/x//y"])
def test_a_static_prefix_of_another_form_is_refused(prefix: str) -> None:
    with pytest.raises(InvalidParameter, match="--static-prefix"):
        check(ServerOptions(static_prefix=prefix))


def test_health_version_and_info(local: LocalServer) -> None:
    assert local.request("GET", "/health").body == b"OK"
    assert local.request("GET", "/version").body.decode() == __version__
    assert local.request("GET", "/ready").json == {"status": "ready"}
    assert local.request("GET", "/api/3.0/mlflow/server-info").json["store_type"] == "SqlStore"
    assert local.request("GET", "/openapi.json").json["openapi"].startswith("3.1")


def test_a_head_request_is_answered_without_a_body(local: LocalServer) -> None:
    assert local.exchange(b"HEAD /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").endswith(
        b"\r\n\r\n"
    )
    reply = local.request("HEAD", f"{API}/experiments/get?experiment_id=0")
    assert (reply.status, reply.body) == (200, b"")
    assert int(reply.headers["content-length"]) > 100


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, "Bad Request. Content-Type header is missing."),
        ({"Content-Type": "text/plain"}, "Bad Request. Content-Type must be one of ['application/json']."),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "Content-Type must be one of"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, "Content-Type must be one of"),
    ],
)
def test_a_post_must_be_json(local: LocalServer, headers: dict[str, str], text: str) -> None:
    reply = local.request("POST", f"{API}/experiments/search", b"{}", headers)
    assert (reply.status, reply.json["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert text in reply.json["message"]


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON ;x=y"])
def test_json_is_recognised(local: LocalServer, kind: str) -> None:
    assert local.request("POST", f"{API}/experiments/search", b"{}", {"Content-Type": kind}).status == 200


def test_a_compressed_body_is_refused(local: LocalServer) -> None:
    body = gzip.compress(b"{}" * 1000)
    reply = local.request("POST", f"{API}/experiments/search", body, {**JSON, "Content-Encoding": "gzip"})
    assert reply.status == 415


def test_too_large_a_body_is_413_before_it_is_read(local: LocalServer) -> None:
    head = f"POST {API}/runs/create HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    answer = local.exchange(f"{head}Content-Length: 100000000\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"2,000,000 bytes" in answer


def test_too_large_a_body_of_unknown_length_is_413(local: LocalServer) -> None:
    head = f"POST {API}/runs/create HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    answer = local.exchange(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk * 3)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_too_large_a_batch_is_refused_as_mlflow_does(local: LocalServer) -> None:
    reply = local.request("POST", f"{API}/runs/log-batch", b" " * 1_000_001, JSON)
    assert (reply.status, reply.json["message"]) == (
        400,
        "Batched logging API requests must be at most 1000000 bytes, got a request of size 1000001.",
    )


def test_the_connection_stays_usable_after_a_refusal(local: LocalServer) -> None:
    with local.connect() as sock:
        for _ in range(3):
            sock.sendall(
                f"POST {API}/nope HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n".encode() + b"x" * 1000
            )
            assert b"404" in read_answer(sock)
            sock.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert read_answer(sock).endswith(b"OK")


def test_an_error_is_a_code_and_a_sentence_with_a_request_id(local: LocalServer) -> None:
    reply = local.request("GET", f"{API}/runs/get?run_id={'0' * 32}")
    assert reply.status == 404
    assert reply.json == {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"Run with id={'0' * 32} not found"}
    assert reply.headers["x-request-id"]


def test_an_unexpected_failure_tells_nothing_but_the_request_id(
    local: LocalServer, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Any) -> Any:
        raise RuntimeError("SELECT secret FROM /private/path")

    route = local.call(lambda: local.app._router._exact[f"{API}/runs/get".encode()][b"GET"])
    local.call(lambda: setattr(route, "handle", fail))
    reply = local.request("GET", f"{API}/runs/get?run_id=x")
    assert (reply.status, reply.json["error_code"]) == (500, "INTERNAL_ERROR")
    assert b"secret" not in reply.body
    assert reply.headers["x-request-id"] in reply.json["message"]
    assert any(reply.headers["x-request-id"] in record.getMessage() for record in caplog.records)


def test_every_answer_says_to_browsers_what_it_must(local: LocalServer) -> None:
    replies = [
        local.request("GET", "/health"),
        local.request("GET", "/nope"),
        local.request("GET", f"{API}/runs/get?run_id=x"),
        local.request("POST", f"{API}/experiments/search", {}),
        local.request("GET", f"{API}/experiments/get?experiment_id=0", headers={"Host": "evil.example"}),
        local.request("OPTIONS", f"{API}/runs/get"),
    ]
    for reply in replies:
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["x-frame-options"] == "DENY"
        assert reply.headers["referrer-policy"] == "same-origin"
        assert reply.headers["cross-origin-resource-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
        assert reply.headers["x-request-id"]
        assert "server" not in reply.headers
    ids = [reply.headers["x-request-id"] for reply in replies]
    assert len(set(ids)) == len(ids)


def test_large_answers_are_compressed_for_those_who_are_far(start_local: StartLocal) -> None:
    server = start_local(compress="always")
    for number in range(40):
        server.post("experiments/create", {"name": f"experiment {number}", "tags": [{"key": "a", "value": "b" * 500}]})
    asked = {"Accept-Encoding": "gzip, deflate"}
    packed = server.post("experiments/search", {"max_results": 100}, Accept_Encoding="gzip")
    plain = server.post("experiments/search", {"max_results": 100})
    assert packed.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.body)) == plain.json
    assert "content-encoding" not in server.request("GET", "/health", headers=asked).headers


def test_switched_off_parts_answer_503(start_local: StartLocal, tmp_path: Any) -> None:
    files = "/api/2.0/mlflow-artifacts/artifacts"
    only_files = start_local(artifacts_only=True)
    assert only_files.request("GET", f"{API}/runs/get?run_id=x").status == 503
    assert only_files.request("GET", files).json == {}
    no_files = start_local(serve_artifacts=False)
    for method in ("GET", "PUT", "DELETE"):
        assert no_files.request(method, f"{files}/0/a", b"x" if method == "PUT" else None).status == 503
    assert no_files.request("GET", f"{API}/experiments/get?experiment_id=0").status == 200


def test_a_row_without_a_permission_keeps_the_server_from_starting() -> None:
    def row(**changed: Any) -> Endpoint:
        fields: dict[str, Any] = {
            "name": "tracking.get_run",
            "methods": ("GET",),
            "path": "/x",
            "request": GetRun,
            "reply": Empty,
            "need": Need.READ,
            "on": "run:run_id",
            "prefixes": ("",),
        }
        return Endpoint(**{**fields, **changed})

    handlers = {"tracking.get_run": lambda _: Empty()}
    make_routes((row(),), handlers, {})
    for bad in (row(need=None), row(on=""), row(on="run:nothing"), row(scope=""), row(name="tracking.unanswered")):
        with pytest.raises(ModelyardError):
            make_routes((bad,), handlers, {})


def test_every_row_declares_who_may_call_it() -> None:
    for endpoint in ENDPOINTS:
        assert endpoint.need >= Need.READ or endpoint.service == "server", endpoint.name
