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
            if not _reserve(connection, key, digest, self._clock.now_ms()):
                return _kept(connection, key, digest)
            answer = work()
            _keep(connection, key, answer)
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


def _reserve(connection: Connection, key: str, digest: bytes, now: int) -> bool:
    """Take the key; another transaction that has just taken it is waited for. False when it was taken before."""
    return bool(
        connection.run(
            "INSERT INTO requests (key, digest, answer, made_ms) VALUES (?, ?, NULL, ?) ON CONFLICT (key) DO NOTHING",
            (key, digest, now),
        )
    )


def _kept(connection: Connection, key: str, digest: bytes) -> bytes:
    row = connection.row("SELECT digest, answer FROM requests WHERE key = ?", (key,))
    if row is None or row[1] is None or bytes(row[0]) != digest:
        raise Conflict("This Idempotency-Key was used for another request; use a new key for each request.")
    return bytes(row[1])


def _keep(connection: Connection, key: str, answer: bytes) -> None:
    connection.run("UPDATE requests SET answer = ? WHERE key = ?", (answer, key))


def _forget(connection: Connection, before: int) -> int:
    return connection.run(
        "DELETE FROM requests WHERE key IN (SELECT key FROM requests WHERE made_ms < ? ORDER BY made_ms LIMIT ?)",
        (before, _SWEPT_AT_ONCE),
    )
