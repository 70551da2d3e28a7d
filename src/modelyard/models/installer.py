"""Making an environment of a model's requirements: which lines are installed, and with which tool."""

from __future__ import annotations

import importlib.metadata
import os
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
from typing import Any, Protocol

from modelyard.core.errors import InvalidParameter, ModelyardError
from modelyard.models import environment
from modelyard.models.requirements import canonical
from modelyard.models.verify import package_home, run

OWN = "modelyard"
CONDAS = ("micromamba", "mamba", "conda")
_LOADER = ("msgspec", "pyyaml", "cryptography", "cloudpickle")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRAS = re.compile(r"\s*\[([^]]*)\]")
_PASSWORD = re.compile(r"(\A|://)[^/\s@]+@")  # what is left of an address may begin the text
_OF_EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']+)["']""")


class NotInstalled(ModelyardError):
    """An environment could not be made of a model's requirements."""


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
        self.python = target / "bin" / "python"

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
        """Read from its folder of packages."""
        paths = {"base": str(self._target), "platbase": str(self._target)}
        places = sorted({sysconfig.get_path(name, "venv", paths) for name in ("purelib", "platlib")})
        return _packages_in(places)

    def _run(self, *command: str) -> None:
        call(command, self._target.parent, self._until)


class Conda:
    """An environment of conda's kind: its packages by conda or one that does the same, those of pip by pip."""

    def __init__(self, target: Path, *, until: float, program: str, recipe: Path) -> None:
        self._target = target
        self._until = until
        self._program = program
        self._recipe = recipe
        self.python = target / "bin" / "python"

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
        """Read from its folder of packages."""
        return _packages_in(sorted(str(each) for each in self._target.glob("lib/python3*/site-packages")))

    def _run(self, *command: str) -> None:
        call(command, self._target.parent, self._until)


def find_conda() -> str | None:
    """The program that makes conda's environments here, or None."""
    return next((found for name in CONDAS if (found := shutil.which(name))), None)


def conda_recipe(folder: Path) -> dict[str, Any]:
    """The model folder's conda environment without its packages of pip, which are installed by themselves.

    Raises ``InvalidParameter`` when the folder has none that can be read.
    """
    file = folder / environment.CONDA
    if not file.is_file():
        raise InvalidParameter(f"The model has no {environment.CONDA}: use --env-manager uv or virtualenv.")
    content = environment.read_conda(file)
    kept = [entry for entry in content["dependencies"] if isinstance(entry, str)]
    if "pip" not in kept:
        kept.append("pip")
    return {"channels": content.get("channels") or ["conda-forge"], "dependencies": kept}


def call(command: Sequence[str], place: Path, until: float) -> None:
    """Run an installer's command until it ends or the time does; raises ``NotInstalled`` with the last it said."""
    left = max(until - time.monotonic(), 0.0)
    try:
        done = run(command, place, left, merged=True)
    except subprocess.TimeoutExpired:
        raise OutOfTime(f"{Path(command[0]).name} was not done in time.") from None
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
    kept = [line for line in lines if named(line) != OWN]
    return kept + needs_of({extra for line in lines if named(line) == OWN for extra in _extras(line)})


def needs_of(extras: Iterable[str]) -> list[str]:
    """What extras of this package need, as far as its metadata are installed; sorted."""
    try:
        told = importlib.metadata.requires(OWN) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    waiting, seen, found = list(extras), set[str](), set[str]()
    while waiting:
        extra = waiting.pop()
        if extra in seen:
            continue
        seen.add(extra)
        needs = [line.partition(";")[0].strip() for line in told if _OF_EXTRA.findall(line) == [extra]]
        waiting += [more for line in needs if named(line) == OWN for more in _extras(line)]
        found.update(line for line in needs if named(line) != OWN)
    return sorted(found)


def named(line: str) -> str:
    """The distribution a requirement names, in the spelling that can be compared; empty for anything else."""
    match = _NAME.match(line)
    return canonical(match.group()) if match else ""


def loader_needs(there: set[str]) -> list[str]:
    """What loading needs and is not there yet, in this environment's versions."""
    return [f"{name}=={version}" for name in _LOADER if name not in there and (version := version_here(name))]


def version_here(name: str) -> str:
    """The version of a distribution here, without the label of a local build; empty where it is not installed."""
    try:
        return importlib.metadata.version(name).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return ""


def written(file: Path, lines: Sequence[str], folder: Path | None = None) -> Path:
    """A requirements file of these lines, with the constraints of a model folder beside it."""
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if folder is not None and (folder / environment.CONSTRAINTS).is_file():
        shutil.copyfile(folder / environment.CONSTRAINTS, file.with_name(environment.CONSTRAINTS))
    return file


@contextmanager
def code_alone() -> Iterator[str]:
    """A folder with nothing but a link to this package: beside it may lie all that is installed here."""
    with tempfile.TemporaryDirectory(prefix="modelyard-code-") as home:
        os.symlink(os.path.join(package_home(), OWN), os.path.join(home, OWN))
        yield home


def _extras(line: str) -> list[str]:
    match = _EXTRAS.match(line[len(OWN) :])
    return [extra.strip() for extra in match.group(1).split(",")] if match else []


def _packages_in(places: Sequence[str]) -> set[str]:
    return {canonical(found.name) for found in importlib.metadata.distributions(path=list(places))}
