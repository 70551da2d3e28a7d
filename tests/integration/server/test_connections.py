"""Connections: order, framing, limits of size, number and time."""

from __future__ import annotations

import socket
import time

import pytest

from modelyard.web.connection import MAX_FIELDS, MAX_HEAD, MAX_URL
from tests.support.local_server import LocalServer, read_answer
from tests.support.waiting import wait_for

SEARCH = "/api/2.0/mlflow/experiments/search"
FILES = "/api/2.0/mlflow-artifacts/artifacts"
GET = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def post(body: bytes, *headers: str, path: str = SEARCH) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def is_closed(sock: socket.socket, within: float = 30.0) -> bool:
    """Whether the server closes the connection, after whatever it still says."""
    sock.settimeout(within)
    try:
        while sock.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionResetError:
        pass
    return True


def test_requests_sent_ahead_are_answered_in_order(local: LocalServer) -> None:
    paths = [SEARCH, "/nope", FILES, "/version", "/health"] * 6
    sent = [f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for path in paths]
    with local.connect() as sock:
        sock.sendall(b"".join(sent))
        data = b""
        while data.count(b"x-request-id") < len(paths) or not data.endswith(b"OK"):
            data += sock.recv(65536)
    statuses = [int(part[:3]) for part in data.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 404, 200, 200, 200] * 6


def test_writes_sent_ahead_are_all_done(local: LocalServer) -> None:
    run = local.new_run()
    body = '{"run_id":"%s","key":"m","value":%d,"timestamp":1,"step":%d}'
    with local.connect() as sock:
        sock.sendall(
            b"".join(post((body % (run, n, n)).encode(), path="/api/2.0/mlflow/runs/log-metric") for n in range(30))
        )
        data = b""
        while data.count(b"\r\n\r\n{}") < 30:
            data += sock.recv(65536)
    history = local.request("GET", f"/api/2.0/mlflow/metrics/get-history?run_id={run}&metric_key=m").json["metrics"]
    assert len(history) == 30


def test_too_many_requests_sent_ahead_end_the_connection(local: LocalServer) -> None:
    with local.connect() as sock:
        sock.sendall((f"GET {FILES} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()) * 200)
        assert is_closed(sock)
    assert local.request("GET", "/health").status == 200


def test_nonsense_after_a_request_does_not_cost_it_its_answer(local: LocalServer) -> None:
    with local.connect() as sock:
        sock.sendall(f"GET {FILES} HTTP/1.1\r\nHost: localhost\r\n\r\nnonsense\r\n\r\n".encode())
        assert read_answer(sock).startswith(b"HTTP/1.1 200 ")
        assert is_closed(sock)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_request_may_arrive_in_any_pieces(local: LocalServer, size: int) -> None:
    data = post(b'{"max_results": 5, "filter": "name = \'Default\'"}')
    with local.connect() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(data), size):
            sock.sendall(data[at : at + size])
            time.sleep(0.0005)
        assert b"Default" in read_answer(sock)


def test_a_chunked_body_is_read(local: LocalServer) -> None:
    head = f"POST {SEARCH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b'8\r\n{"max_re\r\na;x=y\r\nsults": 5}\r\n0\r\nTrailer: 1\r\n\r\n'
    assert local.exchange(head.encode() + body).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_waits_for_100_is_told_to_go_on(local: LocalServer) -> None:
    data = post(b"{}", "Expect: 100-continue")
    with local.connect() as sock:
        sock.sendall(data[:-2])
        assert sock.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(data[-2:])
        assert read_answer(sock).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_waits_for_100_with_too_much_is_refused(local: LocalServer) -> None:
    data = post(b"x" * 3_000_000, "Expect: 100-continue")
    assert local.exchange(data[:300]).startswith(b"HTTP/1.1 413 ")


def test_connection_close_is_honoured(local: LocalServer) -> None:
    with local.connect() as sock:
        sock.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert b"connection: close" in read_answer(sock)
        assert is_closed(sock)


def test_a_client_may_close_its_side_and_still_be_answered(local: LocalServer) -> None:
    with local.connect() as sock:
        sock.sendall(f"GET {FILES} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        sock.shutdown(socket.SHUT_WR)
        assert read_answer(sock).startswith(b"HTTP/1.1 200 ")


def test_a_request_to_upgrade_is_answered_as_a_plain_one(local: LocalServer) -> None:
    with local.connect() as sock:
        sock.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        answer = read_answer(sock)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"connection: close" in answer
        assert is_closed(sock)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nHost : localhost\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n\r\n", 400),
        (b"POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (post(b"")[:-21] + b"Transfer-Encoding: gzip\r\n\r\n", 400),
        (post(b"")[:-21] + b"Transfer-Encoding: chunked\r\n\r\nnonsense", 400),
        (
            f"PUT {FILES}/0/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcdefgh".encode(),
            400,
        ),
        (b"GET /" + b"a" * (MAX_URL + 1) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * (MAX_HEAD + 1) + b"\r\n\r\n", 431),
        (b"GET /health HTTP/1.1\r\n" + b"X: a\r\n" * (MAX_FIELDS + 1) + b"\r\n", 431),
        (b"GET /health HTTP/1.1\r\nX: " + b"a" * (MAX_HEAD + MAX_URL + 1), 431),
    ],
)
def test_what_is_no_request_is_refused_and_the_connection_closed(local: LocalServer, data: bytes, status: int) -> None:
    with local.connect() as sock:
        sock.sendall(data)
        assert read_answer(sock).startswith(f"HTTP/1.1 {status} ".encode())
        assert is_closed(sock)


def test_one_address_may_hold_64_connections(local: LocalServer) -> None:
    held = [local.connect() for _ in range(64)]
    try:
        for sock in held[:3] + held[-3:]:
            sock.sendall(GET)
            assert read_answer(sock).endswith(b"OK")
        with local.connect() as refused:
            assert is_closed(refused)
        with socket.create_connection(("127.0.0.1", local.port), source_address=("127.0.0.9", 0)) as another:
            another.sendall(GET)
            assert read_answer(another).endswith(b"OK")
        held.pop().close()
        wait_for(lambda: len(local.app.connections) < 64)
        with local.connect() as again:
            again.sendall(GET)
            assert read_answer(again).endswith(b"OK")
    finally:
        for sock in held:
            sock.close()


def later(local: LocalServer, seconds: float) -> None:
    """Let the server believe that so much time has passed."""
    local.call(lambda: local.app.tick(local.app.now + seconds))


HALF_POST = post(b"x" * 1000)[:-500]
STALLED: dict[str, tuple[bytes, float]] = {
    "a head that does not end": (b"GET /health HTTP/1.1\r\nHost: loc", 11.0),
    "silence": (b"", 76.0),
    "silence after an answer": (GET, 76.0),
    "half a body": (HALF_POST, 11.0),
    "half an upload": (f"PUT {FILES}/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc".encode(), 11.0),
}


@pytest.mark.parametrize("name", STALLED)
def test_who_is_silent_for_too_long_is_dropped(local: LocalServer, name: str) -> None:
    data, seconds = STALLED[name]
    with local.connect() as sock:
        sock.sendall(data)
        wait_for(lambda: len(local.app.connections) == 1)
        if data == GET:
            assert read_answer(sock).endswith(b"OK")
        time.sleep(0.05)
        local.settle()
        later(local, seconds - 2)
        assert not is_closed(sock, 0.2)
        later(local, 4)
        later(local, 12)
        assert is_closed(sock)
    wait_for(lambda: not local.app.connections)


def test_a_slow_but_steady_upload_goes_on(local: LocalServer) -> None:
    head = f"PUT {FILES}/0/slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n"
    with local.connect() as sock:
        sock.sendall(head.encode())
        for _ in range(5):
            sock.sendall(b"x" * 12_000)
            time.sleep(0.05)
            local.settle()
            later(local, 11)
        assert read_answer(sock).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_does_not_read_its_answer_is_dropped(local: LocalServer) -> None:
    local.request("PUT", f"{FILES}/0/large", b"x" * 30_000_000)
    with local.connect() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(f"GET {FILES}/0/large HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        wait_for(lambda: len(local.app.connections) == 1)
        time.sleep(0.3)
        for _ in range(3):
            later(local, 11)
        wait_for(lambda: not local.app.connections)
