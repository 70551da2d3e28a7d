"""Our scoring server as a process of its own, with a model that does what its rows tell it to.

A `conftest.py` makes the fixtures its own: ``from tests.support.moody import *  # noqa: F403``.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

import modelyard as mlflow
from modelyard.models.params import ParamSchema, ParamSpec
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.signature import ModelSignature
from tests.support.plain_http import OnLoopback, Reply
from tests.support.ports import port_of, reserve
from tests.support.processes import ROOT

__all__ = ["MoodyServer", "StartMoody", "moody", "moody_model", "start_moody"]

_CODE = """
import sys, msgspec
from modelyard.serving.options import ServeOptions
from modelyard.serving.run import serve
sys.exit(serve(msgspec.json.decode(sys.argv[1], type=ServeOptions)))
"""
_START_SECONDS = 120.0


class MoodyServer(OnLoopback):
    """Serves a model folder on a port of loopback of its own; what it logs is in ``log``."""

    def __init__(self, folder: Path, model: Path, **options: Any) -> None:
        self._reserved = reserve()
        self.port = port_of(self._reserved)
        self.log_file = folder / f"scoring-{self.port}.log"
        chosen = {"model": str(model), "port": self.port, "drain_delay": 0.0, **options}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "MODELYARD_"))}
        home = {"MODELYARD_HOME": os.environ["MODELYARD_HOME"]}
        with self.log_file.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _CODE, json.dumps(chosen)],
                stdout=out,
                stderr=out,
                cwd=folder,
                env={**kept, **home, "PYTHONPATH": str(ROOT / "src")},
            )

    @property
    def log(self) -> str:
        """What it has logged so far, the processes of its model too."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def workers(self) -> list[int]:
        """The processes of its model."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]

    def wait_until_healthy(self) -> None:
        """Wait until it answers; fails with the log when the process ends instead."""
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            with suppress(OSError, http.client.HTTPException):
                if self.request("GET", "/health").status == 200:
                    return
            time.sleep(0.02)
        raise AssertionError(f"the server did not start:\n{self.log[-4000:]}")

    def score(self, *rows: tuple[float, str], **more: Any) -> Reply:
        """Ask for predictions of the moody model."""
        split = {"columns": ["x", "do"], "data": [list(row) for row in rows]}
        return self.request("POST", "/invocations", {"dataframe_split": split, **more})

    def is_ready(self) -> bool:
        """Whether `/ready` says yes."""
        return self.request("GET", "/ready").status == 200

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 60.0) -> int:
        """End it in good order; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.wait(seconds)

    def wait(self, seconds: float = 60.0) -> int:
        """Wait until it has ended by itself; the exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.close()
            raise

    def close(self) -> None:
        """End it for good, and give back its port."""
        self.process.kill()
        self.process.wait()
        self._reserved.close()


StartMoody = Callable[..., MoodyServer]


@pytest.fixture
def start_moody(moody_model: Path, tmp_path: Path) -> Iterator[StartMoody]:
    """Starts servers: ``start_moody(**options)``. They are stopped at the end of the test."""
    with ExitStack() as cleanup:

        def start(model: Path = moody_model, **options: Any) -> MoodyServer:
            started = MoodyServer(tmp_path, model, **options)
            cleanup.callback(started.close)
            started.wait_until_healthy()
            return started

        yield start


@pytest.fixture(scope="module")
def moody_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the model that does as it is told, and for the tests of a module a home whose key has signed it."""
    folder = tmp_path_factory.mktemp("models") / "moody"
    signature = ModelSignature(
        Schema([ColSpec("double", "x"), ColSpec("string", "do")]),
        params=ParamSchema([ParamSpec("factor", "double", 2.0)]),
    )
    code = Path(__file__).with_name("moody_model.py")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELYARD_HOME", str(tmp_path_factory.mktemp("home")))
        mlflow.pyfunc.save_model(folder, python_model=str(code), signature=signature, verify=False)
        yield folder


@pytest.fixture(scope="module")
def moody(moody_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MoodyServer]:
    """A server of that model for the tests of a module that leave it as it was."""
    server = MoodyServer(tmp_path_factory.mktemp("moody"), moody_model, workers=2, batching="always")
    try:
        server.wait_until_healthy()
        yield server
    finally:
        server.close()
