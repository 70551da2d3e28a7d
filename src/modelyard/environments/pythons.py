"""Other versions of Python on this machine: on the path, of pyenv, of uv."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from modelyard.environments.process import run

MINORS = tuple(f"3.{number}" for number in range(16, 5, -1))
"""The versions that are looked for, the newest first."""

_SHIMS = "shims"
_SECONDS = 20.0
_ASK = "import sys; sys.exit('.'.join(map(str, sys.version_info[:2])) != sys.argv[1])"


def find_python(minor: str) -> str | None:
    """An interpreter of a version such as ``3.12``, or None. Nothing is started: whether it runs, ``runs`` tells."""
    found = shutil.which(f"python{minor}")
    if found is not None and Path(found).parent.name != _SHIMS:  # pyenv's answer for versions that are not chosen, too
        return found
    return _of_pyenv(minor) or _of_uv(minor)


def pythons_here() -> dict[str, str]:
    """Version → interpreter, for the versions that are here; the newest first."""
    return {minor: found for minor in MINORS if (found := find_python(minor))}


def runs(program: str, minor: str) -> bool:
    """Whether an interpreter starts, and is of this version."""
    try:
        return run([program, "-I", "-c", _ASK, minor], Path("/"), _SECONDS).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def fetchable(uv: str, minor: str) -> bool:
    """Whether uv could fetch a version; nothing is fetched, and nobody is asked."""
    try:
        done = run([uv, "python", "list", minor, "--only-downloads", "--offline"], Path("/"), _SECONDS, merged=True)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and bool(done.stderr.strip())


def _of_pyenv(minor: str) -> str | None:
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return _newest(root / "versions", f"{minor}.*", re.compile(rf"{re.escape(minor)}\.(\d+)"))


def _of_uv(minor: str) -> str | None:
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    root = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or Path(data) / "uv" / "python")
    return _newest(root, f"cpython-{minor}.*", re.compile(rf"cpython-{re.escape(minor)}\.(\d+)-.*"))


def _newest(root: Path, pattern: str, named: re.Pattern[str]) -> str | None:
    matches = ((named.fullmatch(each.name), each / "bin" / "python3") for each in root.glob(pattern))
    found = [(int(match[1]), file) for match, file in matches if match and file.exists()]
    return str(max(found)[1]) if found else None
