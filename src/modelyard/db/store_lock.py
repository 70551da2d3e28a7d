"""One server to a store: a lock on a file in its folder, which the system lets go when the process ends, however
it ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from types import TracebackType

from modelyard.core.errors import StoreError, StoreLocked
from modelyard.db.files import PRIVATE_FILE

NAME = "server.lock"


class StoreLock:
    """Holds `server.lock` in the store's folder, with the holder's process id in it, until it is released.

    >>> with StoreLock(Path("yard")):  # doctest: +SKIP
    ...     serve()

    Raises:
        StoreLocked: another process holds it; the message names that process.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._descriptor = _open(folder / NAME)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise StoreLocked(
                f"The store {folder} is in use by another server (process {holder or 'unknown'}). Stop that one first, "
                "or give this one a store of its own. Several servers on one store need PostgreSQL."
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others have the store. Idempotent."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):  # a full disk must not keep the lock
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> StoreLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _open(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)
        os.fchmod(descriptor, PRIVATE_FILE)
    except OSError as error:
        raise StoreError(f"The lock {path} cannot be opened: {error.strerror}.") from error
    return descriptor
