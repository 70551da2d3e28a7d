"""Proof that a model loads and predicts somewhere else: in a clean process, without the project it came from."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from modelyard.environments.code import package_home
from modelyard.environments.process import clean_environment, run
from modelyard.models.requirements import distributions
from modelyard.models.spare import SPARE
from modelyard.models.trust import digest
from modelyard.models.verdict import Verdict

_BOOT = "import sys; sys.path.append(sys.argv[1]); from modelyard.models.clean import main; main(sys.argv[2:])"
_LAST_BYTES = 2000


def verify(
    folder: Path,
    *,
    seconds: float = 600.0,
    python: str | None = None,
    home: str | None = None,
    flavor: str | None = None,
) -> Verdict:
    """Load the folder in a clean process and predict on its example, if it has one.

    The process starts in an empty folder, with none of this process's import path but the installed packages, and
    without the variables that name stores and credentials. ``python`` is the interpreter of another environment, and
    ``home`` the folder it shall import modelyard from. What the process says on its standard output is not kept.
    With ``flavor`` the process may be the child of one that ``expect`` began, which has the flavor's framework ready.
    """
    with tempfile.TemporaryDirectory(prefix="modelyard-verify-", ignore_cleanup_errors=True) as place:
        report = Path(place) / "report.json"
        words = (str(folder.resolve()), digest(folder), str(report))
        empty = Path(place) / "work"
        empty.mkdir()
        done = _by_spare(flavor, words, empty, seconds) if flavor is not None else None
        if done is None:
            command = [python or sys.executable, "-I", "-c", _BOOT, home or package_home(), *words]
            try:
                # the requirements ask for the distributions next; meanwhile the process starts
                done = _Done.of(run(command, empty, seconds, meanwhile=distributions))
            except subprocess.TimeoutExpired:
                done = _Done(None, b"")
        if done.returncode is None:
            return Verdict(status="failed", message=f"It did not load and predict within {seconds:g} s.")
        if report.is_file():
            return msgspec.json.decode(report.read_bytes(), type=Verdict)
        said = done.stderr.decode(errors="replace").strip()
        return Verdict(status="failed", message=f"The clean process {ended(done.returncode)}. {said}".strip())


def expect(flavor: str) -> None:
    """Say that a model of a flavor will be verified soon: what takes time then is begun now, in the background."""
    SPARE.begin(flavor, home=package_home(), environment=clean_environment())


class _Done(NamedTuple):
    """What is left of a process: its code, None when its time was over, and the end of what it said."""

    returncode: int | None
    stderr: bytes

    @classmethod
    def of(cls, process: subprocess.CompletedProcess[bytes]) -> _Done:
        return cls(process.returncode, process.stderr)


def _by_spare(flavor: str, words: Sequence[str], place: Path, seconds: float) -> _Done | None:
    distributions()  # the requirements ask for them next; meanwhile the process imports
    said = place.with_name("said.txt")
    told = SPARE.verify(flavor, words, place, said, seconds=seconds, environment=clean_environment())
    if told is None:
        return None
    return _Done(told.code, said.read_bytes()[-_LAST_BYTES:] if said.is_file() else b"")


def ended(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was killed by the signal {signal.Signals(-code).name}"
    except ValueError:  # a real-time signal has no name
        return f"was killed by the signal {-code}"
