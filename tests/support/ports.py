"""Ports for servers of tests."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


def reserve() -> socket.socket:
    """A port of loopback that nobody else is given until the socket is closed.

    The socket is bound and does not listen: who connects is refused, and a server that sets SO_REUSEADDR, as all of
    them do, can listen on the port, end, and start again.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    return reserved


def port_of(reserved: socket.socket) -> int:
    """The number of a reserved port."""
    return int(reserved.getsockname()[1])


@contextmanager
def reserved_port() -> Iterator[int]:
    """The number of a port that is reserved for the time of a block."""
    with reserve() as reserved:
        yield port_of(reserved)
