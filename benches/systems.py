"""What is measured: our server, its peers as they ship, a bare echo; how each is started, what its replies promise."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from benches.install import environment, installed_version
from benches.processes import Launch, Server, running

ROOT = Path(__file__).resolve().parent.parent
OURS, FASTTRACKML, MLFLOW, TRACKIO, ECHO = "modelyard", "fasttrackml", "mlflow", "trackio", "echo"
PEERS = (FASTTRACKML, MLFLOW, TRACKIO)


@dataclass(frozen=True, kw_only=True)
class System:
    """One thing that is measured, ready to run."""

    name: str
    title: str
    version: str
    setting: str
    python: Path
    launch: Launch | None
    database: str = ""
    """Pattern, below the server's folder, of the files that hold runs and metrics."""

    @property
    def label(self) -> str:
        """Name and version, as in the table's head."""
        return f"{self.title} {self.version}".strip()

    def serve(self, folder: Path) -> AbstractContextManager[Server]:
        """A running server on an empty or existing folder."""
        if self.launch is None:
            raise ValueError(f"{self.name} has no server")
        return running(self.launch, folder)

    def environment(self) -> dict[str, str]:
        """What a client process of this system needs in its environment."""
        return dict(self.launch.environment) if self.launch else {}


def prepare(name: str, cache: Path) -> System:
    """Install a system where that is needed and say how it is started; raises `NotAvailableError`."""
    return _RECIPES[name](cache)


def _ours(_: Path) -> System:
    python = Path(sys.executable)
    source = {"PYTHONPATH": str(ROOT / "src")}
    return System(
        name=OURS,
        title="modelyard",
        version=_our_version(),
        setting="`modelyard server` on SQLite, one process; each reply after a synced commit (WAL, synchronous=FULL)",
        python=python,
        launch=Launch(
            [str(python), "-m", "modelyard", "server", "--store", "{folder}/yard", "--port", "{port}"], source
        ),
        database="yard/yard.db*",
    )


def _our_version() -> str:
    scope: dict[str, str] = {}
    exec((ROOT / "src/modelyard/core/version.py").read_text(), scope)
    return scope["__version__"]


def _fasttrackml(cache: Path) -> System:
    python = environment(cache, FASTTRACKML, "fasttrackml==0.6.*")
    return System(
        name=FASTTRACKML,
        title="FastTrackML",
        version=installed_version(python, FASTTRACKML),
        setting="`fml server` on SQLite, its defaults: WAL, synchronous=NORMAL, so a reply is not yet synced to disk",
        python=python,
        launch=Launch([str(python.with_name("fml")), "server", "--listen-address", "127.0.0.1:{port}"], {}),
        database="fasttrackml.db*",
    )


def _mlflow(cache: Path) -> System:
    python = environment(cache, MLFLOW, "mlflow==3.17.2")
    path = f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return System(
        name=MLFLOW,
        title="mlflow",
        version=installed_version(python, MLFLOW),
        setting="`mlflow server` on SQLite, its defaults: uvicorn, 4 workers; each reply after a synced commit",
        python=python,
        launch=Launch(
            [str(python.with_name("mlflow")), "server", "--port", "{port}"],
            {"PATH": path, "MLFLOW_DISABLE_TELEMETRY": "true"},
        ),
        database="mlflow.db*",
    )


def _trackio(cache: Path) -> System:
    python = environment(cache, TRACKIO, "trackio")
    return System(
        name=TRACKIO,
        title="trackio",
        version=installed_version(python, TRACKIO),
        setting="`trackio.init()` on local SQLite, its defaults: no server, a thread writes twice a second",
        python=python,
        launch=None,
    )


def _echo(_: Path) -> System:
    python = Path(sys.executable)
    options = (
        "--loop uvloop --http httptools --no-access-log --log-level warning --host 127.0.0.1 --port {port}".split()
    )
    return System(
        name=ECHO,
        title="bare echo",
        version="",
        setting="an ASGI function that reads the body and answers `{}`, on uvicorn, uvloop and httptools, one process",
        python=python,
        launch=Launch([str(python), "-m", "uvicorn", "benches.echo:app", *options], {"PYTHONPATH": str(ROOT)}),
    )


_RECIPES: dict[str, Callable[[Path], System]] = {
    OURS: _ours,
    FASTTRACKML: _fasttrackml,
    MLFLOW: _mlflow,
    TRACKIO: _trackio,
    ECHO: _echo,
}
