"""Pages that watch are told what has changed: by this server, by others on the same database, by clients with the folder."""

from __future__ import annotations

import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.entities import Metric, RunTag
from modelyard.core.wire.messages import runs as run
from modelyard.server.changes import MAX_WATCHERS
from modelyard.services.stores import Stores, open_stores
from tests.support.databases import *  # noqa: F403
from tests.support.databases import Databases
from tests.support.events import PATH, watching
from tests.support.server import *  # noqa: F403
from tests.support.server import RunningServer, StartServer
from tests.support.waiting import wait_for

EXPERIMENT = {"experiment_id": ["0"]}


def _log(server: RunningServer, run_id: str, value: float = 1.0) -> None:
    server.api("runs/log-metric", {"run_id": run_id, "key": "loss", "value": value, "timestamp": 1, "step": 1})


@contextmanager
def _beside(server: RunningServer) -> Iterator[Stores]:
    """The server's folder, open to this process as to a client that needs no server."""
    stores = open_stores(server.store)
    try:
        yield stores
    finally:
        stores.close()


def test_a_new_point_is_told_within_a_second(server: RunningServer, capsys: pytest.CaptureFixture[str]) -> None:
    run_id = server.new_run()
    waits: list[float] = []
    with watching(server.port, **EXPERIMENT) as page:
        for number in range(12):
            time.sleep(0.05 * (number % 7))  # at any moment between two looks
            began = time.monotonic()
            _log(server, run_id, number)
            event = page.until(run_id)
            waits.append(event.at - began)
            assert event.experiment_ids == ["0"]
    with capsys.disabled():
        print(f"\nfrom log_metric to the event: {statistics.median(waits) * 1000:.0f} ms in the median")


def test_what_happens_to_a_run_is_told(server: RunningServer) -> None:
    with watching(server.port, **EXPERIMENT) as page:
        run_id = server.new_run()
        for verb, body in (
            ("runs/log-parameter", {"key": "depth", "value": "3"}),
            ("runs/set-tag", {"key": "team", "value": "blue"}),
            ("runs/update", {"run_name": "renamed"}),
            ("runs/update", {"status": "FINISHED", "end_time": 5}),
            ("runs/delete", {}),
            ("runs/restore", {}),
        ):
            page.rest()
            server.api(verb, {"run_id": run_id, **body})
            assert page.until(run_id).run_ids == [run_id], verb


def test_only_what_is_watched_is_told(server: RunningServer) -> None:
    mine, other = server.new_run(), server.new_run()
    elsewhere = server.api("experiments/create", {"name": "elsewhere"})["experiment_id"]
    with (
        watching(server.port, run_id=[mine]) as one,
        watching(server.port, experiment_id=[elsewhere]) as empty,
        watching(server.port, **EXPERIMENT) as all_of_it,
    ):
        _log(server, other)
        assert all_of_it.until(other).run_ids == [other]
        _log(server, mine)
        event = one.next()
        assert (event.run_ids, event.experiment_ids) == ([mine], [])
        assert empty.rest() == []
        server.api("experiments/set-experiment-tag", {"experiment_id": elsewhere, "key": "note", "value": "new"})
        assert empty.next().experiment_ids == [elsewhere]


def test_many_writes_are_at_most_four_events_a_second(server: RunningServer) -> None:
    runs = [server.new_run() for _ in range(5)]
    with watching(server.port, **EXPERIMENT) as page:
        began = time.monotonic()
        while time.monotonic() - began < 1.5:
            for run_id in runs:
                _log(server, run_id)
        events = page.rest()
    assert set().union(*(event.run_ids for event in events)) == set(runs)
    assert len(events) <= 4 * (events[-1].at - events[0].at) + 2


def test_a_page_that_comes_back_is_told_of_everything_once(server: RunningServer) -> None:
    run_id = server.new_run()
    with watching(server.port, last_event_id="7", run_id=[run_id], **EXPERIMENT) as page:
        event = page.next()
        assert (event.experiment_ids, event.run_ids) == (["0"], [run_id])
        assert page.rest() == []


def test_what_a_client_writes_to_the_folder_is_told(server: RunningServer) -> None:
    run_id, other = server.new_run(), server.new_run()
    with watching(server.port, **EXPERIMENT) as page, _beside(server) as folder:
        store = folder.tracking
        page.rest()

        store.log_metric(run.LogMetric(run_id=run_id, key="loss", value=0.5, timestamp=1))
        assert page.until(run_id).run_ids == [run_id]
        store.log_batch(run.LogBatch(run_id=other, metrics=[Metric("loss", 1.0 * at, at, at) for at in range(100)]))
        assert other in page.until(other).run_ids
        store.set_tag(run.SetTag(run_id=run_id, key="team", value="blue"))
        page.until(run_id)
        page.rest()
        store.set_tag(run.SetTag(run_id=run_id, key="team", value="lime"))  # as long as the one before
        assert page.until(run_id).run_ids == [run_id]
        store.log_param(run.LogParam(run_id=run_id, key="depth", value="3"))
        page.until(run_id)
        store.update_run(run.UpdateRun(run_id=run_id, status="FINISHED", end_time=9))
        page.until(run_id)
        store.delete_run(run.DeleteRun(run_id=run_id))
        page.until(run_id)
        new = store.create_run(run.CreateRun(experiment_id="0", start_time=2, tags=[RunTag("a", "b")]))
        assert page.until(new.run.info.run_id).experiment_ids == ["0"]
        assert page.rest() == []


def test_a_purge_is_told(server: RunningServer) -> None:
    run_id, other = server.new_run(), server.new_run()
    server.api("runs/delete", {"run_id": run_id})
    server.api("runs/delete", {"run_id": other})
    with watching(server.port, run_id=[run_id, other], **EXPERIMENT) as page:
        reply = server.request("POST", "/api/1.0/modelyard/views/purge", {"run_ids": [run_id]})
        assert reply.status == 200, reply.body
        page.until(run_id)
        with _beside(server) as folder:
            folder.tracking.purge(2**62)
        page.until(other)


def test_several_servers_on_one_database_tell_of_each_others_writes(
    start_server: StartServer, databases: Databases, tmp_path: Path
) -> None:
    url = databases.migrated_postgres_url()
    options = ("--artifacts", str(tmp_path / "files"), "--i-accept-data-loss", "--drain-delay", "0")
    one, two = start_server(*options, store=url), start_server(*options, store=url)
    run_id = one.new_run()
    waits: list[float] = []
    with watching(one.port, **EXPERIMENT) as here, watching(two.port, **EXPERIMENT) as there:
        for number in range(4):
            began = time.monotonic()
            _log(one, run_id, number)
            here.until(run_id)
            waits.append(there.until(run_id).at - began)
            there.rest(0.4)
        for verb, body in (
            ("runs/log-parameter", {"key": "depth", "value": "3"}),
            ("runs/set-tag", {"key": "team", "value": "blue"}),
            ("runs/set-tag", {"key": "team", "value": "lime"}),
            ("runs/update", {"status": "FINISHED", "end_time": 5}),
            ("runs/delete", {}),
        ):
            two.api(verb, {"run_id": run_id, **body})
            assert here.until(run_id).run_ids == [run_id], verb
            here.rest()
        new = two.new_run()
        assert here.until(new).experiment_ids == ["0"]
        assert here.rest(1.0) == []
    print(f"\nfrom one server's log_metric to another's event: {statistics.median(waits) * 1000:.0f} ms in the median")


def test_a_server_that_stops_ends_the_streams_and_waits_for_none(server: RunningServer) -> None:
    with watching(server.port, **EXPERIMENT) as page, watching(server.port, run_id=["unknown"]) as other:
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 8
        assert page.ends()
        assert other.ends()
    assert "failed" not in server.log


def test_pages_that_went_away_leave_nothing_behind(server: RunningServer) -> None:
    for _ in range(100):  # more than one address may have at a time
        with watching(server.port, **EXPERIMENT):
            pass
    with watching(server.port, **EXPERIMENT) as page:
        page.until(server.new_run())


def test_a_page_that_takes_nothing_is_cut_off(server: RunningServer) -> None:
    with _beside(server) as folder:
        new = [folder.tracking.create_run(run.CreateRun(experiment_id="0", start_time=1)) for _ in range(900)]
    runs = [each.run.info.run_id for each in new]
    with ExitStack() as cleanup:
        lazy = cleanup.enter_context(socket.socket())
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.connect(("127.0.0.1", server.port))
        lazy.sendall(f"GET {PATH}?experiment_id=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        page = cleanup.enter_context(watching(server.port, **EXPERIMENT))

        def is_cut() -> bool:
            body: dict[str, Any] = {"run_ids": runs, "action": "tag", "tags": [{"key": "a", "value": str(time.time())}]}
            assert server.request("POST", "/api/1.0/modelyard/views/runs/change", body).status == 200
            page.until(runs[0])
            try:
                lazy.sendall(b"x")  # an abort has reset the connection
            except OSError:
                return True
            return False

        wait_for(is_cut, 120)
        page.until(server.new_run())


@pytest.mark.parametrize("query", ["", "?" + "&".join(f"experiment_id={number}" for number in range(101))])
def test_what_names_nothing_or_too_much_is_refused(server: RunningServer, query: str) -> None:
    assert server.request("GET", PATH + query).status == 400


@pytest.mark.parametrize("text", ["", "%00", "%ff", "%ed%a0%80", "-1", "9" * 30, "%D9%A3", "x" * 8000, "%", "'"])
def test_no_argument_is_a_server_error(server: RunningServer, text: str) -> None:
    for name in ("experiment_id", "run_id"):
        with server.connect() as page:
            page.sendall(f"GET {PATH}?{name}={text}&experiment_id=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            assert page.recv(12) in (b"HTTP/1.1 200", b"HTTP/1.1 400"), (name, text)


def test_a_server_takes_so_many_watching_pages_and_no_more(server: RunningServer) -> None:
    ask = f"GET {PATH}?experiment_id=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with ExitStack() as cleanup:
        for number in range(MAX_WATCHERS):
            page = cleanup.enter_context(socket.socket())
            page.bind((f"127.0.0.{2 + number // 50}", 0))  # one address may not have so many connections
            page.settimeout(30)
            page.connect(("127.0.0.1", server.port))
            page.sendall(ask)
            assert page.recv(12) == b"HTTP/1.1 200"
        refused = server.request("GET", f"{PATH}?experiment_id=0")
        assert refused.status == 503
        assert refused.json["error_code"] == "TEMPORARILY_UNAVAILABLE"
        page.close()
        wait_for(lambda: _is_taken(server))


def _is_taken(server: RunningServer) -> bool:
    try:
        with watching(server.port, **EXPERIMENT):
            return True
    except AssertionError:
        return False
