"""The tools that make environments and install into them: uv, ``venv`` and pip, conda and what stands in for it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from modelyard.core.errors import ModelyardError
from modelyard.environments.process import run
from modelyard.environments.requirements import canonical, installed

CONDAS = ("micromamba", "mamba", "conda")

_PASSWORD = re.compile(r"(\A|://)[^/\s@]+@")  # what is left of an address may begin the text


class NotInstalled(ModelyardError):
    """An environment could not be made of a list of requirements."""


class OutOfTime(NotInstalled):
    """There was not enough time."""


class Installer(Protocol):
    """Makes one environment in the folder ``target`` and installs into it; raises ``NotInstalled`` with what the tool said."""

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        ...

    def make(self) -> None:
        """An environment with no packages but those that install others."""
        ...

    def install(self, *files: Path) -> None:
        """Install what requirements files say, as one set that fits together."""
        ...

    def packages(self) -> set[str]:
        """The distributions that are installed, by their canonical names."""
        ...


class Venv:
    """An environment of Python's own kind: by uv where its program is given, else by ``venv`` and ``pip``."""

    def __init__(self, target: Path, *, until: float, uv: str | None, base: str = sys.executable) -> None:
        self._target = target
        self._until = until
        self._uv = uv
        self._base = base
        self.python = python_of(target)

    def make(self) -> None:
        """Make it with the interpreter that is its base."""
        if self._uv:
            self._run(self._uv, "venv", "--quiet", "--no-project", "--python", self._base, str(self._target))
        else:
            self._run(self._base, "-I", "-m", "venv", str(self._target))

    def install(self, *files: Path) -> None:
        """Install by uv or pip."""
        named = [word for file in files for word in ("-r", str(file))]
        if self._uv:
            self._run(self._uv, "pip", "install", "--quiet", "--python", str(self.python), *named)
        else:
            self._run(str(self.python), "-I", "-m", "pip", "install", "--quiet", *named)

    def packages(self) -> set[str]:
        """Read from its folders of packages."""
        return _packages_of(self._target)

    def _run(self, *command: str) -> None:
        call(command, self._target.parent, self._until)


class Conda:
    """An environment of conda's kind: its packages by conda or one that does the same, those of pip by pip."""

    def __init__(self, target: Path, *, until: float, program: str, recipe: Path) -> None:
        self._target = target
        self._until = until
        self._program = program
        self._recipe = recipe
        self.python = python_of(target)

    def make(self) -> None:
        """Make it of the recipe, an ``environment.yml`` without packages of pip."""
        micro = Path(self._program).name == "micromamba"
        words = ("create", "--yes") if micro else ("env", "create")
        self._run(self._program, *words, "--quiet", "--prefix", str(self._target), "--file", str(self._recipe))

    def install(self, *files: Path) -> None:
        """Install by the environment's own pip."""
        named = [word for file in files for word in ("-r", str(file))]
        self._run(str(self.python), "-I", "-m", "pip", "install", "--quiet", *named)

    def packages(self) -> set[str]:
        """Read from its folders of packages."""
        return _packages_of(self._target)

    def _run(self, *command: str) -> None:
        call(command, self._target.parent, self._until)


def python_of(target: Path) -> Path:
    """The interpreter of an environment in a folder."""
    return target / "bin" / "python"


def find_conda() -> str | None:
    """The program that makes conda's environments here, or None."""
    return next((found for name in CONDAS if (found := shutil.which(name))), None)


def call(command: Sequence[str], place: Path, until: float) -> None:
    """Run an installer's command until it ends or the time does; raises ``NotInstalled`` with the last it said."""
    left = max(until - time.monotonic(), 0.0)
    try:
        done = run(command, place, left, merged=True)
    except subprocess.TimeoutExpired:
        raise OutOfTime(f"{Path(command[0]).name} was not done in time.") from None
    except OSError as error:
        raise NotInstalled(f"{Path(command[0]).name} cannot be started: {error.strerror}.") from None
    if done.returncode:
        said = _PASSWORD.sub(r"\1****@", done.stderr.decode(errors="replace").strip())
        raise NotInstalled(f"{Path(command[0]).name} ended with code {done.returncode}. {said}")


def _packages_of(target: Path) -> set[str]:
    places = sorted(str(each) for each in target.glob("lib*/python3*/site-packages"))
    return {canonical(found.name) for found in installed().distributions(path=places)}
