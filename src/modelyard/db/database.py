"""The seam to a database: every store speaks to one of these and knows no driver."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Protocol

from modelyard.core.errors import ModelyardError
from modelyard.db.dialect import Dialect

Row = tuple[Any, ...]
WAIT = 5.0  # seconds a writer waits for others, and a reader for a free connection
CLOSED = "The database is closed."
READ_ONLY = "A read() cannot write; use write()."
READ_OVER = "A reading connection was used after a statement of it failed, or after its block had ended."
WRITE_IN_READ = "A write() was opened inside a read(); leave the read first."


class Connection(Protocol):
    """Runs statements inside the block that yielded it, and only there.

    Guarantees, the same on both engines:

    * SQL uses `?` for parameters; `modelyard.db.dialect` says what else both engines understand.
    * Truth comes back as stored (0 or 1), blobs as `bytes`, whole numbers as `int`, sums of them too, all other
      numbers as `float`.
    * Raises only `ModelyardError`s; messages carry no SQL, no values and no paths. A function of ours called from SQL
      raises what it raises.
    * After a statement failed, the block can only be left: further statements raise, and leaving it undoes it. To try
      something that may fail and go on, open a block for it: ``try: with db.write() as inner: inner.run(…)``,
      ``except UniqueViolation: …``.
    * One thread uses a connection: the one that opened the block.
    """

    dialect: Dialect

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """All rows the statement answers; an empty list when it answers none."""
        ...

    def row(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        """The first row, or None."""
        ...

    def run(self, sql: str, params: Sequence[object] = ()) -> int:
        """Run an INSERT, UPDATE or DELETE; how many rows it affected."""
        ...

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run the statement once for each of ``rows``: pipelined where there is a wire."""
        ...


class Database(Protocol):
    """Transactions on one store. Any thread may use it.

    * A 2xx built on it may be answered once the outermost `write()` has been left without an exception: the commit is
      on disk.
    * Blocks must not span an `await`, and a connection must not leave its block.
    * After a fork the child may go on using the object; it opens connections of its own. A block that was open in the
      forking thread is the parent's.
    """

    dialect: Dialect
    failure: ModelyardError | None
    """Set once the disk or the file has failed: no `write()` succeeds any more, readiness says so, and the process
    should end.
    """

    def write(self, *, wait: float = WAIT) -> AbstractContextManager[Connection]:
        """One transaction: committed on leaving, rolled back on an exception.

        Inside an open `write()` of the same thread it is a savepoint: an exception undoes this block alone, and costs
        the outer one nothing. It is free until its first statement. Nothing is durable before the outermost block is
        left.

        On SQLite writers queue, also across processes, and see all that was committed before. On PostgreSQL the
        isolation is READ COMMITTED: writers run side by side and wait for each other at the rows they share. Either
        way a block that read something and writes because of it must make the write itself safe (`ON CONFLICT`,
        `WHERE version = ?`, `dialect.row_lock`).

        Raises:
            DatabaseBusy: another writer did not finish within ``wait`` seconds (0 = do not wait). SQLite says so when
                the block is entered, PostgreSQL at the statement that needs the lock. Nothing was done.
            Unavailable: that, or the disk is full, or the server is away. Nothing was done; `retry_after` is set.
            OutcomeUnknown: the connection or the disk failed during the commit itself.
            StoreDamaged, DiskFailed: nothing was done and nothing will be; see `failure`.
        """
        ...

    def read(self) -> AbstractContextManager[Connection]:
        """One consistent snapshot, taken at the first statement. Statements that write raise.

        Inside an open `write()` of the same thread it is that transaction, and sees what it wrote; inside an open
        `read()` it is that snapshot. Opening a `write()` inside a `read()` raises: leave the read first. A statement
        that runs longer than the time limit raises `QueryTooExpensive`. On SQLite in memory readers and writers take
        turns; elsewhere neither waits for the other.
        """
        ...

    def schema_change(self) -> AbstractContextManager[Connection]:
        """One transaction for a migration's step: alone across all processes, as long as it takes, foreign keys
        checked at its end.
        """
        ...

    def keep_copy(self, label: str) -> str | None:
        """Put a copy of all data beside the store, named by ``label``, and return where; None where the store does
        not copy itself.
        """
        ...

    def shrink(self, *, keep: int) -> bool:
        """Give space that nothing uses back to the file system, in one short step, but ``keep`` bytes of it; whether
        there is more to give. PostgreSQL does that by itself.
        """
        ...

    def check(self) -> list[str]:
        """What is wrong with the database, one sentence each; empty when nothing is. Reads everything: minutes on
        a large store.
        """
        ...

    def close(self) -> None:
        """Close all connections. Idempotent. Waits for a `write()` that another thread has open, as a writer would."""
        ...


class Block:
    """A context manager made of two functions, so that entering one costs as little as it can."""

    __slots__ = ("_enter", "_leave")

    def __init__(self, enter: Callable[[], Connection], leave: Callable[[BaseException | None], None]) -> None:
        self._enter = enter
        self._leave = leave

    def __enter__(self) -> Connection:
        return self._enter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._leave(error)
