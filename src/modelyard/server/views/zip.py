"""The bytes of a ZIP archive whose files are stored as they are: the length of the whole is known before the first of them.

Each file's checksum stands before its bytes, so that every program can read the archive, also one that reads it as it comes.
Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_EXTRA_SIZES = struct.Struct("<2H2Q")
_EXTRA_ALL = struct.Struct("<2H3Q")

_VERSION, _VERSION_64, _UNIX = 20, 45, 3 << 8
_UTF8 = 0x0800
_DATE, _TIME = (1980 - 1980) << 9 | 1 << 5 | 1, 0
"""The same folder is the same archive: times of files are not in it."""
_FULL = 0xFFFFFFFF
_FULL_COUNT = 0xFFFF
_FILE_MODE, _FOLDER_MODE = 0o100644 << 16, 0o040755 << 16 | 0x10


class Entry(NamedTuple):
    """A file, or a folder with nothing in it, and where its head is in the archive."""

    name: bytes
    size: int
    at: int
    is_dir: bool = False


def plan(items: Iterable[tuple[str, int, bool]]) -> tuple[list[Entry], int]:
    """Entries for paths, sizes and whether each is a folder; and the length of the whole archive."""
    entries: list[Entry] = []
    at = 0
    for path, size, is_dir in items:
        name = (f"{path}/" if is_dir else path).encode()
        entries.append(Entry(name, size, at, is_dir))
        at += len(local(entries[-1], 0)) + size
    return entries, at + len(directory(entries, [0] * len(entries), at))


def local(entry: Entry, crc: int) -> bytes:
    """What stands before a file's bytes."""
    extra, size, version = b"", entry.size, _VERSION
    if entry.size >= _FULL:
        extra, size, version = _EXTRA_SIZES.pack(1, 16, entry.size, entry.size), _FULL, _VERSION_64
    fields = (version, _UTF8, 0, _TIME, _DATE, crc, size, size, len(entry.name), len(extra))
    return _LOCAL.pack(b"PK\3\4", *fields) + entry.name + extra


def directory(entries: Iterable[Entry], checksums: Iterable[int], at: int) -> bytes:
    """What stands at the end, ``at`` so many bytes: the list of all files."""
    rows = [_row(entry, crc) for entry, crc in zip(entries, checksums, strict=True)]
    size = sum(map(len, rows))
    end = b""
    count, length, start = len(rows), size, at
    if count >= _FULL_COUNT or size >= _FULL or at >= _FULL:
        end = _END64.pack(b"PK\6\6", 44, _UNIX | _VERSION_64, _VERSION_64, 0, 0, count, count, size, at)
        end += _LOCATOR.pack(b"PK\6\7", 0, at + size, 1)
        count, length, start = min(count, _FULL_COUNT), min(size, _FULL), min(at, _FULL)
    return b"".join(rows) + end + _END.pack(b"PK\5\6", 0, 0, count, count, length, start, 0)


def _row(entry: Entry, crc: int) -> bytes:
    extra, size, at, version = b"", entry.size, entry.at, _VERSION
    if entry.size >= _FULL or entry.at >= _FULL:
        extra = _EXTRA_ALL.pack(1, 24, entry.size, entry.size, entry.at)
        size = at = _FULL
        version = _VERSION_64
    mode = _FOLDER_MODE if entry.is_dir else _FILE_MODE
    fields = (_UNIX | version, version, _UTF8, 0, _TIME, _DATE, crc, size, size, len(entry.name), len(extra), 0, 0, 0)
    return _CENTRAL.pack(b"PK\1\2", *fields, mode, at) + entry.name + extra
