"""Files that are being written and read."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from modelyard.core.errors import InvalidParameter, ModelyardError, NotFound, Unavailable
from modelyard.services.artifacts.contract import Stored

CHUNK = 1 << 20
SYNCED_EARLY = 32 << 20  # bytes; smaller files are synced once, at their end
HASHED_AT_ONCE = 8 << 20  # bytes
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def sync_folder(folder: int) -> None:
    """Make names in a folder durable."""
    os.fsync(folder)


def sync_path(folder: Path) -> None:
    """Make names in the folder at a path durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync_folder(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def translated(key: str) -> Iterator[None]:
    """Turn the system's errors about a key into ours; the one border where that is done."""
    try:
        yield
    except ModelyardError:
        raise
    except FileNotFoundError:
        raise NotFound(f"There is no artifact {key!r}.") from None
    except (NotADirectoryError, IsADirectoryError, FileExistsError):
        raise InvalidParameter(
            f"The artifact path {key!r} meets a file where it needs a folder, or the other way."
        ) from None
    except OSError as error:
        raise _translate(error, key) from error


def _translate(error: OSError, key: str) -> ModelyardError:
    if error.errno in (errno.ELOOP, errno.ENXIO):
        return NotFound(f"There is no artifact {key!r}.")
    if error.errno in (errno.ENAMETOOLONG, errno.EINVAL, errno.ENOTEMPTY):
        return InvalidParameter("Invalid path")
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Unavailable("The disk is full; the artifact was not stored.", retry_after=30, reason="DISK_FULL")
    return Unavailable("The artifact folder cannot be used right now.", retry_after=5, reason="ARTIFACTS")


class Helper:
    """A thread that is started when it is first needed and does one thing at a time, over and over."""

    def __init__(self, work: Callable[[], None], name: str) -> None:
        self._work = work
        self._name = name
        self._thread: ThreadPoolExecutor | None = None
        self._run: Future[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether it is at work."""
        return self._run is not None and not self._run.done()

    def start(self) -> None:
        """Have it work once; it must not be busy. Raises what it raised the last time."""
        self._take_result()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix=self._name)
        self._run = self._thread.submit(self._work)

    def end(self) -> None:
        """Wait until it works no more; raises what it raised the last time."""
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None
        self._take_result()

    def _take_result(self) -> None:
        run, self._run = self._run, None
        if run is not None:
            run.result()


class EarlySync:
    """Has the bytes of a long file go to the disk while more arrive, so that little is left for the sync at its end."""

    def __init__(self, descriptor: int) -> None:
        self._helper = Helper(lambda: os.fdatasync(descriptor), "sync")
        self._waiting = 0

    def wrote(self, count: int) -> None:
        """Bytes were written. Raises what an earlier sync raised: the system tells it only once."""
        self._waiting += count
        if self._waiting >= SYNCED_EARLY and not self._helper.busy:
            self._waiting = 0
            self._helper.start()

    def end(self) -> None:
        """Wait until no sync runs any more; raises what the last one raised."""
        self._helper.end()


class FileDigest:
    """SHA-256 of a file that is being written.

    Of a long file all but the beginning is read back, from the memory where the system keeps what was just written, and
    hashed on a thread of its own: the writer does not wait for it.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._digest = hashlib.sha256()
        self._written = 0
        self._hashed = 0
        self._helper = Helper(self._catch_up, "digest")

    def wrote(self, chunk: memoryview) -> None:
        """Bytes were written."""
        self._written += len(chunk)
        if self._written <= HASHED_AT_ONCE:
            self._digest.update(chunk)
            self._hashed = self._written
        elif not self._helper.busy:
            self._helper.start()

    def finish(self) -> str:
        """The digest of all that was written, in hexadecimal."""
        self._helper.end()
        self._catch_up()
        return self._digest.hexdigest()

    def end(self) -> None:
        """Hash no more."""
        self._written = 0
        self._helper.end()

    def _catch_up(self) -> None:
        buffer = memoryview(bytearray(min(CHUNK, max(0, self._written - self._hashed))))
        while (left := self._written - self._hashed) > 0:
            count = os.preadv(self._descriptor, [buffer[:left]], self._hashed)
            if count == 0:
                raise OSError(errno.EIO, "the file has become shorter")
            self._digest.update(buffer[:count])
            self._hashed += count


class FileUpload:
    """Bytes on their way into a temporary file and its digest; ``place`` gives the synced file its name."""

    def __init__(self, temporary: Path, key: str, *, place: Callable[[Path, Stored], None]) -> None:
        self.temporary = temporary
        self._key = key
        self._place = place
        self._size = 0
        with translated(key):
            self._descriptor = os.open(temporary, _NEW, 0o600)
        self._early = EarlySync(self._descriptor)
        self._digest = FileDigest(self._descriptor)

    def write(self, chunk: bytes | memoryview) -> None:
        """Add bytes."""
        view = memoryview(chunk)
        self._size += len(view)
        with translated(self._key):
            while view:
                count = os.write(self._descriptor, view)
                self._early.wrote(count)
                self._digest.wrote(view[:count])
                view = view[count:]

    def finish(self) -> Stored:
        """Sync the bytes and give the file its name."""
        try:
            with translated(self._key):
                self._early.end()
                os.fsync(self._descriptor)
                stored = Stored(size=self._size, sha256=self._digest.finish())
                self._close()
                self._place(self.temporary, stored)
        except BaseException:
            self.abandon()
            raise
        return stored

    def abandon(self) -> None:
        """Forget what was written."""
        for work in (self._early, self._digest):
            with suppress(OSError):
                work.end()
        self._close()
        with suppress(FileNotFoundError):
            os.unlink(self.temporary)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class FileDownload:
    """An open regular file."""

    def __init__(self, descriptor: int, size: int) -> None:
        self.size = size
        self._descriptor = descriptor

    def fileno(self) -> int | None:
        """The file's descriptor."""
        return self._descriptor

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` to before ``stop``, a mebibyte at a time."""
        end = self.size if stop is None else min(stop, self.size)
        while start < end:
            piece = os.pread(self._descriptor, min(CHUNK, end - start), start)
            if not piece:
                return
            start += len(piece)
            yield piece

    def close(self) -> None:
        """Give the file back."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
