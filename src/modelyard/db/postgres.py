"""The scale store: PostgreSQL, as many connections as there is work, any number of server processes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, TypeVar

import psycopg
from psycopg import RawCursor
from psycopg.conninfo import conninfo_to_dict

from modelyard.core import failpoints
from modelyard.core.errors import ModelyardError, StoreError, Unavailable
from modelyard.db import forks
from modelyard.db.database import WAIT, WRITE_IN_READ, Block, Connection
from modelyard.db.dialect import POSTGRES
from modelyard.db.forks import FORKED
from modelyard.db.pool import Pool
from modelyard.db.postgres_connection import PostgresReader, PostgresWriter, Session
from modelyard.db.postgres_failures import AWAY, FAILURES, translated
from modelyard.db.postgres_values import register

log = logging.getLogger(__name__)

CONNECTIONS = 8
STATEMENT_SECONDS = 5.0

# A dead network shows in seconds, not in the quarter of an hour TCP gives it.
_CONNECT: dict[str, Any] = {
    "application_name": "modelyard",
    "connect_timeout": 3,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
# A wait for a lock ends before the statement's own limit does, so that the two can be told apart. A process that is
# killed in the middle of a long statement lets its locks go within the second. `remote_apply` promises more than `on`.
_SETTINGS = """
    SET statement_timeout = {statement_ms};
    SET lock_timeout = {lock_ms};
    SET idle_in_transaction_session_timeout = 60000;
    SET timezone = 'UTC';
    SET client_min_messages = error;
    DO $$ BEGIN
        PERFORM set_config('client_connection_check_interval', '1s', false);
    EXCEPTION WHEN others THEN NULL; -- not on every platform
    END $$;
    SELECT set_config(
        'synchronous_commit',
        CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END,
        false
    )
"""
_FSYNC_OFF = (
    "This PostgreSQL runs with fsync = off: a power failure destroys what was acknowledged. Set fsync = on, "
    "or accept the loss: --i-accept-data-loss"
)
_NO_LIMITS = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL lock_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
)
_ALONE = "SELECT pg_advisory_xact_lock(2036625010, hashtext(current_schema()))"  # the first number spells "yard"

_SERVER = "SELECT current_setting('fsync'), current_setting('server_encoding')"
_TABLES = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
_NOT_VALID = """
    SELECT 'index', indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = current_schema()::regnamespace AND NOT indisvalid
    UNION ALL
    SELECT 'constraint', conname FROM pg_constraint
    WHERE connamespace = current_schema()::regnamespace AND NOT convalidated
"""

Kind = TypeVar("Kind", PostgresWriter, PostgresReader)


class PostgresDatabase:
    """A `Database` on the PostgreSQL that ``url`` names; its tables live in the first schema of the `search_path`.

    Raises:
        Unavailable: nothing answers there, or it lets nobody in.
        StoreError: it runs with `fsync = off` and ``accept_data_loss`` is not set, or its encoding is not UTF-8.
    """

    dialect = POSTGRES

    def __init__(
        self,
        url: str,
        *,
        accept_data_loss: bool = False,
        connections: int = CONNECTIONS,
        statement_seconds: float = STATEMENT_SECONDS,
    ) -> None:
        self.failure: ModelyardError | None = None
        self.url = url
        self._settings = _SETTINGS.format(
            statement_ms=int(statement_seconds * 1000), lock_ms=int(min(statement_seconds, WAIT) * 900)
        )
        self._size = connections
        self._pool = Pool(self._connect, Session.close, size=connections)
        self._local = threading.local()
        self._write = Block(partial(self._enter_write, WAIT), self._leave_write)
        self._read = Block(self._enter_read, self._leave_read)
        self._before_commit = failpoints.at("before-commit")
        self._after_commit = failpoints.at("after-commit")
        self._of_parent: list[object] = []  # connections a fork left us: neither used nor closed
        self._vet(accept_data_loss=accept_data_loss)
        forks.watch(self)

    def write(self, *, wait: float = WAIT) -> AbstractContextManager[Connection]:
        """One transaction, or a block in the one this thread has open; see `Database.write`."""
        return self._write if wait == WAIT else Block(partial(self._enter_write, wait), self._leave_write)

    def read(self) -> AbstractContextManager[Connection]:
        """One snapshot; see `Database.read`."""
        return self._read

    def schema_change(self) -> AbstractContextManager[Connection]:
        """The transaction of one migration step; see `Database.schema_change`."""
        return self._schema_change()

    def keep_copy(self, label: str) -> str | None:
        """PostgreSQL is copied by its own tools (`pg_dump`), not by us."""
        return None

    def shrink(self, *, keep: int) -> bool:
        """Nothing is to be done: PostgreSQL's own vacuum does it."""
        return False

    def check(self) -> list[str]:
        """Read every row of every table, and list what PostgreSQL itself marked as not valid; see `Database.check`."""
        findings: list[str] = []
        with self.write() as connection:
            for statement in _NO_LIMITS:
                connection.rows(statement)
            for (table,) in connection.rows(_TABLES):
                try:
                    with self.write() as block:
                        block.row(f"SELECT count(*) FROM {table} AS t WHERE t IS NULL")
                except ModelyardError as error:
                    findings.append(f"{table} cannot be read: {error.message}")
            findings += [f"{kind} {name} is not valid" for kind, name in connection.rows(_NOT_VALID)]
        return findings

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def before_fork(self) -> None:
        """Nothing to do: the child does not touch what the parent's threads are at; see `Forkable`."""

    def after_fork_in_parent(self) -> None:
        """Nothing to do; see `Forkable`."""

    def after_fork_in_child(self) -> None:
        """Leave the parent its connections; see `Forkable`."""
        self._of_parent += (self._pool, self._local)
        self._pool = Pool(self._connect, Session.close, size=self._size)
        self._local = threading.local()

    def _enter_write(self, wait: float) -> Connection:
        writer: PostgresWriter | None = getattr(self._local, "writer", None)
        if writer is not None:
            writer.enter()
            return writer
        if getattr(self._local, "reader", None) is not None:
            raise ModelyardError(WRITE_IN_READ)
        kind = PostgresWriter if wait == WAIT else partial(PostgresWriter, wait=wait)
        self._local.writer = writer = self._started(kind, wait)
        return writer

    def _leave_write(self, error: BaseException | None) -> None:
        writer: PostgresWriter | None = getattr(self._local, "writer", None)
        if writer is None:  # it is the parent's
            if error is None:
                raise ModelyardError(FORKED)
            return
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
            self._local.writer = None
            self._put_back(writer.session)

    def _enter_read(self) -> Connection:
        writer: PostgresWriter | None = getattr(self._local, "writer", None)
        if writer is not None:
            return writer
        reader: PostgresReader | None = getattr(self._local, "reader", None)
        if reader is None:
            self._local.reader = reader = self._started(PostgresReader, WAIT)
        reader.depth += 1
        return reader

    def _leave_read(self, error: BaseException | None) -> None:
        if getattr(self._local, "writer", None) is not None:
            return
        reader: PostgresReader | None = getattr(self._local, "reader", None)
        if reader is None:  # it is the parent's
            if error is None:
                raise ModelyardError(FORKED)
            return
        reader.depth -= 1
        if reader.depth == 0:
            self._local.reader = None
            reader.end()
            self._put_back(reader.session)

    def _started(self, kind: Callable[[Session], Kind], wait: float) -> Kind:
        """A transaction on a session that works. One that does not was cut while it lay idle, and so were its
        siblings: all go.
        """
        for last in (False, True):
            session = self._pool.take(wait)
            transaction = kind(session)
            try:
                transaction.start()
            except FAILURES as error:
                self._pool.drop(session)
                self._pool.clear()
                if last:
                    raise translated(error) from error
            except BaseException:
                self._pool.drop(session)
                raise
            else:
                return transaction
        raise AssertionError

    def _put_back(self, session: Session) -> None:
        if session.is_idle():
            self._pool.give(session)
        else:
            self._pool.drop(session)

    @contextmanager
    def _schema_change(self) -> Iterator[Connection]:
        if getattr(self._local, "writer", None) is not None:
            raise ModelyardError("A schema change was opened inside a write().")
        with self.write() as connection:
            for statement in (*_NO_LIMITS, _ALONE):
                connection.rows(statement)
            yield connection

    def _connect(self) -> Session:
        try:
            raw = psycopg.connect(self.url, autocommit=True, cursor_factory=RawCursor, **_CONNECT)
        except psycopg.Error as error:
            log.warning("no connection to PostgreSQL: %s", type(error).__name__)
            raise Unavailable(AWAY) from error
        try:
            register(raw)
            raw.prepare_threshold = 2
            raw.prepared_max = 500
            session = Session(raw)
            session.control(self._settings)
        except BaseException as error:
            raw.close()
            if isinstance(error, psycopg.Error):
                raise translated(error) from error
            raise
        return session

    def _vet(self, *, accept_data_loss: bool) -> None:
        try:
            with self.read() as connection:
                row = connection.row(_SERVER)
        except Unavailable as error:
            raise Unavailable(f"PostgreSQL does not answer at {_place(self.url)}.") from error
        fsync, encoding = row or ("off", "")
        if encoding != "UTF8":
            self.close()
            raise StoreError(
                f"The database at {_place(self.url)} has the encoding {encoding}; modelyard needs one in UTF8."
            )
        if fsync != "on" and not accept_data_loss:
            self.close()
            raise StoreError(_FSYNC_OFF)


def _place(url: str) -> str:
    """Host, port and database of ``url``, and nothing of its credentials."""
    parts = conninfo_to_dict(url)
    return f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"
