"""`modelyard models serve` as a process of its own, and curl to it."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.docs.environment import clean_environment
from tests.support.waiting import wait_for

_ADDRESS = re.compile(r" serves .* at (https?://[\w.:\[\]]+)")


class Answer(NamedTuple):
    """What curl was answered."""

    status: int
    body: str

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def predictions(self) -> Any:
        """What was predicted."""
        assert self.status == 200, self
        return self.json["predictions"]


class ScoringServer:
    """A scoring server that was started; what it logs is in ``log``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.address = ""
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return "".join(self._lines)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.address.rpartition(":")[2])

    def wait(self) -> None:
        """Wait until it serves; fails with the log when it ends instead."""
        wait_for(lambda: self.address or self.process.poll() is not None, 120)
        assert self.address, f"the server did not start:\n{self.log[-4000:]}"

    def curl(self, path: str, body: str | bytes | None = None, kind: str = "application/json") -> Answer:
        """One request by curl: POST where there is a body."""
        program = shutil.which("curl")
        if program is None:
            pytest.skip("curl is not installed")
        words = [program, "-sS", "--max-time", "60", "-w", "\n%{http_code}", f"{self.address}{path}"]
        if body is not None:
            words += ["-H", f"Content-Type: {kind}", "--data-binary", "@-"]
        sent = body.encode() if isinstance(body, str) else body
        done = subprocess.run(words, input=sent, capture_output=True, check=True, timeout=90)
        text, _, status = done.stdout.decode().rpartition("\n")
        return Answer(int(status), text)

    def invoke(self, body: Any, kind: str = "application/json") -> Answer:
        """POST to /invocations; what is no text is sent as JSON."""
        return self.curl("/invocations", body if isinstance(body, str | bytes) else json.dumps(body), kind)

    def stop(self) -> int:
        """End it in good order; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self._reader.join(60)

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self._lines.append(line)
                if told := _ADDRESS.search(line):
                    self.address = told[1]


def command(*words: str) -> list[str]:
    """A command line of ours."""
    return [sys.executable, "-m", "modelyard", *words]


@contextmanager
def serving(folder: Path, *words: str, start: Sequence[str] | None = None, **settings: str) -> Iterator[ScoringServer]:
    """A server of ``modelyard models serve`` with these words, or of another command, on a free port; it runs in ``folder``."""
    begun = list(start or command("models", "serve"))
    process = subprocess.Popen(
        [*begun, *words, "--port", "0", "--drain-delay", "0"],
        cwd=folder,
        env=clean_environment(**settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    server = ScoringServer(process)
    try:
        server.wait()
        yield server
        assert server.stop() == 0, server.log[-4000:]
    finally:
        server.stop()
