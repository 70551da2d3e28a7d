"""What a version of a dataset is made of: a file or a folder, its digest and its size."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from modelyard.client.artifacts.transfer import files_below
from modelyard.core.errors import ChangedDataset, InvalidParameter

Stamp = tuple[int, int, int]
"""What tells a file from the one that was there before, without reading it: inode, size, time of its last change."""


class Piece(NamedTuple):
    """A file of the data, with its path below the folder, or its name."""

    path: Path
    key: str
    digest: str
    stamp: Stamp


class Content(NamedTuple):
    """A file, or the files of a folder, as they were when the digest was made."""

    path: Path
    digest: str
    size: int
    pieces: tuple[Piece, ...]

    def check_unchanged(self) -> None:
        """Raise ``ChangedDataset`` when a file was changed since the digest was made."""
        for piece in self.pieces:
            if not piece.path.is_file() or _stamp(piece.path) != piece.stamp:
                raise ChangedDataset(f"{piece.path} was changed while it was logged. Log it again when it is complete.")


def content_of(path: Path, without: Path | None = None) -> Content:
    """Read a file or the files of a folder, in little memory. What lies below ``without`` is left out.

    The digest of a file is that of its bytes; that of a folder is the digest of the list ``<digest>  <path>`` of its files,
    a line each, by path, which is what ``sha256sum`` writes. Names of no file that can be logged are refused.
    """
    if not path.exists():
        raise InvalidParameter(f"There is no file or folder {os.fspath(path)!r}.")
    if not path.is_dir():
        piece = _read(path, path.name)
        return Content(path, f"sha256:{piece.digest}", piece.stamp[1], (piece,))
    named = ((local, key) for local, key in files_below(path, None) if not _is_below(local, without))
    pieces = tuple(_read(local, key) for local, key in sorted(named, key=lambda each: each[1].encode()))
    if not pieces:
        raise InvalidParameter(f"The folder {os.fspath(path)!r} holds no file: there is nothing to make a dataset of.")
    return Content(path, digest_of_list(pieces), sum(piece.stamp[1] for piece in pieces), pieces)


def digest_of_list(pieces: Iterable[Piece]) -> str:
    """The digest of a folder."""
    lines = "".join(f"{piece.digest}  {piece.key}\n" for piece in pieces)
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def _read(path: Path, key: str) -> Piece:
    if not path.is_file():
        raise InvalidParameter(f"{os.fspath(path)!r} is no file: it cannot be read as data.")
    with open(path, "rb") as file:
        stamp = _stamp(path)
        return Piece(path, key, hashlib.file_digest(file, "sha256").hexdigest(), stamp)


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _is_below(path: Path, folder: Path | None) -> bool:
    return folder is not None and path.resolve().is_relative_to(folder)
