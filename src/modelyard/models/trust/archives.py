"""Zip archives that somebody else made: looked at within bounds, and never unpacked."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from modelyard.core.errors import UntrustedModel

_MOST_ENTRIES = 100_000
_LONGEST_NAME = 1024
_RATIO = 100
_FREE = 64 << 20
"""An archive may unfold to this many bytes whatever its own size; beyond that to so many times its size."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


@contextmanager
def archive(file: Path, what: str) -> Iterator[zipfile.ZipFile]:
    """The archive ``file``, which is to be ``what``, such as "a skops file".

    Raises ``UntrustedModel`` when it is no zip archive from its first byte on, or one that is made to do harm.
    """
    try:
        with open(file, "rb") as content, opened(content, file.stat().st_size, file.name, what) as inside:
            yield inside
    except OSError as error:
        refuse(file.name, what, error.strerror or str(error))


@contextmanager
def opened(content: BinaryIO, size: int, name: str, what: str) -> Iterator[zipfile.ZipFile]:
    """The archive in ``size`` bytes of content; raises as ``archive`` does."""
    if content.read(4) not in (b"PK\3\4", b"PK\5\6"):
        refuse(name, what, "it is no zip archive")
    content.seek(0)
    try:
        with zipfile.ZipFile(content) as inside:
            _check(inside, size, name, what)
            yield inside
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, zlib.error) as error:
        refuse(name, what, str(error) or type(error).__name__)


def member(inside: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """The first ``limit`` bytes of a member; inflates no more than those. ``KeyError`` where there is none."""
    with inside.open(name) as content:
        return content.read(limit)


def json_member(inside: zipfile.ZipFile, key: str, *, has: str, limit: int, name: str, what: str, lacks: str) -> Any:
    """The JSON object in the member ``key`` of the archive ``name``, which is to be ``what``.

    Raises ``UntrustedModel`` when there is none, it is longer than ``limit``, or no object with the key ``has``;
    ``lacks`` says the last in words.
    """
    try:
        text = member(inside, key, limit + 1)
        if len(text) > limit:
            refuse(name, what, f"its {key} is too large")
        found = json.loads(text)
    except KeyError:
        refuse(name, what, f"it has no {key}")
    except (ValueError, RecursionError):
        refuse(name, what, f"its {key} cannot be understood")
    if not isinstance(found, dict) or has not in found:
        refuse(name, what, f"its {key} {lacks}")
    return found


def refuse(name: str | os.PathLike[str], what: str, why: str) -> NoReturn:
    """Raise ``UntrustedModel`` for a file that is not what it says it is."""
    raise UntrustedModel(f"The model is untrusted: its file {os.fspath(name)!r} is not {what}: {why}.")


def _check(inside: zipfile.ZipFile, size: int, name: str, what: str) -> None:
    entries = inside.infolist()
    if len(entries) > _MOST_ENTRIES:
        refuse(name, what, f"it has more than {_MOST_ENTRIES} entries")
    if sum(entry.file_size for entry in entries) > max(_FREE, _RATIO * size):
        refuse(name, what, "it unfolds to far more than its size")
    seen: set[str] = set()
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
            refuse(name, what, f"its entry {entry.filename!r} is encrypted or packed in an unusual way")
        if not _is_plain(entry.filename) or _is_link(entry):
            refuse(name, what, f"its entry {entry.filename!r} is no plain file inside the archive")
        if entry.filename in seen:
            refuse(name, what, f"it holds {entry.filename!r} twice")
        seen.add(entry.filename)


def _is_plain(name: str) -> bool:
    parts = name.removesuffix("/").split("/")
    return len(name) <= _LONGEST_NAME and "\\" not in name and not {"", ".", ".."} & {*parts}


def _is_link(entry: zipfile.ZipInfo) -> bool:
    kind = entry.external_attr >> 16 & 0o170000
    return kind not in (0, 0o100000, 0o040000)
