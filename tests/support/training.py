"""The train/predict service as a process of its own, and curl to it, as a person uses both.

A `conftest.py` makes the fixtures its own: ``from tests.support.training import *  # noqa: F403``. ``red_wines`` is the
UCI file, ``service`` one service for all tests, whose models tests tell apart by name; ``start_service`` starts others.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.docs.environment import clean_environment
from tests.support.plain_http import Reply
from tests.support.processes import ROOT
from tests.support.server import RunningServer

__all__ = ["SAMPLE", "SEED_BODY", "TrainingService", "red_wines", "service", "start_service"]

SEED_BODY = (
    '{"fixed acidity": 7.4,"volatile acidity": 0.7,"citric acid": 0.0,"residual sugar": 1.9,"chlorides": 0.076,'
    '"free sulfur dioxide": 11.0,"total sulfur dioxide": 34.0,"density": 0.9978,"pH": 3.51,"sulphates": 0.56,"alcohol": 9.4}'
)
"""The body of the sources' own request, as it stands there."""

SAMPLE: dict[str, float] = json.loads(SEED_BODY)


class TrainingService(RunningServer):
    """`modelyard training serve` over the store ``store``, with the options given, in an environment with more in it."""

    def __init__(self, folder: Path, store: str, *options: str, **environment: str) -> None:
        self._more = environment
        super().__init__(folder, store, *options)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "modelyard", "training", "serve", "--port", str(self.port)]
        models = ["--models", self.store] if self.store else []
        with self.log_file.open("ab") as out:
            self.process = subprocess.Popen(
                [*command, *models, *self.options],
                stdout=out,
                stderr=out,
                cwd=self.folder,
                env=clean_environment(TF_CPP_MIN_LOG_LEVEL="3", **self._more),
            )
        self.wait_until_healthy()

    def curl(self, *words: str) -> Reply:
        """Run curl as a person does; the last word is a path. Its answer."""
        curl = shutil.which("curl")
        if curl is None:
            pytest.skip("curl is not installed")
        command = [curl, "-sS", "-i", "-H", "Expect:", *words[:-1], f"localhost:{self.port}{words[-1]}"]
        done = subprocess.run(command, capture_output=True, timeout=280, check=False)
        assert done.returncode == 0, done.stderr
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        return Reply(int(status.split()[1]), {name.lower(): value for name, value in headers.items()}, body)

    def predict(self, body: Any, path: str = "/predict") -> Reply:
        """Send rows as JSON; a text is sent as it is."""
        text = body if isinstance(body, str) else json.dumps(body)
        return self.request("POST", path, text.encode(), {"Content-Type": "application/json"})

    def train(self, **fields: Any) -> Any:
        """Train; fails for any answer but 200."""
        reply = self.request("POST", "/train", fields)
        assert reply.status == 200, reply.body
        return reply.json


StartService = Callable[..., TrainingService]


@pytest.fixture(scope="session")
def red_wines() -> Path:
    """The UCI file of red wines; `MODELYARD_TEST_DATA` names another folder than the one beside the repository."""
    for folder in (Path(os.environ.get("MODELYARD_TEST_DATA") or ROOT), ROOT.parent / "shared" / "data"):
        if (folder / "winequality-red.csv").is_file():
            return folder / "winequality-red.csv"
    return pytest.skip("no wine-quality data: name its folder in MODELYARD_TEST_DATA")


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, red_wines: Path) -> Iterator[TrainingService]:
    """A service on the red wines."""
    pytest.importorskip("sklearn", reason="sklearn is not installed")
    folder = tmp_path_factory.mktemp("training")
    started = TrainingService(folder, str(folder / "models"), "--data", str(red_wines))
    try:
        yield started
        started.stop()
    finally:
        started.close()


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[StartService]:
    """Starts services: ``start_service(*options, store=…, **environment)``. They end with the test."""
    pytest.importorskip("sklearn", reason="sklearn is not installed")
    with ExitStack() as cleanup:

        def start(*options: str, store: str | Path = "models", **environment: str) -> TrainingService:
            started = TrainingService(tmp_path, str(store), *options, **environment)
            cleanup.callback(started.close)
            return started

        yield start
