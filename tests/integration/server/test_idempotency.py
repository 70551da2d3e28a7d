"""Requests that are sent again with their key are answered again and not done again."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from modelyard.core.clock import FixedClock
from modelyard.core.errors import Conflict, NotFound
from modelyard.services.requests.contract import KEPT_MS
from modelyard.services.requests.sql import SqlRequestLog
from tests.support.databases import KINDS, Databases
from tests.support.local_server import LocalServer


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def log(databases: Databases, kind: str, clock: FixedClock) -> SqlRequestLog:
    return SqlRequestLog(databases.migrated(kind), clock=clock)


def fail() -> bytes:
    raise AssertionError("it was done twice")


def test_work_is_done_once_and_answered_as_often_as_it_is_asked_for(log: SqlRequestLog) -> None:
    assert log.once("key", b"digest", lambda: b"answer") == b"answer"
    assert log.once("key", b"digest", fail) == b"answer"
    assert log.once("another", b"digest", lambda: b"other") == b"other"


def test_a_key_does_not_serve_two_requests(log: SqlRequestLog) -> None:
    log.once("key", b"digest", lambda: b"answer")
    with pytest.raises(Conflict):
        log.once("key", b"another digest", fail)


def test_work_that_failed_may_be_done_again(log: SqlRequestLog) -> None:
    def refuse() -> bytes:
        raise NotFound("not yet")

    with pytest.raises(NotFound):
        log.once("key", b"digest", refuse)
    assert log.once("key", b"digest", lambda: b"answer") == b"answer"


def test_answers_are_forgotten_after_a_day(log: SqlRequestLog, clock: FixedClock) -> None:
    log.once("old", b"digest", lambda: b"answer")
    clock.advance(KEPT_MS)
    log.once("new", b"digest", lambda: b"answer")
    clock.advance(1)
    assert log.sweep() == 1
    assert log.once("new", b"digest", fail) == b"answer"
    assert log.once("old", b"digest", lambda: b"again") == b"again"


def test_a_heartbeat_is_written_over_the_last_one(log: SqlRequestLog) -> None:
    log.beat("one")
    log.beat("one")
    log.beat("two")


def test_one_of_many_that_come_at_once_does_the_work(databases: Databases) -> None:
    for kind in ("sqlite", "postgres"):
        log = SqlRequestLog(databases.migrated(kind))
        done: list[int] = []
        answers: list[bytes] = []

        def work(number: int, done: list[int] = done) -> bytes:
            done.append(number)
            return b"%d" % number

        def ask(number: int, log: SqlRequestLog = log, answers: list[bytes] = answers) -> None:
            answers.append(log.once("key", b"digest", lambda: work(number)))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(done) == 1
        assert answers == [b"%d" % done[0]] * 8


CREATES: list[tuple[str, dict[str, Any]]] = [
    ("runs/create", {"experiment_id": "0", "start_time": 5}),
    ("experiments/create", {"name": "once"}),
    ("logged-models", {"experiment_id": "0", "name": "m"}),
    ("registered-models/create", {"name": "model"}),
]


@pytest.mark.parametrize(("verb", "body"), CREATES)
def test_a_create_that_is_sent_again_is_one_create(local: LocalServer, verb: str, body: dict[str, Any]) -> None:
    first = local.post(verb, body, Idempotency_Key="abc")
    again = local.post(verb, body, Idempotency_Key="abc")
    assert first.status == again.status == 200
    assert first.body == again.body
    assert local.post(verb, {**body, "more": 1}, Idempotency_Key="abc").json["error_code"] == "RESOURCE_CONFLICT"


def test_versions_are_not_made_twice(local: LocalServer) -> None:
    local.post("registered-models/create", {"name": "model"})
    body = {"name": "model", "source": "s3://bucket/model"}
    versions = [
        local.post("model-versions/create", body, Idempotency_Key=key).json["model_version"]["version"]
        for key in ("a", "a", "b", "a", "b")
    ]
    assert versions == ["1", "1", "2", "1", "2"]


def test_one_key_at_two_endpoints_is_two_keys(local: LocalServer) -> None:
    assert local.post("runs/create", {"experiment_id": "0"}, Idempotency_Key="k").status == 200
    assert local.post("experiments/create", {"name": "n"}, Idempotency_Key="k").status == 200


def test_a_refused_request_keeps_no_key(local: LocalServer) -> None:
    assert local.post("runs/create", {"experiment_id": "77"}, Idempotency_Key="k").status == 404
    assert local.post("runs/create", {"experiment_id": "0"}, Idempotency_Key="k").status == 200


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a b", "é"])
def test_a_key_has_a_form(local: LocalServer, key: str) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    reply = local.request("POST", "/api/2.0/mlflow/runs/create", json.dumps({"experiment_id": "0"}).encode(), headers)
    assert reply.status == 400


def test_creates_sent_at_once_with_one_key_are_one(local: LocalServer) -> None:
    answers: list[bytes] = []

    def create() -> None:
        answers.append(local.post("runs/create", {"experiment_id": "0"}, Idempotency_Key="k").body)

    threads = [threading.Thread(target=create) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    found = local.post("runs/search", {"experiment_ids": ["0"]}).json["runs"]
    assert len(found) == 1
