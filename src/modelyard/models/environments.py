"""Lasting environments made of models' requirements: which lines of a model folder are installed, and with what.

They are kept by ``modelyard.environments``, beside those of projects.
"""

from __future__ import annotations

import platform
import re
import shutil
import sys
from collections.abc import Sequence
from logging import getLogger
from pathlib import Path
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.environments.installers import find_conda
from modelyard.environments.keeper import SECONDS, Keeper
from modelyard.environments.pythons import find_python
from modelyard.environments.recipe import Manager, Recipe
from modelyard.environments.requirements import OWN, extras_of, named, needs_of, version_here
from modelyard.models import environment
from modelyard.models.trust import modules_in

_logger = getLogger(__name__)

LOADER = ("cloudpickle", "cryptography", "msgspec>=0.19", "numpy", "pandas", "pyyaml")
"""What loading and answering need whatever the model is: what MLflow's own package would have brought."""

_LEAST = ("msgspec", "pyyaml", "cryptography", "cloudpickle")
_MINOR = re.compile(r"3\.\d+")
_OLDEST = (3, 11)
_MLFLOWS = ("mlflow", "mlflow-skinny", "mlflow-tracing")


class Made(msgspec.Struct, frozen=True):
    """An environment that can be used: its interpreter, the folder that finds this package for it, and its key."""

    python: Path
    home: str
    key: str


class Environments(Keeper):
    """The environments that are kept, asked for by model folder."""

    def open(self, folder: Path, manager: Manager, *, also: Sequence[str] = (), seconds: float = SECONDS) -> Made:
        """The environment of a model folder's requirements; it is made if there is none yet, in at most ``seconds``.

        ``also`` are requirements beside those of the folder: with them it is another environment than without.

        Packages of the list can run code when they are installed: whoever calls this has decided to trust the folder.
        Raises ``InvalidParameter`` when the manager's program is not here, ``NotInstalled`` when it fails.
        """
        recipe = recipe_of(folder, manager, also)
        return Made(self.obtain(recipe, seconds=seconds), self.code(), recipe.key)


def recipe_of(folder: Path, manager: Manager, also: Sequence[str] = ()) -> Recipe:
    """What the environment of a model folder is made of."""
    lines = [*needed(folder), *also]
    listed = {named(line) for line in lines}
    limits = folder / environment.CONSTRAINTS
    recipe = Recipe(
        manager=manager,
        requirements=lines,
        constraints=environment.read_requirements(limits) if limits.is_file() else [],
        beside=[line for line in LOADER if named(line) not in listed],
    )
    if manager == "conda":
        if find_conda() is None:
            raise InvalidParameter(
                "--env-manager conda: none of micromamba, mamba and conda is on the PATH. Use uv or virtualenv."
            )
        recorded = environment.python_recorded(folder)
        return msgspec.structs.replace(recipe, python=recorded, conda=conda_recipe(folder))
    if manager == "uv" and shutil.which("uv") is None:
        raise InvalidParameter("--env-manager uv: uv is not on the PATH. Install it, or use virtualenv.")
    base, python = _base(folder, by_uv=manager == "uv")
    return msgspec.structs.replace(recipe, base=base, python=python)


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
        if program := find_python(wanted):
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


def to_install(folder: Path) -> list[str]:
    """The folder's requirements without this package, but with what the extras it is asked for need.

    The code that shall load the model is the one that runs here: its release may be on no index, being an installation
    from a folder or not published yet.
    """
    file = folder / environment.REQUIREMENTS
    lines = environment.read_requirements(file) if file.is_file() else []
    return [line for line in lines if named(line) != OWN] + needs_of(extras_of(lines))


def loader_needs(there: set[str]) -> list[str]:
    """What loading needs and is not there yet, in this environment's versions."""
    return [f"{name}=={version}" for name in _LEAST if name not in there and (version := version_here(name))]


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


def written(file: Path, lines: Sequence[str], folder: Path | None = None) -> Path:
    """A requirements file of these lines, with the constraints of a model folder beside it."""
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if folder is not None and (folder / environment.CONSTRAINTS).is_file():
        shutil.copyfile(folder / environment.CONSTRAINTS, file.with_name(environment.CONSTRAINTS))
    return file
