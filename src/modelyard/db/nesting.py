"""Blocks inside one transaction: what both engines promise about nesting, written once.

A block costs nothing until its first statement: only then is its savepoint set, and it is let go together with
setting the next one. The server's group commit runs dozens of requests as blocks of one transaction, so this is its
hottest path.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import lru_cache

from modelyard.core.errors import ModelyardError

_LEAVE = "A statement failed in this block, so that it can only be left."


@lru_cache(maxsize=256)
def _savepoints(release: bool, first: int, last: int) -> str:
    released = [f"RELEASE SAVEPOINT s{first}"] if release else []
    return "; ".join([*released, *(f"SAVEPOINT s{level}" for level in range(first, last + 1))])


class Nesting(ABC):
    """One transaction at a time and its blocks: the outermost is the transaction, each inner one a savepoint.

    An engine calls `_attend(sql)` before a statement when `_attention` is set, raises what `_failed(error)` returns,
    and supplies the four hooks at the end. One thread at a time uses an object of this class.
    """

    __slots__ = ("_attention", "_depth", "_error", "_error_depth", "_live", "_lost", "_set")

    # True where a failed SELECT leaves the transaction usable: then reading alone needs no savepoint.
    reads_are_harmless: bool

    def __init__(self) -> None:
        self._depth = 0  # open blocks; 0 = no transaction, 1 = the outermost
        self._live = 0  # savepoints that belong to open blocks
        self._set = 0  # savepoints the database has; those above `_live` belong to blocks that ended well
        self._error: ModelyardError | None = None  # the first failure of the block at `_error_depth`
        self._error_depth = 0
        self._lost: ModelyardError | None = None  # why the database has given up the whole transaction
        self._attention = True  # look at the fields above before the next statement

    @property
    def depth(self) -> int:
        """How many blocks are open; 0 = no transaction."""
        return self._depth

    def begin(self) -> None:
        """Open the outermost block; the database has just begun its transaction."""
        self._depth = 1
        self._live = self._set = self._error_depth = 0
        self._error = self._lost = None
        self._attention = False

    def enter(self) -> None:
        """Open a block inside the one that is open."""
        self._depth += 1
        self._attention = True

    def leave(self, error: BaseException | None) -> None:
        """End the innermost block: keep what it did, or undo it when ``error`` is set or one of its statements
        failed.
        """
        if self._depth == 1:
            self._finish(error)
        else:
            self._leave_inner(error)

    def abandon(self, error: ModelyardError) -> None:
        """The transaction is gone, for ``error``: whoever still uses it is told so."""
        self._lost = error
        self._attention = True

    def _leave_inner(self, error: BaseException | None) -> None:
        level = self._depth - 1
        self._depth = level
        mine = self._error if self._error_depth > level else None
        if self._live == level:
            self._live = level - 1
            if (error is not None or mine is not None) and self._lost is None:
                self._undo(level)
        if mine is not None:
            self._error, self._error_depth = None, 0
        self._attention = True
        if error is None and (mine or self._lost):
            raise mine or self._lost  # type: ignore[misc]  # one of them is set

    def _undo(self, level: int) -> None:
        try:
            self._control(f"ROLLBACK TO SAVEPOINT s{level}")
        except ModelyardError as error:
            self.abandon(error)
        self._set = level

    def _finish(self, error: BaseException | None) -> None:
        mine = self._lost or self._error
        self._depth = 0
        self._attention = True
        if error is None and mine is None:
            self._commit()
            return
        self._rollback()
        if error is None and mine is not None:
            raise mine

    def _attend(self, sql: str) -> None:
        """Set the savepoints that are due; refuse a statement that has no business here."""
        if self._depth == 0:
            raise ModelyardError("A connection was used after its block had ended.")
        if self._lost is not None:
            raise self._lost
        if self._error is not None:
            raise ModelyardError(_LEAVE) from self._error
        due = self._depth - 1
        if self._live == due:
            self._attention = False
        elif not (self.reads_are_harmless and sql.startswith("SELECT")):
            self._set_savepoints(due)
            self._attention = False

    def _set_savepoints(self, due: int) -> None:
        try:
            self._control(_savepoints(self._set > self._live, self._live + 1, due))
        except ModelyardError as error:
            self.abandon(error)
            raise
        self._live = self._set = due

    def _failed(self, error: Exception) -> ModelyardError:
        """Note that a statement raised ``error``; what to raise in its place."""
        told = self._translated(error)
        if self._error is None:
            self._error, self._error_depth = told, self._depth
        if self._lost is None and self._is_gone():
            self._lost = told
        self._attention = True
        return told

    @abstractmethod
    def _control(self, sql: str) -> None:
        """Run statements that answer nothing; failures are translated."""

    @abstractmethod
    def _commit(self) -> None:
        """Commit; when that fails, nothing is left open."""

    @abstractmethod
    def _rollback(self) -> None:
        """Roll back whatever is open; never raises."""

    @abstractmethod
    def _translated(self, error: Exception) -> ModelyardError:
        """The driver's error as one of ours."""

    @abstractmethod
    def _is_gone(self) -> bool:
        """Whether the database has ended the transaction by itself."""
