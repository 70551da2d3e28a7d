"""Files in and out: whole, in part, cut off, of any size and under any name."""

from __future__ import annotations

import hashlib
import os
import socket
import statistics
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from modelyard.server.transfers import disposition
from tests.support.folders import files_in
from tests.support.local_server import LocalServer, read_answer
from tests.support.waiting import wait_for

FILES = "/api/2.0/mlflow-artifacts/artifacts"


def put(local: LocalServer, key: str, body: bytes) -> None:
    reply = local.request("PUT", f"{FILES}/{quote(key)}", body)
    assert (reply.status, reply.body) == (200, b"{}")


@pytest.mark.parametrize("size", [0, 1, 1000, 65_536, 1_048_576, 5_000_001])
def test_a_file_comes_back_as_it_went(local: LocalServer, size: int) -> None:
    body = os.urandom(size)
    put(local, "0/run/artifacts/a b.bin", body)
    reply = local.request("GET", f"{FILES}/0/run/artifacts/a%20b.bin")
    assert (reply.status, reply.body) == (200, body)
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"] == 'attachment; filename="a b.bin"'
    assert reply.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert reply.headers["x-content-type-options"] == "nosniff"
    head = local.request("HEAD", f"{FILES}/0/run/artifacts/a%20b.bin")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(size))


def test_a_file_sent_head_first_is_stored_whole(local: LocalServer) -> None:
    for size in (1, 500, 200_000):
        body = os.urandom(size)
        with local.connect() as sock:
            sock.sendall(f"PUT {FILES}/0/slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n".encode())
            time.sleep(0.05)
            sock.sendall(body)
            assert read_answer(sock).startswith(b"HTTP/1.1 200 ")
        assert local.request("GET", f"{FILES}/0/slow").body == body


def test_a_file_sent_in_chunks_is_stored_whole(local: LocalServer) -> None:
    head = f"PUT {FILES}/0/c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (n, b"x" * n) for n in (1, 10, 70_000)) + b"0\r\n\r\n"
    assert local.exchange(head.encode() + chunks).startswith(b"HTTP/1.1 200 ")
    assert local.request("GET", f"{FILES}/0/c").body == b"x" * 70_011


def test_an_answer_names_the_digest_of_what_was_stored(local: LocalServer) -> None:
    reply = local.request("PUT", f"{FILES}/0/a", b"hello")
    assert reply.headers["etag"] == f'"{hashlib.sha256(b"hello").hexdigest()}"'


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("0-0", 0, 1),
        ("0-9", 0, 10),
        ("5-9", 5, 10),
        ("90-", 90, 100),
        ("-10", 90, 100),
        ("50-1000", 50, 100),
        ("-1000", 0, 100),
    ],
)
def test_a_part_of_a_file_can_be_asked_for(local: LocalServer, asked: str, start: int, stop: int) -> None:
    body = bytes(range(100))
    put(local, "0/f", body)
    reply = local.request("GET", f"{FILES}/0/f", headers={"Range": f"bytes={asked}"})
    assert (reply.status, reply.body) == (206, body[start:stop])
    assert reply.headers["content-range"] == f"bytes {start}-{stop - 1}/100"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "bytes=-", "bytes=9-5", "bytes=a-b", "lines=0-1", "bytes=0-1x", "bytes= 0-1"]
)
def test_other_ranges_are_answered_with_the_file(local: LocalServer, asked: str) -> None:
    put(local, "0/f", b"x" * 100)
    reply = local.request("GET", f"{FILES}/0/f", headers={"Range": asked})
    assert (reply.status, len(reply.body)) == (200, 100)


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999-"])
def test_a_range_outside_of_the_file_is_416(local: LocalServer, asked: str) -> None:
    put(local, "0/f", b"x" * 100)
    reply = local.request("GET", f"{FILES}/0/f", headers={"Range": asked})
    assert (reply.status, reply.headers["content-range"]) == (416, "bytes */100")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.json", "application/json"),
        ("a.CSV", "text/csv; charset=utf-8"),
        ("MLmodel", "text/plain; charset=utf-8"),
        ("plot.png", "image/png"),
        ("page.html", "application/octet-stream"),
        ("image.svg", "application/octet-stream"),
        ("code.js", "application/octet-stream"),
        ("a.xhtml", "application/octet-stream"),
        ("a.html.txt.swf", "application/octet-stream"),
        ("model.pkl", "application/octet-stream"),
    ],
)
def test_no_file_is_sent_as_a_page_of_ours(local: LocalServer, name: str, kind: str) -> None:
    put(local, f"0/{name}", b"<script>alert(1)</script>")
    reply = local.request("GET", f"{FILES}/0/{name}")
    assert reply.headers["content-type"] == kind
    assert reply.headers["content-disposition"].startswith("attachment; ")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("plain.txt", 'attachment; filename="plain.txt"'),
        ("a b;c.txt", 'attachment; filename="a b;c.txt"'),
        ('quo"te.txt', "attachment; filename=\"quo_te.txt\"; filename*=UTF-8''quo%22te.txt"),
        ("naïve.txt", "attachment; filename=\"naive.txt\"; filename*=UTF-8''na%C3%AFve.txt"),
        ("日本語", "attachment; filename=\"download\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC%E8%AA%9E"),
        ("a\r\nSet-Cookie: x", "attachment; filename=\"a__Set-Cookie: x\"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x"),
    ],
)
def test_a_name_is_told_so_that_every_browser_reads_one(name: str, told: str) -> None:
    assert disposition(name) == told


def test_missing_files_and_folders(local: LocalServer) -> None:
    put(local, "0/folder/file", b"x")
    assert local.request("GET", f"{FILES}/0/nothing").json["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    assert local.request("GET", f"{FILES}/0/folder").status == 400
    assert local.request("DELETE", f"{FILES}/0/folder").json == {}
    assert local.request("GET", f"{FILES}/0/folder/file").status == 404


BAD_PATHS = [
    "../secret",
    "0/../../secret",
    "..%2f..%2fsecret",
    "%2e%2e/secret",
    "0/%2e%2e%2f%2e%2e%2fsecret",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "0//secret",
    "./secret",
    "0/.",
    "0/..",
    "0/a%00b",
    "0/a%0d%0ab",
    "0/a%5cb",
    "0/..%5c..%5csecret",
    "C:/secret",
    "0/a%23b",
    "~/secret",
    "%252e%252e/secret",
    "0/a;b",
    "%ff",
    "0/" + "a" * 300,
    "a/" * 600 + "a",
    ".modelyard-tmp/a",
]


@pytest.mark.parametrize("path", BAD_PATHS)
def test_paths_that_lead_elsewhere_are_refused_for_every_method(local: LocalServer, path: str, tmp_path: Path) -> None:
    canary = tmp_path / "secret"
    canary.write_text("CANARY")
    for method in ("GET", "PUT", "DELETE", "HEAD"):
        data = (
            f"{method} {FILES}/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"
        )
        answer = local.exchange(data.encode())
        assert answer[9:12] in (b"400", b"404"), (method, answer[:200])
        assert b"CANARY" not in answer
    listed = local.request("GET", f"{FILES}?path={path}")
    assert listed.status in (200, 400)
    assert b"CANARY" not in listed.body
    assert canary.read_text() == "CANARY"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["files", "secret"]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_an_upload_that_is_cut_off_leaves_nothing(local: LocalServer, share: float, tmp_path: Path) -> None:
    size = 3_000_000
    with local.connect() as sock:
        sock.sendall(f"PUT {FILES}/0/cut HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n".encode())
        sock.sendall(b"x" * int(size * share))
        wait_for(lambda: files_in(tmp_path))
    wait_for(lambda: not files_in(tmp_path), 8.0)  # who is silent is dropped after ten
    assert local.request("GET", f"{FILES}/0/cut").status == 404


def test_an_upload_over_the_limit_leaves_nothing(local: LocalServer, tmp_path: Path) -> None:
    run = local.new_run()
    path = f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=a.txt"
    assert local.request("POST", path, b"hello").status == 200
    assert local.request("GET", f"/get-artifact?run_id={run}&path=a.txt").body == b"hello"
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
    assert local.exchange(f"{head}Content-Length: 10000001\r\n\r\n".encode()).startswith(b"HTTP/1.1 413 ")
    chunks = (b"100000\r\n" + b"x" * 0x100000 + b"\r\n") * 10
    assert local.exchange(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks).startswith(b"HTTP/1.1 413 ")
    assert [path.read_bytes() for path in files_in(tmp_path)] == [b"hello"]


def test_a_download_that_is_cut_off_gives_everything_back(local: LocalServer) -> None:
    put(local, "0/large", b"x" * 20_000_000)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        with local.connect() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.sendall(f"GET {FILES}/0/large HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            sock.recv(1000)
    wait_for(lambda: len(os.listdir("/proc/self/fd")) <= before and local.server.idle, 8.0)  # dropped after ten


def test_a_connection_is_used_again_after_a_download(local: LocalServer) -> None:
    put(local, "0/large", b"x" * 5_000_000)
    with local.connect() as sock:
        for _ in range(3):
            sock.sendall(f"GET {FILES}/0/large HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert len(read_answer(sock)) > 5_000_000
            sock.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert read_answer(sock).endswith(b"OK")


def test_downloads_sent_ahead_come_one_after_the_other(local: LocalServer) -> None:
    bodies = [os.urandom(300_000) for _ in range(5)]
    for number, body in enumerate(bodies):
        put(local, f"0/{number}", body)
    with local.connect() as sock:
        sock.sendall(b"".join(f"GET {FILES}/0/{n} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for n in range(5)))
        data = b""
        while len(data) < sum(map(len, bodies)) + 5 * 300:
            data += sock.recv(1 << 20)
    at = [data.index(body) for body in bodies]
    assert at == sorted(at)


def test_large_downloads_sent_ahead_wait_for_the_client(local: LocalServer) -> None:
    bodies = [os.urandom(6_000_000) for _ in range(3)]
    for number, body in enumerate(bodies):
        put(local, f"0/{number}", body)
    with local.connect() as sock:
        sock.sendall(b"".join(f"GET {FILES}/0/{n} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for n in range(3)))
        time.sleep(0.5)
        data = bytearray()
        while len(data) < sum(map(len, bodies)) + 3 * 300:
            data += sock.recv(1 << 20)
    assert all(body in data for body in bodies)


@pytest.mark.parametrize("size", [10, 500_000, 900_000])
def test_after_a_refused_upload_the_connection_is_used_again(local: LocalServer, size: int) -> None:
    with local.connect() as sock:
        for _ in range(3):
            head = f"PUT {FILES}/0/../x HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"
            sock.sendall(head.encode() + b"x" * size)
            assert read_answer(sock).startswith(b"HTTP/1.1 400 ")
        sock.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert read_answer(sock).endswith(b"OK")


def test_a_large_upload_that_is_refused_ends_soon(local: LocalServer) -> None:
    with local.connect() as sock:
        head = f"PUT {FILES}/0/../x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n"
        sock.sendall(head.encode() + b"x" * 1_000_000)
        assert read_answer(sock).startswith(b"HTTP/1.1 400 ")
        began = time.monotonic()
        while sock.recv(65536):
            pass
        assert time.monotonic() - began < 8.0  # who is silent is dropped after ten


def test_an_upload_is_not_dropped_while_it_is_synced(local: LocalServer) -> None:
    finishing, go = threading.Event(), threading.Event()
    upload = local.stores.artifacts.upload

    class Slow:
        def __init__(self, key: str) -> None:
            self._upload = upload(key)
            self.write, self.abandon = self._upload.write, self._upload.abandon

        def finish(self) -> Any:
            finishing.set()
            go.wait(60)
            return self._upload.finish()

    local.stores.artifacts.upload = Slow  # type: ignore[method-assign]
    with local.connect() as sock:
        sock.sendall(f"PUT {FILES}/0/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc".encode())
        assert finishing.wait(60)
        for _ in range(5):
            local.call(lambda: local.app.tick(local.app.now + 30))
        go.set()
        assert read_answer(sock).startswith(b"HTTP/1.1 200 ")


def test_while_files_move_other_requests_are_answered(local: LocalServer) -> None:
    put(local, "0/large", b"x" * 50_000_000)
    stop = threading.Event()

    def move() -> None:
        while not stop.is_set():
            local.request("GET", f"{FILES}/0/large")

    movers = [threading.Thread(target=move) for _ in range(3)]
    for mover in movers:
        mover.start()
    took = []
    try:
        for _ in range(30):
            began = time.perf_counter()
            assert local.request("GET", "/health").body == b"OK"
            took.append(time.perf_counter() - began)
            time.sleep(0.01)
    finally:
        stop.set()
        for mover in movers:
            mover.join()
    assert statistics.median(took) < 1.0


def test_an_upload_in_parts(local: LocalServer) -> None:
    parts = [os.urandom(1_000_000), os.urandom(1_000_000), os.urandom(17)]
    begun = local.request(
        "POST",
        "/api/2.0/mlflow-artifacts/mpu/create/0/run/artifacts",
        {"path": "big.bin", "num_parts": 3},
    ).json
    sent = []
    for credential, part in zip(begun["credentials"], parts, strict=True):
        assert credential["url"].startswith(f"{local.address}/api/1.0/modelyard/artifacts/parts/")
        reply = local.request("PUT", credential["url"].removeprefix(local.address), part)
        sent.append({"part_number": credential["part_number"], "etag": reply.headers["etag"]})
    done = {"path": "big.bin", "upload_id": begun["upload_id"], "parts": sent}
    for _ in range(2):
        reply = local.request("POST", "/api/2.0/mlflow-artifacts/mpu/complete/0/run/artifacts", done)
        assert reply.status == 200, reply.body
