"""A folder's store for programs that speak to servers only, such as MLflow's client: lent as a server for the time of a run."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import modelyard
from modelyard.core.errors import ProjectFailed
from modelyard.projects.spec import Project

SECONDS = 60.0
"""Longest wait for the store to be open; nothing takes that long unless it hangs."""

_FILES = 500
_BYTES = 262_144
_IMPORT = re.compile(
    rb"(?m)^[ \t>\"']*(?:import[ \t]+(?:[\w.]+(?:[ \t]+as[ \t]+\w+)?[ \t]*,[ \t]*)*mlflow\b|from[ \t]+mlflow\b)"
)
_REQUIRED = re.compile(rb"(?m)^[ \t\-#\"']*mlflow(?:-skinny)?\b(?![\w-])")
_ENVIRONMENTS = ("python_env.yaml", "conda.yaml", "conda.yml", "requirements.txt")
_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "mlruns"})
_BOOT = (
    "import sys; sys.path.append(sys.argv[1]); from modelyard.server.lender import main; sys.exit(main(sys.argv[2:]))"
)
_HOME = os.fspath(Path(modelyard.__file__).parents[1])


def names_mlflow(project: Project) -> bool:
    """Whether a project uses MLflow's package: one of its files imports it, or its environment has it.

    At most some hundred files are read, those next to the ``MLproject`` file first.
    """
    declared = (*_ENVIRONMENTS, project.python_env or "", project.conda_env or "")
    if any(_finds(_REQUIRED, project.folder / name) for name in declared if name):
        return True
    return any(_finds(_IMPORT, path) for path in _code(project.folder))


@contextmanager
def lent(store: Path) -> Iterator[str]:
    """The address of a server on a folder's store, on loopback and for the time of a block.

    Raises ``ProjectFailed`` where another server has the store.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - words of our own, and no shell
            [sys.executable, "-c", _BOOT, _HOME, os.fspath(store)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            start_new_session=True,  # Ctrl-C is for the project first
        )
        with process:
            try:
                yield _address(process, store, said)
            finally:
                _end(process)


def _address(process: subprocess.Popen[bytes], store: Path, said: IO[bytes]) -> str:
    assert process.stdout is not None
    address = process.stdout.readline().decode().strip()
    if address and _is_healthy(address):
        return address
    _end(process)
    said.seek(0)
    why = said.read().decode(errors="replace").strip().splitlines()
    raise ProjectFailed(
        f"The project uses MLflow's package, which speaks to servers only, and the folder {os.fspath(store)!r} cannot be lent"
        f" to it: {why[-1] if why else 'the server did not start.'} Or give that server's address: --tracking-uri http://…"
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let the server go; it ends with its stdin."""
    with suppress(OSError):
        process.stdin.close()  # type: ignore[union-attr] # it is a pipe
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _is_healthy(address: str) -> bool:
    """Whether the server answers; it takes connections before it is ready, and those wait."""
    parts = urlsplit(address)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), SECONDS) as link:
            link.sendall(f"GET /health HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
            return b" 200 " in link.recv(64)
    except OSError:
        return False


def _code(folder: Path) -> Iterator[Path]:
    left = _FILES
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        for name in sorted(files):
            if name.endswith((".py", ".ipynb")):
                yield Path(place, name)
            left -= 1
            if left == 0:
                return


def _finds(pattern: re.Pattern[bytes], path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return pattern.search(file.read(_BYTES)) is not None
    except OSError:
        return False
