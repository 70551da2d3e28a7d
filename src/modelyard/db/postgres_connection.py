"""PostgreSQL's two kinds of connection: writers with their nested blocks, and readers of a snapshot."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus

from modelyard.core.errors import ModelyardError
from modelyard.db.database import READ_ONLY, READ_OVER, Row
from modelyard.db.dialect import POSTGRES
from modelyard.db.nesting import Nesting
from modelyard.db.postgres_failures import FAILURES, commit_failed, translated
from modelyard.db.statements import numbered

log = logging.getLogger(__name__)

BEGIN_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED"
BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"

_OK = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


class Session:
    """One connection of the pool. Statements that answer nothing go straight to libpq, at half the price of a
    cursor.
    """

    __slots__ = ("cursor", "raw")

    def __init__(self, raw: psycopg.Connection) -> None:
        self.raw = raw
        self.cursor = raw.cursor(binary=True)

    def control(self, sql: str) -> None:
        """Run statements that take no parameters and answer nothing."""
        result = self.raw.pgconn.exec_(sql.encode())
        if result.status not in _OK:
            error = error_from_result(result, self.raw.info.encoding)
            raise error if error.sqlstate else psycopg.OperationalError("the connection was lost")

    def rows(self, sql: str, params: Sequence[object]) -> list[Row]:
        cursor = self.cursor.execute(numbered(sql), params)
        return cursor.fetchall() if cursor.description else []

    def row(self, sql: str, params: Sequence[object]) -> Row | None:
        cursor = self.cursor.execute(numbered(sql), params)
        return cursor.fetchone() if cursor.description else None

    def run(self, sql: str, params: Sequence[object]) -> int:
        return max(0, self.cursor.execute(numbered(sql), params).rowcount)

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        self.cursor.executemany(numbered(sql), rows)

    def is_idle(self) -> bool:
        """Whether the connection works and has no transaction open."""
        return self.raw.pgconn.transaction_status == TransactionStatus.IDLE

    def in_transaction(self) -> bool:
        return self.raw.pgconn.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)

    def close(self) -> None:
        self.raw.close()


class PostgresWriter(Nesting):
    """A transaction that writes, on a session of its own; it waits for locks as long as usual, or ``wait`` seconds."""

    __slots__ = ("_begin", "session")

    dialect = POSTGRES
    reads_are_harmless = False  # after a failed SELECT too, PostgreSQL wants a rollback

    def __init__(self, session: Session, wait: float | None = None) -> None:
        super().__init__()
        self.session = session
        self._begin = BEGIN_WRITE if wait is None else f"{BEGIN_WRITE}; SET LOCAL lock_timeout = {_lock_ms(wait)}"

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        if self._attention:
            self._attend(sql)
        try:
            return self.session.rows(sql, params)
        except FAILURES as error:
            raise self._failed(error) from error

    def row(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        if self._attention:
            self._attend(sql)
        try:
            return self.session.row(sql, params)
        except FAILURES as error:
            raise self._failed(error) from error

    def run(self, sql: str, params: Sequence[object] = ()) -> int:
        if self._attention:
            self._attend(sql)
        try:
            return self.session.run(sql, params)
        except FAILURES as error:
            raise self._failed(error) from error

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        if self._attention:
            self._attend(sql)
        try:
            self.session.many(sql, rows)
        except FAILURES as error:
            raise self._failed(error) from error

    def start(self) -> None:
        """Begin; raises the driver's error, for the pool to act on."""
        self.session.control(self._begin)
        self.begin()

    def _control(self, sql: str) -> None:
        try:
            self.session.control(sql)
        except FAILURES as error:
            raise translated(error) from error

    def _commit(self) -> None:
        try:
            self.session.control("COMMIT")
        except FAILURES as error:
            self._rollback()
            raise commit_failed(error) from error

    def _rollback(self) -> None:
        if not self._is_gone():
            try:
                self.session.control("ROLLBACK")
            except FAILURES as error:
                log.warning("a rollback failed, the connection is dropped: %s", type(error).__name__)

    def _translated(self, error: Exception) -> ModelyardError:
        return translated(error)

    def _is_gone(self) -> bool:
        return not self.session.in_transaction()


def _lock_ms(wait: float) -> int:
    """To PostgreSQL, 0 is for ever."""
    return max(1, int(wait * 1000))


class PostgresReader:
    """A snapshot that is only read, on a session of its own."""

    __slots__ = ("_usable", "depth", "session")

    dialect = POSTGRES

    def __init__(self, session: Session) -> None:
        self.session = session
        self.depth = 0  # blocks of the same thread that share this snapshot
        self._usable = False

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        self._attend()
        try:
            return self.session.rows(sql, params)
        except FAILURES as error:
            raise self._failed(error) from error

    def row(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        self._attend()
        try:
            return self.session.row(sql, params)
        except FAILURES as error:
            raise self._failed(error) from error

    def run(self, sql: str, params: Sequence[object] = ()) -> int:
        raise ModelyardError(READ_ONLY)

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        raise ModelyardError(READ_ONLY)

    def start(self) -> None:
        """Begin; raises the driver's error, for the pool to act on."""
        self.session.control(BEGIN_READ)
        self._usable = True

    def end(self) -> None:
        """End the snapshot; a connection that cannot is dropped by the pool."""
        self._usable = False
        if self.session.in_transaction():
            try:
                self.session.control("ROLLBACK")
            except FAILURES as error:
                log.warning("the end of a read failed, the connection is dropped: %s", type(error).__name__)

    def _attend(self) -> None:
        if not self._usable:
            raise ModelyardError(READ_OVER)

    def _failed(self, error: Exception) -> ModelyardError:
        self._usable = False
        return translated(error, reading=True)
