"""The worker's end of its socket: whole messages, one after the other."""

from __future__ import annotations

import os
import select
import socket
import threading
from typing import Any

from modelyard.serving.worker.frames import HEAD, MAX_FRAME, Message, decode, encode

_MUCH = 1_000_000  # bytes
_PEER_GONE = getattr(select, "POLLRDHUP", 0) | select.POLLHUP


class Channel:
    """Sends and receives messages; blocks until there are some."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._queued = bytearray()

    def receive(self) -> Any:
        """The next message, or None when the front has closed the socket."""
        head = self._exactly(HEAD.size)
        if head is None:
            return None
        size = HEAD.unpack(head)[0]
        if size > MAX_FRAME:
            return None
        body = self._exactly(size)
        return None if body is None else decode(body)

    def queue(self, message: Message) -> None:
        """Send a message with the next ones, or now if there is much to send."""
        self._queued += encode(message)
        if len(self._queued) > _MUCH:
            self.flush()

    def flush(self) -> None:
        """Send what is queued."""
        self._sock.sendall(self._queued)
        self._queued = bytearray()

    def send(self, message: Message) -> None:
        """Send a message now."""
        self.queue(message)
        self.flush()

    def end_with_front(self) -> None:
        """End this process when the front is gone, also in the middle of a prediction."""
        threading.Thread(target=self._watch, name="front", daemon=True).start()

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._sock.fileno(), _PEER_GONE)
        poll.poll()
        os._exit(0)

    def _exactly(self, count: int) -> bytearray | None:
        data = bytearray(count)
        view, have = memoryview(data), 0
        while have < count:
            got = self._sock.recv_into(view[have:])
            if not got:
                return None
            have += got
        return data
