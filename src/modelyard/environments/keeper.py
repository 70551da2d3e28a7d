"""Lasting environments below one folder: made once, found again by what they hold, never removed under who runs in them.

An environment is made where it stays, under a lock of its own: programs in it name their place, so it cannot be made elsewhere
and moved. It counts only once ``environment.json`` stands in it, which is written last; what a maker that died left is removed
by the next one. Who runs in it holds a shared lock on a second file, as long as it lives: whoever removes needs that lock alone.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import msgspec

from modelyard.core.errors import Conflict, NotFound
from modelyard.core.extras import require
from modelyard.core.settings import user_folder
from modelyard.environments.code import dangling, linked
from modelyard.environments.installers import Conda, Installer, NotInstalled, Venv, find_conda, python_of
from modelyard.environments.recipe import Recipe
from modelyard.environments.requirements import named

_logger = logging.getLogger(__name__)

ABOUT = "environment.json"
REQUIREMENTS = "requirements.txt"
CONSTRAINTS = "constraints.txt"
CONDA = "conda.yaml"
SECONDS = 3600.0
"""How long the making of an environment may take."""

_INSIDE = "environment"
_LOCK, _USE = ".lock", ".use"
_CODE = ".code"
_KEY = re.compile(r"[0-9a-f]{16}")

Tell = Callable[[str], None]


class InUse(Conflict):
    """A process runs in the environment."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an environment: how it was made, of what, for what, and when (seconds since 1970)."""

    key: str
    manager: str
    python: str
    requirements: list[str]
    made: float
    subject: str = "model"


class Left(msgspec.Struct, frozen=True):
    """An environment that ``prune`` looked at, and why it was left; ``why`` is empty where it was removed."""

    key: str
    why: str = ""


class Keeper:
    """The environments below a folder, which is made (0700) with the first. Several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of_user(cls) -> Self:
        """Those of the user who runs this process: ``environments`` in ``MODELYARD_HOME``, or in ``~/.modelyard``."""
        return cls(user_folder() / "environments")

    def place(self, key: str) -> Path:
        """The folder of an environment, whether it is there or not."""
        return self._folder / key

    def inside(self, key: str) -> Path:
        """The folder that has the environment's own ``bin``."""
        return self._folder / key / _INSIDE

    def has(self, key: str) -> bool:
        """Whether it is made, and its interpreter still there."""
        return (self._folder / key / ABOUT).is_file() and python_of(self.inside(key)).exists()

    def obtain(self, recipe: Recipe, *, seconds: float = SECONDS, tell: Tell = _logger.info) -> Path:
        """The interpreter of the recipe's environment; it is made if there is none yet, in at most ``seconds``.

        ``tell`` is handed a line when something takes long. Packages can run code when they are installed: whoever calls this
        has decided to trust who listed them. Raises ``NotInstalled`` with the last the installer said.
        """
        key = recipe.key
        kept = self._folder / key
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked(key, tell):
            if self.has(key):
                os.utime(kept / ABOUT)
            else:
                shutil.rmtree(kept, ignore_errors=True)
                kept.mkdir(mode=0o700)
                _make(recipe, kept, until=time.monotonic() + seconds, tell=tell)
        return python_of(self.inside(key))

    def code(self, *, installed: bool = False) -> str:
        """A folder with a link to this package; see ``code.linked``."""
        return linked(self._folder / _CODE, installed=installed)

    @contextmanager
    def holding(self, key: str) -> Iterator[int]:
        """The environment of a key, made or not, is in use within the block.

        What is yielded is a descriptor: processes that inherit it keep the environment in use as long as they live.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = self._opened(f"{key}{_USE}")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            yield descriptor
        finally:
            os.close(descriptor)

    def in_use(self, key: str) -> bool:
        """Whether a process runs in it now."""
        if not (self._folder / f"{key}{_USE}").exists():
            return False
        try:
            with self._alone(key):
                return False
        except InUse:
            return True

    def list(self) -> list[tuple[Kept, float, int]]:
        """Each environment, when it was last used (seconds since 1970) and its size in bytes; the newest first."""
        rows = [
            row for file in self._folder.glob(f"*/{ABOUT}") if _KEY.fullmatch(file.parent.name) for row in _row(file)
        ]
        return sorted(rows, key=lambda row: row[1], reverse=True)

    def remove(self, key: str) -> None:
        """Remove one; raises ``NotFound`` when there is none of that key, ``InUse`` when a process runs in it."""
        if not _KEY.fullmatch(key) or not (self._folder / key).is_dir():
            raise NotFound(f"There is no environment {key!r}. See 'modelyard env list'.")
        with self._locked(key, _logger.info), self._alone(key):
            (self._folder / key / ABOUT).unlink(missing_ok=True)
            shutil.rmtree(self._folder / key)

    def prune(self, *, unused: float) -> Sequence[Left]:
        """Remove those nobody has asked for in ``unused`` seconds, and what makers that died left; what became of each.

        One in use is left, whatever its age.
        """
        if not self._folder.is_dir():
            return []
        for home in dangling(self._folder / _CODE):
            shutil.rmtree(home)
        keys = sorted(each.name for each in self._folder.iterdir() if _KEY.fullmatch(each.name) and each.is_dir())
        return [Left(key, self._pruned(key, unused)) for key in keys]

    def _pruned(self, key: str, unused: float) -> str:
        about = self._folder / key / ABOUT
        idle = time.time() - about.stat().st_mtime if about.is_file() else None
        if idle is not None and 0 < unused > idle:
            return f"it was used {_ago(idle)} ago"
        try:
            if idle is None:
                self._remove_unfinished(key)
            else:
                self.remove(key)
        except InUse:
            return "it is in use"
        except BlockingIOError:
            return "it is being made"
        except NotFound:  # another process was faster
            return ""
        return ""

    def _remove_unfinished(self, key: str) -> None:
        descriptor = self._opened(f"{key}{_LOCK}")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not (self._folder / key / ABOUT).is_file():
                shutil.rmtree(self._folder / key, ignore_errors=True)
        finally:
            os.close(descriptor)

    @contextmanager
    def _locked(self, key: str, tell: Tell) -> Iterator[None]:
        descriptor = self._opened(f"{key}{_LOCK}")
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                tell("Another process makes or removes this environment; waiting for it.")
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        descriptor = self._opened(f"{key}{_USE}")
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InUse(f"The environment {key!r} is in use: a process runs in it. End that first.") from None
            yield
        finally:
            os.close(descriptor)

    def _opened(self, name: str) -> int:
        return os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _make(recipe: Recipe, kept: Path, *, until: float, tell: Tell) -> None:
    began = time.monotonic()
    tool = "uv" if recipe.manager == "uv" else "pip" if recipe.manager == "virtualenv" else recipe.manager
    what = f"{recipe.count} of the {recipe.subject}'s requirements"
    tell(f"Making an environment of {what} with {tool} in {kept}; this may take minutes.")
    installer = _installer(recipe, kept, until)
    installer.make()
    if recipe.build:
        installer.install(_written(kept / "build.txt", recipe.build))
    if recipe.constraints:
        _written(kept / CONSTRAINTS, recipe.constraints)
    files = [_written(kept / REQUIREMENTS, recipe.requirements), _written(kept / "beside.txt", recipe.beside)]
    if recipe.requirements or recipe.beside:
        installer.install(*files)
    missing = {named(line) for line in recipe.beside} - installer.packages()
    if missing:
        raise NotInstalled(f"The environment has no {', '.join(sorted(missing))} although it was asked for.")
    about = Kept(
        key=recipe.key,
        manager=recipe.manager,
        python=recipe.python,
        requirements=recipe.requirements,
        made=time.time(),
        subject=recipe.subject,
    )
    partial = kept / f"{ABOUT}.part"
    partial.write_bytes(msgspec.json.encode(about))
    os.replace(partial, kept / ABOUT)
    tell(f"Made the environment in {time.monotonic() - began:.0f} s.")


def _installer(recipe: Recipe, kept: Path, until: float) -> Installer:
    target = kept / _INSIDE
    if recipe.manager == "conda":
        file = kept / CONDA
        yaml = require("yaml", what="An environment of conda's kind", extra="projects")
        file.write_text(yaml.safe_dump(recipe.conda, sort_keys=False, default_flow_style=False), encoding="utf-8")
        return Conda(target, until=until, program=find_conda() or "conda", recipe=file)
    return Venv(target, until=until, uv=shutil.which("uv") if recipe.manager == "uv" else None, base=recipe.base)


def _written(file: Path, lines: list[str]) -> Path:
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def _row(file: Path) -> Iterator[tuple[Kept, float, int]]:
    """What is known of an environment; nothing where it is removed meanwhile."""
    try:
        yield msgspec.json.decode(file.read_bytes(), type=Kept), file.stat().st_mtime, _size(file.parent)
    except FileNotFoundError:
        return


def _size(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*"))


def _ago(seconds: float) -> str:
    days, minutes = int(seconds // 86400), int(seconds // 60)
    return f"{days} days" if days > 1 else f"{minutes // 60} hours" if minutes > 119 else f"{minutes} minutes"
