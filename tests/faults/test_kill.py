"""The server is killed, or told to stop, in the middle of work: nothing it acknowledged is lost or doubled (F1, P9)."""

from __future__ import annotations

import random
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.sizes import size
from tests.faults.writers import Writers, random_pause, seconds_until_ready
from tests.support.databases import Databases
from tests.support.raw_http import exchange, message
from tests.support.server import RunningServer, StartServer
from tests.support.waiting import wait_for

SEED = 20_260  # a failure is replayed with it
READY = 30.0  # three seconds are promised, and kept by a machine that has nothing else to do


@pytest.fixture(params=["sqlite", "postgres"])
def kept(
    request: pytest.FixtureRequest, start_server: StartServer, databases: Databases, tmp_path: Path
) -> RunningServer:
    """A server on each kind of store."""
    if request.param == "sqlite":
        return start_server("--drain-delay", "0")
    return on_postgres(start_server, databases.migrated_postgres_url(), tmp_path)


def on_postgres(start_server: StartServer, url: str, folder: Path, *options: str) -> RunningServer:
    """A server on the PostgreSQL at ``url``."""
    return start_server("--artifacts", str(folder / "files"), "--drain-delay", "0", *options, store=url)


def integrity(server: RunningServer) -> None:
    """What SQLite says about the file, where there is one."""
    path = Path(server.store) / "yard.db"
    if path.exists():
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def test_what_was_acknowledged_survives_being_killed_at_any_moment(kept: RunningServer) -> None:
    dice = random.Random(SEED)
    took = []
    kills = size(7, 350) if Path(kept.store).exists() else size(3, 150)
    with Writers([kept]) as writers:
        writers.start()
        for _ in range(kills):
            random_pause(dice, 0.3, 1.0)
            kept.kill()
            began = time.monotonic()
            kept.start()
            seconds_until_ready(kept)
            took.append(time.monotonic() - began)
    print(f"{kills} kills, {len(writers.batches.done)} batches, ready after at most {max(took):.2f} s")
    assert len(writers.batches.done) > kills, "there was no load"
    assert max(took) < READY
    writers.check()
    assert "Traceback" not in kept.log
    assert kept.stop() == 0
    integrity(kept)


def test_a_server_that_is_told_to_stop_finishes_what_it_began(kept: RunningServer) -> None:
    with Writers([kept]) as writers:
        for _ in range(3):
            writers.start()
            time.sleep(0.7)
            assert kept.stop() == 0  # it is 1 when something had to be cut off
            writers.stop()
            kept.start()
    assert len(writers.batches.done) > 3
    writers.check()
    assert "Traceback" not in kept.log
    assert kept.stop() == 0
    integrity(kept)


def test_readiness_ends_at_once_and_requests_are_served_until_the_delay_is_over(start_server: StartServer) -> None:
    server = start_server("--drain-delay", "5")
    run = server.new_run()
    assert server.process is not None
    server.process.send_signal(signal.SIGTERM)
    wait_for(lambda: server.request("GET", "/ready").status == 503)
    reply = server.request("GET", "/ready")
    assert (reply.status, reply.json["reason"], reply.headers["retry-after"]) == (503, "DRAINING", "1")
    server.api("runs/set-tag", {"run_id": run, "key": "late", "value": "but served"})
    assert server.process.wait(20) == 0


def test_a_second_signal_ends_it_at_once(start_server: StartServer) -> None:
    server = start_server("--drain-delay", "20")
    assert server.process is not None
    server.process.send_signal(signal.SIGTERM)
    wait_for(lambda: server.request("GET", "/ready").status == 503)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(15) == 1
    server.start()
    assert server.request("GET", "/ready").status == 200


def test_an_upload_under_way_is_finished_before_the_end(start_server: StartServer) -> None:
    server = start_server("--drain-delay", "0.5")
    head = message("PUT", "/api/2.0/mlflow-artifacts/artifacts/0/slow", body=b"x" * 500_000)
    answers = []
    begun = threading.Event()

    def send() -> None:
        with server.connect(timeout=30) as sock:
            for at in range(0, len(head), 50_000):
                sock.sendall(head[at : at + 50_000])
                begun.set()
                time.sleep(0.15)
            answers.append(sock.recv(65536))

    thread = threading.Thread(target=send)
    thread.start()
    assert begun.wait(30)
    wait_for(lambda: list((Path(server.store) / "tmp").iterdir()))
    assert server.stop() == 0
    thread.join(30)
    assert answers[0].startswith(b"HTTP/1.1 200 ")
    assert (Path(server.store) / "artifacts" / "0" / "slow").stat().st_size == 500_000


def test_a_silent_connection_does_not_keep_it_from_ending(start_server: StartServer) -> None:
    server = start_server("--drain-delay", "0")
    with server.connect(), server.connect() as half:
        half.sendall(b"GET /health HTTP/1.1\r\nHost: loc")
        assert exchange(server.port, message("GET", "/health")).status == 200
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 15  # a connection that is in the middle of something is given twenty
