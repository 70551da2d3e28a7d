"""The list of a model folder's files: exactly these, with these bytes."""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import msgspec

from modelyard.core.errors import ChangedModel

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
FORMAT = 1
NOT_LISTED = frozenset({MANIFEST, SIGNATURE, "registered_model_meta"})
"""At the top of the folder: the manifest itself, its signature, and a note that MLflow's downloads leave there.

No digest knows their bytes, so nothing of a model may be read from them.
"""
CODE, COMPILED = "code", "__pycache__"
"""What Python leaves beside code that another loader imported from the folder is not listed either, nor ever read."""

_BLOCK = 1 << 20
_MOST_FILES = 100_000
_LARGEST = 64 << 20


class Entry(msgspec.Struct, frozen=True):
    """One file: its path from the folder, ``/``-joined, its size in bytes, and the SHA-256 of its bytes."""

    path: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """All files of a folder, by path."""

    format: int
    files: list[Entry]

    def encode(self) -> bytes:
        """The one form that is signed and digested: JSON without spaces, keys in the order of the fields."""
        return msgspec.json.encode(self)

    @property
    def digest(self) -> str:
        """What names these files and no others.

        >>> Manifest(1, []).digest[:14]
        'sha256:4b9a590'
        """
        return f"sha256:{hashlib.sha256(self.encode()).hexdigest()}"


def scan(folder: Path) -> Manifest:
    """The manifest of the files that are there now.

    Raises ``ChangedModel`` for what is no plain file or folder (a link, a device), and for names that are one name to
    some file systems.
    """
    entries = [_entry(path, key) for path, key in _files(folder, "")]
    entries.sort(key=lambda entry: entry.path)
    _refuse_twins(entries)
    return Manifest(FORMAT, entries)


def digest(folder: Path) -> str:
    """What names the files that are there now and no others."""
    return scan(folder).digest


def read(folder: Path) -> Manifest | None:
    """The manifest a folder carries, or None.

    Raises ``ChangedModel`` when it cannot be understood.
    """
    file = folder / MANIFEST
    if not file.is_file() or file.is_symlink():
        return None
    if file.stat().st_size > _LARGEST:
        raise ChangedModel(f"{MANIFEST} is too large to be one.")
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Manifest)
    except msgspec.MsgspecError:
        raise ChangedModel(f"{MANIFEST} is not a manifest of a model folder.") from None
    if found.format != FORMAT:
        raise ChangedModel(f"{MANIFEST} is of format {found.format}; this release reads {FORMAT}.")
    return found


def check(promised: Manifest, there: Manifest) -> None:
    """Raise ``ChangedModel`` naming the first file that is missing, changed or additional."""
    want = {entry.path: entry for entry in promised.files}
    have = {entry.path: entry for entry in there.files}
    if len(want) != len(promised.files):
        raise ChangedModel(f"{MANIFEST} names a file twice.")
    for path in sorted({*want, *have}):
        if path not in have:
            raise ChangedModel(f"The model's file {path!r} is missing.")
        if path not in want:
            raise ChangedModel(f"The file {path!r} is not one of the model's: its manifest does not name it.")
        if want[path] != have[path]:
            raise ChangedModel(f"The model's file {path!r} was changed after it was saved.")


def is_listed(path: str) -> bool:
    """Whether a file is the model's own: no note at its top, and nothing that was compiled of its code.

    >>> is_listed("code/own.py"), is_listed("code/__pycache__/own.cpython-311.pyc"), is_listed("__pycache__/own.pyc")
    (True, False, True)
    """
    first, *below = path.split("/")
    if first in NOT_LISTED:
        return False
    return not (first == CODE and COMPILED in below[:-1] and path.endswith(".pyc"))


def _files(folder: Path, inside: str) -> Iterator[tuple[Path, str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            key = f"{inside}{entry.name}"
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode) and key not in NOT_LISTED:
                yield from _files(folder / entry.name, f"{key}/")
            elif stat.S_ISREG(mode):
                if is_listed(key):
                    yield folder / entry.name, key
            else:
                raise ChangedModel(f"{key!r} in the model folder is no plain file or folder.")


def _entry(path: Path, key: str) -> Entry:
    sha = hashlib.sha256()
    size = 0
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            sha.update(block)
            size += len(block)
    return Entry(key, size, sha.hexdigest())


def _refuse_twins(entries: list[Entry]) -> None:
    if len(entries) > _MOST_FILES:
        raise ChangedModel(f"The model folder has more than {_MOST_FILES} files.")
    seen: dict[str, str] = {}
    for entry in entries:
        folded = unicodedata.normalize("NFC", entry.path).casefold()
        if folded in seen:
            raise ChangedModel(f"{seen[folded]!r} and {entry.path!r} in the model folder are one name on some disks.")
        seen[folded] = entry.path
