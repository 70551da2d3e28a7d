"""``modelyard doctor``: what someone needs to know to help you."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys

from modelyard.cli.command import OUTPUT, Arguments, Command, option
from modelyard.cli.printing import Row, show
from modelyard.core.settings import SETTINGS
from modelyard.core.version import __version__

PACKAGES = ("msgspec", "apsw", "psycopg", "uvicorn", "uvloop", "httptools", "zstandard", "psutil", "pandas", "mlflow")
_SECRET = ("PASSWORD", "TOKEN", "SECRET", "KEY")


def doctor(arguments: Arguments) -> None:
    """Print versions and settings; secrets are never shown."""
    rows: list[Row] = [
        {"what": "modelyard", "value": __version__},
        {"what": "python", "value": f"{platform.python_version()} ({sys.executable})"},
        {"what": "system", "value": platform.platform()},
        {"what": "processors", "value": os.cpu_count()},
        *({"what": f"package {name}", "value": _version(name)} for name in PACKAGES),
        *({"what": name, "value": _shown(name, arguments.mask_envs)} for name in _set()),
    ]
    show(rows, ("what", "value"), arguments.output)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _set() -> list[str]:
    known = {name for setting in SETTINGS for name in (setting.variable, setting.mlflow) if name}
    return sorted(known & os.environ.keys())


def _shown(name: str, mask: bool) -> str:
    return "***" if mask or any(word in name for word in _SECRET) else os.environ[name]


COMMANDS = (
    Command(
        "doctor",
        doctor,
        "print what is needed to help you",
        (
            option("--mask-envs", action="store_true", help="hide the values of all settings, not only of secrets"),
            OUTPUT,
        ),
    ),
)
