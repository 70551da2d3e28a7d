"""Readiness is found out by doing work, and says in a word why there is none to be had."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import StoreDamaged
from modelyard.server.app import FILE_THREADS
from modelyard.server.health import STUCK
from tests.support.databases import Databases
from tests.support.local_server import LocalServer, StartLocal
from tests.support.waiting import wait_for


def reason(local: LocalServer) -> str:
    reply = local.request("GET", "/ready")
    if reply.status == 200:
        assert reply.json == {"status": "ready"}
        return ""
    assert (reply.status, reply.json["status"], reply.headers["retry-after"]) == (503, "unavailable", "1")
    return str(reply.json["reason"])


def make_stale(local: LocalServer) -> None:
    """Let the last commit be long ago."""
    local.call(lambda: setattr(local.app.machinery.commit, "committed_at", float("-inf")))


def test_a_server_that_works_is_ready(local: LocalServer) -> None:
    assert reason(local) == ""
    make_stale(local)
    assert reason(local) == ""


def test_the_first_question_writes_to_the_database(local: LocalServer) -> None:
    make_stale(local)
    assert reason(local) == ""
    with local.stores.database.read() as connection:
        before = connection.rows("SELECT server, beat_ms FROM heartbeats")
    assert len(before) == 1
    assert reason(local) == ""
    with local.stores.database.read() as connection:
        assert connection.rows("SELECT server, beat_ms FROM heartbeats") == before


def test_a_server_that_drains_is_not_ready_and_still_answers(local: LocalServer) -> None:
    local.call(lambda: setattr(local.server.readiness, "draining", True))
    assert reason(local) == "DRAINING"
    assert local.new_run()


def test_a_damaged_database_is_not_ready(local: LocalServer) -> None:
    local.stores.database.failure = StoreDamaged()
    assert reason(local) == "DATABASE"
    assert local.request("GET", "/health").status == 200


def test_a_locked_database_is_not_ready_and_health_is_quick(start_local: StartLocal, tmp_path: Path) -> None:
    local = start_local(str(tmp_path / "yard"))
    make_stale(local)
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        from modelyard.db.sqlite import SqliteDatabase

        other = SqliteDatabase(tmp_path / "yard" / "yard.db")
        with other.write() as connection:
            connection.run("DELETE FROM heartbeats")
            entered.set()
            leave.wait(60)
        other.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert entered.wait(60)
    answers: list[str] = []
    asker = threading.Thread(target=lambda: answers.append(reason(local)))
    asker.start()
    try:
        for _ in range(20):
            began = time.perf_counter()
            assert local.request("GET", "/health").status == 200
            assert local.request("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0").status == 200
            assert time.perf_counter() - began < 3.0  # who waits for the lock waits for five
            time.sleep(0.01)
        asker.join(60)
    finally:
        leave.set()
        holder.join()
    assert answers == ["DATABASE"]
    wait_for(lambda: not reason(local))


@pytest.mark.parametrize("full", [False, True])
def test_when_the_disk_is_nearly_full_creates_stop_first_and_reads_never(local: LocalServer, full: bool) -> None:
    run = local.new_run()
    local.call(lambda: _set(local.app.space, is_low=True, is_full=full))
    assert reason(local) == "DISK_FULL"
    refused = local.post("runs/create", {"experiment_id": "0"})
    assert (refused.status, refused.json["reason"], refused.headers["retry-after"]) == (503, "DISK_FULL", "30")
    logged = local.post("runs/log-metric", {"run_id": run, "key": "a", "value": 1, "timestamp": 1})
    assert logged.status == (503 if full else 200)
    assert local.request("GET", f"/api/2.0/mlflow/runs/get?run_id={run}").status == 200
    local.call(lambda: _set(local.app.space, is_low=False, is_full=False))
    assert local.post("runs/create", {"experiment_id": "0"}).status == 200
    assert reason(local) == ""


def _set(target: Any, **values: bool) -> None:
    for name, value in values.items():
        setattr(target, name, value)


def test_a_server_on_postgres_is_ready(start_local: StartLocal, databases: Databases) -> None:
    local = start_local(databases.migrated_postgres_url())
    assert reason(local) == ""
    run = local.new_run()
    assert local.post("runs/log-metric", {"run_id": run, "key": "a", "value": 1, "timestamp": 1}).json == {}
    assert (
        local.request("GET", f"/api/2.0/mlflow/runs/get?run_id={run}").json["run"]["data"]["metrics"][0]["value"] == 1
    )


def test_nobody_waits_for_a_heartbeat_that_is_late(
    start_local: StartLocal, databases: Databases, tmp_path: Path
) -> None:
    """The first question is answered within a second, the others at once, and the lock's end is noticed."""
    local = start_local(str(tmp_path / "yard"))
    make_stale(local)
    other = databases.sqlite(tmp_path / "yard" / "yard.db")
    with other.write() as connection:
        connection.run("DELETE FROM heartbeats")
        began = time.monotonic()
        assert [reason(local) for _ in range(20)] == ["DATABASE"] * 20
        assert time.monotonic() - began < 20  # to wait for each heartbeat would take a minute and a half
    wait_for(lambda: reason(local) == "")
    make_stale(local)
    assert reason(local) == "", "one that is in time is waited for"


def test_writes_that_wait_in_vain_count_more_than_a_commit_of_late(
    start_local: StartLocal, databases: Databases, tmp_path: Path
) -> None:
    local = start_local(str(tmp_path / "yard"))
    run = local.new_run()
    assert reason(local) == ""
    other = databases.sqlite(tmp_path / "yard" / "yard.db")
    commit = local.app.machinery.commit
    with other.write() as connection:
        connection.run("DELETE FROM heartbeats")
        tag = {"run_id": run, "key": "k", "value": "1"}
        writer = threading.Thread(target=local.post, args=("runs/set-tag", tag))
        writer.start()
        wait_for(lambda: commit.stuck_for > STUCK)
        local.call(lambda: setattr(commit, "committed_at", local.loop.time()))
        assert reason(local) == "DATABASE"
        writer.join()
    wait_for(lambda: reason(local) == "")


def test_files_that_do_not_answer_are_not_waited_for(local: LocalServer) -> None:
    go = threading.Event()
    try:
        for _ in range(FILE_THREADS):
            local.call(lambda: local.app.machinery.files.submit("local", lambda: go.wait(60), lambda _: None))
        assert reason(local) == "ARTIFACTS"
        assert local.request("GET", "/health").status == 200
    finally:
        go.set()
    wait_for(lambda: reason(local) == "")
