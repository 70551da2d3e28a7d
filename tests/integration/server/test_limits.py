"""What is too much at once is refused with 429 and a time to come back, and others are served meanwhile."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.wire.messages.message import Empty
from modelyard.server.application import MAX_BODIES
from modelyard.server.commit import MAX_WAITING, Job
from modelyard.web import pools
from tests.support.databases import Databases
from tests.support.local_server import LocalServer, StartLocal
from tests.support.plain_http import API, Reply
from tests.support.raw_http import message, read
from tests.support.waiting import wait_for

LARGEST = 20_000_000


def assert_too_much(reply: Reply) -> None:
    assert (reply.status, reply.json["error_code"]) == (429, "REQUEST_LIMIT_EXCEEDED")
    assert 1 <= int(reply.headers["retry-after"]) <= 30


def search(local: LocalServer) -> Reply:
    """A read that is done by a thread."""
    return local.post("runs/search", {"experiment_ids": ["0"]})


def test_more_reads_than_may_wait_are_refused(local: LocalServer) -> None:
    go = threading.Event()
    pool = local.app.machinery.reads
    done: list[Any] = []
    try:
        for _ in range(pools.PER_PRINCIPAL + pools.MAX_WAITING):
            local.call(lambda: pool.submit("local", lambda: go.wait(60), done.append))
        assert_too_much(search(local))
        assert local.request("GET", "/health").status == 200
        assert local.new_run(), "writes have a line of their own"
        assert search_as("somebody else", local) == 0, "who asks for little is not refused"
    finally:
        go.set()
    wait_for(lambda: len(done) == pools.PER_PRINCIPAL + pools.MAX_WAITING)
    assert search(local).status == 200


def search_as(principal: str, local: LocalServer) -> int:
    """How many of a principal's reads are refused, when there is one."""
    refused = 0
    try:
        local.call(lambda: local.app.machinery.reads.submit(principal, lambda: None, lambda _: None))
    except Exception:  # noqa: BLE001  # the number is what counts
        refused += 1
    return refused


def test_more_writes_than_may_wait_are_refused(start_local: StartLocal, databases: Databases, tmp_path: Path) -> None:
    local = start_local(str(tmp_path / "yard"))
    run = local.new_run()
    commit = local.app.machinery.commit
    told: list[Any] = []

    def fill() -> None:
        for _ in range(MAX_WAITING + 300):  # of which one group is being tried
            try:
                commit.submit(Job(lambda _: Empty(), None, 10, told.append))
            except pools.LimitExceeded:
                return

    other = databases.sqlite(tmp_path / "yard" / "yard.db")
    with other.write() as connection:
        connection.run("DELETE FROM heartbeats")
        local.call(fill)
        local.call(fill)
        assert_too_much(local.post("runs/set-tag", {"run_id": run, "key": "k", "value": "1"}))
        assert local.request("GET", f"{API}/runs/get?run_id={run}").status == 200
    wait_for(lambda: commit.idle)
    assert set(told) == {b"{}"}
    assert local.post("runs/set-tag", {"run_id": run, "key": "k", "value": "1"}).status == 200


@pytest.mark.parametrize("framing", [f"Content-Length: {LARGEST}", "Transfer-Encoding: chunked"])
def test_more_large_bodies_than_there_is_room_for_are_refused(local: LocalServer, framing: str) -> None:
    run = local.new_run()
    head = f"POST {API}/runs/log-model HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    small = {"run_id": run, "key": "k", "value": "1"}
    room = MAX_BODIES // LARGEST
    with ExitStack() as cleanup:
        sockets = [cleanup.enter_context(local.connect()) for _ in range(room)]
        for sock in sockets:
            sock.sendall(f"{head}{framing}\r\n\r\n".encode())
        wait_for(lambda: local.call(lambda: sum(each.current is not None for each in local.app.connections)) == room)
        answer = local.request("POST", f"{API}/runs/log-model", b"{" * 300_000, {"Content-Type": "application/json"})
        assert answer.status == 400, "it is not as large as it might be"
        with local.connect() as one_more:
            one_more.sendall(f"{head}{framing}\r\n\r\n".encode())
            refused = read(one_more)
        assert_too_much(Reply(*refused))
        assert local.post("runs/set-tag", small).status == 200
    wait_for(lambda: not local.call(lambda: len(local.app.connections)))
    large = json.dumps({"run_id": run, "model_json": json.dumps({"run_id": run, "x": "y" * 300_000})}).encode()
    with local.connect() as sock:
        sock.sendall(message("POST", f"{API}/runs/log-model", "Content-Type: application/json", body=large))
        assert read(sock).status in (200, 400)


def test_a_large_body_is_read_on_a_thread_and_answered_in_order(local: LocalServer) -> None:
    """What comes after it on the connection is answered after it."""
    run = local.new_run()
    profile = json.dumps([{"column": f"c{number}", "text": 'x"y\\é'} for number in range(20_000)])
    dataset = {"name": "n", "digest": "d", "source_type": "local", "source": "{}", "profile": profile}
    body = json.dumps({"run_id": run, "datasets": [{"tags": [], "dataset": dataset}]}).encode()
    assert len(body) > 1_000_000
    first = message("POST", f"{API}/runs/log-inputs", "Content-Type: application/json", body=body)
    second = message("GET", f"{API}/runs/get?run_id={run}")
    with local.connect() as sock:
        sock.sendall(first + second)
        assert read(sock).status == 200
        got = read(sock).json["run"]["inputs"]["dataset_inputs"]
    assert [item["dataset"]["profile"] for item in got] == [profile]


@pytest.mark.parametrize("size", [20_000, 300_000, 1_900_000])
@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda run, text: {"run_id": run, "key": "k", "value": "v", "more": text}, 200),
        (lambda run, text: {"runId": run, "key": "k", "value": "v", "more": text}, 200),
        (lambda run, text: {"run_id": run, "key": "k", "value": [text]}, 400),
        (lambda run, text: {"run_id": "0" * 32, "key": "k", "value": "v", "more": text}, 404),
        (lambda run, text: {"run_id": run, "key": "k" + "\0", "more": text}, 400),
    ],
)
def test_a_body_means_the_same_whatever_its_size(
    local: LocalServer, size: int, make: Callable[[str, str], dict[str, Any]], status: int
) -> None:
    run = local.new_run()
    with local.connect() as sock:
        for text in ("", "y" * size):
            body = json.dumps(make(run, text)).encode()
            sock.sendall(message("POST", f"{API}/runs/set-tag", "Content-Type: application/json", body=body))
            answer = read(sock)
            assert answer.status == status
            assert len(answer.body) < 1_500
    tags = local.request("GET", f"{API}/runs/get?run_id={run}").json["run"]["data"].get("tags", [])
    assert ({"key": "k", "value": "v"} in tags) == (status == 200)


def test_a_client_that_leaves_while_its_body_is_read_harms_nobody(local: LocalServer) -> None:
    run = local.new_run()
    go = threading.Event()
    local.call(lambda: local.app.machinery.bodies.submit("local", lambda: go.wait(60), lambda _: None))
    body = json.dumps({"runId": run, "key": "k", "value": "v", "more": "y" * 300_000}).encode()
    with socket.create_connection(("127.0.0.1", local.port), timeout=30) as sock:
        sock.sendall(message("POST", f"{API}/runs/set-tag", "Content-Type: application/json", body=body))
        local.settle()
    go.set()
    wait_for(lambda: local.call(lambda: local.app.machinery.idle))
    assert local.request("GET", "/health").status == 200
