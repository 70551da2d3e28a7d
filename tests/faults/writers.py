"""Writers that keep book of what they were told, and the comparison of the book with the store."""

from __future__ import annotations

import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from typing import Any, Self

from tests.support.server import API, RunningServer

KEYS = 5
STEPS = 10  # of each key in one operation: a batch of 50 metrics


class Book:
    """What was sent, and what became of it: acknowledged, refused, or unknown because the answer never came or said so."""

    def __init__(self) -> None:
        self.done: set[int] = set()
        self.failed: set[int] = set()
        self.unknown: set[int] = set()
        self.odd: list[tuple[int, bytes]] = []  # answers that should not be

    def check(self, found: Counter[int], whole: int) -> None:
        """Every acknowledged operation is there once and complete, every other completely or not at all."""
        assert not self.odd, self.odd[:3]
        lost = {number for number in self.done if found[number] != whole}
        assert not lost, (
            f"{len(lost)} of {len(self.done)} acknowledged operations are lost or in pieces: {sorted(lost)[:5]}"
        )
        pieces = {number for number in self.unknown if found[number] not in (0, whole)}
        assert not pieces, f"in pieces: {sorted(pieces)[:5]}"
        there = {number for number in self.failed if found[number]}
        assert not there, f"refused, and there all the same: {sorted(there)[:5]}"


class Writers:
    """Threads that log batches to one run each as fast as they are answered, and create runs now and then.

    They are stopped at the end of a block, so that a test that fails in it leaves none behind.
    """

    def __init__(self, servers: list[RunningServer], count: int = 8) -> None:
        self.batches = Book()
        self.creations = Book()
        self._servers = servers
        self._runs = [servers[0].new_run() for _ in range(count)]
        self._numbers = itertools.count(1)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to write."""
        self._stop.clear()
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in range(len(self._runs))]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, after whatever is being sent."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a writer does not end"

    def check(self) -> None:
        """Compare with the store, after sending the creations whose answer never came once more."""
        server = self._servers[0]
        for number in list(self.creations.unknown):
            with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
                self._create(connection, number)
        self.creations.check(self._created(server), 1)
        assert not self.creations.unknown - self.creations.done
        self.batches.check(self._logged(server), KEYS * STEPS + 1)

    # inside

    def _write(self, writer: int) -> None:
        server = self._servers[writer % len(self._servers)]
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
            while not self._stop.is_set():
                number = next(self._numbers)
                is_up = self._create(connection, number) if number % 5 == 0 else self._log(connection, number, writer)
                if not is_up:
                    connection.close()
                    time.sleep(0.01)

    def _log(self, connection: http.client.HTTPConnection, number: int, writer: int) -> bool:
        metrics = [
            {"key": f"m{key}", "value": number, "timestamp": 1, "step": number * STEPS + step}
            for key in range(KEYS)
            for step in range(STEPS)
        ]
        body = {"run_id": self._runs[writer], "metrics": metrics, "tags": [{"key": f"op{number}", "value": "x"}]}
        return self._send(connection, "runs/log-batch", body, number, self.batches)

    def _create(self, connection: http.client.HTTPConnection, number: int) -> bool:
        body = {"experiment_id": "0", "run_name": f"created {number}", "start_time": 1}
        return self._send(connection, "runs/create", body, number, self.creations)

    def _send(
        self, connection: http.client.HTTPConnection, verb: str, body: dict[str, Any], number: int, book: Book
    ) -> bool:
        headers = {"Content-Type": "application/json"}
        if book is self.creations:  # what is logged is logged once however often it is sent
            headers["Idempotency-Key"] = f"op-{number}"
        sent = False
        try:
            if connection.sock is None:
                connection.connect()
            sent = True
            connection.request("POST", f"{API}/{verb}", json.dumps(body), headers)
            answer = connection.getresponse()
            told = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            (book.unknown if sent else book.failed).add(number)
            return False
        book.unknown.discard(number)
        if answer.status == 200:
            book.done.add(number)
        elif answer.status == 503 and int(answer.headers["Retry-After"]) in range(1, 31):
            book.failed.add(number)
        elif answer.status == 500 and b"did not confirm the commit" in told:
            book.unknown.add(number)
        else:
            book.odd.append((answer.status, told))
        return answer.status == 200

    def _logged(self, server: RunningServer) -> Counter[int]:
        found: Counter[int] = Counter()
        for run in self._runs:
            for key in range(KEYS):
                for point in history(server, run, f"m{key}"):
                    assert point["step"] // STEPS == point["value"]
                    found[point["step"] // STEPS] += 1
            read = server.request("GET", f"{API}/runs/get?run_id={run}").json["run"]["data"]
            for tag in read.get("tags", []):
                if tag["key"].startswith("op"):
                    found[int(tag["key"][2:])] += 1
        return found

    def _created(self, server: RunningServer) -> Counter[int]:
        body = {"experiment_ids": ["0"], "filter": "attributes.run_name LIKE 'created %'", "max_results": 50_000}
        names = [run["info"]["run_name"] for run in server.api("runs/search", body).get("runs", [])]
        return Counter(int(name.removeprefix("created ")) for name in names)


def history(server: RunningServer, run: str, key: str) -> list[dict[str, Any]]:
    """All points of a metric."""
    target = f"{API}/metrics/get-history?run_id={run}&metric_key={key}&max_results=25000"
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        page = server.request("GET", target + token).json
        found += page.get("metrics", [])
        if not page.get("next_page_token"):
            return found
        token = f"&page_token={page['next_page_token']}"


def seconds_until_ready(server: RunningServer, limit: float = 30.0) -> float:
    """How long `/ready` takes from now on to answer 200."""
    began = time.monotonic()
    while time.monotonic() - began < limit:
        with suppress(OSError, http.client.HTTPException):
            if server.request("GET", "/ready").status == 200:
                return time.monotonic() - began
        time.sleep(0.01)
    raise AssertionError(f"not ready after {limit} s:\n{server.log[-2000:]}")


def random_pause(dice: random.Random, least: float, most: float) -> None:
    """Wait for a moment nobody knows."""
    time.sleep(dice.uniform(least, most))
