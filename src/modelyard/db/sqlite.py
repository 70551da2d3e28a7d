"""The embedded store: one SQLite file in WAL mode, one connection that writes, a few that read."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import get_ident
from time import monotonic
from typing import Protocol

import apsw

from modelyard.core import failpoints
from modelyard.core.errors import ModelyardError, StoreDamaged, Unavailable
from modelyard.db import backup, forks
from modelyard.db.database import CLOSED, WAIT, WRITE_IN_READ, Block, Connection
from modelyard.db.dialect import SQLITE
from modelyard.db.errors import DatabaseBusy, DiskFailed, ForeignKeyViolation, OutcomeUnknown
from modelyard.db.files import private_folder
from modelyard.db.forks import FORKED
from modelyard.db.pool import Pool
from modelyard.db.sqlite_connection import SqliteMemoryReader, SqliteReader, SqliteWriter
from modelyard.db.sqlite_failures import translated
from modelyard.db.sqlite_file import PAGE, SqlFunctions, connect, open_memory, open_writer
from modelyard.db.where import SQL_FUNCTIONS

log = logging.getLogger(__name__)

READERS = 4
STATEMENT_SECONDS = 5.0
SHRUNK = 256  # pages given back in one step: some 10 ms
CHECK_SECONDS = 0.25  # of looking a file over before it is used: all of one of some 80 MB
FORK_WAIT = 1.0
SCHEMA_WAIT = 3_600.0  # another process may be migrating


class _Readers(Protocol):
    def take(self, wait: float) -> SqliteReader: ...
    def give(self, item: SqliteReader) -> None: ...
    def drop(self, item: SqliteReader) -> None: ...
    def rest(self, wait: float) -> bool: ...
    def resume(self) -> None: ...
    def close(self) -> None: ...


class SqliteDatabase:
    """A `Database` in the file ``path``, or in memory when that is None.

    The file is created, 0600 in a folder of 0700, when there is nothing at ``path``. What is there is vetted first: see
    `modelyard.db.sqlite_file`.

    Raises:
        StoreDamaged: the file is damaged; the message names it, what was found and the command that puts a copy back.
        StoreError: the file or its folder is not ours, not a database of ours, or cannot be written.
    """

    dialect = SQLITE

    def __init__(
        self,
        path: Path | None = None,
        *,
        functions: SqlFunctions = SQL_FUNCTIONS,
        readers: int = READERS,
        statement_seconds: float = STATEMENT_SECONDS,
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        self.path = None if path is None else private_folder(path.parent, holds=path.name) / path.name
        self.failure: ModelyardError | None = None
        self._functions = functions
        self._seconds = statement_seconds
        self._lock = threading.Lock()  # held by whoever writes
        self._owner = 0  # the thread that does
        self._local = threading.local()
        self._closed = False
        self._reader_count = readers
        self._open(check_seconds)
        self._write = Block(partial(self._enter_write, WAIT), self._leave_write)
        self._read = Block(self._enter_read, self._leave_read)
        self._resting = False  # while a fork goes on: no thread is inside the driver
        self._inherited = False  # the connections are the parent's, and are to be replaced before they are used
        self._before_commit = failpoints.at("before-commit")
        self._after_commit = failpoints.at("after-commit")
        self._forked = False  # they were in use during the fork, and can be neither used nor replaced
        forks.watch(self)

    def _open(self, check_seconds: float) -> None:
        if self.path is None:
            self._writer = SqliteWriter(open_memory(self._functions), self._report)
            self._readers: _Readers = _Turns(self._lock, self._new_reader())
        else:
            raw = open_writer(self.path, self._functions, check_seconds=check_seconds)
            self._writer = SqliteWriter(raw, self._report)
            self._readers = Pool(self._new_reader, _close_reader, size=self._reader_count)

    def write(self, *, wait: float = WAIT) -> AbstractContextManager[Connection]:
        """One transaction, or a block in the one this thread has open; see `Database.write`."""
        return self._write if wait == WAIT else Block(partial(self._enter_write, wait), self._leave_write)

    def read(self) -> AbstractContextManager[Connection]:
        """One snapshot; see `Database.read`."""
        return self._read

    def close(self) -> None:
        """Close all connections; what the log holds goes to the database's file."""
        if self._closed or self._forked:
            return
        if not self._lock.acquire(timeout=WAIT):
            raise DatabaseBusy()
        try:
            self._closed = True
            self._readers.close()
            self._writer.raw.close()
        finally:
            self._lock.release()

    def schema_change(self) -> AbstractContextManager[Connection]:
        """The transaction of one migration step; see `Database.schema_change`."""
        return self._schema_change()

    def keep_copy(self, label: str) -> str | None:
        """Copy the file into `backups/` beside it; in memory there is nothing to keep."""
        if self.path is None:
            return None
        while True:  # of several that start at once, each keeps a copy of its own
            place = backup.place_for(self.path, label)
            with suppress(backup.NameTaken):
                self.backup(place)
                return str(place)

    def backup(self, target: Path) -> None:
        """Write all data, as of now, to the new file ``target`` while others go on writing."""
        with self._spare() as source:
            backup.copy(source, target)

    def shrink(self, *, keep: int) -> bool:
        """Cut free pages off the file; see `Database.shrink`."""
        if self.path is None or (spare := self._free_pages() - keep // PAGE) <= 0:
            return False
        with self.write() as connection:
            connection.rows(f"PRAGMA incremental_vacuum({min(spare, SHRUNK)})")
        return keep // PAGE < self._free_pages() < spare + keep // PAGE

    def _free_pages(self) -> int:
        with self.read() as connection:
            ((count,),) = connection.rows("PRAGMA freelist_count")
        return int(count)

    def check(self) -> list[str]:
        """All findings of SQLite's own checks; see `Database.check`."""
        with self._spare() as connection:
            try:
                found = [str(text) for (text,) in connection.execute("PRAGMA integrity_check(20)") if text != "ok"]
                orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
            except apsw.Error as error:
                return [f"{self._report(translated(error, connection)).message} ({error})"]
        return found + [
            f"{table}: row {row} refers to a row of {parent} that does not exist"
            for table, row, parent, _ in orphans[:20]
        ]

    def before_fork(self) -> None:
        """Keep all threads out of SQLite, if they come out soon; see `Forkable`."""
        busy_here = self._owner == get_ident() or getattr(self._local, "reader", None) is not None
        if not busy_here and self._lock.acquire(timeout=FORK_WAIT):
            self._resting = self._readers.rest(FORK_WAIT)
            if not self._resting:
                self._lock.release()

    def after_fork_in_parent(self) -> None:
        """Let the threads go on; see `Forkable`."""
        if self._resting:
            self._resting = False
            self._readers.resume()
            self._lock.release()

    def after_fork_in_child(self) -> None:
        """Have the parent's connections replaced, or refuse to go on; see `Forkable`."""
        if not self._resting:
            self._forked = True
            self._writer.abandon(ModelyardError(FORKED))
        self._inherited = self.path is not None
        self.after_fork_in_parent()

    def _replace_inherited(self) -> None:
        # Closed before others are opened: SQLite counts a file's locks by process, and would believe it still has the
        # parent's.
        self._inherited = False
        self._readers.close()
        self._writer.raw.close()
        self._open(0)

    def _enter_write(self, wait: float) -> Connection:
        if self._owner == get_ident():
            self._writer.enter()
            return self._writer
        left = self._acquire(wait)
        writer = self._writer
        try:
            writer.start(left)
            self._owner = get_ident()
        except BaseException:
            self._lock.release()
            raise
        return writer

    def _leave_write(self, error: BaseException | None) -> None:
        if self._forked:
            _refuse_forked(error)
            return
        writer = self._writer
        if writer.depth > 1:
            writer.leave(error)
            return
        try:
            if error is None:
                self._before_commit()
            writer.leave(error)
            if error is None:
                self._after_commit()
        finally:
            self._owner = 0
            self._lock.release()

    def _acquire(self, wait: float) -> int | None:
        """Wait for this process' other writers; the milliseconds left for other processes' (None: as long as usual)."""
        if self._forked:
            raise ModelyardError(FORKED)
        if getattr(self._local, "reader", None) is not None:
            raise ModelyardError(WRITE_IN_READ)
        started = monotonic()
        if self._lock.acquire(blocking=False):
            left = None if wait == WAIT else int(wait * 1000)
        elif wait > 0 and self._lock.acquire(timeout=wait):
            left = max(0, int((started + wait - monotonic()) * 1000))
        else:
            raise DatabaseBusy()
        try:
            self._require_open()
        except BaseException:
            self._lock.release()
            raise
        return left

    def _require_open(self) -> None:
        if self._closed:
            raise Unavailable(CLOSED)
        if self.failure is not None:
            raise type(self.failure)(self.failure.message)
        if self._inherited:
            self._replace_inherited()

    def _enter_read(self) -> Connection:
        if self._owner == get_ident():
            return self._writer
        reader: SqliteReader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._new_snapshot()
            self._local.reader = reader
        reader.depth += 1
        return reader

    def _new_snapshot(self) -> SqliteReader:
        if self._forked:
            raise ModelyardError(FORKED)
        if self._inherited:
            with self._lock:
                if self._inherited:
                    self._replace_inherited()
        reader = self._readers.take(WAIT)
        try:
            reader.start()
        except BaseException:
            self._readers.drop(reader)
            raise
        return reader

    def _leave_read(self, error: BaseException | None) -> None:
        if self._forked:
            _refuse_forked(error)
            return
        if self._owner == get_ident():
            return
        reader: SqliteReader = self._local.reader
        reader.depth -= 1
        if reader.depth == 0:
            self._local.reader = None
            try:
                reader.end()
            except BaseException:
                self._readers.drop(reader)
                raise
            self._readers.give(reader)

    def _new_reader(self) -> SqliteReader:
        if self.path is None:
            return SqliteMemoryReader(self._writer.raw, self._report, self._seconds)
        try:
            raw = connect(str(self.path), self._functions, readonly=True)
        except apsw.Error as error:
            raise self._report(translated(error, None)) from error
        return SqliteReader(raw, self._report, self._seconds)

    @contextmanager
    def _schema_change(self) -> Iterator[Connection]:
        if self._owner == get_ident():
            raise ModelyardError("A schema change was opened inside a write().")
        self._acquire(SCHEMA_WAIT)
        raw = self._writer.raw
        try:
            # Rebuilding a table drops the old one, which must not cascade; the keys are checked as a whole before the
            # commit.
            raw.execute("PRAGMA foreign_keys = OFF").fetchall()
            self._writer.start(int(SCHEMA_WAIT * 1000))
            self._owner = get_ident()
        except BaseException:
            self._lock.release()
            raise
        try:
            with Block(lambda: self._writer, self._writer.leave) as connection:
                yield connection
                if connection.rows("PRAGMA foreign_key_check"):
                    raise ForeignKeyViolation()
        finally:
            raw.execute("PRAGMA foreign_keys = ON").fetchall()
            self._owner = 0
            self._lock.release()

    @contextmanager
    def _spare(self) -> Iterator[apsw.Connection]:
        """A connection nobody else uses meanwhile."""
        if self.path is not None:
            raw = connect(str(self.path), self._functions, readonly=True)
            try:
                yield raw
            finally:
                raw.close()
            return
        self._acquire(WAIT)
        try:
            yield self._writer.raw
        finally:
            self._lock.release()

    def _report(self, error: ModelyardError) -> ModelyardError:
        """Hear of every error on its way out; the ones after which nothing may be written any more close the door."""
        if isinstance(error, StoreDamaged | DiskFailed | OutcomeUnknown) and self.failure is None:
            self.failure = DiskFailed() if isinstance(error, OutcomeUnknown) else error
            log.critical("the store takes no more writes: %s", error.message)
        return error


class _Turns:
    """In memory the one connection reads too, while nobody writes."""

    def __init__(self, lock: threading.Lock, reader: SqliteReader) -> None:
        self._lock = lock
        self._reader = reader
        self._closed = False

    def take(self, wait: float) -> SqliteReader:
        if not self._lock.acquire(timeout=wait):
            raise DatabaseBusy()
        if self._closed:
            self._lock.release()
            raise Unavailable(CLOSED)
        return self._reader

    def give(self, item: SqliteReader) -> None:
        self._lock.release()

    def drop(self, item: SqliteReader) -> None:
        self._lock.release()

    def rest(self, wait: float) -> bool:
        return True  # whoever asks holds the lock

    def resume(self) -> None:
        pass

    def close(self) -> None:
        self._closed = True


def _refuse_forked(error: BaseException | None) -> None:
    if error is None:
        raise ModelyardError(FORKED)


def _close_reader(reader: SqliteReader) -> None:
    reader.raw.close()
