"""The disk does not keep what it was given (F4): the call that should make it durable fails, once, at any place."""

from __future__ import annotations

import http.client
import signal
from pathlib import Path

import pytest

from tests.faults.sizes import size
from tests.faults.writers import Writers
from tests.support.server import API, RunningServer, StartServer
from tests.support.strace import failing, require_strace

FILES = "/api/2.0/mlflow-artifacts/artifacts"
CUT = (OSError, http.client.HTTPException)
SYNCS = "fdatasync,fsync"
WHEN = size((1, 3, 8, 21, 60), range(1, 61))
WHEN_FILE = size((1, 2, 3, 5, 8), range(1, 31))
MOST = 400


@pytest.fixture
def server(start_server: StartServer) -> RunningServer:
    """A server on a store that exists."""
    require_strace()
    return start_server("--drain-delay", "0")


def restart_under(server: RunningServer, folder: Path, error: str, when: str) -> None:
    """Start it with calls that will fail; that may be its start already."""
    server.stop()
    server.under = failing(folder / f"failing-{error}-{when}", SYNCS, error, when)
    try:
        server.start()
    except AssertionError:
        assert server.process is not None
        assert server.process.poll() not in (None, 0, -signal.SIGKILL), server.log[-2000:]


def heal(server: RunningServer) -> None:
    """Start it on a disk that works."""
    server.kill()
    server.under = ()
    server.start()


@pytest.mark.parametrize("when", WHEN)
def test_a_commit_that_was_not_synced_is_not_acknowledged_and_nothing_follows_it(
    server: RunningServer, tmp_path: Path, when: int
) -> None:
    run = server.new_run()
    restart_under(server, tmp_path, "EIO", str(when))
    told: dict[int, int] = {}
    try:
        for number in range(MOST):
            tag = {"run_id": run, "key": f"k{number}", "value": "x" * 100}
            told[number] = server.request("POST", f"{API}/runs/set-tag", tag).status
            if told[number] != 200:
                break
    except CUT:
        pass
    assert set(told.values()) <= {200, 500, 503}
    print(f"sync {when}: {len(told)} answers, the last of them {list(told.values())[-1:]}")
    first = next((number for number, status in told.items() if status != 200), len(told))
    assert first < MOST, "no sync has failed"
    refuses(server, run)
    heal(server)
    read = server.request("GET", f"{API}/runs/get?run_id={run}").json["run"]["data"]
    kept = {tag["key"] for tag in read.get("tags", []) if tag["key"].startswith("k")}
    assert {f"k{number}" for number in range(first)} <= kept, "what was acknowledged is lost"
    allowed = {f"k{number}" for number in range(first + (told.get(first) != 503))}
    assert kept <= allowed, "what was refused is there"


def refuses(server: RunningServer, run: str) -> None:
    """It ends by itself, and until then takes no write and is not ready."""
    assert server.process is not None
    while server.process.poll() is None:
        try:
            tag = {"run_id": run, "key": "late", "value": "x"}
            assert server.request("POST", f"{API}/runs/set-tag", tag).status in (500, 503)
            assert server.request("GET", "/ready").status == 503
        except CUT:
            assert server.process.wait(30) != 0
    assert server.process.poll() == 1


@pytest.mark.parametrize("when", size((2, 20), range(1, 31)))
def test_of_many_writers_none_is_told_what_is_not_so(server: RunningServer, tmp_path: Path, when: int) -> None:
    with Writers([server], 4) as writers:
        restart_under(server, tmp_path, "EIO", str(when))
        writers.start()
        assert server.process is not None
        assert server.process.wait(60) == 1, server.log[-2000:]
        heal(server)
        writers.stop()
        writers.check()


@pytest.mark.parametrize("when", WHEN_FILE)
def test_a_file_that_was_not_synced_is_not_acknowledged(server: RunningServer, tmp_path: Path, when: int) -> None:
    for number in range(3):
        assert server.request("PUT", f"{FILES}/0/old{number}/file", b"old").status == 200
    restart_under(server, tmp_path, "EIO", str(when))
    told: dict[str, int] = {}
    bodies: dict[str, bytes] = {}
    for number in range(40):
        key = f"0/old{number % 3}/file" if number % 2 else f"0/new{number}/a/file"
        body = f"{number}".encode() * 1000
        try:
            told[key] = server.request("PUT", f"{FILES}/{key}", body).status
        except CUT:
            break
        if told[key] != 200:
            assert told[key] in (500, 503)
            print(f"sync {when}: {key} {told[key]}")
            after = server.request("GET", f"{FILES}/{key}")
            before = bodies.get(key, b"old" if number % 2 else None)
            if told[key] == 503:
                assert after.body == before if before is not None else after.status == 404, "refused, and there"
            assert after.status == 404 or after.body in (before, body)
            told.pop(key)
            bodies.pop(key, None)
            continue
        bodies[key] = body
    heal(server)
    for key, body in bodies.items():
        assert server.request("GET", f"{FILES}/{key}").body == body
