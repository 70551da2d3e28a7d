"""Whatever is sent, the answer is a sentence: no 5xx, no time, no memory, nothing about the inside (C11, C12, C14)."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.wire.table import ENDPOINTS
from tests.acceptance.security.yard import Yard, post, timed
from tests.support.raw_http import exchange, message, read
from tests.support.server import API

pytestmark = pytest.mark.usefixtures("well")

RUNS = f"{API}/runs/create"
MEMORY = 50_000_000


# what is no JSON object at all, at every endpoint that takes one

NO_OBJECTS = {
    "nothing closed": b"{",
    "a word": b"nope",
    "a list": b"[]",
    "a list of objects": b"[{}]",
    "a number": b"1",
    "true": b"true",
    "a text": b'"x"',
    "a text of a text": b'"\\"x\\""',
    "two objects": b"{}{}",
    "a comma more": b'{"run_id":"x",}',
    "a comment": b"/**/{}",
    "single quotes": b"{'a':1}",
    "a name that is no text": b"{1:2}",
    "no colon": b'{"a"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "no UTF-8": b'{"run_id":"\xff\xfe"}',
    "overlong UTF-8": b'{"run_id":"\xc0\xae"}',
    "a surrogate in UTF-8": b'{"run_id":"\xed\xa0\x80"}',
    "a cut character": b'{"run_id":"\xe2\x82',
    "a NUL": b"\x00",
    "NULs": b"\x00" * 1000,
    "a bare control character": b'{"run_id":"a\x01b"}',
    "YAML": b"run_id: x",
    "a pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.",
    "XML": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
    "nested lists": b"[" * 100_000,
    "nested objects": b'{"a":' * 100_000,
    "nested and closed": b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "just too deep": b'{"a":' + b"[" * 64 + b"]" * 64 + b"}",
    "nested in a text": json.dumps("[" * 50_000).encode(),
    "a text of quotes that does not end": b'{"a":"' + b"[" * 100 + b'\\"' * 900_000,
    "quotes": b'"' * 1_900_000,
    "a huge integer": b'{"a":' + b"9" * 900_000 + b"}",
    "an integer of 21 digits": b'{"a":' + b"9" * 21 + b"}",
    "a lot of values": b'{"a":[' + b"1," * 300_000 + b"1]}",
    "a lot of empty lists": b'{"a":[' + b"[]," * 300_000 + b"[]]}",
}
TAKING_JSON = {
    row.paths[0]: method
    for row in ENDPOINTS
    for method in {"POST", "PATCH", "DELETE"} & set(row.methods)
    if row.kind != "stream" and "{" not in row.paths[0]
}
FEW = {f"{API}/runs/create": "POST", f"{API}/registered-models/update": "PATCH"}


@pytest.mark.parametrize("name", NO_OBJECTS)
def test_what_is_no_object_is_refused(yard: Yard, name: str) -> None:
    body = NO_OBJECTS[name]
    for path, method in (TAKING_JSON if len(body) < 1_000 else FEW).items():
        answer = timed(yard, message(method, path, "Content-Type: application/json", body=body), (400,))
        assert answer.json["error_code"] in ("BAD_REQUEST", "INVALID_PARAMETER_VALUE")


# every field of every message, with what it is not

WRONG: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 1e308, -1e308, 1e999, float("nan"), 2**63, -(2**63) - 1, 10**19, "", " ", "x" * 100_000),
    *("0", "-0", "1e5", "NaN", "٣", "\U0001f4a9", "\x7f", "a\x00b", "\ud800", "'; DROP TABLE runs; --", "${jndi:x}"),
    *(
        "../../etc/passwd",
        "%00",
        "{{7*7}}",
        "<img src=x onerror=alert(1)>",
        [],
        [None],
        [[]],
        [1, "x", {}],
        ["x"] * 5_000,
    ),
    *({}, {"": ""}, {"key": None, "value": {}}, [{"key": "k", "value": 1}] * 3, {"__proto__": {"x": 1}}, {"$ref": "#"}),
)
KEPT = ("registry.delete_registered_model", "registry.rename_registered_model")  # would take from the others
WRITING = {
    row.name: next(method for method in ("POST", "PATCH", "DELETE", "PUT") if method in row.methods)
    for row in ENDPOINTS
    if row.kind != "stream" and set(row.methods) != {"GET"} and row.name not in KEPT
}


def fields_of(row: Any) -> tuple[str, ...]:
    """The fields of an endpoint's request."""
    names: tuple[str, ...] = row.request.__struct_fields__
    return names


def filled(yard: Yard, row: Any) -> dict[str, Any]:
    """A request in which the names of things are of things that are there."""
    known: dict[str, Any] = {
        "run_id": yard.run_id,
        "model_id": yard.model_id,
        "experiment_id": "0",
        "experiment_ids": ["0"],
        "name": "rm",
        "key": "k",
        "value": "1",
        "timestamp": 1,
        "version": "1",
        "alias": "a",
        "metric_key": "m",
        "max_results": 5,
        "path": "x",
        "source": "s3://b/x",
        "stage": "None",
        "new_name": "rm",
        "webhook_id": "w",
        "num_parts": 1,
        "upload_id": "0" * 32,
        "run_ids": [yard.run_id],
        "param": {"key": "k", "value": "1"},
    }
    return {name: known[name] for name in fields_of(row) if name in known}


@pytest.mark.parametrize("name", WRITING)
def test_a_field_of_the_wrong_kind_is_no_failure(yard: Yard, name: str) -> None:
    row = next(row for row in ENDPOINTS if row.name == name)
    path = row.paths[0].replace("{model_id}", yard.model_id).replace("{artifact_path*}", "0/x").replace("{key}", "k")
    with socket.create_connection(("127.0.0.1", yard.server.port), timeout=30) as sock:
        for field in fields_of(row):
            for value in WRONG:
                body = json.dumps({**filled(yard, row), field: value}).encode()
                sock.sendall(message(WRITING[name], path, "Content-Type: application/json", body=body))
                answer = read(sock)
                yard.check_silent(answer)
                assert answer.status in (200, 400, 404, 409, 413, 501), (field, value, answer)
                assert isinstance(answer.json, dict)
                assert answer.status == 200 or answer.json["message"]


@pytest.mark.parametrize("name", [row.name for row in ENDPOINTS if "GET" in row.methods and row.kind != "stream"])
def test_an_argument_of_the_wrong_kind_is_no_failure(yard: Yard, name: str) -> None:
    row = next(row for row in ENDPOINTS if row.name == name)
    path = row.paths[0].replace("{model_id}", yard.model_id).replace("{artifact_path*}", "0/x")
    values = (
        "",
        "x",
        "-1",
        "0",
        "1e5",
        "99999999999999999999",
        "%ff",
        "%00",
        "%ed%a0%80",
        "true",
        "[]",
        "{}",
        "a&a=b",
        "%0d%0a",
    )
    values += ("'%20OR%201=1--", "%F0%9F%92%A9", "9" * 5_000, "%25", "%", "%zz", "\xe9")
    for field in (*fields_of(row), "unknown", "max_results", "%ff"):
        for value in values:
            target = f"{path}?{field}={value}".encode("latin-1")
            answer = exchange(yard.server.port, message("GET", target))
            yard.check_silent(answer)
            assert answer.status in (200, 400, 404, 501), (target, answer)


# numbers

NUMBERS = {
    "NaN": (b"NaN", "NaN"),
    "NaN as text": (b'"NaN"', "NaN"),
    "infinity": (b"Infinity", 1.7976931348623157e308),
    "infinity as text": (b'"Infinity"', 1.7976931348623157e308),
    "minus infinity": (b"-Infinity", -1.7976931348623157e308),
    "minus infinity as text": (b'"-Infinity"', -1.7976931348623157e308),
    "too large": (b"1e999", 1.7976931348623157e308),
    "large": (b"1.7976931348623157e308", 1.7976931348623157e308),
    "small": (b"5e-324", 5e-324),
    "smaller": (b"1e-400", 0.0),
    "text": (b'"1.5"', 1.5),
    "exact": (b"0.1", 0.1),
    "integer": (b"9007199254740993", 9007199254740992.0),
}
NO_NUMBERS = (
    b'"x"',
    b"[]",
    b"{}",
    b"true",
    b'""',
    b'"1,5"',
    b'"0x10"',
    b'" 1"',
    b'"1_000"',
    b"nan",
    b"-NaN",
    b"01",
    b".5",
    b"+1",
)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_read_back_as_it_was_written(yard: Yard, name: str) -> None:
    sent, expected = NUMBERS[name]
    run = yard.post("runs/create", {"experiment_id": "0"}).json["run"]["info"]["run_id"]
    body = b'{"run_id":"%s","key":"m","timestamp":1,"step":1,"value":%s}' % (run.encode(), sent)
    post(yard, "runs/log-metric", body, (200,))
    for target in (f"{API}/runs/get?run_id={run}", f"{API}/metrics/get-history?run_id={run}&metric_key=m"):
        answer = yard.ask("GET", target).json
        (metric,) = answer["metrics"] if "metrics" in answer else answer["run"]["data"]["metrics"]
        assert (metric["value"], repr(metric["value"])) == (expected, repr(expected))


@pytest.mark.parametrize("sent", NO_NUMBERS)
def test_what_is_no_number_is_refused(yard: Yard, sent: bytes) -> None:
    body = b'{"run_id":"%s","key":"m","timestamp":1,"step":1,"value":%s}' % (yard.run_id.encode(), sent)
    post(yard, "runs/log-metric", body)


@pytest.mark.parametrize("field", ["timestamp", "step"])
@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**19, 1.5, 1e300, "1.5", "9" * 30, "٣", True, [], {}])
def test_an_integer_beyond_64_bits_is_refused(yard: Yard, field: str, value: Any) -> None:
    body = {"run_id": yard.run_id, "key": "m", "timestamp": 1, "step": 1, "value": 1, field: value}
    post(yard, "runs/log-metric", json.dumps(body).encode(), (400,))


@pytest.mark.parametrize("step", [2**63 - 1, -(2**63), "9223372036854775807", "-9223372036854775808", 0, -1])
def test_any_integer_of_64_bits_is_kept(yard: Yard, step: Any) -> None:
    run = yard.post("runs/create", {"experiment_id": "0"}).json["run"]["info"]["run_id"]
    assert (
        yard.post("runs/log-metric", {"run_id": run, "key": "m", "timestamp": 1, "step": step, "value": 1}).status
        == 200
    )
    answer = yard.ask("GET", f"{API}/metrics/get-history?run_id={run}&metric_key=m").json
    assert answer["metrics"][0].get("step", 0) == int(step)


# encodings and framings


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "compress", "gzip, gzip", "x", "identity, gzip"])
def test_a_compressed_body_is_not_unpacked(yard: Yard, encoding: str) -> None:
    bomb = gzip.compress(b" " * 20_000_000)
    headers = ("Content-Type: application/json", f"Content-Encoding: {encoding}")
    post(yard, "experiments/search", bomb, (415,), *headers)


@pytest.mark.parametrize(
    "spelling", [("run_id", "run_id"), ("run_id", "runId"), ("runId", "run_id"), ("run_id", "run_uuid")]
)
def test_a_field_given_twice_never_means_two_things(yard: Yard, spelling: tuple[str, str]) -> None:
    other = yard.post("runs/create", {"experiment_id": "0"}).json["run"]["info"]["run_id"]
    body = f'{{"{spelling[0]}":"{yard.run_id}","key":"twice","value":"x","{spelling[1]}":"{other}"}}'
    answer = post(yard, "runs/set-tag", body.encode(), (200, 400))
    tagged = []
    for run in (yard.run_id, other):
        tags = yard.ask("GET", f"{API}/runs/get?run_id={run}").json["run"]["data"].get("tags", [])
        tagged += [run for tag in tags if tag["key"] == "twice"]
        yard.post("runs/delete-tag", {"run_id": run, "key": "twice"})
    assert len(tagged) == (1 if answer.status == 200 else 0)


CHUNKED = f"POST {API}/experiments/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CHUNKED += "Transfer-Encoding: chunked\r\n\r\n"
FRAMES = {
    "good": (b"2\r\n{}\r\n0\r\n\r\n", 200),
    "with a trailer": (b"2\r\n{}\r\n0\r\nX: y\r\n\r\n", 200),
    "with a length in the trailer": (b"2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n", 400),
    "with an extension": (b"2;a=" + b"x" * 100 + b"\r\n{}\r\n0\r\n\r\n", 200),
    "no size": (b"\r\n{}\r\n0\r\n\r\n", 400),
    "minus": (b"-2\r\n{}\r\n0\r\n\r\n", 400),
    "plus": (b"+2\r\n{}\r\n0\r\n\r\n", 400),
    "0x": (b"0x2\r\n{}\r\n0\r\n\r\n", 400),
    "huge": (b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n", 400),
    "too long": (b"1\r\n{}\r\n0\r\n\r\n", 400),
}


@pytest.mark.parametrize("name", FRAMES)
def test_chunks_are_read_in_one_way(yard: Yard, name: str) -> None:
    data, status = FRAMES[name]
    timed(yard, CHUNKED.encode() + data, (status,))


SMUGGLED = b"GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n"
AMBIGUOUS = {
    "both lengths": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 43\r\n",
    "a list of lengths": b"Content-Length: 0, 43\r\n",
    "length with a sign": b"Content-Length: +43\r\n",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "chunked and more": b"Transfer-Encoding: chunked, identity\r\n",
    "not quite chunked": b"Transfer-Encoding: xchunked\r\n",
    "space before the colon": b"Transfer-Encoding : chunked\r\n",
    "bare newline": b"X: y\nContent-Length: 43\r\n",
    "folded": b"X: y\r\n Content-Length: 43\r\n",
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_body_whose_end_is_unclear_ends_the_connection(yard: Yard, name: str) -> None:
    data = f"POST {API}/experiments/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()
    with socket.create_connection(("127.0.0.1", yard.server.port), timeout=30) as sock:
        sock.sendall(data + AMBIGUOUS[name] + b"\r\n0\r\n\r\n" + SMUGGLED)
        answer = read(sock)
        assert answer.status in (400, 411, 501), answer
        assert not read(sock).body


# limits


LIMITS: dict[str, tuple[str, dict[str, Any]]] = {
    "metrics": (
        "runs/log-batch",
        {"metrics": [{"key": "m", "value": 1, "timestamp": 1, "step": n} for n in range(1001)]},
    ),
    "params": ("runs/log-batch", {"params": [{"key": f"p{n}", "value": "1"} for n in range(101)]}),
    "tags": ("runs/log-batch", {"tags": [{"key": f"t{n}", "value": "1"} for n in range(101)]}),
    "the same param": ("runs/log-batch", {"params": [{"key": "p", "value": "1"}, {"key": "p", "value": "2"}]}),
    "key": ("runs/log-parameter", {"key": "k" * 251, "value": "1"}),
    "key of a tag": ("runs/set-tag", {"key": "k" * 251, "value": "1"}),
    "key of a metric": ("runs/log-metric", {"key": "k" * 251, "value": 1, "timestamp": 1}),
    "key that is a path": ("runs/set-tag", {"key": "../../x", "value": "1"}),
    "key that is absolute": ("runs/log-parameter", {"key": "/etc/passwd", "value": "1"}),
    "experiment": ("experiments/create", {"name": "x" * 501}),
    "tag of an experiment": (
        "experiments/set-experiment-tag",
        {"experiment_id": "0", "key": "k", "value": "x" * 20_001},
    ),
    "location": ("experiments/create", {"name": "far", "artifact_location": "s3://" + "%25" * 600_000}),
    "model": ("registered-models/create", {"name": "x" * 300}),
    "model with a slash": ("registered-models/create", {"name": "a/b"}),
    "alias": ("registered-models/alias", {"name": "rm", "alias": "a" * 256, "version": "1"}),
    "parts": ("../mlflow-artifacts/mpu/create/0/x", {"path": "x", "num_parts": 10_001}),
    "no parts": ("../mlflow-artifacts/mpu/create/0/x", {"path": "x", "num_parts": -1}),
    "tags of a run": (
        "runs/create",
        {"experiment_id": "0", "tags": [{"key": f"t{n}", "value": "1"} for n in range(1_001)]},
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_what_is_over_a_limit_is_refused_and_not_cut(yard: Yard, name: str) -> None:
    verb, fields = LIMITS[name]
    body = json.dumps({"run_id": yard.run_id, **fields}).encode()
    path = f"{API}/{verb}".replace("mlflow/../", "")
    before = yard.rows()
    timed(yard, message("POST", path, "Content-Type: application/json", body=body), (400,))
    assert yard.rows() == before


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_body_beyond_its_limit_is_refused_within_a_second_and_not_read(yard: Yard, framing: str) -> None:
    head = f"POST {API}/runs/create HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    if framing == "length":
        head += "Content-Length: 100000000\r\n\r\n"
        piece = b"x" * 1_000_000
    else:
        head += "Transfer-Encoding: chunked\r\n\r\n"
        piece = b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n"
    memory = yard.server.memory
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", yard.server.port), timeout=30) as sock:
        sock.sendall(head.encode())
        sent = 0
        try:
            for _ in range(100):
                sock.sendall(piece)
                sent += 1
        except OSError:
            pass
    assert sent < 40, "it reads on and on"
    assert time.monotonic() - began < 20
    assert yard.server.memory - memory < MEMORY


HEAVY = [name for name, body in NO_OBJECTS.items() if len(body) > 10_000]


@pytest.mark.parametrize("name", HEAVY)
def test_a_large_body_is_refused_with_little_work(yard: Yard, name: str) -> None:
    worked = yard.server.worked
    for _ in range(4):
        post(yard, "runs/create", NO_OBJECTS[name])
    assert (yard.server.worked - worked) / 4 < 0.5  # seconds of a processor; it is a fifth of it on the slowest of ours


def test_large_bodies_cost_neither_memory_nor_the_time_of_others(yard: Yard) -> None:
    for name in HEAVY:  # what Python keeps for such bodies is no growth
        post(yard, "runs/create", NO_OBJECTS[name])
    memory, stop = yard.server.memory, time.monotonic() + 3.0

    def send() -> None:
        while time.monotonic() < stop:
            for name in HEAVY:
                exchange(
                    yard.server.port, message("POST", RUNS, "Content-Type: application/json", body=NO_OBJECTS[name])
                )

    clients = [threading.Thread(target=send) for _ in range(2)]
    for client in clients:
        client.start()
    took = []
    while time.monotonic() < stop:
        began = time.monotonic()
        assert yard.ask("GET", "/health").status == 200
        took.append(time.monotonic() - began)
        time.sleep(0.01)
    for client in clients:
        client.join()
    took.sort()
    print(f"/health: median {took[len(took) // 2] * 1000:.0f} ms, worst {took[-1] * 1000:.0f} ms of {len(took)}")
    assert took[len(took) // 2] < 1.0
    assert yard.server.memory - memory < MEMORY


def test_nothing_of_all_this_is_left_in_the_store(yard: Yard) -> None:
    names = {path.name for path in Path(yard.root).iterdir()} if yard.root.exists() else set()
    assert names <= {"0"}
