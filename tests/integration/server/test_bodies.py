"""No request, whatever is in it, is answered with a server error; what is accepted is read back as it was sent."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.core.wire.endpoint import Endpoint
from modelyard.core.wire.table import ENDPOINTS
from tests.support.local_server import LocalServer, StartLocal

API = "/api/2.0/mlflow"
JSON = {"Content-Type": "application/json"}

# Numbers and texts that parsers and databases trip over.
VALUES: list[Any] = [
    None,
    True,
    [],
    {},
    [[]],
    [{}],
    [None],
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\u202e\u0007\x1b[31m",
    "é",
    "e\u0301",
    "🤖" * 50,
    "x" * 70_000,
    "'; DROP TABLE runs; --",
    "../../etc/passwd",
    "%s%n{0}${x}",
    0,
    -1,
    1.5,
    1e308,
    -0.0,
    5e-324,
    2**31,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63),
    -(2**63) - 1,
    2**64,
    "NaN",
    "Infinity",
    "-Infinity",
    "1e3",
    "0x10",
    "١٢",
    "9" * 19,
    "9" * 400,
]
RAW_BODIES: list[bytes] = [
    b"",
    b" ",
    b"null",
    b"true",
    b"0",
    b'""',
    b"[]",
    b"{",
    b"}",
    b"{}{}",
    b"{]",
    b'{"a"}',
    b'{"a":}',
    b'{"a":1,}',
    b"{'a':1}",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b"\x00",
    b'{"run_id":"\x00"}',
    b'{"run_id":"\x1f"}',
    b'{"run_id":"\\u0000"}',
    b'{"run_id":"\\ud800\\ud800"}',
    b'{"run_id":"\xc3"}',
    b'{"run_id":NaN,"experiment_id":Infinity}',
    b'{"run_id":1e999999999}',
    b'{"run_id":-}',
    b'{"run_id":01}',
    b'{"timestamp":' + b"9" * 5_000 + b"}",
    b'{"run_id":"a","run_id":{"b":1}}',
    b'{"":1}',
    b'{"__class__":"os","__proto__":{"a":1}}',
    b"[" * 200 + b"]" * 200,
    b'{"tags":' * 100 + b"1" + b"}" * 100,
    b'"' + b"\\\\" * 1000 + b'"',
    b'"{\\"run_id\\":\\"\\\\ud800\\"}"',
    json.dumps("[" * 100_000).encode(),
]

WITH_BODY = [row for row in ENDPOINTS if row.kind != "stream" and {"POST", "PATCH", "DELETE"} & set(row.methods)]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One server for all of this module: nothing here may break it."""
    from modelyard.server.options import ServerOptions
    from modelyard.services.stores import StoreOptions, open_stores

    stores = open_stores(":memory:", StoreOptions(artifacts=str(tmp_path_factory.mktemp("files"))))
    server = LocalServer(stores, ServerOptions(store=":memory:"))
    yield server
    server.stop()
    stores.close()


def path_of(row: Endpoint, **arguments: str) -> str:
    path = row.paths[0]
    for name in row.request.__struct_fields__:
        path = path.replace(f"{{{name}}}", arguments.get(name, "1")).replace(f"{{{name}*}}", arguments.get(name, "a"))
    return path


def bodies_of(row: Endpoint, value: Any) -> Any:
    """A body with ``value`` in one field, for each field; and one with it in all of them."""
    names = row.request.__struct_fields__
    sensible: dict[str, Any] = {
        "run_id": "0" * 32,
        "experiment_id": "0",
        "name": "a",
        "key": "k",
        "value": "1",
        "timestamp": 1,
    }
    start = {name: sensible[name] for name in names if name in sensible}
    yield from ({**start, name: value} for name in names)
    yield dict.fromkeys(names, value)


def check_answer(status: int, body: bytes, what: Any) -> None:
    assert status < 500 or status == 501, (
        status,
        body[:300],
        what,
    )  # 501 is how MLflow's clients learn to go another way
    if status >= 400:
        told = json.loads(body)
        assert told["error_code"] and told["message"], what
        inside = {"SELECT", "INSERT", "Traceback", "msgspec", "apsw"}
        assert not any(word in told["message"] and word not in str(what) for word in inside), told


@pytest.mark.parametrize("row", WITH_BODY, ids=lambda row: row.name)
def test_no_value_in_any_field_is_a_server_error(shared: LocalServer, row: Endpoint) -> None:
    method = next(method for method in row.methods if method != "GET")
    for value in VALUES:
        for body in bodies_of(row, value):
            data = json.dumps(body).encode("utf-8", "surrogatepass")
            if row.name in ("tracking.rename_experiment", "tracking.delete_experiment"):
                data = data.replace(b'"experiment_id": "0"', b'"experiment_id": "7"')
            reply = shared.request(method, path_of(row), data, JSON)
            check_answer(reply.status, reply.body, (row.name, str(body)[:200]))


@pytest.mark.parametrize("row", WITH_BODY, ids=lambda row: row.name)
def test_no_bytes_for_a_body_are_a_server_error(shared: LocalServer, row: Endpoint) -> None:
    method = next(method for method in row.methods if method != "GET")
    for data in RAW_BODIES:
        reply = shared.request(method, path_of(row), data, JSON)
        check_answer(reply.status, reply.body, (row.name, data[:80]))


# What answers with events goes on for ever: its arguments are tried where its events are.
WITH_QUERY = [row for row in ENDPOINTS if "GET" in row.methods and row.name != "views.watch_changes"]


@pytest.mark.parametrize("row", WITH_QUERY, ids=lambda row: row.name)
def test_no_argument_of_a_query_is_a_server_error(shared: LocalServer, row: Endpoint) -> None:
    texts = [
        "",
        "%00",
        "%ff",
        "%ed%a0%80",
        "a%2Fb",
        "..%2f..",
        "-1",
        "9" * 30,
        "NaN",
        "%F0%9F%A4%96",
        "x" * 8000,
        "%",
        "%zz",
        "'",
    ]
    for text in texts:
        for name in row.request.__struct_fields__:
            reply = shared.request("GET", f"{path_of(row)}?{name}={text}&run_id=0&experiment_id=0&metric_key=a&name=a")
            check_answer(reply.status, reply.body, (row.name, name, text))


@pytest.mark.parametrize(
    "text", ["%00", "%ff", "a%2fb", "..", "%2e%2e", "a;b", "a%0ab", "%F0%9F%A4%96", "x" * 3000, "%25", "'"]
)
def test_no_argument_in_a_path_is_a_server_error(shared: LocalServer, text: str) -> None:
    for row in ENDPOINTS:
        if "{" in row.path and row.kind != "stream":
            arguments = dict.fromkeys(row.request.__struct_fields__, text)
            for method in row.methods:
                reply = shared.request(method, path_of(row, **arguments), b"{}", JSON)
                check_answer(reply.status, reply.body, (row.name, text))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(VALUES[:30]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(WITH_BODY), st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_at_all_is_a_server_error(shared: LocalServer, row: Endpoint, data: st.DataObject) -> None:
    names = st.sampled_from(row.request.__struct_fields__) if row.request.__struct_fields__ else st.text(max_size=5)
    body = data.draw(st.dictionaries(names, ANYTHING, max_size=5))
    method = next(method for method in row.methods if method != "GET")
    encoded = json.dumps(body).encode("utf-8", "surrogatepass")
    reply = shared.request(method, path_of(row), encoded, JSON)
    check_answer(reply.status, reply.body, (row.name, body))


@pytest.mark.parametrize(
    "value", [0, -0.0, 1.5, 5e-324, 1.7976931348623157e308, "NaN", "Infinity", "-Infinity", 0.1, 2**53, "3.25"]
)
def test_a_metrics_value_is_read_back_as_it_was_sent(shared: LocalServer, value: Any) -> None:
    run = shared.new_run()
    assert shared.post("runs/log-metric", {"run_id": run, "key": "k", "value": value, "timestamp": 1}).status == 200
    stored = shared.request("GET", f"{API}/runs/get?run_id={run}").json["run"]["data"]["metrics"][0]["value"]
    expected = float(value)
    if math.isinf(expected):
        expected = math.copysign(1.7976931348623157e308, expected)
    assert stored == ("NaN" if math.isnan(expected) else expected)


@pytest.mark.parametrize(
    "text", ["é", "e\u0301", "🤖", "\u202e", "a\tb\nc", "'; DROP TABLE runs; --", "%s{0}", "x" * 6000]
)
def test_a_text_is_read_back_as_it_was_sent(shared: LocalServer, text: str) -> None:
    run = shared.new_run()
    assert shared.post("runs/log-parameter", {"run_id": run, "key": "p", "value": text}).status == 200
    assert shared.request("GET", f"{API}/runs/get?run_id={run}").json["run"]["data"]["params"][0]["value"] == text


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 2_000_000,
        b'{"a":' * 400_000,
        b'{"run_id":"' + b"\\u0000" * 300_000 + b'"}',
        b'{"x":[' + b"1," * 900_000 + b"1]}",
        b'{"x":"' + b"\\" * 1_900_000,
        b"9" * 1_900_000,
        b'"' * 1_900_000,
        b'{"' + b'a":{"' * 300_000,
    ],
    ids=["brackets", "objects", "zeros", "numbers", "backslashes", "digits", "quotes", "nesting"],
)
def test_hostile_bodies_are_refused_at_once_and_cost_others_nothing(start_local: StartLocal, body: bytes) -> None:
    server = start_local()
    began = time.process_time()
    reply = server.request("POST", f"{API}/runs/update", body, JSON)
    took = time.process_time() - began
    assert reply.status == 400
    assert took < 1.0, "seconds of a processor"
    assert server.request("GET", "/health").status == 200
