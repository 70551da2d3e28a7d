"""Somebody else holds the database (F6): writes wait for a while and are refused, everything else goes on."""

from __future__ import annotations

import sqlite3
import statistics
import threading
import time
from contextlib import closing
from pathlib import Path

from tests.support.server import API, Reply, RunningServer

PROMPT = 1.0  # 50 ms on a machine that has nothing else to do; what waits for the lock takes five seconds


def test_writes_are_refused_after_some_seconds_and_reads_go_on(server: RunningServer) -> None:
    run = server.new_run()
    tag = {"run_id": run, "key": "k", "value": "1"}
    answers: list[tuple[float, Reply]] = []

    def write(number: int) -> None:
        began = time.monotonic()
        reply = server.request("POST", f"{API}/runs/set-tag", {**tag, "key": f"k{number}"})
        answers.append((time.monotonic() - began, reply))

    with closing(sqlite3.connect(Path(server.store) / "yard.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writers = [threading.Thread(target=write, args=(number,)) for number in range(20)]
        for writer in writers:
            writer.start()
        health, reads = [], []
        while any(writer.is_alive() for writer in writers):
            began = time.monotonic()
            assert server.request("GET", "/health").status == 200
            health.append(time.monotonic() - began)
            began = time.monotonic()
            assert server.request("GET", f"{API}/runs/get?run_id={run}").status == 200
            reads.append(time.monotonic() - began)
            time.sleep(0.02)
        ready = server.request("GET", "/ready")
        other.execute("ROLLBACK")
    print(f"refused after {max(took for took, _ in answers):.1f} s; /health {statistics.median(health) * 1000:.1f} ms")
    for took, reply in answers:
        assert (reply.status, reply.json["error_code"]) == (503, "TEMPORARILY_UNAVAILABLE")
        assert 1 <= int(reply.headers["retry-after"]) <= 30
        assert took < 25  # five seconds are promised, and the machine may be busy; `test_locks.py` looks closer
    assert statistics.median(health) < PROMPT
    assert statistics.median(reads) < PROMPT
    assert (ready.status, ready.json["reason"]) == (503, "DATABASE")
    assert server.request("POST", f"{API}/runs/set-tag", tag).status == 200
    tags = server.request("GET", f"{API}/runs/get?run_id={run}").json["run"]["data"]["tags"]
    assert {item["key"] for item in tags} & {f"k{number}" for number in range(20)} == set()


def test_a_lock_that_is_given_back_in_time_is_not_noticed(server: RunningServer) -> None:
    run = server.new_run()
    with closing(
        sqlite3.connect(Path(server.store) / "yard.db", isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(1.5, other.execute, ("ROLLBACK",))
        timer.start()
        server.api("runs/set-tag", {"run_id": run, "key": "k", "value": "1"})
        timer.join()
