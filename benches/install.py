"""Peers are installed on demand, each into its own environment below the cache folder, with uv or else with pip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path


class NotAvailableError(Exception):
    """A peer could not be installed; the message is the reason, for the table."""


def default_cache() -> Path:
    """Where environments are kept between runs: `MODELYARD_BENCH_CACHE`, or a folder in the user's cache."""
    home = os.environ.get("XDG_CACHE_HOME")
    fallback = (Path(home) if home else Path.home() / ".cache") / "modelyard-bench"
    return Path(os.environ.get("MODELYARD_BENCH_CACHE", fallback))


def environment(cache: Path, name: str, requirement: str) -> Path:
    """The interpreter of an environment that holds `requirement`, one or several with blanks between; made if it is not there."""
    folder = cache / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "requirement.txt"
    if python.exists() and stamp.exists() and stamp.read_text() == requirement:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    for command in _commands(folder, python, requirement):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotAvailableError(_reason(done.stderr or done.stdout))
    stamp.write_text(requirement)
    return python


def installed_version(python: Path, distribution: str) -> str:
    """The version of a distribution as that interpreter sees it."""
    script = f"import importlib.metadata as m; print(m.version({distribution!r}))"
    done = subprocess.run([str(python), "-c", script], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotAvailableError(_reason(done.stderr))
    return done.stdout.strip()


def _commands(folder: Path, python: Path, requirement: str) -> list[list[str]]:
    uv = shutil.which("uv")
    if uv:
        return [
            [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *requirement.split()],
        ]
    return [
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirement.split()],
    ]


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    wrong = [line for line in lines if line.lower().startswith("error")] or lines
    return wrong[-1][:200] if wrong else "the installer failed without a message"
