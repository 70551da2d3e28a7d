"""Several servers on one PostgreSQL behave as one (F12), and the workers of one server are replaced when they fall."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.faults.writers import Writers, seconds_until_ready
from tests.support.databases import Databases
from tests.support.server import API, Reply, RunningServer, StartServer
from tests.support.waiting import wait_for

Servers = list[RunningServer]


@pytest.fixture
def replicas(start_server: StartServer, databases: Databases, tmp_path: Path) -> Servers:
    """Two servers on one database and one folder of files."""
    url = databases.migrated_postgres_url()
    options = ("--artifacts", str(tmp_path / "files"), "--drain-delay", "0")
    return [start_server(*options, store=url) for _ in range(2)]


def post(server: RunningServer, verb: str, **body: Any) -> Reply:
    """One call."""
    return server.request("POST", f"{API}/{verb}", body)


def at_once(calls: list[Callable[[], Reply]]) -> list[Reply]:
    """The answers to calls that are made at the same time, as far as that goes."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Reply]) -> Reply:
        barrier.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def contend(servers: Servers, count: int, call: Callable[[RunningServer, int], Reply]) -> list[Reply]:
    """``count`` clients, half of them at each server."""
    return at_once([lambda n=n: call(servers[n % 2], n) for n in range(count)])  # type: ignore[misc]


def test_of_all_who_create_a_name_one_does(replicas: Servers) -> None:
    for turn in range(12):
        for verb in ("experiments/create", "registered-models/create"):
            replies = contend(replicas, 8, lambda server, _: post(server, verb, name=f"name {turn}"))  # noqa: B023
            statuses = Counter((reply.status, reply.json.get("error_code")) for reply in replies)
            assert statuses == {(200, None): 1, (400, "RESOURCE_ALREADY_EXISTS"): 7}, verb
        target = f"{API}/experiments/get-by-name?experiment_name=name%20{turn}"
        ids = {server.request("GET", target).json["experiment"]["experiment_id"] for server in replicas}
        assert len(ids) == 1


def test_versions_are_numbered_without_gaps_or_doubles(replicas: Servers) -> None:
    post(replicas[0], "registered-models/create", name="m")
    numbers = []
    for _ in range(5):
        replies = contend(
            replicas, 12, lambda server, n: post(server, "model-versions/create", name="m", source=f"s3://b/{n}")
        )
        assert {reply.status for reply in replies} == {200}
        numbers += [int(reply.json["model_version"]["version"]) for reply in replies]
    assert sorted(numbers) == list(range(1, 61))


def test_of_two_values_of_a_parameter_one_is_kept(replicas: Servers) -> None:
    run = replicas[0].new_run()
    for turn in range(15):
        replies = contend(
            replicas,
            6,
            lambda server, n: post(server, "runs/log-parameter", run_id=run, key=f"p{turn}", value=f"v{n % 3}"),  # noqa: B023
        )
        read = replicas[turn % 2].request("GET", f"{API}/runs/get?run_id={run}").json["run"]["data"]["params"]
        kept = next(param["value"] for param in read if param["key"] == f"p{turn}")
        for number, reply in enumerate(replies):
            assert reply.status == (200 if f"v{number % 3}" == kept else 400), (turn, kept, replies)


def test_an_alias_always_points_to_one_version(replicas: Servers) -> None:
    post(replicas[0], "registered-models/create", name="m")
    for _ in range(4):
        post(replicas[0], "model-versions/create", name="m", source="s3://b/x")
    post(replicas[0], "registered-models/alias", name="m", alias="champion", version="1")
    stop = time.monotonic() + 2.0
    seen: Counter[str] = Counter()

    def move(server: RunningServer, seed: int) -> None:
        dice = random.Random(seed)
        while time.monotonic() < stop:
            reply = post(server, "registered-models/alias", name="m", alias="champion", version=str(dice.randint(1, 4)))
            assert reply.status == 200, reply

    def look(server: RunningServer) -> None:
        while time.monotonic() < stop:
            reply = server.request("GET", f"{API}/registered-models/alias?name=m&alias=champion")
            seen[reply.json["model_version"]["version"] if reply.status == 200 else str(reply)] += 1

    with ThreadPoolExecutor(6) as pool:
        done = [pool.submit(move, replicas[n % 2], n) for n in range(4)] + [
            pool.submit(look, each) for each in replicas
        ]
        for future in done:
            future.result(60)
    assert set(seen) <= {"1", "2", "3", "4"}
    aliases = replicas[1].request("GET", f"{API}/registered-models/get?name=m").json["registered_model"]["aliases"]
    assert [alias["alias"] for alias in aliases] == ["champion"]


def test_what_one_writes_the_other_reads_at_once(replicas: Servers) -> None:
    for number in range(30):
        one, other = replicas[number % 2], replicas[1 - number % 2]
        run = one.new_run()
        assert post(other, "runs/set-tag", run_id=run, key="k", value=str(number)).status == 200
        tags = one.request("GET", f"{API}/runs/get?run_id={run}").json["run"]["data"]["tags"]
        assert {"key": "k", "value": str(number)} in tags


def test_a_key_of_idempotency_counts_at_both(replicas: Servers) -> None:
    for turn in range(8):
        headers = {"Idempotency-Key": f"key-{turn}"}
        body = {"experiment_id": "0", "run_name": f"once {turn}", "start_time": 1}
        replies = contend(replicas, 6, lambda s, _: s.request("POST", f"{API}/runs/create", body, headers))  # noqa: B023
        made = {reply.json["run"]["info"]["run_id"] for reply in replies if reply.status == 200}
        assert len(made) == 1, replies
        assert {reply.status for reply in replies} <= {200, 409, 503}
        search = post(replicas[0], "runs/search", experiment_ids=["0"], filter=f"attributes.run_name = 'once {turn}'")
        assert [run["info"]["run_id"] for run in search.json["runs"]] == list(made)


def test_one_that_is_killed_is_not_missed(replicas: Servers) -> None:
    with Writers(replicas, 4) as writers:
        writers.start()
        time.sleep(0.7)
        replicas[1].kill()
        time.sleep(0.5)
        assert replicas[0].request("GET", "/ready").status == 200
        replicas[1].start()
        time.sleep(0.5)
    assert len(writers.batches.done) > 4
    writers.check()
    assert "Traceback" not in replicas[0].log + replicas[1].log


# several workers


def children(pid: int) -> list[int]:
    """The processes a process has started."""
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def is_gone(pid: int) -> bool:
    """Whether there is no such process, or only its remains."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    return True


@pytest.fixture
def pair(start_server: StartServer, databases: Databases, tmp_path: Path) -> RunningServer:
    """A server of two workers."""
    options = ("--artifacts", str(tmp_path / "files"), "--drain-delay", "0", "--workers", "2")
    server = start_server(*options, store=databases.migrated_postgres_url())
    wait_for(lambda: server.log.count("serves") == 2)
    return server


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost(pair: RunningServer) -> None:
    assert len(children(pair.pid)) == 2
    with Writers([pair]) as writers:
        writers.start()
        for _ in range(2):
            time.sleep(0.6)
            victim = children(pair.pid)[0]
            os.kill(victim, signal.SIGKILL)
            wait_for(lambda victim=victim: len(set(children(pair.pid)) - {victim}) == 2)  # type: ignore[misc]
        wait_for(lambda: pair.log.count("serves") >= 4)
    seconds_until_ready(pair)
    writers.check()
    workers = children(pair.pid)
    assert pair.stop() == 0
    wait_for(lambda: all(is_gone(worker) for worker in workers))


def test_both_workers_serve(pair: RunningServer) -> None:
    before = {child: ticks(child) for child in children(pair.pid)}

    def both_worked() -> bool:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: pair.request("GET", f"{API}/experiments/get?experiment_id=0"), range(400)))
        return all(ticks(child) > before[child] for child in before)

    wait_for(both_worked)


def ticks(pid: int) -> int:
    """Processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return int(fields[11]) + int(fields[12])


def test_no_worker_outlives_its_parent(pair: RunningServer) -> None:
    workers = children(pair.pid)
    pair.kill()
    try:
        wait_for(lambda: all(is_gone(worker) for worker in workers))
    finally:
        for worker in workers:
            if not is_gone(worker):
                os.kill(worker, signal.SIGKILL)


def test_a_store_in_a_folder_keeps_to_one_process_and_says_why(start_server: StartServer) -> None:
    server = start_server("--workers", "4", "--drain-delay", "0")
    assert children(server.pid) == []
    assert "PostgreSQL" in server.log
    assert server.request("GET", "/ready").status == 200
