"""Uploads that break off, repeat themselves or meet each other: a reader sees a whole file or none (F8, F14)."""

from __future__ import annotations

import hashlib
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.raw_http import Answer, exchange, message
from tests.support.server import RunningServer, StartServer
from tests.support.waiting import wait_for

PROXY = "/api/2.0/mlflow-artifacts"
SIZE = 2_000_000
PROMPT = 10.0  # three seconds are promised, and kept by a machine that has nothing else to do


def ask(server: RunningServer, method: str, path: str, body: Any = None) -> Answer:
    """One request below the proxy."""
    return exchange(server.port, message(method, f"{PROXY}/{path}", body=body))


def leftovers(server: RunningServer) -> list[str]:
    """What lies in the store's folder for files under way."""
    return [path.name for path in (Path(server.store) / "tmp").rglob("*")]


# broken off


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_an_upload_that_breaks_off_leaves_nothing(server: RunningServer, reset: bool) -> None:
    assert ask(server, "PUT", "artifacts/0/kept", b"old").status == 200
    data = message("PUT", f"{PROXY}/artifacts/0/kept", body=os.urandom(SIZE))
    for tenth in range(10):
        with server.connect() as sock:
            if reset:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.sendall(data[: len(data) * tenth // 10 + 200 - 200 * (tenth == 9)])
            time.sleep(0.02)
    print(f"gone after {wait_for(lambda: not leftovers(server), PROMPT):.2f} s")
    assert ask(server, "GET", "artifacts/0/kept").body == b"old"
    assert [entry["path"] for entry in ask(server, "GET", "artifacts?path=0").json["files"]] == ["kept"]
    assert "Traceback" not in server.log


SCRIPT = """
import socket, sys, time
sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
sock.sendall(b"PUT " + sys.argv[2].encode() + b" HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 9000000\\r\\n\\r\\n")
sock.sendall(b"x" * 5_000_000)
print("half", flush=True)
time.sleep(60)
"""


def test_a_client_that_is_killed_leaves_nothing(server: RunningServer) -> None:
    command = [sys.executable, "-c", SCRIPT, str(server.port), f"{PROXY}/artifacts/0/half"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        client.stdout.readline()
        wait_for(lambda: leftovers(server))
        client.kill()
    wait_for(lambda: not leftovers(server), PROMPT)
    assert ask(server, "GET", "artifacts/0/half").status == 404
    assert ask(server, "GET", "artifacts?path=0").json == {}


def test_a_server_that_is_killed_during_an_upload_shows_nothing_of_it(start_server: StartServer) -> None:
    server = start_server("--drain-delay", "0")
    assert ask(server, "PUT", "artifacts/0/kept", b"old").status == 200
    for key in ("kept", "new"):
        data = message("PUT", f"{PROXY}/artifacts/0/{key}", body=os.urandom(SIZE))
        with server.connect() as sock:
            sock.sendall(data[: SIZE - 10])
            wait_for(lambda: leftovers(server))
            server.kill()
        server.start()
    assert ask(server, "GET", "artifacts/0/kept").body == b"old"
    assert ask(server, "GET", "artifacts/0/new").status == 404


def test_readers_see_the_old_file_or_the_new_one(server: RunningServer) -> None:
    versions = [bytes([65 + n]) * (300_000 + n * 50_000) for n in range(4)]
    whole = {hashlib.sha256(version).hexdigest() for version in versions}
    assert ask(server, "PUT", "artifacts/0/file", versions[0]).status == 200
    stop = time.monotonic() + 2.0
    seen: set[str] = set()

    def write(version: bytes) -> None:
        while time.monotonic() < stop:
            assert ask(server, "PUT", "artifacts/0/file", version).status == 200

    def read() -> None:
        while time.monotonic() < stop:
            answer = ask(server, "GET", "artifacts/0/file")
            seen.add(hashlib.sha256(answer.body).hexdigest() if answer.status == 200 else str(answer))

    threads = [threading.Thread(target=write, args=(version,)) for version in versions]
    threads += [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(seen) > 1
    assert seen <= whole


# in parts


class Parts:
    """An upload in parts."""

    def __init__(self, server: RunningServer, key: str, count: int) -> None:
        self.server = server
        self.key = key
        self.bodies = {number: os.urandom(50_000 + number) for number in range(1, count + 1)}
        self.tags: dict[int, str] = {}
        made = ask(server, "POST", f"mpu/create/{key}", {"path": "", "num_parts": count})
        if made.status != 200:  # the name of the file may have to be in the body
            made = ask(
                server, "POST", f"mpu/create/{key.rpartition('/')[0]}", {"path": Path(key).name, "num_parts": count}
            )
            self.key = key.rpartition("/")[0]
        assert made.status == 200, made
        self.path = "" if self.key == key else Path(key).name
        self.name = key
        self.id: str = made.json["upload_id"]
        self.urls = {part["part_number"]: part["url"] for part in made.json["credentials"]}

    @property
    def whole(self) -> bytes:
        """All parts."""
        return b"".join(self.bodies.values())

    def send(self, *numbers: int) -> None:
        """Send parts, all when none is named."""
        for number in numbers or self.bodies:
            path = self.urls[number].removeprefix(self.server.address).partition("localhost")[2] or self.urls[number]
            answer = exchange(
                self.server.port, message("PUT", path.removeprefix(self.server.address), body=self.bodies[number])
            )
            assert answer.status == 200, answer
            self.tags[number] = answer.headers["etag"]

    def complete(self) -> Answer:
        """Join what was sent."""
        parts = [{"part_number": number, "etag": tag, "url": "x"} for number, tag in sorted(self.tags.items())]
        body = {"path": self.path, "upload_id": self.id, "parts": parts}
        return ask(self.server, "POST", f"mpu/complete/{self.key}", body)

    def abort(self) -> Answer:
        """Forget it."""
        return ask(self.server, "POST", f"mpu/abort/{self.key}", {"path": self.path, "upload_id": self.id})

    def read(self) -> Answer:
        """The file."""
        return ask(self.server, "GET", f"artifacts/{self.name}")


def test_parts_in_any_order_and_more_than_once_make_the_file(server: RunningServer) -> None:
    upload = Parts(server, "0/any", 7)
    numbers = [*upload.bodies, 3, 1, 3]
    random.Random(7).shuffle(numbers)
    upload.send(*numbers)
    assert upload.read().status == 404
    assert upload.complete().status == 200
    assert upload.read().body == upload.whole


def test_a_part_that_is_lost_is_named(server: RunningServer) -> None:
    upload = Parts(server, "0/lost", 5)
    upload.send(1, 2, 4)
    answer = upload.complete()
    assert (answer.status, answer.json["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "[3, 5]" in answer.json["message"]
    assert upload.read().status == 404
    upload.send(3, 5)  # and the upload can be finished all the same
    assert upload.complete().status == 200
    assert upload.read().body == upload.whole


def test_a_part_that_differs_is_named(server: RunningServer) -> None:
    upload = Parts(server, "0/differs", 3)
    upload.send()
    upload.tags[2] = '"' + "0" * 64 + '"'
    assert "[2]" in upload.complete().json["message"]
    assert upload.read().status == 404


def test_completing_twice_is_completing_once(server: RunningServer) -> None:
    upload = Parts(server, "0/twice", 3)
    upload.send()
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(upload.complete().status)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert upload.complete().status == 200
    assert set(answers) == {200}
    assert upload.read().body == upload.whole


def test_what_was_aborted_is_unknown(server: RunningServer) -> None:
    upload = Parts(server, "0/aborted", 2)
    upload.send()
    assert upload.abort().status == upload.abort().status == 200
    assert upload.complete().status == 404
    assert upload.read().status == 404
    assert leftovers(server) == []


def note(answers: dict[str, int], name: str, call: Callable[[], Answer]) -> None:
    answers[name] = call().status


def test_abort_and_complete_at_once_leave_the_whole_file_or_none(server: RunningServer) -> None:
    for turn in range(15):
        upload = Parts(server, f"0/race{turn}", 4)
        upload.send()
        answers: dict[str, int] = {}
        calls = {"complete": upload.complete, "abort": upload.abort}
        threads = [threading.Thread(target=note, args=(answers, name, call)) for name, call in calls.items()]
        random.Random(turn).shuffle(threads)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        found = upload.read()
        assert found.status == 404 or found.body == upload.whole, turn
        assert answers["abort"] == 200
        assert (answers["complete"] == 200) <= (found.status == 200), (turn, answers, found.status)
        assert answers["complete"] in (200, 400, 404)
    assert "Traceback" not in server.log


def test_an_upload_in_parts_goes_on_after_the_server_was_killed(start_server: StartServer) -> None:
    server = start_server("--drain-delay", "0")
    upload = Parts(server, "0/resumed", 6)
    upload.send(1, 2, 3)
    server.kill()
    server.start()
    upload.send(4, 5, 6)
    assert upload.complete().status == 200
    server.kill()
    server.start()
    assert upload.read().body == upload.whole
    assert upload.complete().status == 200


def test_of_two_uploads_of_a_file_one_is_there_whole(server: RunningServer) -> None:
    uploads = [Parts(server, "0/both", 3) for _ in range(2)]
    for upload in uploads:
        upload.send()
    threads = [threading.Thread(target=upload.complete) for upload in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert uploads[0].read().body in [upload.whole for upload in uploads]
