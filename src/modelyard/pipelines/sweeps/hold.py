"""One process to a sweep: a lock on a file, which the system lets go when the process ends, however it ends; and what a
process that ended so left running.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from modelyard.core.errors import Conflict
from modelyard.core.settings import Settings

SWEEP = "MODELYARD_SWEEP"
TRIAL = "MODELYARD_TRIAL"
"""Variables that the processes of a trial have: the run of the sweep, and the trial's number."""

_GRACE = 5.0  # seconds between asking and killing
_PROCESSES = Path("/proc")


class Hold:
    """Holds a sweep until it is released. Raises ``Conflict`` naming the process that holds it."""

    def __init__(self, name: str) -> None:
        self._path = _folder() / f"{name}.lock"
        self._descriptor = _locked(self._path)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others have it. Idempotent."""
        if self._descriptor >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1


@contextlib.contextmanager
def alone(name: str) -> Iterator[None]:
    """A block that one process at a time is in, of those of this user on this machine."""
    descriptor = os.open(_folder() / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def end_left(sweep: str, number: int | None = None, *, grace: float = _GRACE) -> None:
    """End the processes of a trial (of all of them, without a number), where the system shows what they were started with."""
    deadline = time.monotonic() + grace
    wanted = {f"{SWEEP}={sweep}".encode(), *([f"{TRIAL}={number}".encode()] if number is not None else ())}
    while left := list(_started_with(wanted)):
        how = signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL
        for process in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, how)
        time.sleep(0.05)


def _started_with(wanted: set[bytes]) -> Iterator[int]:
    for folder in _PROCESSES.glob("[0-9]*"):
        try:
            told = (folder / "environ").read_bytes()
            dead = (folder / "stat").read_text().rpartition(")")[2].split()[0] in ("Z", "X")
        except OSError:
            continue
        if not dead and wanted <= set(told.split(b"\0")) and int(folder.name) != os.getpid():
            yield int(folder.name)


def _folder() -> Path:
    home = Settings.read().home
    folder = (Path(home).expanduser() if home else Path.home() / ".modelyard") / "sweeps"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _locked(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise Conflict(
                f"This sweep is running in process {holder or 'unknown'}; wait for it, or end that process first."
            ) from None
        try:
            if os.stat(path).st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        except FileNotFoundError:
            pass
        os.close(descriptor)  # its holder removed it meanwhile
