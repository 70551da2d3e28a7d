"""Equal files of a local store, stored once: the names of one file.

The pool is a folder of second names: each file that is not empty has one, its SHA-256, and an upload with the same bytes
takes over that file instead of keeping its own. All of this is best effort. Where a file cannot be linked, or another
process holds the lock, the upload stays a file of its own.

What keeps it safe:

- Files are replaced, never changed in place, so that none of its names can change what another reads.
- Bytes are compared before they are shared: a file that was damaged on the disk gets no new names.
- A file enters the pool when it is whole and synced. Its name in the pool is synced before it gets a second name
  elsewhere, and taken away only when no name elsewhere is left: a file with several names is one of the pool's, and
  one that is not was planted.
- The pool's name is no key (``core.keys`` refuses the dot at its end), so that no client reaches it.

What keeps it quick: nearly every file has two names, so that each read asks for the one in the pool. It is remembered,
or follows from the bytes of a small file, and is believed when the system says that it leads to the same file. Only what
that does not answer is looked for in its folder.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from modelyard.core.ids import new_token
from modelyard.services.artifacts.contract import Stored
from modelyard.services.artifacts.files import CHUNK, sync_path

POOL = ".modelyard-pool."
SMALLEST = 1  # byte: a file that has one takes a block of the disk, a name in the pool a fiftieth of that
SMALL = 64 << 10  # bytes; what is smaller is hashed sooner than it is looked for
KEPT = 20_000  # names, some 5 MB
_BUCKETS = 4093  # a prime, so that sizes in whole pages spread
_SMALL_BUCKETS = 251  # fewer: small files have as many sizes, and each folder takes the room of one
_LOCK = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Pool:
    """The second names of the files below one root, in folders by size: a file is found again by what it is."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / POOL
        self._lock = str(self._folder / "lock")
        self._known: dict[int, str] = {}  # by the file's number: hints, which others may have made untrue
        self._kept: set[str] = set()  # folders whose names this process knows to be on the disk

    @contextmanager
    def sharing(self, temporary: Path, stored: Stored) -> Iterator[None]:
        """While a finished and synced file is given its name: it may become another of the same bytes before."""
        if stored.size < SMALLEST:
            yield
            return
        taken = False
        with suppress(OSError):
            taken = self._share(temporary, stored)
        try:
            yield
        except BaseException:
            with suppress(OSError):
                self._remove(os.lstat(temporary), names=2)
            raise
        if taken:
            with suppress(OSError):
                os.unlink(temporary)  # renaming one name of a file to another does nothing, and leaves both

    def holds(self, descriptor: int) -> bool:
        """Whether an open file has one name only, or is one of the pool's."""
        for _ in range(2):  # a name that is being changed can escape a look at its folder
            facts = os.fstat(descriptor)
            if facts.st_nlink <= 1:  # 0: it was replaced or deleted since it was opened
                return True
            with suppress(OSError):
                if is_shared(facts) and self._find(facts, descriptor) is not None:
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
        for bucket in self._folder.glob("*/"):
            with suppress(OSError), self._locked(fcntl.LOCK_EX), os.scandir(bucket) as entries:
                removed += sum(_unlinked(entry.path, names=1) for entry in entries)
        return removed

    def _share(self, temporary: Path, stored: Stored) -> bool:
        """Have a file enter the pool, or become the one there with its bytes; answers whether it became another."""
        bucket = self._bucket(stored.size)
        pooled = f"{bucket}/{stored.sha256}"
        if self._enter(temporary, pooled):
            return False
        if self._take(temporary, pooled):
            return True
        with suppress(FileNotFoundError):  # it may have been removed meanwhile
            os.rename(pooled, f"{pooled}.{new_token()}")  # damaged, or of too many names; still that of its readers
        self._enter(temporary, pooled)
        return False

    def _enter(self, temporary: Path, pooled: str) -> bool:
        """Name a file in the pool; answers whether the name was free."""
        try:
            try:
                os.link(temporary, pooled, follow_symlinks=False)
            except FileNotFoundError:  # the first of its folder
                for folder in (self._folder, Path(pooled).parent):
                    with suppress(FileExistsError):
                        folder.mkdir(mode=0o700)
                os.link(temporary, pooled, follow_symlinks=False)
        except FileExistsError:
            return False
        self._remember(os.lstat(pooled).st_ino, os.path.basename(pooled))
        return True

    def _take(self, temporary: Path, pooled: str) -> bool:
        """Make a file another name of one in the pool; answers whether that has its bytes, and room for a name."""
        taken = temporary.with_name(new_token())
        try:
            with self._locked(fcntl.LOCK_SH):
                os.link(pooled, taken, follow_symlinks=False)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EMLINK):
                return False
            raise
        try:
            if not _is_equal(taken, temporary):
                os.unlink(taken)
                return False
            self._keep(os.path.dirname(pooled))
            os.rename(taken, temporary)
        except BaseException:
            taken.unlink(missing_ok=True)
            raise
        return True

    def _keep(self, bucket: str) -> None:
        """Have the names in a folder of the pool on the disk, and the way there."""
        sync_path(Path(bucket))
        if bucket not in self._kept:
            for folder in (self._folder, self._root):
                sync_path(folder)
            self._kept.add(bucket)

    def _remove(self, facts: os.stat_result, *, names: int) -> None:
        with self._locked(fcntl.LOCK_EX):
            path = self._find(facts)
            if path is not None and _unlinked(path, names=names):
                self._known.pop(facts.st_ino, None)

    def _find(self, facts: os.stat_result, descriptor: int | None = None) -> str | None:
        """The path of a file's name in the pool; ``descriptor`` is that of the file where it is open."""
        bucket = self._bucket(facts.st_size)
        known = self._known.get(facts.st_ino)
        if known is not None and _leads(path := f"{bucket}/{known}", facts):
            return path
        if descriptor is not None and facts.st_size < SMALL:
            name = hashlib.sha256(os.pread(descriptor, SMALL, 0)).hexdigest()
            if _leads(path := f"{bucket}/{name}", facts):
                self._remember(facts.st_ino, name)
                return path
        return self._look(bucket, facts)

    def _look(self, bucket: str, facts: os.stat_result) -> str | None:
        """Look through a folder for a file, and remember the others that pass by."""
        found = None
        with os.scandir(bucket) as entries:
            for entry in entries:
                self._remember(entry.inode(), entry.name)
                if entry.inode() == facts.st_ino and _leads(entry.path, facts):
                    found = entry.path
        return found

    def _remember(self, number: int, name: str) -> None:
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[number] = name

    def _bucket(self, size: int) -> str:
        """The folder of the files of a size; those from ``SMALL`` on are where they have always been."""
        name = f"{size % _SMALL_BUCKETS:02x}" if size < SMALL else f"{size % _BUCKETS:03x}"
        return f"{self._folder}/{name}"

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        """Names are taken from the pool (shared), or taken away (exclusive); ``BlockingIOError`` rather than waiting."""
        descriptor = os.open(self._lock, _LOCK, 0o600)
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
            yield
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # closing leaves it to a process that was forked meanwhile
        finally:
            os.close(descriptor)


def is_shared(facts: os.stat_result) -> bool:
    """Whether a file may be one of a pool's."""
    return facts.st_nlink > 1 and facts.st_size >= SMALLEST


def _leads(path: str, facts: os.stat_result) -> bool:
    """Whether a name is one of a file."""
    try:
        return os.path.samestat(os.lstat(path), facts)
    except FileNotFoundError:
        return False


def _unlinked(path: str, *, names: int) -> bool:
    if os.lstat(path).st_nlink > names:
        return False
    os.unlink(path)
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
