"""The journal: what could not be sent yet, in an append-only file.

A file is a header and records. Header: the 8 bytes ``MYARDJ01`` and, as 8 bytes, how far it was sent. Record: length
and CRC-32 of the payload (4 bytes each), sequence number (8 bytes), payload (JSON). All numbers are little-endian. The
first record says which store the rest is for.

A reader stops at a record that is cut short, so that a torn tail loses that record and nothing before it; a record that
does not match its checksum is passed over. Sending a record twice is harmless, so the mark may lag behind.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from modelyard.core.errors import StoreDamaged
from modelyard.core.ids import new_token

MAGIC = b"MYARDJ01"
SUFFIX = ".journal"
FILES_SUFFIX = ".files"
_HEAD = struct.Struct("<8sQ")
_MARK = struct.Struct("<Q")
_RECORD = struct.Struct("<IIQ")
MAX_RECORD = 64 * 1024 * 1024
SYNC_SECONDS = 1.0
SYNC_BYTES = 1_000_000


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One record: what to do, the body of it, and where the file of an upload was copied to."""

    verb: str
    body: msgspec.Raw = msgspec.Raw(b"{}")
    file: str = ""


class Placed(NamedTuple):
    """A record, the offset behind it and its sequence number."""

    entry: Entry
    end: int
    sequence: int


class Journal:
    """One journal file, open for appending and for reading back. One process holds it, by a lock on the file.

    Not thread-safe: the sender calls it under a lock of its own.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._file = descriptor
        self._end = os.fstat(descriptor).st_size
        self._sent: int = _HEAD.unpack(os.pread(descriptor, _HEAD.size, 0))[1]
        self._sequence = 0
        self._synced_at = time.monotonic()
        self._unsynced = 0

    @classmethod
    def create(cls, folder: Path, location: str) -> Journal:
        """A new journal for the store at ``location``."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{key_of(location)}-{os.getpid()}-{new_token()[:12]}{SUFFIX}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.pwrite(descriptor, _HEAD.pack(MAGIC, _HEAD.size), 0)
        journal = cls(path, descriptor)
        journal._end = _HEAD.size
        journal.append(Entry("store", msgspec.Raw(msgspec.json.encode(location))))
        journal.mark(journal._end)
        return journal

    @classmethod
    def open(cls, path: Path) -> Journal | None:
        """A journal somebody left; None while its process lives, or when it is gone.

        Raises ``StoreDamaged`` when the file is no journal. A torn tail is cut off.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_nlink == 0:
                raise BlockingIOError
        except BlockingIOError:
            os.close(descriptor)
            return None
        head = os.pread(descriptor, _HEAD.size, 0)
        if len(head) < _HEAD.size or not head.startswith(MAGIC):
            os.close(descriptor)
            raise StoreDamaged(f"{path} is no journal of modelyard.")
        journal = cls(path, descriptor)
        journal._cut_tail()
        return journal

    def append(self, entry: Entry) -> None:
        """Add a record. It is with the system when this returns, and on the disk a second later at most."""
        payload = msgspec.json.encode(entry)
        self._sequence += 1
        record = _RECORD.pack(len(payload), zlib.crc32(payload), self._sequence) + payload
        written = 0
        while written < len(record):
            written += os.pwrite(self._file, record[written:], self._end + written)
        self._end += len(record)
        self._unsynced += len(record)
        if self._unsynced > SYNC_BYTES or time.monotonic() - self._synced_at > SYNC_SECONDS:
            self.sync()

    def sync(self) -> None:
        """Put what was appended on the disk."""
        if self._unsynced:
            os.fdatasync(self._file)
        self._unsynced = 0
        self._synced_at = time.monotonic()

    def unsent(self) -> Iterator[Placed]:
        """The records after the mark, also those that are appended while this runs."""
        yield from self._records(self._sent)

    def mark(self, end: int) -> None:
        """Remember that everything before ``end`` has been sent."""
        os.pwrite(self._file, _MARK.pack(end), len(MAGIC))
        self._sent = end

    @property
    def is_sent(self) -> bool:
        """Whether nothing is left to send."""
        return self._sent >= self._end

    @property
    def location(self) -> str:
        """The store the records are for."""
        for placed in self._records(_HEAD.size):
            return msgspec.json.decode(placed.entry.body, type=str)
        raise StoreDamaged(f"{self.path} does not say which store it is for.")

    @property
    def files(self) -> Path:
        """The folder of the files that wait to be uploaded."""
        return self.path.with_suffix(FILES_SUFFIX)

    def remove(self) -> None:
        """Everything was sent: the file goes."""
        with suppress(FileNotFoundError):
            self.path.unlink()
        self.close()

    def close(self) -> None:
        """Let go of the file; what is in it stays."""
        os.close(self._file)

    def _records(self, start: int) -> Iterator[Placed]:
        at = start
        while at + _RECORD.size <= self._end:
            length, checksum, sequence = _RECORD.unpack(os.pread(self._file, _RECORD.size, at))
            at += _RECORD.size
            if not 0 < length <= min(MAX_RECORD, self._end - at):
                return
            payload = os.pread(self._file, length, at)
            at += length
            if zlib.crc32(payload) == checksum:
                yield Placed(msgspec.json.decode(payload, type=Entry), at, sequence)

    def _cut_tail(self) -> None:
        end = _HEAD.size
        for placed in self._records(end):
            end, self._sequence = placed.end, placed.sequence
        os.ftruncate(self._file, end)
        self._end = end
        self._sent = min(max(self._sent, _HEAD.size), end)


def key_of(location: str) -> str:
    """A short name of a store, for file names."""
    return hashlib.sha256(location.encode()).hexdigest()[:16]


def journals_in(folder: Path, location: str | None = None) -> list[Path]:
    """The journal files of a folder, oldest first; of one store, where it is given."""
    pattern = f"{key_of(location) if location else '*'}-*{SUFFIX}"
    try:
        return sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime_ns)
    except OSError:
        return []
