"""The largest bodies there may be, from several clients at once, cost nobody else their time (C11)."""

from __future__ import annotations

import json
import threading
import time
from itertools import cycle
from pathlib import Path
from statistics import median

import pytest

from tests.acceptance.security.yard import Yard
from tests.support.raw_http import Answer, exchange, message
from tests.support.server import API

pytestmark = pytest.mark.usefixtures("well")

SIZE = 19_900_000  # 20 MB are allowed
CLIENTS = 3
# Seconds of a processor for one body; 0.05 to 0.2 on ours. What looks at each character twice takes seconds.
WORK = 0.8

HOSTILE = {
    "commas in a text": b'{"x":"' + b"," * SIZE + b'"}',
    "texts of commas": b'{"x":[' + b'",",' * (SIZE // 4) + b"1]}",
    "lists in lists": b"[" * SIZE,
    "lists that end": b"]" * SIZE,
    "objects in objects": b'{"a":' * (SIZE // 5),
    "quotes": b'"' * SIZE,
    "backslashes": b'{"x":"' + b"\\" * SIZE,
    "escaped quotes": b'{"x":"' + b'\\"[' * (SIZE // 3),
    "a text where none belongs": b'{"run_id":"a","datasets":"' + b"\\n" * (SIZE // 2) + b'"}',
    "a list where none belongs": b'{"run_id":[' + b'"' + b"x" * 80 + b'",' * 90_000 + b"1]}",
    "an object where none belongs": b'{"run_id":{' + b",".join(b'"%d":"%070d"' % (n, n) for n in range(90_000)) + b"}}",
    "one digit after the other": b'{"x":' + b"9" * SIZE + b"}",
    "a number without an end": b'{"x":0.' + b"1" * SIZE + b"}",
    "spaces": b" " * SIZE,
    "many small objects": b'{"run_id":"a","x":NaN,"datasets":[' + b"{}," * 90_000 + b"{}]}" + b" " * 19_000_000,
}


def send(yard: Yard, body: bytes, verb: str = "log-inputs") -> Answer:
    """One request with a large body."""
    return exchange(
        yard.server.port, message("POST", f"{API}/runs/{verb}", "Content-Type: application/json", body=body)
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_refused_with_little_work(yard: Yard, name: str) -> None:
    worked = yard.server.worked
    answer = send(yard, HOSTILE[name])
    worked = yard.server.worked - worked
    print(f"{name}: {worked * 1000:.0f} ms")
    assert answer.status == 400
    assert answer.json["error_code"] in ("BAD_REQUEST", "INVALID_PARAMETER_VALUE")
    assert len(answer.json["message"]) < 1_500
    assert worked < WORK


def test_several_clients_with_the_largest_bodies_do_not_delay_others(yard: Yard) -> None:
    profile = '{"a":[1,2]},' * 1_200_000
    dataset = {"name": "n", "digest": "d", "source_type": "s", "source": "s", "profile": profile}
    valid = json.dumps({"run_id": yard.run_id, "datasets": [{"dataset": dataset}]}).encode()
    stop = time.monotonic() + 5.0
    worked = yard.server.worked
    seen: list[int] = []

    def attack(number: int) -> None:
        bodies = [valid, *(HOSTILE[name] for name in list(HOSTILE)[number::CLIENTS])]
        for body in cycle(bodies):
            if time.monotonic() >= stop:
                return
            seen.append(send(yard, body).status)

    clients = [threading.Thread(target=attack, args=(number,)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    took: list[float] = []
    while any(client.is_alive() for client in clients):
        began = time.monotonic()
        assert yard.ask("GET", "/health").status == 200
        took.append(time.monotonic() - began)
        time.sleep(0.01)
    worked = (yard.server.worked - worked) / len(seen)
    print(
        f"/health: median {median(took) * 1000:.0f} ms, at most {max(took) * 1000:.0f} ms; a body {worked * 1000:.0f} ms"
    )
    assert set(seen) <= {200, 400}
    assert worked < WORK
    # 0.2 s are promised to a machine that does nothing else, which is not where the clients run on it too.
    assert median(took) < 1.0


def test_the_memory_of_large_bodies_is_given_back(tmp_path: Path) -> None:
    yard = Yard(tmp_path, "CANARY")
    before = yard.server.memory
    dataset = {"name": "n", "digest": "d", "source_type": "s", "source": "s", "profile": '{"a":[1,2]},' * 1_200_000}
    valid = json.dumps({"run_id": yard.run_id, "datasets": [{"dataset": dataset}]}).encode()
    clients = [
        threading.Thread(target=lambda name=name: [send(yard, body) for body in (valid, HOSTILE[name]) * 2])
        for name in ("texts of commas", "a list where none belongs", "many small objects")
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert yard.server.request("GET", "/health").status == 200
    grown = yard.server.memory - before
    yard.server.close()
    print(f"{grown >> 20} MiB more")
    assert grown < 50_000_000


@pytest.mark.parametrize("profile", ["x,[" * 5_000_000, 'é"\\,[' * 1_500_000], ids=["plain", "escaped"])
def test_what_is_large_and_good_is_kept(yard: Yard, profile: str) -> None:
    run = yard.post("runs/create", {"experiment_id": "0"}).json["run"]["info"]["run_id"]
    dataset = {"name": "n", "digest": f"d{len(profile)}", "source_type": "s", "source": "s", "profile": profile}
    body = json.dumps({"run_id": run, "datasets": [{"dataset": dataset}]}, ensure_ascii=False).encode()
    answers: list[Answer] = []
    clients = [threading.Thread(target=lambda: answers.append(send(yard, body))) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert [answer.status for answer in answers] == [200] * CLIENTS
    inputs = yard.ask("GET", f"{API}/runs/get?run_id={run}").json["run"]["inputs"]["dataset_inputs"]
    assert [item["dataset"]["profile"] for item in inputs] == [profile]
