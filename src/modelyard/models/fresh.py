"""Proof that a model's list of requirements is enough: a new environment that holds what the list says, and little else.

What the loader itself needs is put there too, after the list, and only where the list did not bring it.
"""

from __future__ import annotations

import importlib.metadata
import logging
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

import modelyard
from modelyard.core.errors import ModelyardError
from modelyard.models import environment
from modelyard.models.requirements import canonical
from modelyard.models.verify import Verdict, run, verify

_logger = logging.getLogger(__name__)

_OWN = "modelyard"
_LOADER = ("msgspec", "pyyaml", "cryptography", "cloudpickle")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRAS = re.compile(r"\s*\[([^]]*)\]")
_PASSWORD = re.compile(r"(\A|://)[^/\s@]+@")  # what is left of an address may begin the text
_OF_EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']+)["']""")


class NotInstalled(ModelyardError):
    """A fresh environment could not be made of a model's requirements."""


def verify_fresh(folder: Path, *, seconds: float = 600.0) -> Verdict:
    """The verdict of a clean process whose environment is made of the folder's own ``requirements.txt``.

    ``seconds`` is for all of it: making the environment, loading and predicting. A model that fails has a message that
    begins with the step it failed in.
    """
    until = time.monotonic() + seconds
    try:
        with fresh_environment(folder, seconds=seconds) as python, _code_alone() as home:
            verdict = verify(folder, seconds=max(until - time.monotonic(), 0.0), python=str(python), home=home)
    except NotInstalled as error:
        version = platform.python_version()
        verdict = Verdict(status="failed", message=f"Installing its requirements: {error.message}", python=version)
    else:
        if verdict.status == "failed":
            told = f"Loading or predicting in a fresh environment: {verdict.message}"
            verdict = msgspec.structs.replace(verdict, message=told)
    return msgspec.structs.replace(verdict, environment="fresh")


@contextmanager
def fresh_environment(folder: Path, *, seconds: float = 600.0) -> Iterator[Path]:
    """The interpreter of a new virtual environment with the requirements of a model folder; gone afterwards.

    It has this interpreter's version. ``uv`` makes it where that is on the PATH, else ``venv`` and ``pip``. Raises
    ``NotInstalled`` with the last lines the installer said.
    """
    with tempfile.TemporaryDirectory(prefix="modelyard-fresh-", ignore_cleanup_errors=True) as name:  # mode 0700
        place = Path(name)
        builder = _Builder(place, until=time.monotonic() + seconds)
        _logger.info("Installing the model's requirements into a fresh environment; this may take minutes.")
        began = time.monotonic()
        builder.make()
        if lines := to_install(folder):
            builder.install(_written(place / environment.REQUIREMENTS, lines, folder))
        if missing := _loader_needs(builder.packages()):
            builder.install(_written(place / "loader.txt", missing))
        _logger.info("Installed the model's requirements in %.0f s.", time.monotonic() - began)
        yield builder.python


class _Builder:
    """Makes one environment, and installs into it until the time is over."""

    def __init__(self, place: Path, *, until: float) -> None:
        self._place = place
        self._until = until
        self._target = place / "environment"
        self._uv = shutil.which("uv")
        self.python = self._target / "bin" / "python"

    def make(self) -> None:
        """An environment without packages, but for those that install others."""
        if self._uv:
            self._run(self._uv, "venv", "--quiet", "--no-project", "--python", sys.executable, str(self._target))
        else:
            self._run(sys.executable, "-I", "-m", "venv", str(self._target))

    def install(self, file: Path) -> None:
        """Install what a requirements file says."""
        if self._uv:
            self._run(self._uv, "pip", "install", "--quiet", "--python", str(self.python), "-r", str(file))
        else:
            self._run(str(self.python), "-I", "-m", "pip", "install", "--quiet", "-r", str(file))

    def packages(self) -> set[str]:
        """The distributions that are installed, by their canonical names."""
        paths = {"base": str(self._target), "platbase": str(self._target)}
        places = sorted({sysconfig.get_path(name, "venv", paths) for name in ("purelib", "platlib")})
        return {canonical(found.name) for found in importlib.metadata.distributions(path=places)}

    def _run(self, *command: str) -> None:
        left = max(self._until - time.monotonic(), 0.0)
        try:
            done = run(command, self._place, left, merged=True)
        except subprocess.TimeoutExpired:
            raise NotInstalled("There was not enough time; verify_seconds says how much there is.") from None
        if done.returncode:
            said = _PASSWORD.sub(r"\1****@", done.stderr.decode(errors="replace").strip())
            raise NotInstalled(f"{Path(command[0]).name} ended with code {done.returncode}. {said}")


def to_install(folder: Path) -> list[str]:
    """The folder's requirements without this package, but with what the extras it is asked for need.

    The code that shall load the model is the one that runs here: its release may be on no index, being an installation
    from a folder or not published yet.
    """
    file = folder / environment.REQUIREMENTS
    lines = environment.read_requirements(file) if file.is_file() else []
    kept = [line for line in lines if _named(line) != _OWN]
    return kept + sorted({need for line in lines if _named(line) == _OWN for need in _needs_of(_extras(line))})


def _needs_of(extras: Iterable[str]) -> set[str]:
    """What extras of this package need, as far as its metadata are installed."""
    try:
        told = importlib.metadata.requires(_OWN) or []
    except importlib.metadata.PackageNotFoundError:
        return set()
    waiting, seen, found = list(extras), set[str](), set[str]()
    while waiting:
        extra = waiting.pop()
        if extra in seen:
            continue
        seen.add(extra)
        needs = [line.partition(";")[0].strip() for line in told if _OF_EXTRA.findall(line) == [extra]]
        waiting += [more for line in needs if _named(line) == _OWN for more in _extras(line)]
        found.update(line for line in needs if _named(line) != _OWN)
    return found


def _named(line: str) -> str:
    match = _NAME.match(line)
    return canonical(match.group()) if match else ""


def _extras(line: str) -> list[str]:
    match = _EXTRAS.match(line[len(_OWN) :])
    return [extra.strip() for extra in match.group(1).split(",")] if match else []


def _written(file: Path, lines: Sequence[str], folder: Path | None = None) -> Path:
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if folder is not None and (folder / environment.CONSTRAINTS).is_file():
        shutil.copyfile(folder / environment.CONSTRAINTS, file.with_name(environment.CONSTRAINTS))
    return file


def _loader_needs(there: set[str]) -> list[str]:
    """What loading needs and is not there yet, in this environment's versions."""
    found = []
    for name in _LOADER:
        try:
            version = importlib.metadata.version(name).partition("+")[0]
        except importlib.metadata.PackageNotFoundError:
            continue  # it is not here either, and the model was saved without it
        if name not in there:
            found.append(f"{name}=={version}")
    return found


@contextmanager
def _code_alone() -> Iterator[str]:
    """A folder with nothing but a link to this package: beside it may lie all that is installed here."""
    with tempfile.TemporaryDirectory(prefix="modelyard-code-") as home:
        os.symlink(os.path.dirname(os.path.abspath(modelyard.__file__)), os.path.join(home, _OWN))
        yield home
