"""Readiness is found out by doing work, and says in a word why there is none to be had."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import StoreDamaged
from tests.support.databases import Databases
from tests.support.local_server import LocalServer, StartLocal


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
            leave.wait(20)
        other.close()

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait(5)
    answers: list[str] = []
    asker = threading.Thread(target=lambda: answers.append(reason(local)))
    asker.start()
    try:
        for _ in range(20):
            began = time.perf_counter()
            assert local.request("GET", "/health").status == 200
            assert local.request("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0").status == 200
            assert time.perf_counter() - began < 0.5
            time.sleep(0.01)
        asker.join(10)
    finally:
        leave.set()
        holder.join()
    assert answers == ["DATABASE"]
    wait_until_ready(local)


def wait_until_ready(local: LocalServer) -> None:
    until = time.monotonic() + 8
    while reason(local):
        assert time.monotonic() < until
        time.sleep(0.05)


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
