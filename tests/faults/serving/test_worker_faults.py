"""What a model can do to its process (requirement F20), and that nobody else is told of it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.moody import MoodyServer, StartMoody
from tests.support.waiting import wait_for

OTHERS = 6


def score_beside(server: MoodyServer, deed: str) -> tuple[int, list[list[float]]]:
    """The status of one bad request, and what the others were answered that were sent with it."""
    with ThreadPoolExecutor(OTHERS + 1) as threads:
        bad = threads.submit(server.score, (1.0, deed))
        others = [threads.submit(server.score, (float(number), "sleep")) for number in range(OTHERS)]
        return bad.result().status, [other.result().json["predictions"] for other in others]


def doubled() -> list[list[float]]:
    return [[2.0 * number] for number in range(OTHERS)]


@pytest.mark.parametrize("batching", ["always", "never"])
@pytest.mark.parametrize("deed", ["segfault", "exit-hard"])
def test_a_model_that_crashes_fails_its_own_request_only(start_moody: StartMoody, batching: str, deed: str) -> None:
    server = start_moody(batching=batching)
    before = server.workers
    status, others = score_beside(server, deed)
    assert (status, others) == (500, doubled())
    wait_for(server.is_ready)
    assert server.workers != before
    assert server.score((3.0, "")).json == {"predictions": [6.0]}


def test_the_answer_to_a_crash_names_it(start_moody: StartMoody) -> None:
    reply = start_moody().score((1.0, "segfault"))
    assert reply.status == 500
    assert reply.json == {
        "error_code": "INTERNAL_ERROR",
        "message": "The model's process was killed by the signal SIGSEGV while it predicted this request.",
    }


def test_what_a_model_printed_before_it_crashed_is_in_the_log(start_moody: StartMoody) -> None:
    server = start_moody()
    assert server.score((1.0, "print"), (1.0, "exit-hard")).status == 500
    assert "the model prints this" in server.log


def test_a_worker_that_is_killed_is_replaced_and_nobody_notices(start_moody: StartMoody) -> None:
    server = start_moody()
    server.score((1.0, ""))
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(server.score, *[(1.0, "sleep")] * 20)
        time.sleep(0.3)
        (worker,) = server.workers
        os.kill(worker, signal.SIGKILL)
        assert asked.result().json == {"predictions": [2.0] * 20}


@pytest.mark.parametrize("batching", ["always", "never"])
def test_a_model_that_hangs_meets_its_time_limit_alone(start_moody: StartMoody, batching: str) -> None:
    server = start_moody(timeout=2.0, batching=batching)
    began = time.monotonic()
    status, others = score_beside(server, "hang")
    assert (status, others) == (504, doubled())
    assert time.monotonic() - began < 40
    assert server.score((3.0, "")).json == {"predictions": [6.0]}


def test_the_answer_to_a_hang_names_the_time_limit(start_moody: StartMoody) -> None:
    reply = start_moody(timeout=1.0).score((1.0, "hang"))
    assert (reply.status, reply.json["error_code"]) == (504, "DEADLINE_EXCEEDED")
    assert reply.json["message"] == "The model did not answer within 1 seconds."


def test_a_model_that_fills_the_memory_fails_within_its_limit(start_moody: StartMoody) -> None:
    server = start_moody(memory=2 << 30, workers=2)
    reply = server.score((1.0, "memory"))
    assert (reply.status, reply.json["message"]) == (500, "The model ran out of memory.")
    assert server.score((3.0, "")).json == {"predictions": [6.0]}


def test_an_answer_beyond_the_limit_is_refused_and_the_worker_lives(start_moody: StartMoody) -> None:
    server = start_moody(max_output=1_000_000)
    before = server.workers
    reply = server.score((1.0, "large"))
    assert reply.status == 500
    assert reply.json["message"] == "The answer is larger than 1,000,000 bytes, the most this server sends."
    assert server.score((3.0, "")).json == {"predictions": [6.0]}
    assert server.workers == before


def test_five_deaths_in_a_minute_make_the_server_unready_and_workers_wait(start_moody: StartMoody) -> None:
    server = start_moody()
    assert [server.score((1.0, "segfault")).status for _ in range(3)] == [500] * 3
    assert not server.is_ready()
    assert server.request("GET", "/ready").json["reason"] == "CRASHING"
    assert "the next one is started in" in server.log
    assert server.request("GET", "/health").status == 200
    assert server.score((3.0, "")).json == {"predictions": [6.0]}


class Client(threading.Thread):
    """Asks over and over until nobody listens, on a connection it keeps for as long as the server does."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.statuses: list[int] = []
        self.failure: Exception | None = None
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def run(self) -> None:
        """Ask until refused."""
        body = json.dumps({"dataframe_split": {"columns": ["x", "do"], "data": [[1.0, "sleep"]]}})
        with closing(self._connection):
            while self.failure is None:
                try:
                    self._connection.request("POST", "/invocations", body, {"content-type": "application/json"})
                    answer = self._connection.getresponse()
                    assert answer.status != 200 or json.loads(answer.read()) == {"predictions": [2.0]}
                    self.statuses.append(answer.status)
                except ConnectionRefusedError:
                    return  # nobody listens any more: it was not taken, and a client goes elsewhere
                except (OSError, http.client.HTTPException, AssertionError) as error:
                    self.failure = error


def test_a_termination_fails_no_request_under_load(start_moody: StartMoody) -> None:
    server = start_moody(workers=2, drain_delay=2.0)
    clients = [Client(server.port) for _ in range(8)]
    for client in clients:
        client.start()
    wait_for(lambda: all(len(client.statuses) > 1 for client in clients))
    before = [len(client.statuses) for client in clients]
    assert server.stop() == 0
    for client in clients:
        client.join(60)
    assert [client.failure for client in clients] == [None] * len(clients)
    assert {status for client in clients for status in client.statuses} == {200}
    assert all(len(client.statuses) > count for client, count in zip(clients, before, strict=True))


def test_workers_end_with_a_front_that_is_killed(start_moody: StartMoody) -> None:
    server = start_moody(workers=2)
    workers = server.workers
    with ThreadPoolExecutor(1) as threads:
        hanging = threads.submit(server.score, (1.0, "hang"))
        time.sleep(0.3)
        server.process.kill()
        server.process.wait()
        assert hanging.exception() is not None
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
