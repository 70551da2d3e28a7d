"""Where inputs are: a file, a folder, a glob, or objects of a bucket; each is read at any offset."""

from __future__ import annotations

import fnmatch
import glob
import io
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from modelyard.batch.options import SUFFIXES
from modelyard.client.artifacts.objects import ObjectPlace
from modelyard.core.errors import InvalidParameter, NotFound

_WILD = "*?["


class Item(msgspec.Struct, frozen=True):
    """One file of the input: its address, its size, and what changes when its content does (time or entity tag)."""

    address: str
    size: int
    stamp: str

    @property
    def name(self) -> str:
        """The last part of the address."""
        return PurePosixPath(self.address).name


class Handle(Protocol):
    """An open file, read at any offset."""

    def read_at(self, start: int, length: int) -> bytes:
        """So many bytes from there on, fewer only at the file's end."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def find(address: str, *, leave_out: str = "") -> list[Item]:
    """The files an address names, sorted; ``InvalidParameter`` and ``NotFound`` where there are none.

    Of a folder those with a suffix of a known format; ``leave_out`` is the output, which may lie in the same folder.
    """
    found = _in_bucket(address) if is_object(address) else _on_disk(address)
    found = [item for item in found if not (leave_out and item.address.startswith(leave_out))]
    if not found:
        raise NotFound(f"There is no file to score at {address!r}.")
    return sorted(found, key=lambda item: item.address)


def open_item(item: Item) -> Handle:
    """Open a file of the input."""
    if is_object(item.address):
        bucket, key = split_object(item.address)
        return _Object(ObjectPlace(bucket), key, item.size)
    return _File(Path(item.address))


def is_object(address: str) -> bool:
    """Whether the address is one of a bucket."""
    return address.startswith("s3://")


def split_object(address: str) -> tuple[str, str]:
    """Bucket and key.

    >>> split_object("s3://bucket/a/b.csv")
    ('bucket', 'a/b.csv')
    """
    parts = urlsplit(address.replace("?", "%3F").replace("#", "%23"))
    return parts.netloc, parts.path.lstrip("/").replace("%3F", "?").replace("%23", "#")


def _on_disk(address: str) -> list[Item]:
    path = Path(address.removeprefix("file://")).expanduser().absolute()
    if path.is_dir():
        return [_item(file) for file in path.rglob("*") if file.is_file() and _is_data(file.relative_to(path).parts)]
    if path.is_file():
        return [_item(path)]
    if any(sign in address for sign in _WILD):
        return [_item(Path(name)) for name in glob.glob(str(path), recursive=True) if os.path.isfile(name)]
    raise NotFound(f"There is no file or folder {address!r}.")


def _item(path: Path) -> Item:
    about = path.stat()
    return Item(str(path), about.st_size, str(about.st_mtime_ns))


def _is_data(parts: Iterable[str]) -> bool:
    parts = list(parts)
    return (
        not any(part.startswith((".", "_")) for part in parts) and PurePosixPath(parts[-1]).suffix.lower() in SUFFIXES
    )


def _in_bucket(address: str) -> list[Item]:
    bucket, key = split_object(address)
    wild = any(sign in key for sign in _WILD)
    start = min((key.index(sign) for sign in _WILD if sign in key), default=len(key))
    folder = key[:start].rpartition("/")[0] if wild else key.rstrip("/")
    objects = ObjectPlace(bucket).objects(folder)
    chosen = [
        info
        for info in objects
        if (
            fnmatch.fnmatchcase(info.key, key)
            if wild
            else info.key == folder or _is_data(info.key[len(folder) :].strip("/").split("/"))
        )
    ]
    return [Item(f"s3://{bucket}/{info.key}", info.size, info.stamp) for info in chosen]


class _File:
    def __init__(self, path: Path) -> None:
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - close() closes it

    def read_at(self, start: int, length: int) -> bytes:
        found = os.pread(self._file.fileno(), length, start)
        if len(found) == length or not found:
            return found
        parts = [found]
        while found and sum(map(len, parts)) < length:  # a read may give less than it was asked for
            found = os.pread(self._file.fileno(), length - sum(map(len, parts)), start + sum(map(len, parts)))
            parts.append(found)
        return b"".join(parts)

    def close(self) -> None:
        self._file.close()


class _Object:
    def __init__(self, place: ObjectPlace, key: str, size: int) -> None:
        self._place = place
        self._key = key
        self._size = size

    def read_at(self, start: int, length: int) -> bytes:
        length = min(length, self._size - start)
        return self._place.read(self._key, start, length) if length > 0 else b""

    def close(self) -> None:
        """Nothing is held."""


class Seekable(io.RawIOBase):
    """A handle as a file, for readers that want one."""

    def __init__(self, handle: Handle, size: int) -> None:
        super().__init__()
        self._handle = handle
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The offset."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to an offset."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer from here on."""
        found = self._handle.read_at(self._at, len(buffer))
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        """Close the handle too."""
        if not self.closed:
            self._handle.close()
        super().close()


def output_of(address: str) -> str:
    """The address of an output, absolute where it is on this disk; ``InvalidParameter`` for a folder."""
    if is_object(address):
        bucket, key = split_object(address)
        if not bucket or not key or key.endswith("/"):
            raise InvalidParameter(f"{address!r} is no address of an object: s3://bucket/folder/file.csv is one.")
        return address
    path = Path(address.removeprefix("file://")).expanduser().absolute()
    if path.is_dir() or address.endswith("/"):
        raise InvalidParameter(f"{address!r} is a folder; name the file the predictions go to.")
    return str(path)
