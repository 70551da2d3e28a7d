"""SQLite's two kinds of connection: the writer with its nested blocks, and readers with their time limit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence

import apsw

from modelyard.core.errors import ModelyardError
from modelyard.db.database import READ_ONLY, READ_OVER, Row
from modelyard.db.dialect import SQLITE
from modelyard.db.nesting import Nesting
from modelyard.db.sqlite_failures import FAILURES, commit_failed, translated
from modelyard.db.sqlite_file import BUSY_MS

Report = Callable[[ModelyardError], ModelyardError]  # told of every error on its way out, so that the store can stop


class SqliteWriter(Nesting):
    """The one connection that writes."""

    __slots__ = ("_changes", "_cursor", "_report", "raw")

    dialect = SQLITE
    reads_are_harmless = True

    def __init__(self, raw: apsw.Connection, report: Report) -> None:
        super().__init__()
        self.raw = raw
        self._cursor = raw.cursor()
        self._changes = raw.changes
        self._report = report

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        if self._attention:
            self._attend(sql)
        try:
            return self._cursor.execute(sql, params).fetchall()
        except FAILURES as error:
            raise self._failed(error) from error

    def row(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        if self._attention:
            self._attend(sql)
        try:
            return self._cursor.execute(sql, params).fetchone()
        except FAILURES as error:
            raise self._failed(error) from error

    def run(self, sql: str, params: Sequence[object] = ()) -> int:
        if self._attention:
            self._attend(sql)
        try:
            self._cursor.execute(sql, params)
        except FAILURES as error:
            raise self._failed(error) from error
        return self._changes()

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        if self._attention:
            self._attend(sql)
        try:
            self.raw.executemany(sql, rows)  # a cursor of its own: `rows` may be made by reading from this connection
        except FAILURES as error:
            raise self._failed(error) from error

    def start(self, wait_ms: int | None = None) -> None:
        """Begin a transaction that writes; waits for other processes 5 s, or ``wait_ms``."""
        try:
            if wait_ms is None:
                self._cursor.execute("BEGIN IMMEDIATE")
            else:
                self._start_within(wait_ms)
        except FAILURES as error:
            raise self._translated(error) from error
        self.begin()

    def _start_within(self, wait_ms: int) -> None:
        self.raw.set_busy_timeout(wait_ms)
        try:
            self._cursor.execute("BEGIN IMMEDIATE")
        finally:
            self.raw.set_busy_timeout(BUSY_MS)

    def _control(self, sql: str) -> None:
        try:
            self._cursor.execute(sql)
        except FAILURES as error:
            raise self._translated(error) from error

    def _commit(self) -> None:
        try:
            self._cursor.execute("COMMIT")
        except FAILURES as error:
            told = self._report(commit_failed(error, self.raw))
            self._rollback()
            raise told from error

    def _rollback(self) -> None:
        if not self._is_gone():
            try:
                self._cursor.execute("ROLLBACK")
            except FAILURES as error:
                self._translated(error)

    def _translated(self, error: Exception) -> ModelyardError:
        return self._report(translated(error, self.raw))

    def _is_gone(self) -> bool:
        return not self.raw.in_transaction


class SqliteReader:
    """A connection that reads one snapshot at a time, each statement within its time limit."""

    __slots__ = ("_cursor", "_deadline", "_report", "_seconds", "_usable", "depth", "raw")

    dialect = SQLITE
    begin_sql = "BEGIN"
    end_sql = "ROLLBACK"

    def __init__(self, raw: apsw.Connection, report: Report, seconds: float) -> None:
        self.raw = raw
        self.depth = 0  # blocks of the same thread that share this snapshot
        self._cursor = raw.cursor()
        self._report = report
        self._seconds = seconds
        self._deadline = math.inf
        self._usable = False
        raw.set_progress_handler(self._is_late, 20_000)

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        self._attend()
        try:
            return self._cursor.execute(sql, params).fetchall()
        except FAILURES as error:
            raise self._failed(error) from error

    def row(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        self._attend()
        try:
            return self._cursor.execute(sql, params).fetchone()
        except FAILURES as error:
            raise self._failed(error) from error

    def run(self, sql: str, params: Sequence[object] = ()) -> int:
        raise ModelyardError(READ_ONLY)

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        raise ModelyardError(READ_ONLY)

    def start(self) -> None:
        self._control(self.begin_sql)
        self._usable = True

    def end(self) -> None:
        self._usable = False
        self._deadline = math.inf
        self._control(self.end_sql)

    def _attend(self) -> None:
        if not self._usable:
            raise ModelyardError(READ_OVER)
        self._deadline = time.monotonic() + self._seconds

    def _control(self, sql: str) -> None:
        try:
            self._cursor.execute(sql)
        except FAILURES as error:
            raise self._report(translated(error, self.raw)) from error

    def _failed(self, error: Exception) -> ModelyardError:
        self._usable = False
        if isinstance(error, apsw.ReadOnlyError):
            return ModelyardError(READ_ONLY)
        return self._report(translated(error, self.raw))

    def _is_late(self) -> bool:
        return time.monotonic() > self._deadline


class SqliteMemoryReader(SqliteReader):
    """Reads over the writer's own connection, which is all there is in memory."""

    begin_sql = "PRAGMA query_only = ON"
    end_sql = "PRAGMA query_only = OFF"
