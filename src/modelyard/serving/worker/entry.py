"""The first thing a worker does: hear what it shall load, and give up all it does not need for that."""

from __future__ import annotations

import io
import os
import signal
import socket
import sys
from typing import NamedTuple

from modelyard.serving.confine import confine
from modelyard.serving.worker.channel import Channel
from modelyard.serving.worker.frames import Start


class Entered(NamedTuple):
    """A worker that may begin; ``missing`` is what it could not give up, in sentences."""

    channel: Channel
    start: Start
    missing: list[str]


def enter(number: str) -> Entered:
    """Take the socket of a number. Nothing of the model, and nothing that starts threads, was imported before."""
    os.dup2(2, 1)  # what a model prints is for the log
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # also when it crashes next
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _leave_it_to_the_front)
    sock = socket.socket(fileno=int(number))
    os.set_inheritable(sock.fileno(), False)
    channel = Channel(sock)
    start = channel.receive()
    if not isinstance(start, Start):
        sys.exit(1)
    return Entered(channel, start, confine(start.confinement))


def _leave_it_to_the_front(*_: object) -> None:
    """A supervisor that stops a service tells all its processes; answers under way are still wanted."""
