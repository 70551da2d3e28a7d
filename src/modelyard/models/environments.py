"""Lasting environments made of models' requirements: made once, kept below this user's folder, found again by what they hold.

An environment is made where it stays, under a lock of its own: programs in it name their place, so it cannot be made elsewhere
and moved. It counts only once ``environment.json`` stands in it, which is written last; what a maker that died left is removed by
the next one.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import platform
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.models import environment
from modelyard.models.installer import (
    OWN,
    Conda,
    Installer,
    NotInstalled,
    Venv,
    conda_recipe,
    find_conda,
    named,
    to_install,
    written,
)
from modelyard.models.trust import modules_in
from modelyard.models.trust.keys import user_folder
from modelyard.models.verify import package_home

_logger = logging.getLogger(__name__)

Manager = Literal["uv", "virtualenv", "conda"]

ABOUT = "environment.json"
_INSIDE = "environment"
_LOCK = ".lock"
_CODE = ".code"
_KEY = re.compile(r"[0-9a-f]{16}")
_MINOR = re.compile(r"3\.\d+")
_OLDEST = (3, 11)
LOADER = ("cloudpickle", "cryptography", "msgspec>=0.19", "numpy", "pandas", "pyyaml")
"""What loading and answering need whatever the model is: what MLflow's own package would have brought."""

_MLFLOWS = ("mlflow", "mlflow-skinny", "mlflow-tracing")
_SECONDS = 3600.0


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an environment: how it was made, of what, and when (seconds since 1970)."""

    key: str
    manager: str
    python: str
    requirements: list[str]
    made: float


class Made(msgspec.Struct, frozen=True):
    """An environment that can be used: its interpreter, and the folder that finds this package for it."""

    python: Path
    home: str


class Environments:
    """The environments below a folder, which is made (0700) with the first. Several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of_user(cls) -> Environments:
        """Those of the user who runs this process: ``environments`` in ``MODELYARD_HOME``, or in ``~/.modelyard``."""
        return cls(user_folder() / "environments")

    def open(self, folder: Path, manager: Manager, *, also: Sequence[str] = (), seconds: float = _SECONDS) -> Made:
        """The environment of a model folder's requirements; it is made if there is none yet, in at most ``seconds``.

        ``also`` are requirements beside those of the folder: with them it is another environment than without.

        Packages of the list can run code when they are installed: whoever calls this has decided to trust the folder.
        Raises ``InvalidParameter`` when the manager's program is not here, ``NotInstalled`` when it fails.
        """
        recipe = _recipe(folder, manager, also)
        kept = self._folder / recipe.key
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked(recipe.key):
            if (kept / ABOUT).is_file():
                os.utime(kept / ABOUT)
            else:
                shutil.rmtree(kept, ignore_errors=True)
                kept.mkdir(mode=0o700)
                _make(recipe, folder, kept, until=time.monotonic() + seconds)
        return Made(kept / _INSIDE / "bin" / "python", self._code())

    def list(self) -> list[tuple[Kept, float, int]]:
        """Each environment, when it was last used (seconds since 1970) and its size in bytes; the newest first."""
        files = [file for file in self._folder.glob(f"*/{ABOUT}") if _KEY.fullmatch(file.parent.name)]
        found = [(msgspec.json.decode(file.read_bytes(), type=Kept), file) for file in files]
        rows = [(kept, file.stat().st_mtime, _size(file.parent)) for kept, file in found]
        return sorted(rows, key=lambda row: row[1], reverse=True)

    def remove(self, key: str) -> None:
        """Remove one; raises ``NotFound`` when there is none of that key."""
        if not _KEY.fullmatch(key) or not (self._folder / key).is_dir():
            raise NotFound(f"There is no environment {key!r}. See 'modelyard models environments list'.")
        with self._locked(key):
            (self._folder / key / ABOUT).unlink(missing_ok=True)
            shutil.rmtree(self._folder / key)

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        descriptor = os.open(
            self._folder / f"{key}{_LOCK}", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _logger.info("Another process makes or removes this environment; waiting for it.")
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _code(self) -> str:
        """A folder with nothing but a link to this package, the same one for all that run this installation."""
        package = os.path.join(package_home(), OWN)
        home = self._folder / _CODE / hashlib.sha256(package.encode()).hexdigest()[:16]
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            os.symlink(package, home / OWN)
        except FileExistsError:
            if os.readlink(home / OWN) != package:
                raise InvalidParameter(f"{os.fspath(home / OWN)} is not what it should be: delete it.") from None
        return os.fspath(home)


class _Recipe(msgspec.Struct, frozen=True):
    """All that an environment is made of, and the key that follows from it."""

    manager: Manager
    base: str
    python: str
    requirements: list[str]
    constraints: list[str] = []
    conda: dict[str, object] = {}

    @property
    def key(self) -> str:
        return hashlib.sha256(msgspec.json.encode([1, platform.machine(), self])).hexdigest()[:16]


def _recipe(folder: Path, manager: Manager, also: Sequence[str]) -> _Recipe:
    lines = [*needed(folder), *also]
    limits = folder / environment.CONSTRAINTS
    constraints = environment.read_requirements(limits) if limits.is_file() else []
    if manager == "conda":
        if find_conda() is None:
            raise InvalidParameter(
                "--env-manager conda: none of micromamba, mamba and conda is on the PATH. Use uv or virtualenv."
            )
        recorded = environment.python_recorded(folder)
        return _Recipe(manager, "", recorded, lines, constraints, conda_recipe(folder))
    if manager == "uv" and shutil.which("uv") is None:
        raise InvalidParameter("--env-manager uv: uv is not on the PATH. Install it, or use virtualenv.")
    base, python = _base(folder, by_uv=manager == "uv")
    return _Recipe(manager, base, python, lines, constraints)


def _base(folder: Path, *, by_uv: bool) -> tuple[str, str]:
    """The interpreter an environment is made with, as its tool takes it, and its version as far as it is known."""
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    recorded = _MINOR.match(environment.python_recorded(folder))
    wanted = recorded[0] if recorded else here
    if wanted == here:
        return sys.executable, platform.python_version()
    if tuple(map(int, wanted.split("."))) >= _OLDEST:
        if by_uv:
            return wanted, wanted
        if program := shutil.which(f"python{wanted}"):
            return program, wanted
    _logger.warning("The model was saved with Python %s, which is not to be had here; it gets %s.", wanted, here)
    return sys.executable, platform.python_version()


def needed(folder: Path) -> list[str]:
    """The lines of a model folder's requirements that its environment needs.

    MLflow asks for itself in every list it makes; a model whose files name nothing of it loads without.
    """
    lines = to_install(folder)
    if any(named(line) in _MLFLOWS for line in lines) and "mlflow" not in modules_in(folder):
        return [line for line in lines if named(line) not in _MLFLOWS]
    return lines


def _make(recipe: _Recipe, folder: Path, kept: Path, *, until: float) -> None:
    began = time.monotonic()
    tool = "uv" if recipe.manager == "uv" else "pip" if recipe.manager == "virtualenv" else recipe.manager
    what = f"{len(recipe.requirements)} of the model's requirements"
    _logger.info("Making an environment of %s with %s in %s; this may take minutes.", what, tool, kept)
    installer = _installer(recipe, kept, until)
    installer.make()
    listed = {named(line) for line in recipe.requirements}
    own = [line for line in LOADER if named(line) not in listed]
    installer.install(
        written(kept / environment.REQUIREMENTS, recipe.requirements, folder), written(kept / "loader.txt", own)
    )
    missing = {named(line) for line in LOADER} - installer.packages()
    if missing:
        raise NotInstalled(f"The environment has no {', '.join(sorted(missing))} although it was asked for.")
    about = Kept(
        key=recipe.key,
        manager=recipe.manager,
        python=recipe.python,
        requirements=recipe.requirements,
        made=time.time(),
    )
    partial = kept / f"{ABOUT}.part"
    partial.write_bytes(msgspec.json.encode(about))
    os.replace(partial, kept / ABOUT)
    _logger.info("Made the environment in %.0f s.", time.monotonic() - began)


def _installer(recipe: _Recipe, kept: Path, until: float) -> Installer:
    target = kept / _INSIDE
    if recipe.manager == "conda":
        file = kept / environment.CONDA
        environment.write_yaml(file, recipe.conda)
        return Conda(target, until=until, program=find_conda() or "conda", recipe=file)
    return Venv(target, until=until, uv=shutil.which("uv") if recipe.manager == "uv" else None, base=recipe.base)


def _size(folder: Path) -> int:
    sizes = (file.lstat() for file in folder.rglob("*"))
    return sum(status.st_size for status in sizes)
