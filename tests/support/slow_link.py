"""A way to a server on which every answer is late."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class SlowLink:
    """A listener that passes everything on to ``port`` of loopback, and what comes back ``seconds`` late."""

    def __init__(self, port: int, seconds: float) -> None:
        self._target = port
        self._seconds = seconds
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._begin(self._accept)

    def close(self) -> None:
        """Cut everything off."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(10)
        for each in self._sockets:
            with suppress(OSError):  # the other side has closed it
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(10)
        for each in (*self._sockets, self._listener):
            each.close()

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=work, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener is shut down
            while True:
                client = self._listener.accept()[0]
                self._sockets.append(client)
                server = socket.create_connection(("127.0.0.1", self._target), timeout=30)
                self._sockets.append(server)
                self._begin(self._pass_on, client, server, 0.0)
                self._begin(self._pass_on, server, client, self._seconds)

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket, delay: float) -> None:
        with suppress(OSError):  # one of both is gone
            while data := source.recv(1 << 16):
                time.sleep(delay)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@contextmanager
def slow_link(port: int, seconds: float) -> Iterator[str]:
    """The address of a slow link for the time of a block."""
    link = SlowLink(port, seconds)
    try:
        yield link.address
    finally:
        link.close()
