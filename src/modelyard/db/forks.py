"""What a fork means for a database that is open: the child shares the parent's files and sockets, and must not use
them.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from typing import Protocol

FORKED = "This process was forked while the database was in use; open the store again in the child."


class Forkable(Protocol):
    """Hears of forks. None of these may raise or wait for long."""

    def before_fork(self) -> None:
        """Come to rest: no other thread may be inside the driver while memory is copied."""
        ...

    def after_fork_in_parent(self) -> None:
        """Go on."""
        ...

    def after_fork_in_child(self) -> None:
        """Forget the parent's connections; make new ones when they are needed."""
        ...


def watch(database: Forkable) -> None:
    """Tell ``database`` of forks for as long as it lives."""
    os.register_at_fork(
        before=_weakly(database.before_fork),
        after_in_parent=_weakly(database.after_fork_in_parent),
        after_in_child=_weakly(database.after_fork_in_child),
    )


def _weakly(method: Callable[[], None]) -> Callable[[], None]:
    reference = weakref.WeakMethod(method)

    def call() -> None:
        alive = reference()
        if alive is not None:
            alive()

    return call
