"""Equal files of a local store, stored once: the names of one file.

The pool is a folder of second names: each longer file has one, its SHA-256, and an upload with the same bytes takes
over that file instead of keeping its own. All of this is best effort. Where a file cannot be linked, or another
process holds the lock, the upload stays a file of its own.

What keeps it safe:

- Files are replaced, never changed in place, so that none of its names can change what another reads.
- Bytes are compared before they are shared: a file that was damaged on the disk gets no new names.
- A file enters the pool when it is whole and synced. Its name in the pool is synced before it gets a second name
  elsewhere, and taken away only when no name elsewhere is left: a file with several names is one of the pool's, and
  one that is not was planted.
- The pool's name is no key (``core.keys`` refuses the dot at its end), so that no client reaches it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from modelyard.core.ids import new_token
from modelyard.services.artifacts.contract import Stored
from modelyard.services.artifacts.files import CHUNK, sync_path

POOL = ".modelyard-pool."
SMALLEST = 64 << 10  # bytes; what is smaller is not worth a second name
_BUCKETS = 4093  # a prime, so that sizes in whole pages spread
_LOCK = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Pool:
    """The second names of the files below one root, in folders by size: a file is found again by what it is."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / POOL

    @contextmanager
    def sharing(self, temporary: Path, stored: Stored) -> Iterator[None]:
        """While a finished and synced file is given its name: it may become another of the same bytes before."""
        if stored.size < SMALLEST:
            yield
            return
        with suppress(OSError):
            self._share(temporary, stored)
        try:
            yield
        except BaseException:
            with suppress(OSError):
                self._remove(os.lstat(temporary), names=2)
            raise
        with suppress(OSError):
            os.unlink(temporary)  # renaming one name of a file to another does nothing, and leaves both

    def holds(self, descriptor: int) -> bool:
        """Whether an open file has one name only, or is one of the pool's."""
        for _ in range(2):  # a name that is being changed can escape a look at its folder
            facts = os.fstat(descriptor)
            if facts.st_nlink <= 1:  # 0: it was replaced or deleted since it was opened
                return True
            with suppress(OSError):
                if facts.st_size >= SMALLEST and any(self._names(facts)):
                    return True
        return os.fstat(descriptor).st_nlink <= 1

    def release(self, removed: Iterable[os.stat_result]) -> None:
        """Forget files that were removed from their places, unless they have others."""
        for facts in removed:
            if is_shared(facts):
                with suppress(OSError):
                    self._remove(facts, names=1)

    def sweep(self) -> int:
        """Remove the files that have no name elsewhere, which interrupted calls leave; answers how many."""
        removed = 0
        for bucket in self._folder.glob("???"):
            with suppress(OSError), self._locked(fcntl.LOCK_EX), os.scandir(bucket) as entries:
                removed += sum(_unlinked(entry, names=1) for entry in entries)
        return removed

    def _share(self, temporary: Path, stored: Stored) -> None:
        bucket = self._bucket(stored.size)
        for folder in (self._folder, bucket):
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
        pooled = bucket / stored.sha256
        taken = temporary.with_name(new_token())
        try:
            with suppress(FileNotFoundError), self._locked(fcntl.LOCK_SH):
                os.link(pooled, taken, follow_symlinks=False)
            if taken.exists():
                if _is_equal(taken, temporary):
                    for folder in (bucket, self._folder, self._root):
                        sync_path(folder)
                    os.rename(taken, temporary)
                    return
                os.rename(pooled, bucket / f"{stored.sha256}.{new_token()}")  # damaged; still the name of its readers
            os.link(temporary, pooled, follow_symlinks=False)
        finally:
            taken.unlink(missing_ok=True)

    def _remove(self, facts: os.stat_result, *, names: int) -> None:
        with self._locked(fcntl.LOCK_EX):
            for entry in list(self._names(facts)):
                _unlinked(entry, names=names)

    def _names(self, facts: os.stat_result) -> Iterator[os.DirEntry[str]]:
        with os.scandir(self._bucket(facts.st_size)) as entries:
            for entry in entries:
                if entry.inode() == facts.st_ino and os.path.samestat(entry.stat(follow_symlinks=False), facts):
                    yield entry

    def _bucket(self, size: int) -> Path:
        return self._folder / f"{size % _BUCKETS:03x}"

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        """Names are taken from the pool (shared), or taken away (exclusive); ``BlockingIOError`` rather than waiting."""
        descriptor = os.open(self._folder / "lock", _LOCK, 0o600)
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
            yield
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # closing leaves it to a process that was forked meanwhile
        finally:
            os.close(descriptor)


def is_shared(facts: os.stat_result) -> bool:
    """Whether a file may be one of a pool's."""
    return facts.st_nlink > 1 and facts.st_size >= SMALLEST


def _unlinked(entry: os.DirEntry[str], *, names: int) -> bool:
    if os.lstat(entry.path).st_nlink > names:
        return False
    os.unlink(entry.path)
    return True


def _is_equal(one: Path, other: Path) -> bool:
    """Whether two files have the same bytes."""
    first = os.open(one, _READ)
    try:
        second = os.open(other, _READ)
        try:
            size = os.fstat(first).st_size
            return os.fstat(second).st_size == size and _has_equal_bytes(first, second, size)
        finally:
            os.close(second)
    finally:
        os.close(first)


def _has_equal_bytes(first: int, second: int, size: int) -> bool:
    mine, theirs = bytearray(min(CHUNK, size)), bytearray(min(CHUNK, size))
    at = 0
    while at < size:
        count = os.preadv(first, [mine], at)
        if count == 0 or os.preadv(second, [theirs], at) != count or mine != theirs:  # behind it both are as before
            return False
        at += count
    return True
