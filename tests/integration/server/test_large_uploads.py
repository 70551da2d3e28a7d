"""Large bodies of known length, which threads read from the socket itself: whole, broken off, slow, and many at once."""

from __future__ import annotations

import hashlib
import os
import random
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import Unavailable
from modelyard.server.app import FILE_THREADS
from modelyard.server.lent import PIECE
from modelyard.services.artifacts.pool import POOL
from modelyard.web.connection import PACE_SECONDS
from tests.support.folders import files_in
from tests.support.local_server import LocalServer, read_answer
from tests.support.waiting import wait_for

FILES = "/api/2.0/mlflow-artifacts/artifacts"
HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
HEALTHY = b"\r\n\r\nOK"
SIZE = 6_000_000
BODY = random.Random(5).randbytes(SIZE)


def head(key: str, size: int = SIZE, *more: str) -> bytes:
    lines = [f"PUT {FILES}/{key} HTTP/1.1", "Host: localhost", f"Content-Length: {size}", *more, "", ""]
    return "\r\n".join(lines).encode()


def etag(body: bytes) -> bytes:
    return f'etag: "{hashlib.sha256(body).hexdigest()}"'.encode()


def left(folder: Path) -> dict[Path, int]:
    """The files there are and their sizes, but for the pool's lock, which stays."""
    return files_in(folder, folder / "files" / POOL / "lock")


def written(folder: Path) -> int:
    """How many bytes of uploads have come to files."""
    return sum(left(folder).values())


@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 70_000, SIZE, 40_000_001])
@pytest.mark.parametrize("at_first", [0, 1, 100_000])
def test_it_is_stored_as_it_was_sent(local: LocalServer, size: int, at_first: int) -> None:
    body = random.Random(size).randbytes(size)
    with local.connect() as sock:
        sock.sendall(head("0/a", size) + body[:at_first])
        local.settle()
        sock.sendall(body[at_first:])
        assert etag(body) in read_answer(sock)
    assert local.request("GET", f"{FILES}/0/a").body == body


def test_requests_sent_after_it_are_answered_after_it(local: LocalServer) -> None:
    others = [random.Random(n).randbytes(SIZE + n) for n in range(2)]
    sent = head("0/a") + BODY + HEALTH
    for number, body in enumerate(others):
        sent += head(f"0/{number}", len(body)) + body + HEALTH
    with local.connect() as sock:
        sender = threading.Thread(target=sock.sendall, args=(sent,))
        sender.start()
        data = b""
        while data.count(b"HTTP/1.1 200 ") < 6 or not data.endswith(HEALTHY):
            more = sock.recv(65536)
            assert more, data
            data += more
        sender.join()
    assert [part.endswith(HEALTHY) for part in data.split(b"HTTP/1.1 200 ")[1:]] == [False, True] * 3
    assert [etag(body) in data for body in (BODY, *others)] == [True] * 3


def test_one_that_is_sent_ahead_waits_for_its_turn(local: LocalServer) -> None:
    with local.connect() as sock:
        sock.sendall(HEALTH * 5 + head("0/a") + BODY + HEALTH)
        data = b""
        while data.count(HEALTHY) < 6:
            more = sock.recv(65536)
            assert more, data
            data += more
    parts = data.split(HEALTHY)
    assert [etag(BODY) in part for part in parts] == [False] * 5 + [True, False]
    assert local.request("GET", f"{FILES}/0/a").body == BODY


def test_a_connection_is_used_again_after_it(local: LocalServer) -> None:
    with local.connect() as sock:
        for _ in range(3):
            sock.sendall(head("0/a") + BODY)
            assert etag(BODY) in read_answer(sock)
            sock.sendall(HEALTH)
            assert read_answer(sock).endswith(HEALTHY)


def test_a_client_that_closes_its_side_after_it_is_answered(local: LocalServer) -> None:
    with local.connect() as sock:
        sock.sendall(head("0/a") + BODY)
        sock.shutdown(socket.SHUT_WR)
        assert etag(BODY) in read_answer(sock)
        assert sock.recv(1) == b""


def test_a_client_that_waits_for_leave_to_send_it_gets_that(local: LocalServer) -> None:
    with local.connect() as sock:
        sock.sendall(head("0/a", SIZE, "Expect: 100-continue"))
        assert sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(BODY)
        assert etag(BODY) in read_answer(sock)


def test_one_in_chunks_is_stored_too(local: LocalServer) -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:70_000], BODY[70_000:])) + b"0\r\n\r\n"
    start = f"PUT {FILES}/0/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with local.connect() as sock:
        sock.sendall(start.encode() + chunks + HEALTH)
        assert etag(BODY) in read_answer(sock)
    assert local.request("GET", f"{FILES}/0/a").body == BODY


def close(sock: socket.socket) -> None:
    sock.close()


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def end(sock: socket.socket) -> None:
    """The body is shorter than the head says, and nothing more will come; whether there is an answer is waited for."""
    sock.shutdown(socket.SHUT_WR)
    assert b"HTTP/1.1 200" not in read_answer(sock)


@pytest.mark.parametrize("tenth", range(10))
@pytest.mark.parametrize("leave", [close, reset, end])
def test_one_that_breaks_off_leaves_nothing(
    local: LocalServer, tenth: int, leave: Callable[[socket.socket], None], tmp_path: Path
) -> None:
    assert local.request("PUT", f"{FILES}/0/kept", b"old").status == 200
    with local.connect() as sock:
        sent = SIZE * tenth // 10
        sock.sendall(head("0/kept") + BODY[:sent])
        wait_for(lambda: written(tmp_path) == sent + 3)
        leave(sock)
    wait_for(lambda: len(left(tmp_path)) == 1, PACE_SECONDS - 2)  # who is silent is dropped later
    assert local.request("GET", f"{FILES}/0/kept").body == b"old"


def test_those_that_break_off_give_everything_back(local: LocalServer, tmp_path: Path) -> None:
    local.request("PUT", f"{FILES}/0/a", BODY)
    local.request("DELETE", f"{FILES}/0/a")
    before = len(os.listdir("/proc/self/fd"))
    for leave in (close, reset) * 5:
        with local.connect() as sock:
            sock.sendall(head("0/a") + BODY[: SIZE // 2])
            leave(sock)
    wait_for(lambda: len(os.listdir("/proc/self/fd")) <= before and local.server.idle, PACE_SECONDS - 2)
    assert not left(tmp_path)


def test_a_client_that_falls_silent_is_dropped(local: LocalServer, tmp_path: Path) -> None:
    with local.connect() as sock:
        sock.sendall(head("0/a") + BODY[: SIZE // 2])
        wait_for(lambda: written(tmp_path) == SIZE // 2)
        for _ in range(3):  # what it has sent is good for one of them
            local.call(lambda: local.app.tick(local.app.now + PACE_SECONDS + 1))
        assert read_answer(sock) == b""
    wait_for(lambda: not left(tmp_path))


def test_a_client_that_is_slow_but_not_too_slow_is_not_dropped(local: LocalServer, tmp_path: Path) -> None:
    with local.connect() as sock:
        sent = SIZE - 10 * 20_000
        sock.sendall(head("0/a") + BODY[:sent])
        while sent < SIZE:
            wait_for(lambda: written(tmp_path) == sent)  # noqa: B023  # it is waited for here
            local.call(lambda: local.app.tick(local.app.now + PACE_SECONDS + 1))
            sock.sendall(BODY[sent : sent + 20_000])
            sent += 20_000
        assert etag(BODY) in read_answer(sock)


def test_a_disk_that_is_full_half_way_is_told(local: LocalServer, tmp_path: Path) -> None:
    upload = local.stores.artifacts.upload

    class Full:
        def __init__(self, key: str) -> None:
            self._upload = upload(key)
            self._room = SIZE // 2
            self.finish, self.abandon = self._upload.finish, self._upload.abandon

        def write(self, chunk: bytes | memoryview) -> None:
            self._room -= len(chunk)
            if self._room < 0:
                raise Unavailable("The disk is full.", reason="DISK_FULL")
            self._upload.write(chunk)

    local.stores.artifacts.upload = Full  # type: ignore[method-assign]
    with local.connect() as sock:
        sock.sendall(head("0/a", 2 * SIZE) + BODY + BODY[:-1])
        answer = read_answer(sock)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"connection: close\r\n" in answer
    wait_for(lambda: not left(tmp_path))


def test_clients_that_wait_keep_no_thread(local: LocalServer, tmp_path: Path) -> None:
    with ExitStack() as opened:
        waiting = [opened.enter_context(local.connect()) for _ in range(3 * FILE_THREADS)]
        for number, sock in enumerate(waiting):
            sock.sendall(head(f"0/{number}") + BODY[: SIZE // 2])
        wait_for(lambda: written(tmp_path) == len(waiting) * (SIZE // 2))
        assert local.request("PUT", f"{FILES}/1/a", BODY).status == 200
        assert local.request("GET", f"{FILES}?path=1").json["files"] == [
            {"path": "a", "is_dir": False, "file_size": SIZE}
        ]
        for sock in waiting:
            sock.sendall(BODY[SIZE // 2 :])
        for sock in waiting:
            assert etag(BODY) in read_answer(sock)


def test_other_requests_are_answered_while_eight_are_received(local: LocalServer) -> None:
    stop = threading.Event()
    statuses: list[Any] = []

    def send(number: int) -> None:
        while not stop.is_set():
            statuses.append(local.request("PUT", f"{FILES}/0/{number}", BODY * 5).status)

    senders = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for sender in senders:
        sender.start()
    took = []
    try:
        for _ in range(30):
            began = time.perf_counter()
            assert local.request("GET", "/health").body == b"OK"
            took.append(time.perf_counter() - began)
    finally:
        stop.set()
        for sender in senders:
            sender.join()
    print(f"/health: median {sorted(took)[15] * 1000:.1f} ms, slowest {max(took) * 1000:.0f} ms")
    assert sorted(took)[15] < PACE_SECONDS / 10
    assert set(statuses) == {200}
