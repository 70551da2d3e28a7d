"""The log of requests in a database."""

from __future__ import annotations

from collections.abc import Callable

from modelyard.core.clock import Clock, SystemClock
from modelyard.core.errors import Conflict
from modelyard.db.database import Connection, Database
from modelyard.services.requests.contract import KEPT_MS

_SWEPT_AT_ONCE = 1_000


class SqlRequestLog:
    """A `RequestLog` in a database whose schema is up to date."""

    def __init__(self, database: Database, *, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()

    def once(self, key: str, digest: bytes, work: Callable[[], bytes]) -> bytes:
        """See `RequestLog`."""
        with self._database.write() as connection:
            entry = _reserve(connection, key, digest, self._clock.now_ms())
            if entry is None:
                return _kept(connection, key, digest)
            answer = work()
            _keep(connection, entry, answer)
            return answer

    def sweep(self) -> int:
        """See `RequestLog`."""
        total = 0
        while True:
            with self._database.write() as connection:
                count = _forget(connection, self._clock.now_ms() - KEPT_MS)
            total += count
            if count < _SWEPT_AT_ONCE:
                return total

    def beat(self, server: str) -> None:
        """See `RequestLog`."""
        with self._database.write() as connection:
            connection.run(
                "INSERT INTO heartbeats (server, beat_ms) VALUES (?, ?)"
                " ON CONFLICT (server) DO UPDATE SET beat_ms = excluded.beat_ms",
                (server, self._clock.now_ms()),
            )


def _reserve(connection: Connection, key: str, digest: bytes, now: int) -> int | None:
    """Take the key; another transaction that has just taken it is waited for. None when it was taken before."""
    row = connection.row(
        "INSERT INTO requests (key, digest, answer, made_ms) VALUES (?, ?, NULL, ?)"
        " ON CONFLICT (key) DO NOTHING RETURNING id",
        (key, digest, now),
    )
    return None if row is None else row[0]


def _kept(connection: Connection, key: str, digest: bytes) -> bytes:
    row = connection.row("SELECT digest, answer FROM requests WHERE key = ?", (key,))
    if row is None or row[1] is None or bytes(row[0]) != digest:
        raise Conflict("This Idempotency-Key was used for another request; use a new key for each request.")
    return bytes(row[1])


def _keep(connection: Connection, entry: int, answer: bytes) -> None:
    connection.run("UPDATE requests SET answer = ? WHERE id = ?", (answer, entry))


def _forget(connection: Connection, before: int) -> int:
    return connection.run(
        "DELETE FROM requests WHERE id IN"
        " (SELECT id FROM (SELECT id, made_ms FROM requests ORDER BY id LIMIT ?) AS oldest WHERE made_ms < ?)",
        (_SWEPT_AT_ONCE, before),
    )
