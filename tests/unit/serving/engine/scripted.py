"""A worker without a model, which does what the body of a job says; a pool of such, on an event loop of the test's own."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvloop

from modelyard.serving.confine import Confinement
from modelyard.serving.launching import Launched
from modelyard.serving.pool import Pool
from modelyard.serving.work import Outcome, Work
from modelyard.serving.worker.frames import Start
from tests.support.processes import ROOT
from tests.support.waiting import LIMIT

# Its bodies: text to answer, "die" and "hang" for what they say, "garbage" for what is no message, "refuse" for an error.
# In the folder it finds in Start, a file "refuse" makes it refuse the model, and "die" makes it die while it loads. It foretells
# what it is asked to foretell.
_CODE = """
import os, sys, socket, time
from modelyard.serving.card import Card
from modelyard.serving.worker.channel import Channel
from modelyard.serving.worker.frames import Answer, Began, Foretold, Refused, Started
sock = socket.socket(fileno=int(sys.argv[1]))
channel = Channel(sock)
start = channel.receive()
if start.foretell:
    channel.send(Foretold(Started(Card(name="foretold"))))
if os.path.exists(start.folder + "/die"):
    os._exit(9)
if os.path.exists(start.folder + "/refuse"):
    channel.send(Refused("PERMISSION_DENIED", "The model is untrusted."))
    os._exit(1)
channel.send(Started(Card(name="scripted", batches=start.batching == "always")))
while (score := channel.receive()) is not None:
    bodies = [bytes(job.body) for job in score.jobs]
    if len(bodies) > 1:
        channel.send(Began([job.id for job in score.jobs]))
    if b"die" in bodies:
        os._exit(9)
    if b"hang" in bodies:
        time.sleep(600)
    if b"garbage" in bodies:
        sock.sendall(b"\\x05\\0\\0\\0hello")
        time.sleep(600)
    for job, body in zip(score.jobs, bodies):
        if body == b"refuse":
            channel.send(Answer(job.id, status=418, error_code="TEAPOT", message="I am a teapot."))
        else:
            channel.send(Answer(job.id, b"%s of %d" % (body, len(bodies))))
"""


class Launcher:
    """Starts scripted workers."""

    def __init__(self, folder: Path, *, batching: str) -> None:
        self.started: list[subprocess.Popen[bytes]] = []
        self._folder = folder
        self._start = Start(folder=str(folder), batching=batching, confinement=Confinement(scratch="", parent=0))

    def launch(self) -> Launched:
        """Start one."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-c", _CODE, str(theirs.fileno())],
                env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        ours.setblocking(False)
        self.started.append(process)
        scratch = self._folder / f"scratch-{len(self.started)}"
        scratch.mkdir()
        return Launched(process, ours, self._start, scratch)


class Asking:
    """A pool that runs, and the outcomes of what was asked of it."""

    def __init__(self, pool: Pool, launcher: Launcher) -> None:
        self.pool = pool
        self.launcher = launcher

    def ask(self, body: bytes, *, wanted: bool = True) -> asyncio.Future[Outcome]:
        """Submit a work; what comes of it."""
        told: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.pool.submit(Work("test", "text/plain", body, told.set_result, lambda: wanted))
        return told

    async def outcomes(self, *bodies: bytes) -> list[Any]:
        """Submit works at once; what came of each."""
        return await asyncio.gather(*map(self.ask, bodies))


def with_pool(
    folder: Path,
    test: Callable[[Asking], Awaitable[None]],
    *,
    count: int = 1,
    batching: str = "always",
    timeout: float = LIMIT,
) -> None:
    """Run a test with a pool of scripted workers; all of them are gone afterwards."""

    async def run() -> None:
        launcher = Launcher(folder, batching=batching)
        pool = Pool(launcher.launch, count=count, timeout=timeout)
        try:
            async with asyncio.timeout(LIMIT):
                await test(Asking(pool, launcher))
        finally:
            await pool.close()
        assert all(process.returncode is not None for process in launcher.started), "a worker is left behind"

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
    assert not list(folder.glob("scratch-*")), "what a worker wrote is left behind"
