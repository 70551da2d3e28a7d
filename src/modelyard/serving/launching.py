"""Starting the processes that hold the model: a clean interpreter, one socket, and nothing of what this process knows."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from modelyard.serving.confine import environment
from modelyard.serving.environment import Interpreter
from modelyard.serving.worker.frames import Start

# The process gives up its rights in `enter`, before it imports anything that starts threads.
_BOOT = (
    "import sys; sys.path.append(sys.argv[1]);"
    " from modelyard.serving.worker.entry import enter; entered = enter(sys.argv[2]);"
    " from modelyard.serving.worker.main import main; sys.exit(main(entered))"
)


class Launched(NamedTuple):
    """A process that was started, this side's end of the socket it was given, and what to tell it first."""

    process: subprocess.Popen[bytes]
    sock: socket.socket
    start: Start
    scratch: Path


class Launcher:
    """Starts workers that load one model, each with a folder of its own below ``place`` to write to."""

    def __init__(self, interpreter: Interpreter, start: Start, place: Path) -> None:
        self._interpreter = interpreter
        self._start = start
        self._place = place

    def launch(self) -> Launched:
        """Start one, from the thread it shall end with. Whoever is given it ends it."""
        scratch = Path(tempfile.mkdtemp(prefix="worker-", dir=self._place))
        confinement = msgspec.structs.replace(self._start.confinement, scratch=str(scratch), parent=os.getpid())
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = subprocess.Popen(  # noqa: S603 - words of our own, and no shell
                    [self._interpreter.python, "-I", "-c", _BOOT, self._interpreter.home, str(theirs.fileno())],
                    cwd=scratch,
                    env=environment(str(scratch)),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                )
        except BaseException:
            ours.close()
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        ours.setblocking(False)
        return Launched(process, ours, msgspec.structs.replace(self._start, confinement=confinement), scratch)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker and whatever it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def when_ended(launched: Launched, tell: Callable[[int], None]) -> None:
    """Wait for the end of a process on a thread, which ends what it started and left, and then tells its code."""
    process = launched.process

    def wait() -> None:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # its number is not given to another yet
        kill(process)
        code = process.wait()
        shutil.rmtree(launched.scratch, ignore_errors=True)
        tell(code)

    threading.Thread(target=wait, name=f"worker-{process.pid}", daemon=True).start()
