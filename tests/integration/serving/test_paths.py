"""The paths of a scoring server, and what it refuses before any model is asked."""

from __future__ import annotations

import json

import pytest

from tests.integration.serving.test_callers import answered
from tests.support.moody import MoodyServer, StartMoody

GOOD = json.dumps({"dataframe_split": {"columns": ["x", "do"], "data": [[1.0, ""]]}}).encode()
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("path", ["/ping", "/health"])
def test_who_asks_whether_it_lives_is_answered_a_newline(moody: MoodyServer, path: str) -> None:
    reply = moody.request("GET", path, headers={"host": "10.0.0.7:8080"})
    assert (reply.status, reply.body) == (200, b"\n")
    assert moody.request("HEAD", path).body == b""


def test_every_answer_names_the_model_and_the_request(moody: MoodyServer) -> None:
    replies = [
        moody.score((1.0, "")),
        moody.score((1.0, "fail")),
        moody.request("GET", "/nowhere"),
        moody.request("POST", "/invocations", b"{", JSON),
        moody.request("GET", "/metrics"),
    ]
    ids = [reply.headers["x-request-id"] for reply in replies]
    assert len(set(ids)) == len(ids)
    assert {reply.headers["x-modelyard-model"] for reply in replies} == {"moody"}
    assert len({reply.headers["x-modelyard-version"] for reply in replies}) == 1
    assert [reply.status for reply in replies] == [200, 400, 404, 400, 200]


def test_only_its_own_paths_are_answered(moody: MoodyServer) -> None:
    for path in ("/api/2.0/mlflow/experiments/list", "/v2/models/other", "/v2/repository/index", "/shutdown"):
        reply = moody.request("GET", path)
        assert (reply.status, reply.json["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
    wrong = moody.request("GET", "/invocations")
    assert (wrong.status, wrong.headers["allow"]) == (405, "OPTIONS, POST")


def test_the_open_inference_protocol_is_answered_under_the_model_s_name(moody: MoodyServer) -> None:
    tensors = [
        {"name": "x", "shape": [2], "datatype": "FP64", "data": [1.0, 2.0]},
        {"name": "do", "shape": [2], "datatype": "BYTES", "data": ["", ""]},
    ]
    reply = moody.request("POST", "/v2/models/moody/infer", {"id": "mine", "inputs": tensors})
    assert reply.status == 200, reply.body
    assert reply.json["id"] == "mine"
    assert reply.json["outputs"][0]["data"] == [2.0, 4.0]
    assert moody.request("GET", "/v2/models/moody").json["name"] == "moody"
    assert moody.request("GET", "/v2/models/moody/ready").json == {"name": "moody", "ready": True}
    bad = moody.request("POST", "/v2/models/moody/infer", {"inputs": []})
    assert (bad.status, bad.json["error"]) == (400, bad.json["message"])


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(start_moody: StartMoody) -> None:
    server = start_moody(max_body=1000)
    with server.connect() as sock:
        sock.sendall(b"POST /invocations HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1001\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 413 ")
    assert answered(server.score((1.0, ""))) == (200, [2.0])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/html"}, 415),
        ({"content-type": "application/json; charset=latin-1"}, 415),
        ({**JSON, "content-encoding": "gzip"}, 415),
        ({**JSON, "host": "evil.example"}, 403),
        ({**JSON, "origin": "https://evil.example"}, 403),
        ({**JSON, "sec-fetch-site": "cross-site"}, 403),
        (JSON, 200),
        ({"content-type": "application/json; charset=utf-8"}, 200),
    ],
)
def test_what_a_request_says_of_itself_decides_whether_it_is_read(
    moody: MoodyServer, headers: dict[str, str], status: int
) -> None:
    assert moody.request("POST", "/invocations", GOOD, headers).status == status


def test_pages_of_a_trusted_origin_may_ask(start_moody: StartMoody) -> None:
    server = start_moody(trusted_origins=["https://shop.example"])
    origin = {"origin": "https://shop.example"}
    asked = server.request("OPTIONS", "/invocations", headers=origin)
    assert (asked.status, asked.headers["access-control-allow-methods"]) == (204, "OPTIONS, POST")
    reply = server.request("POST", "/invocations", GOOD, {**JSON, **origin})
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, "https://shop.example")


def test_the_numbers_count_what_was_answered(start_moody: StartMoody) -> None:
    server = start_moody()
    server.score((1.0, ""))
    server.score((1.0, "fail"))
    text = server.request("GET", "/metrics").body.decode()
    lines = text.splitlines()
    assert 'modelyard_requests_total{route="invocations",status="200"} 1' in lines
    assert 'modelyard_requests_total{route="invocations",status="400"} 1' in lines
    assert "modelyard_workers_alive 1" in lines
    assert "modelyard_prediction_seconds_count 2" in lines
    buckets = [int(line.rpartition(" ")[2]) for line in lines if line.startswith("modelyard_prediction_seconds_bucket")]
    assert buckets == sorted(buckets)
    assert buckets[-1] == 2


def test_readiness_ends_when_the_server_drains(start_moody: StartMoody) -> None:
    server = start_moody(drain_delay=2.0)
    assert server.is_ready()
    server.process.terminate()
    reply = server.request("GET", "/ready")
    while reply.status == 200:
        reply = server.request("GET", "/ready")
    assert (reply.status, reply.json["reason"]) == (503, "DRAINING")
    assert server.wait() == 0


def test_people_get_a_form_and_programs_a_description(moody: MoodyServer) -> None:
    page = moody.request("GET", "/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    for path in ("/form.js", "/form.css"):
        assert moody.request("GET", path).status == 200
    described = moody.request("GET", "/openapi.json").json["paths"]
    for path, methods in described.items():
        named = path.replace("{name}", "moody")
        asked = moody.request("GET", named).status if "get" in methods else moody.request("OPTIONS", named).status
        assert (path, asked) == (path, 200 if "get" in methods else 204)
