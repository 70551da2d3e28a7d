"""A server to attack, and the canaries that tell when it gave in."""

from __future__ import annotations

import os
import socket
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.raw_http import Answer, exchange, message
from tests.support.server import API, RunningServer

PROXY = "/api/2.0/mlflow-artifacts"
REFUSED = frozenset({400, 403, 404, 405, 414, 431})
# Refusals take a few milliseconds; a machine that does other things as well may take longer, one that reads on and on
# takes seconds.
PROMPT = 5.0
LEAKS = ("Traceback", "SELECT ", "INSERT ", "site-packages", "sqlite3", "apsw")


class Yard:
    """A server on a new store; ``secret`` lies in a file one level above its artifacts, and in no other place."""

    def __init__(self, folder: Path, secret: str) -> None:
        self.folder = folder
        self.secret = secret
        self.store = folder / "yard"
        self.root = self.store / "artifacts"
        self.server = RunningServer(folder, str(self.store), "--drain-delay", "0")
        self.canary = self.store / "CANARY"
        self.canary.write_text(secret)
        (folder / "CANARY").write_text(secret)
        self._log_start = len(self.server.log)
        self.run_id = self.server.new_run()
        model = self.post("logged-models", {"experiment_id": "0", "name": "m", "source_run_id": self.run_id}).json
        self.model_id: str = model["model"]["info"]["model_id"]
        self.post("registered-models/create", {"name": "rm"})
        self.post(
            "model-versions/create", {"name": "rm", "source": f"models:/{self.model_id}", "model_id": self.model_id}
        )

    @property
    def log(self) -> str:
        """What the server has logged since it was started."""
        return self.server.log[self._log_start :]

    def ask(
        self, method: str, target: str | bytes, *headers: str, body: bytes | dict[str, Any] | None = None
    ) -> Answer:
        """One request with a target that is sent as it is."""
        return exchange(self.server.port, message(method, target, *headers, body=body), method=method)

    def post(self, verb: str, body: dict[str, Any]) -> Answer:
        """Call an endpoint below `/api/2.0/mlflow/`."""
        return self.ask("POST", f"{API}/{verb}", body=body)

    def outside(self) -> dict[str, tuple[int, int, float]]:
        """Every file of the yard that is neither an artifact nor the database's own: mode, size and time."""
        found = {}
        for at, folders, files in os.walk(self.folder):
            if Path(at) in (self.root, self.store / "tmp"):  # what belongs in there may come and go
                folders.clear()
                continue
            for name in (*folders, *files):
                if not name.startswith(("yard.db", "server-", "artifacts", "tmp")):
                    facts = os.lstat(os.path.join(at, name))
                    found[os.path.join(at, name)] = (facts.st_mode, facts.st_size, facts.st_mtime)
        return found

    def rows(self) -> list[str]:
        """All that is in the database, apart from heartbeats, as statements."""
        with closing(sqlite3.connect(f"file:{self.store / 'yard.db'}?mode=ro", uri=True)) as database:
            return [line for line in database.iterdump() if "heartbeats" not in line]

    def files(self) -> list[str]:
        """The names of all artifacts."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))

    def check(self, answer: Answer, allowed: frozenset[int] = REFUSED) -> None:
        """A refusal is one of ``allowed``, in JSON with a code and a sentence, and tells nothing."""
        assert answer.status in allowed, answer
        assert self.secret not in answer.text
        if answer.status >= 400 and answer.body:
            told = answer.json
            assert told["error_code"], told
            assert told["message"], told
        self.check_silent(answer)

    def check_silent(self, answer: Answer) -> None:
        """Nothing of how the server is made, or where it is, is in an answer."""
        assert 0 < answer.status < 500 or answer.status == 501, answer  # 501: the store has none of what is asked for
        assert self.secret not in answer.text
        for leak in (*LEAKS, str(self.folder)):
            assert leak not in answer.text, answer


class CanaryPort:
    """A port of loopback that counts who connects."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.visits = 0
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(30)
        self._listener.close()

    def _count(self) -> None:
        while True:
            try:
                visitor, _ = self._listener.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()


def timed(yard: Yard, data: bytes, allowed: tuple[int, ...]) -> Answer:
    """Send it; what comes back in time, is one of ``allowed``, is JSON and tells nothing."""
    began = time.monotonic()
    answer = exchange(yard.server.port, data)
    took = time.monotonic() - began
    assert answer.status in allowed, (data[:300], answer)
    yard.check_silent(answer)
    assert answer.json is not None
    assert took < PROMPT, f"{took:.2f} s for {data[:200]!r}"
    return answer


def post(yard: Yard, path: str, body: bytes, allowed: tuple[int, ...] = (400,), *headers: str) -> Answer:
    """POST bytes, as JSON unless headers say otherwise."""
    lines = headers or ("Content-Type: application/json",)
    return timed(yard, message("POST", f"{API}/{path}", *lines, body=body), allowed)
