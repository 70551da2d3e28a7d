"""Whether a composite model can run here: Python's version, and the packages it was saved with."""

from __future__ import annotations

import importlib.metadata
import logging
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.models.environment import REQUIREMENTS, read_requirements

_logger = logging.getLogger(__name__)

COMPILED = "compiled"
SOURCE = "source"


def this_python() -> str:
    """Python's version as far as compiled code depends on it.

    >>> this_python().count(".")
    1
    """
    return ".".join(platform.python_version_tuple()[:2])


def check_python(entry: Mapping[str, Any]) -> None:
    """Raise ``InvalidParameter`` naming both versions when the code was compiled for another one."""
    there = str(entry.get("python"))
    if entry.get("code_format") == COMPILED and there != this_python():
        raise InvalidParameter(
            f"This composite model holds code compiled for Python {there}, and this is Python {this_python()}. Load it"
            f" with Python {there}, or save it again with source=True, which any Python reads."
        )


def warn_of_packages(folder: Path) -> None:
    """Say which packages are missing or of another version than the model was saved with, before any of it loads."""
    file = folder / REQUIREMENTS
    told = [each for line in (read_requirements(file) if file.is_file() else ()) if (each := _difference(line))]
    if told:
        _logger.warning(
            "This composite model was saved with other packages than there are here: %s. Install what it needs: pip"
            " install -r %s",
            "; ".join(told),
            file,
        )


def _difference(line: str) -> str | None:
    name, _, wanted = line.partition("==")
    name = name.partition("[")[0].strip()
    if not wanted or name == "modelyard":
        return None
    try:
        there = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return f"{name} {wanted} is not installed"
    return None if there == wanted.strip() else f"{name} is {there}, not {wanted}"
