"""The front's end of a process that does its work: jobs one after the other, and a new process when one falls."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import Literal

from modelyard.core import errors
from modelyard.core.errors import DeadlineExceeded, LimitExceeded, ModelyardError
from modelyard.environments.code import package_home
from modelyard.serving.launching import kill
from modelyard.training.service.frames import HEAD, Done, Failed, Job, Reply, frame, read_reply

log = logging.getLogger(__name__)

MAX_WAITING = 256
_BOOT = "import sys; from modelyard.training.service.worker import main; sys.exit(main(sys.argv[1:]))"
_GRACE = 5.0

Role = Literal["trains", "predicts"]


class ClerkFailed(ModelyardError):
    """The process that did the work failed; its log has the reason. ``traceback`` is for a service that debugs."""

    def __init__(self, message: str | None = None, *, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback


class Clerk:
    """One process. All of it is called on the event loop's thread."""

    def __init__(self, role: Role, models: str) -> None:
        self._role = role
        self._models = models
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def idle(self) -> bool:
        """Whether it has nothing to do."""
        return not self._waiting

    @property
    def pid(self) -> int | None:
        """The process' id, while there is one."""
        return self._process.pid if self._process is not None else None

    async def ask(self, job: Job, *, seconds: float) -> Done:
        """Have a job done; the process is ended when that takes longer than ``seconds``.

        Raises the error the job failed with, ``DeadlineExceeded``, ``LimitExceeded`` when too many wait, and ``ClerkFailed``
        when the process ended.
        """
        if self._waiting >= MAX_WAITING:
            raise LimitExceeded("Too many requests are waiting; try again shortly.")
        self._waiting += 1
        try:
            async with self._turn:
                reply = await self._ask(job, seconds)
        finally:
            self._waiting -= 1
        if isinstance(reply, Failed):
            raise _error(reply)
        return reply

    async def close(self) -> None:
        """End the process: in good order, and when that takes too long at once."""
        process, self._process = self._process, None
        if process is None:
            return
        self._forget()
        if process.poll() is None:
            process.terminate()
        try:
            await asyncio.get_running_loop().run_in_executor(None, process.wait, _GRACE)
        except subprocess.TimeoutExpired:
            kill(process)

    async def _ask(self, job: Job, seconds: float) -> Reply:
        if self._process is None or self._process.poll() is not None:
            self._forget()
            self._reader, self._writer = await asyncio.open_connection(sock=self._start())
        reader, writer = self._reader, self._writer
        assert reader is not None
        assert writer is not None
        try:
            async with asyncio.timeout(seconds):
                writer.write(frame(job))
                await writer.drain()
                size = HEAD.unpack(await reader.readexactly(HEAD.size))[0]
                return read_reply(await reader.readexactly(size))
        except TimeoutError:
            self._end()
            raise DeadlineExceeded(f"It took longer than {seconds:g} seconds, and was ended.") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            code = self._end()
            log.error("the process that %s ended with code %s; the next request starts a new one", self._role, code)
            raise ClerkFailed(f"The process that {self._role} ended in the middle of it (code {code}).") from None
        except asyncio.CancelledError:  # nobody will read the answer, which would be taken for the next one's
            self._end()
            raise

    def _start(self) -> socket.socket:
        """Start a process; this side's end of its socket."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - words of our own, and no shell
                [sys.executable, "-P", "-c", _BOOT, self._role, self._models, str(theirs.fileno())],
                env=_environment(os.environ, self._models),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        ours.setblocking(False)
        return ours

    def _end(self) -> int | None:
        process, self._process = self._process, None
        self._forget()
        if process is None:
            return None
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2)  # it may be about to tell why it ended
        kill(process)
        return process.wait()

    def _forget(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


def _environment(environ: Mapping[str, str], models: str) -> dict[str, str]:
    """This process's environment with the store in it, and without a run or an experiment of somebody else's."""
    others = ("MODELYARD_EXPERIMENT", "MLFLOW_EXPERIMENT", "MODELYARD_RUN_ID", "MLFLOW_RUN_ID")
    kept = {name: value for name, value in environ.items() if not name.startswith(others)}
    path = [package_home(), *filter(None, [kept.get("PYTHONPATH")])]
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(path),
        "MODELYARD_TRACKING_URI": models,
        "MODELYARD_REGISTRY_URI": models,
    }


def _error(failed: Failed) -> ModelyardError:
    kind = getattr(errors, failed.error, None)
    if isinstance(kind, type) and issubclass(kind, ModelyardError) and kind is not ModelyardError:
        return kind(failed.message)
    return ClerkFailed(failed.message, traceback=failed.traceback)
