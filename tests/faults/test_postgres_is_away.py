"""PostgreSQL is restarted, or cuts a session, under load (F5): the server says so, and heals by itself."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import psycopg
import pytest

from tests.faults.writers import Writers, random_pause, seconds_until_ready
from tests.support.databases import Databases, PostgresServer
from tests.support.server import API, RunningServer, StartServer
from tests.support.waiting import wait_for

SEED = 20_265
RECOVERY = 15.0  # five seconds are promised, and kept by a machine that has nothing else to do
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'modelyard' AND datname = current_database() AND (%s OR state <> 'idle') LIMIT 1"
)


@pytest.fixture
def url(databases: Databases) -> str:
    """A database of this release."""
    return databases.migrated_postgres_url()


@pytest.fixture
def server(start_server: StartServer, url: str, tmp_path: Path) -> RunningServer:
    """A server on it."""
    return start_server("--artifacts", str(tmp_path / "files"), "--drain-delay", "0", store=url)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGQUIT], ids=["killed", "stopped at once"])
def test_the_server_heals_when_postgresql_is_back(
    server: RunningServer, postgres_server: PostgresServer, how: signal.Signals
) -> None:
    if not postgres_server.is_ours:
        pytest.skip("does not apply: the PostgreSQL that was given is not killed")
    run = server.new_run()
    pid = server.pid
    with Writers([server]) as writers:
        writers.start()
        for _ in range(2):
            time.sleep(0.7)
            postgres_server.crash(how)
            try:
                refuses(server, run)
                assert server.request("GET", "/ready").status == 503, "a commit of late counts for more than a refusal"
            finally:
                postgres_server.start()
            before = len(writers.batches.done)
            took = wait_for(lambda: len(writers.batches.done) > before)  # noqa: B023
            print(f"the first write {took:.2f} s after PostgreSQL was there")
            assert took + seconds_until_ready(server) < RECOVERY
        time.sleep(0.3)
        writers.stop()
        book = writers.batches
        print(f"{len(book.done)} done, {len(book.failed)} refused, {len(book.unknown)} unknown")
        assert len(book.done) > 10
        assert book.failed or book.unknown
        writers.check()
    assert server.pid == pid
    assert server.process is not None
    assert server.process.poll() is None
    assert server.stop() == 0


def refuses(server: RunningServer, run: str) -> None:
    """It says that nothing was done and when to come again; and it is alive."""
    for reply in (
        server.request("POST", f"{API}/runs/set-tag", {"run_id": run, "key": "k", "value": "v"}),
        server.request("GET", f"{API}/runs/get?run_id={run}"),
    ):
        assert (reply.status, reply.json["error_code"]) == (503, "TEMPORARILY_UNAVAILABLE")
        assert int(reply.headers["retry-after"]) in range(1, 31)
    assert server.request("GET", "/health").status == 200


@pytest.mark.parametrize("any_state", [True, False], ids=["any session", "one at work"])
def test_a_session_that_is_cut_costs_its_own_requests_and_no_more(
    server: RunningServer, url: str, any_state: bool
) -> None:
    dice = random.Random(SEED)
    cuts = 0
    with Writers([server]) as writers, psycopg.connect(url, autocommit=True) as admin:
        writers.start()
        for _ in range(25):
            random_pause(dice, 0.02, 0.1)
            cuts += len(admin.execute(CUT, (any_state,)).fetchall())
        time.sleep(0.3)
        before = len(writers.batches.done)
        time.sleep(0.5)
        writers.stop()
        print(f"{cuts} cuts, {len(writers.batches.done)} done, {len(writers.batches.failed)} refused")
        assert cuts > 5
        assert len(writers.batches.done) > before > 10, "the pool has not healed"
        writers.check()
    assert server.request("GET", "/ready").status == 200
    assert server.stop() == 0
