"""What is measured: our server, its peers as they ship, a bare echo; how each is started, what its replies promise."""

from __future__ import annotations

import compileall
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
MLSERVER, BENTOML, LITSERVE, WEB_ECHO = "mlserver", "bentoml", "litserve", "web-echo"
AIM = "aim"
PEERS = (FASTTRACKML, MLFLOW, TRACKIO, MLSERVER, BENTOML, LITSERVE)
INTERFACES = (MLFLOW, AIM)
"""Peers whose pages are opened in a browser (`benches.ui`)."""


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
    compileall.compile_dir(ROOT / "src" / "modelyard", quiet=2)  # as pip does for the peers
    python = Path(sys.executable)
    source = {"PYTHONPATH": str(ROOT / "src")}
    return System(
        name=OURS,
        title="modelyard",
        version=_our_version(),
        setting="`modelyard server` on SQLite, one process; each reply after a synced commit (WAL, synchronous=FULL);"
        " `modelyard models serve`, one worker",
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
        setting="`mlflow server` on SQLite, its defaults: uvicorn, 4 workers; each reply after a synced commit;"
        " `mlflow models serve --env-manager local`, its defaults",
        python=python,
        launch=Launch(
            [str(python.with_name("mlflow")), "server", "--port", "{port}"],
            {"PATH": path, "MLFLOW_DISABLE_TELEMETRY": "true"},
        ),
        database="mlflow.db*",
    )


def _aim(cache: Path) -> System:
    python = environment(cache, AIM, "aim==3.29.*")
    path = f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [str(python.with_name("aim")), "up", "--repo", "{folder}", "--host", "127.0.0.1", "--port", "{port}"]
    return System(
        name=AIM,
        title="Aim",
        version=installed_version(python, AIM),
        setting="`aim up` on a repository that its SDK wrote, its defaults",
        python=python,
        launch=Launch([*command, "--yes"], {"PATH": path}, health="/"),
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


def _web_echo(_: Path) -> System:
    return System(
        name=WEB_ECHO,
        title="bare echo on our HTTP",
        version="",
        setting="our own HTTP without an application: reads the body and answers a constant, one process",
        python=Path(sys.executable),
        launch=None,
    )


def _scoring(name: str, title: str, requirement: str, setting: str) -> Callable[[Path], System]:
    """A peer that serves models, and nothing else here."""

    def recipe(cache: Path) -> System:
        python = environment(cache, name, requirement)
        version = installed_version(python, name)
        return System(name=name, title=title, version=version, setting=setting, python=python, launch=None)

    return recipe


_RECIPES: dict[str, Callable[[Path], System]] = {
    OURS: _ours,
    FASTTRACKML: _fasttrackml,
    MLFLOW: _mlflow,
    TRACKIO: _trackio,
    AIM: _aim,
    ECHO: _echo,
    WEB_ECHO: _web_echo,
    MLSERVER: _scoring(
        MLSERVER,
        "MLServer",
        "mlserver==1.7.* mlserver-sklearn==1.7.* scikit-learn==1.9.* uvloop<0.22",
        "`mlserver start` with its scikit-learn runtime and its defaults, one worker process; uvloop 0.21, with later ones its"
        " worker does not start",
    ),
    BENTOML: _scoring(
        BENTOML,
        "BentoML",
        "bentoml==1.4.* scikit-learn==1.9.*",
        "`bentoml serve` of a service that takes and gives arrays, its defaults",
    ),
    LITSERVE: _scoring(
        LITSERVE,
        "LitServe",
        "litserve==0.2.* scikit-learn==1.9.*",
        "a `LitAPI` on the CPU, its defaults: one worker process, no batches",
    ),
}
