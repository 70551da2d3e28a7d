"""Proof that a model's list of requirements is enough: a new environment that holds what the list says, and little else.

What the loader itself needs is put there too, after the list, and only where the list did not bring it.
"""

from __future__ import annotations

import logging
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from modelyard.environments.code import code_alone
from modelyard.environments.installers import NotInstalled, OutOfTime, Venv
from modelyard.models import environment
from modelyard.models.environments import loader_needs, to_install, written
from modelyard.models.verdict import Verdict
from modelyard.models.verify import verify

_logger = logging.getLogger(__name__)

_NO_TIME = "There was not enough time; verify_seconds says how much there is."


def verify_fresh(folder: Path, *, seconds: float = 600.0) -> Verdict:
    """The verdict of a clean process whose environment is made of the folder's own ``requirements.txt``.

    ``seconds`` is for all of it: making the environment, loading and predicting. A model that fails has a message that
    begins with the step it failed in.
    """
    until = time.monotonic() + seconds
    try:
        with fresh_environment(folder, seconds=seconds) as python, code_alone() as home:
            verdict = verify(folder, seconds=max(until - time.monotonic(), 0.0), python=str(python), home=home)
    except NotInstalled as error:
        told = f"Installing its requirements: {_NO_TIME if isinstance(error, OutOfTime) else error.message}"
        verdict = Verdict(status="failed", message=told, python=platform.python_version())
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
        builder = Venv(place / "environment", until=time.monotonic() + seconds, uv=shutil.which("uv"))
        _logger.info("Installing the model's requirements into a fresh environment; this may take minutes.")
        began = time.monotonic()
        builder.make()
        if lines := to_install(folder):
            builder.install(written(place / environment.REQUIREMENTS, lines, folder))
        if missing := loader_needs(builder.packages()):
            builder.install(written(place / "loader.txt", missing))
        _logger.info("Installed the model's requirements in %.0f s.", time.monotonic() - began)
        yield builder.python
