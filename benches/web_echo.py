"""The least our own HTTP room can do with a POST: read the body, answer a small constant. `python -m benches.web_echo PORT`."""

from __future__ import annotations

import asyncio
import sys

import uvloop

from modelyard.web.compression import Compression
from modelyard.web.listening import listen
from modelyard.web.reception import Reception
from modelyard.web.request import Request
from modelyard.web.running import Running, Stop
from modelyard.web.tasks import Tasks

_ANSWER = b'{"predictions":[5.5]}'


class Echo(Reception):
    """Answers everything alike."""

    def __init__(self) -> None:
        super().__init__(Compression("never"))

    def begin(self, request: Request) -> None:
        """The head has arrived."""

    def run(self, request: Request) -> None:
        """The body has arrived too."""
        request.reply_json(_ANSWER)


class Served:
    """The application, with nothing beside it."""

    name = "an echo"
    idle = True

    def __init__(self) -> None:
        self.app = Echo()

    async def start(self, tasks: Tasks, stop: Stop) -> None:
        """Nothing has to be started."""

    def refuse(self) -> None:
        """Nobody asks for readiness."""

    async def close(self) -> None:
        """Nothing has to be closed."""


async def main(port: int) -> int:
    """Serve until told to stop."""
    with listen("127.0.0.1", port) as listener:
        return await Running(Served(), listener, tls=None, delay=0.0, limit=1.0).until_stopped()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(int(sys.argv[1]))))
