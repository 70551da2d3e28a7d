"""Proof that a model loads and predicts somewhere else: in a clean process, without the project it came from."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

import modelyard
from modelyard.models.requirements import distributions
from modelyard.models.trust import digest

VERDICT_FILE = "verification.json"
_BOOT = "import sys; sys.path.append(sys.argv[1]); from modelyard.models.clean import main; main(sys.argv[2:])"
_LAST_LINES = 2000


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the clean process found. Times are seconds, memory is bytes at the process's peak."""

    status: Literal["passed", "failed", "skipped"]
    message: str = ""
    predicted: bool = False
    load_seconds: float | None = None
    predict_seconds: float | None = None
    peak_memory: int | None = None
    python: str = ""
    modules: list[str] = []
    """Top-level modules that the model's own code and files imported in the clean process."""

    @classmethod
    def skipped(cls) -> Verdict:
        """The verdict on a model nobody verified."""
        return cls(status="skipped", message="The model was saved with verify=False.")


def verify(folder: Path, *, seconds: float = 600.0, python: str | None = None) -> Verdict:
    """Load the folder in a clean process and predict on its example, if it has one.

    The process starts in an empty folder, with none of this process's import path but the installed packages, and
    without the variables that name stores and credentials. ``python`` is the interpreter of another environment.
    """
    with tempfile.TemporaryDirectory(prefix="modelyard-verify-") as place:
        report = Path(place) / "report.json"
        words = (_BOOT, _home(), str(folder.resolve()), digest(folder), str(report))
        command = [python or sys.executable, "-I", "-c", *words]
        empty = Path(place) / "work"
        empty.mkdir()
        try:
            done = _run(command, empty, seconds)
        except subprocess.TimeoutExpired:
            return Verdict(status="failed", message=f"It did not load and predict within {seconds:g} s.")
        if report.is_file():
            return msgspec.json.decode(report.read_bytes(), type=Verdict)
        said = done.stderr.decode(errors="replace").strip()[-_LAST_LINES:]
        return Verdict(status="failed", message=f"The clean process ended with code {done.returncode}. {said}")


def _run(command: Sequence[str], place: Path, seconds: float) -> subprocess.CompletedProcess[bytes]:
    with subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
        command, cwd=place, env=_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            distributions()  # the requirements ask for them next; meanwhile the process starts
            out, words = process.communicate(timeout=seconds)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, words)


def read_verdict(folder: Path) -> Verdict | None:
    """The verdict a model folder carries, or None."""
    file = folder / VERDICT_FILE
    return msgspec.json.decode(file.read_bytes(), type=Verdict) if file.is_file() else None


def _home() -> str:
    """The folder this package is imported from; in an installation that is on the clean process's path anyway."""
    return os.path.dirname(os.path.dirname(os.path.abspath(modelyard.__file__)))


def _environment() -> dict[str, str]:
    hidden = ("PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "MLFLOW_", "MODELYARD_", "AWS_", "PYTEST_")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
