"""Clients that send or read next to nothing are dropped, and the others do not notice them (F10)."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.raw_http import exchange, message
from tests.support.server import API, RunningServer
from tests.support.waiting import wait_for

FILES = "/api/2.0/mlflow-artifacts/artifacts"
LARGE = 40_000_000
MEMORY = 100_000_000
PROMPT = 3.0  # 200 ms are promised, to a machine that does nothing else; who waits for a slow client waits for ten


@pytest.fixture
def crowd(server: RunningServer) -> Iterator[Crowd]:
    """Connections from many addresses, closed at the end."""
    crowd = Crowd(server)
    yield crowd
    crowd.leave()


class Crowd:
    """Bare connections, at most 60 from one address."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self.sockets: list[socket.socket] = []
        self._before = self._server_sockets()

    def come(self, count: int, data: bytes, *, narrow: bool = False) -> None:
        """So many more clients, who each send ``data``."""
        for _ in range(count):
            sock = socket.socket()
            if narrow:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.bind((f"127.0.1.{len(self.sockets) // 60 + 1}", 0))
            sock.connect(("127.0.0.1", self._server.port))
            sock.sendall(data)
            self.sockets.append(sock)

    def drip(self, data: bytes) -> None:
        """All of them send a bit more."""
        for sock in self.sockets:
            with suppress(OSError):
                sock.send(data)

    def left(self) -> int:
        """How many sockets the server has, apart from those it had before; who does not read is not told of an end."""
        return self._server_sockets() - self._before

    def _server_sockets(self) -> int:
        count = 0
        for descriptor in Path(f"/proc/{self._server.pid}/fd").iterdir():
            with suppress(OSError):
                count += os.readlink(descriptor).startswith("socket:")
        return count

    def leave(self) -> None:
        """All go."""
        for sock in self.sockets:
            sock.close()
        self.sockets.clear()


def bear(server: RunningServer, crowd: Crowd, drip: bytes, seconds: float = 60.0) -> None:
    """While a crowd drips, others are served as always; within ``seconds`` the whole crowd is gone."""
    memory, began, took = server.memory, time.monotonic(), []
    run = server.new_run()
    wait_for(lambda: crowd.left() > 40)
    while (left := crowd.left()) > 0 and time.monotonic() - began < seconds:
        crowd.drip(drip)
        for _ in range(5):
            start = time.monotonic()
            assert exchange(server.port, message("GET", "/health")).status == 200
            took.append(time.monotonic() - start)
            body = {"run_id": run, "key": "m", "value": 1, "timestamp": 1, "step": len(took)}
            assert exchange(server.port, message("POST", f"{API}/runs/log-metric", body=body)).status == 200
        time.sleep(0.3)
    took.sort()
    figures = f"/health p99 {took[int(len(took) * 0.99)] * 1000:.0f} ms of {len(took)}"
    print(
        f"all gone after {time.monotonic() - began:.1f} s; {figures}; memory +{(server.memory - memory) / 1e6:.1f} MB"
    )
    assert left <= 0, f"{left} are still there after {seconds} s"
    assert took[int(len(took) * 0.99)] < PROMPT
    assert server.memory - memory < MEMORY
    assert exchange(server.port, message("GET", "/ready")).status == 200


def test_five_hundred_heads_and_bodies_that_do_not_end(server: RunningServer, crowd: Crowd) -> None:
    head = f"POST {API}/runs/log-batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    crowd.come(300, b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: ")
    crowd.come(100, head.encode())
    crowd.come(100, f"{head}Content-Length: 1000000\r\n\r\n".encode() + b"[" * 1000)
    crowd.come(50, f"PUT {FILES}/0/slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nabc".encode())
    bear(server, crowd, b"x")
    assert server.request("GET", f"{FILES}?path=0").json == {}


def test_readers_of_a_large_file_who_do_not_read(server: RunningServer, crowd: Crowd) -> None:
    assert server.request("PUT", f"{FILES}/0/large", b"x" * LARGE).status == 200
    crowd.come(100, message("GET", f"{FILES}/0/large"), narrow=True)
    bear(server, crowd, b"")


def test_an_address_does_not_get_more_than_its_share(server: RunningServer) -> None:
    held = [server.connect() for _ in range(80)]
    try:
        for sock in held:
            with suppress(OSError):
                sock.sendall(message("GET", "/health"))
        answered = sum(1 for sock in held if reads(sock))
        assert answered <= 64
        assert answered >= 60
        with socket.create_connection(("127.0.0.1", server.port), source_address=("127.0.0.9", 0)) as other:
            other.sendall(message("GET", "/health"))
            assert other.recv(100).startswith(b"HTTP/1.1 200")
    finally:
        for sock in held:
            sock.close()


def reads(sock: socket.socket) -> bool:
    """Whether an answer came."""
    sock.settimeout(10)
    with suppress(OSError):
        return sock.recv(100).startswith(b"HTTP/1.1 200")
    return False
