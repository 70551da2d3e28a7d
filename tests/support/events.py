"""A page that watches: server-sent events of our server, read on a thread."""

from __future__ import annotations

import http.client
import json
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

PATH = "/api/1.0/modelyard/views/changes"
SECONDS = 5.0  # a generous limit: beyond it an event does not come any more


class Event(NamedTuple):
    """One event, and when it came by the monotonic clock."""

    id: str
    experiment_ids: list[str]
    run_ids: list[str]
    at: float


class Watch:
    """An open stream of changes."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self.response = response
        self._connection = connection
        self._events: queue.Queue[Event | None] = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def next(self, seconds: float = SECONDS) -> Event:
        """The next event; fails when none comes."""
        event = self._events.get(timeout=seconds)
        assert event is not None, "the stream has ended"
        return event

    def until(self, run_id: str, seconds: float = SECONDS) -> Event:
        """The first event that names a run."""
        end = time.monotonic() + seconds
        while True:
            event = self.next(max(0.01, end - time.monotonic()))
            if run_id in event.run_ids:
                return event

    def rest(self, seconds: float = 0.6) -> list[Event]:
        """The events there are, and those that come until nothing came for so long."""
        found: list[Event] = []
        while True:
            try:
                event = self._events.get(timeout=seconds)
            except queue.Empty:
                return found
            assert event is not None, "the stream has ended"
            found.append(event)

    def ends(self, seconds: float = 30.0) -> bool:
        """Whether the server ends the stream in time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def close(self) -> None:
        """Go away."""
        if self._connection.sock is not None:
            self._connection.sock.close()
        try:
            sock: socket.socket | None = self.response.fp.raw._sock  # type: ignore[union-attr]
            if sock is not None:
                sock.shutdown(socket.SHUT_RDWR)
        except (AttributeError, OSError):
            pass  # it has ended already
        self._thread.join(10)
        self.response.close()
        self._connection.close()

    def _read(self) -> None:
        fields: dict[str, str] = {}
        try:
            for raw in self.response:
                line = raw.decode().rstrip("\n")
                name, _, value = line.partition(": ")
                if name:
                    fields[name] = value
                elif not line:
                    self._take(fields)
                    fields = {}
        except (OSError, ValueError, AttributeError):
            pass  # it was closed while we read
        self._events.put(None)

    def _take(self, fields: dict[str, str]) -> None:
        if fields.get("event") == "change":
            data: dict[str, Any] = json.loads(fields["data"])
            self._events.put(Event(fields["id"], data["experiment_ids"], data["run_ids"], time.monotonic()))


@contextmanager
def watching(port: int, *, last_event_id: str = "", **watched: list[str]) -> Iterator[Watch]:
    """Watch ``experiment_id=[…]``, ``run_id=[…]`` of the server at a port of loopback."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    connection.request("GET", f"{PATH}?{urlencode(watched, doseq=True)}", headers=headers)
    response = connection.getresponse()
    assert response.status == 200, (response.status, response.read())
    assert response.getheader("content-type") == "text/event-stream"
    watch = Watch(connection, response)
    try:
        yield watch
    finally:
        watch.close()
