"""The environment a project runs in: told by its files, made once, found again by what it holds."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, cast, get_args

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import require
from modelyard.core.settings import Settings
from modelyard.core.version import __version__
from modelyard.environments.code import PROGRAMS
from modelyard.environments.installers import NotInstalled, find_conda
from modelyard.environments.keeper import CONSTRAINTS, Keeper
from modelyard.environments.pythons import MINORS, fetchable, find_python, pythons_here, runs
from modelyard.environments.recipe import Recipe
from modelyard.environments.requirements import extras_of, named, needs_of
from modelyard.projects.declared import Declared, declared
from modelyard.projects.notebook import REQUIREMENTS as NOTEBOOK_NEEDS
from modelyard.projects.requirements import Line, parsed
from modelyard.projects.spec import EntryPoint, Project

Manager = Literal["local", "uv", "virtualenv", "conda"]

Log = Callable[[str], None]

_OLDEST = (3, 11)
_OWN_NEEDS = ("msgspec>=0.19",)
_SQLITE = "apsw"
_WAY_OUT = "With --env-manager local it runs in this one."


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """An environment that is ready: its interpreter, the variables a process in it has, and its key (empty for this one)."""

    python: Path
    environ: dict[str, str] = {}
    key: str = ""
    manager: Manager = "local"

    @contextmanager
    def holding(self) -> Iterator[tuple[int, ...]]:
        """The environment is in use within the block, and as long as a process lives that inherits these descriptors."""
        with _holding(self.key) as descriptors:
            yield descriptors


class EnvironmentPlan(msgspec.Struct, frozen=True, kw_only=True):
    """An environment that can be made: everything about it is decided, nothing has been started.

    Without a recipe it is the one that runs this. ``notes`` say what was decided that its files do not say.
    """

    manager: Manager = "local"
    source: str = ""
    recipe: Recipe | None = None
    own: bool = False
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What it is found again by: equal for equal contents; empty for the environment that runs this."""
        return "" if self.recipe is None else self.recipe.key

    @property
    def is_thin(self) -> bool:
        """Whether it has this package, and not what opens a store that is a folder."""
        recipe = self.recipe
        return self.own and recipe is not None and _SQLITE not in map(named, (*recipe.requirements, *recipe.beside))

    def describe(self) -> str:
        """One line on it: what it is made of and with what, and whether it is there."""
        if self.recipe is None:
            return f"the environment that runs this, Python {platform.python_version()}"
        there = "made before" if Keeper.of_user().has(self.key) else "to be made"
        told = f"{self.source}: Python {self.recipe.python or platform.python_version()}, {self.recipe.count} packages"
        return f"an environment of {told}, with {self.manager} ({self.key}, {there})"

    def prepare(self, log: Log) -> Prepared:
        """The environment, made or found; ``log`` is handed a line when it takes long.

        Raises ``NotInstalled`` when it cannot be made; what the installer said was handed to ``log`` then.
        """
        if self.recipe is None:
            return Prepared(python=Path(sys.executable))
        keeper = Keeper.of_user()
        if not keeper.has(self.key):
            for note in self.notes:
                log(note)
        try:
            python = keeper.obtain(self.recipe, tell=log)
        except NotInstalled as error:
            log(error.message)
            last = error.message.strip().rpartition("\n")[2].rstrip(".")
            raise NotInstalled(f"The environment of {self.source} cannot be made: {last}. {_WAY_OUT}") from None
        home = keeper.code(installed=True) if self.own else ""
        environ = _variables(keeper.inside(self.key), home, conda=self.manager == "conda")
        return Prepared(python=python, environ=environ, key=self.key, manager=self.manager)

    @contextmanager
    def holding(self) -> Iterator[tuple[int, ...]]:
        """The environment, made or not, is in use within the block: nobody removes it. See ``Prepared.holding``."""
        with _holding(self.key) as descriptors:
            yield descriptors


def plan(
    project: Project, entry_point: EntryPoint | str, manager: Manager | None = None, *, allow_urls: bool = False
) -> EnvironmentPlan:
    """The environment an entry point runs in: that of the project's files, or this one where they declare none.

    ``manager`` is the caller's choice; without it, ``MODELYARD_PROJECT_ENV_MANAGER`` and then the files decide. Nothing is
    started. Raises ``InvalidParameter`` for a file that cannot be read, a line that is refused, a Python that is not here, and a
    manager that is not.
    """
    chosen = _asked(manager)
    if chosen == "local" or project.docker is not None:
        return EnvironmentPlan()
    point = project.entry_point(entry_point) if isinstance(entry_point, str) else entry_point
    found = declared(project, point, allow_urls=allow_urls or Settings.read().project_allow_urls)
    if found is None:
        return EnvironmentPlan()
    return _Planner(found, chosen, notebook=point.kind == "notebook").plan()


class _Planner:
    """Decides what a declared environment is made of."""

    def __init__(self, found: Declared, chosen: Manager | None, *, notebook: bool) -> None:
        self._found = found
        self._chosen = chosen
        self._own = bool(found.lines.own)
        self._notebook = notebook
        self._notes: list[str] = []
        self._rule = require("packaging.specifiers", what="A project's environment", extra="projects").SpecifierSet(
            found.python
        )

    def plan(self) -> EnvironmentPlan:
        self._check_own()
        manager = self._manager()
        recipe = self._conda() if manager == "conda" else self._venv(manager)
        if manager != "conda" and not Keeper.of_user().has(recipe.key):
            self._check_base(recipe)
        return EnvironmentPlan(
            manager=manager, source=self._found.source, recipe=recipe, own=self._own, notes=tuple(self._notes)
        )

    def _manager(self) -> Literal["uv", "virtualenv", "conda"]:
        if self._chosen is not None and self._chosen != "local":
            if self._chosen == "uv" and shutil.which("uv") is None:
                raise InvalidParameter("--env-manager uv: uv is not on the PATH. Install it, or use virtualenv.")
            if self._chosen == "conda" and find_conda() is None:
                raise InvalidParameter(
                    "--env-manager conda: none of micromamba, mamba and conda is on the PATH. Use uv or virtualenv, or local."
                )
            return self._chosen
        pip: Literal["uv", "virtualenv"] = "uv" if shutil.which("uv") else "virtualenv"
        if self._found.kind == "conda" and find_conda() is not None and (self._found.packages or not self._python()):
            return "conda"
        return pip

    def _venv(self, manager: Literal["uv", "virtualenv"]) -> Recipe:
        base, version = self._python() or self._fetched(manager)
        if base == sys.executable and self._asks_for_other(version):
            self._notes.append(
                f"{self._found.source} asks for Python {self._found.asked}; {version} is here and is taken."
            )
        lines = [*self._for_pip(), *self._found.lines.requirements]
        return self._recipe(manager, lines, base=base, python=version)

    def _conda(self) -> Recipe:
        packages = [package.line.text for package in self._found.packages]
        asked = self._found.asked or f"{sys.version_info[0]}.{sys.version_info[1]}"
        sign = "=" if asked[:1].isdigit() else ""
        dependencies = [f"python{sign}{asked}", *packages, "pip"]
        recipe = {"channels": self._found.channels or ["conda-forge"], "dependencies": dependencies}
        return self._recipe("conda", self._found.lines.requirements, base="", python=asked.lstrip("="), conda=recipe)

    def _recipe(self, manager: Literal["uv", "virtualenv", "conda"], lines: list[str], **more: Any) -> Recipe:
        lines = list(dict.fromkeys(lines))
        constraints = list(dict.fromkeys(self._found.lines.constraints))
        listed = {named(line) for line in lines}
        beside = [*self._own_needs(), *(NOTEBOOK_NEEDS if self._notebook else ())]
        return Recipe(
            manager=manager,
            requirements=[*lines, *([f"-c {CONSTRAINTS}"] if constraints else [])],
            constraints=constraints,
            build=self._found.build,
            beside=sorted({line for line in beside if named(line) not in listed}),
            subject="project",
            **more,
        )

    def _own_needs(self) -> Sequence[str]:
        if not self._own:
            return ()
        for line in self._found.lines.own:
            if not parsed(Line(self._found.source, line)).specifier.contains(__version__, prereleases=True):
                self._notes.append(
                    f"{self._found.source} asks for {line}; modelyard {__version__} is what runs, and is linked."
                )
        extras = extras_of(self._found.lines.own)
        needed = needs_of({"", *extras})
        if extras and not needed:
            self._notes.append(
                "modelyard runs from its source here: what its extras need is not known, and not installed."
            )
        return needed or _OWN_NEEDS

    def _for_pip(self) -> Iterator[str]:
        """What pip takes of conda's packages, where the environment is made without conda."""
        foreign = [package.line.text for package in self._found.packages if not package.is_python]
        if foreign and self._chosen is None:
            raise InvalidParameter(
                f"{self._found.source} needs {', '.join(foreign)} of conda, which no package index has, and none of micromamba,"
                " mamba and conda is on the PATH. Install one; or leave them out with --env-manager virtualenv; or use"
                " --env-manager local."
            )
        if foreign:
            self._notes.append(
                f"{self._found.source}: {', '.join(foreign)} of conda is left out: no package index has it."
            )
        taken = {package.line.text: package.for_pip() for package in self._found.packages if package.is_python}
        if taken:
            told = ", ".join(f"{pip} for {conda}" for conda, pip in taken.items())
            self._notes.append(
                f"{self._found.source} lists packages of conda; pip takes those of the same name: {told}."
            )
        yield from taken.values()

    def _python(self) -> tuple[str, str] | None:
        """The interpreter the environment is made with, and its version; None where there is none that it asks for."""
        here = platform.python_version()
        if self._fits(here):
            return sys.executable, here
        for minor in self._minors():
            if program := find_python(minor):
                return program, minor
        return None

    def _minors(self) -> list[str]:
        """The versions of Python it may have, the newest first."""
        fitting = [minor for minor in MINORS if self._fits(f"{minor}.100")]
        return [minor for minor in fitting if not self._own or _numbers(minor) >= _OLDEST]

    def _fits(self, version: str) -> bool:
        return bool(self._rule.contains(version, prereleases=True))

    def _fetched(self, manager: str) -> tuple[str, str]:
        """A Python that uv fetches; raises ``InvalidParameter`` where another manager would have to."""
        uv = shutil.which("uv") if manager == "uv" else None
        minor = next((each for each in self._minors() if uv and fetchable(uv, each)), None)
        if minor is not None:
            self._notes.append(f"{self._found.source} asks for Python {self._found.asked}, which uv fetches.")
            return minor, minor
        here = ", ".join([f"{platform.python_version()} (this one)", *pythons_here()])
        raise InvalidParameter(
            f"{self._found.source} asks for Python {self._found.asked}, which is not here. Here: {here}. Install it"
            " (uv fetches any: --env-manager uv), or use --env-manager local to run in this one."
        )

    def _check_base(self, recipe: Recipe) -> None:
        """Another interpreter than this one is tried before anything is made with it."""
        if os.path.isabs(recipe.base) and recipe.base != sys.executable and not runs(recipe.base, recipe.python):
            raise InvalidParameter(
                f"{self._found.source} asks for Python {self._found.asked}, and {recipe.base} is not that or does not run."
            )

    def _check_own(self) -> None:
        if self._own and not self._fits(platform.python_version()) and not self._minors():
            raise InvalidParameter(
                f"{self._found.source} asks for Python {self._found.asked} and for modelyard, which runs on 3.11 and newer."
                " Ask for one of these, leave modelyard out (code can log with mlflow), or use --env-manager local."
            )

    def _asks_for_other(self, version: str) -> bool:
        """Whether the file names a release, and it is another one of the same minor version."""
        asked = self._found.asked.lstrip("= ")
        return asked.count(".") == 2 and "*" not in asked and asked.replace(".", "").isdigit() and asked != version


def _asked(manager: Manager | None) -> Manager | None:
    """The manager that was chosen: by the caller, or by the run that this is part of."""
    told = manager or Settings.read().project_env_manager
    if told and told not in get_args(Manager):
        raise InvalidParameter(f"The environment manager is {told!r}; it is one of {', '.join(get_args(Manager))}.")
    return cast("Manager", told) if told else None


def _variables(target: Path, home: str, *, conda: bool) -> dict[str, str]:
    """The variables of a process in an environment. Those that are empty count as not set."""
    programs = [
        os.fspath(target / "bin"),
        *([os.path.join(home, PROGRAMS)] if home else []),
        os.environ.get("PATH", os.defpath),
    ]
    return {
        "PATH": os.pathsep.join(programs),
        "VIRTUAL_ENV": "" if conda else os.fspath(target),
        "CONDA_PREFIX": os.fspath(target) if conda else "",
        "PYTHONHOME": "",
        "PYTHONPATH": home,
        "PYTHONNOUSERSITE": "1",
    }


@contextmanager
def _holding(key: str) -> Iterator[tuple[int, ...]]:
    if not key:
        yield ()
        return
    with Keeper.of_user().holding(key) as descriptor:
        yield (descriptor,)


def _numbers(minor: str) -> tuple[int, ...]:
    return tuple(map(int, minor.split(".")))
