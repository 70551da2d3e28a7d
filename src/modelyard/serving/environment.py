"""Which interpreter a model's workers run with: this one, or that of an environment made of what the model asks for."""

from __future__ import annotations

import logging
import os
import platform
import shutil
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NamedTuple, cast

from modelyard.core.errors import UntrustedModel
from modelyard.environments.code import package_home
from modelyard.environments.installers import NotInstalled
from modelyard.environments.recipe import Manager
from modelyard.models import environment
from modelyard.models.catalog import PYFUNC
from modelyard.models.environments import Environments, needed
from modelyard.models.mlmodel import Model
from modelyard.models.trust import admit
from modelyard.models.twin import twin_needs
from modelyard.models.unmet import broken, unmet
from modelyard.serving.options import EnvManager, Runtime

log = logging.getLogger(__name__)

_SHOWN = 3


class Interpreter(NamedTuple):
    """A Python, the folder to put on its path so that it finds this package, and the key of its environment if it has one."""

    python: Path
    home: str
    key: str = ""


def interpreter(
    folder: Path, manager: EnvManager, *, trust: str | None = None, runtime: Runtime = "native"
) -> Interpreter:
    """The interpreter for a model folder, or for its ONNX twin, which needs a runtime beside what the model asks for.

    ``local`` is the one that runs this. ``uv``, ``virtualenv`` and ``conda`` make an environment of the folder's
    requirements, or find the one that was made before. ``auto`` takes this one where all that the model asks for is here
    in the versions it asks for, and makes one where it is not.

    Installing packages can run code of whoever chose them. So an environment is made only for a folder that somebody this
    machine trusts signed, or whose digest is ``trust``; for another, ``auto`` stays here and says so, and the others raise
    ``UntrustedModel``. Raises ``NotInstalled`` when it cannot be made.
    """
    if manager == "local":
        return _here()
    also = twin_needs(folder) if runtime == "onnx" else []
    if manager == "auto":
        lacking = _lacking(folder, also)
        if not lacking:
            log.info("All that the model asks for is installed here: its process runs in this environment.")
            _compare_python(folder)
            return _here()
        shown = "; ".join(lacking[:_SHOWN]) + (f"; and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else "")
        if not _is_trusted(folder, trust):
            log.warning(
                "This environment is not what the model asks for (%s), and its list is not installed, because nobody this"
                " machine trusts signed it. Its process runs here all the same.",
                shown,
            )
            return _here()
        log.info("This environment is not what the model asks for (%s): its process gets one of its own.", shown)
    elif not _is_trusted(folder, trust):
        raise UntrustedModel(
            f"--env-manager {manager}: installing a model's requirements can run code, and this model is untrusted:"
            " nobody this machine trusts signed it. Look at its requirements.txt, then give --trust with its digest"
            " ('modelyard models inspect'), or use --env-manager local."
        )
    try:
        made = Environments.of_user().open(folder, _chosen(manager), also=also)
    except NotInstalled as error:
        log.error("%s", error.message)
        last = error.message.strip().rpartition("\n")[2]
        way_out = "With --env-manager local it runs in this one."
        raise NotInstalled(f"The model's environment cannot be made: {last.rstrip('.')}. {way_out}") from None
    return Interpreter(made.python, made.home, made.key)


def has_all(found: Interpreter, folder: Path) -> bool:
    """Whether an interpreter has all that a model folder asks for, in the versions it asks for."""
    return bool(found.key) or not _lacking(folder)


def in_use(found: Interpreter) -> AbstractContextManager[object]:
    """Within the block nobody removes the interpreter's environment."""
    return Environments.of_user().holding(found.key) if found.key else nullcontext()


def _here() -> Interpreter:
    return Interpreter(Path(sys.executable), package_home())


def _chosen(manager: EnvManager) -> Manager:
    if manager == "auto":
        return "uv" if shutil.which("uv") else "virtualenv"
    return cast("Manager", manager)


def _lacking(folder: Path, also: Sequence[str] = ()) -> list[str]:
    limits = folder / environment.CONSTRAINTS
    constraints = environment.read_requirements(limits) if limits.is_file() else []
    return [*unmet([*needed(folder), *also]), *broken(constraints)]


def _is_trusted(folder: Path, trust: str | None) -> bool:
    try:
        admit(folder, Model.load(folder), flavor=PYFUNC, trust=trust)  # which is code, whatever its files are
    except UntrustedModel:
        return False
    return True


def _compare_python(folder: Path) -> None:
    saved = environment.python_recorded(folder)
    here = platform.python_version()
    if saved and saved.split(".")[:2] != here.split(".")[:2]:
        log.warning("The model was saved with Python %s; %s runs it here.", saved, os.path.basename(sys.executable))
