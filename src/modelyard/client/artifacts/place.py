"""A place for artifacts, and the two that are local: a folder, and a store in this process."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Protocol

from modelyard.core import keys
from modelyard.core.entities import FileInfo
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.ids import new_token
from modelyard.services.artifacts.contract import ArtifactStore

BLOCK = 1 << 20


class Place(Protocol):
    """Files below one root. Keys are relative, ``/``-joined and checked by ``core.keys`` before they are used.

    Raises ``InvalidParameter`` for a key that is not allowed and ``NotFound`` for a file that is not there. A file
    appears whole or not at all, on both sides. Any thread may call.
    """

    def list(self, key: str) -> list[FileInfo]:
        """Files and folders directly below a folder, by name, with paths from the root; none for a file or nothing."""
        ...

    def upload(self, local: Path, key: str) -> None:
        """Write a file."""
        ...

    def download(self, key: str, local: Path) -> None:
        """Fetch a file; the folder of ``local`` is there."""
        ...

    def path_of(self, key: str) -> Path | None:
        """The file or folder itself, where it is on this machine's disk."""
        ...


class FolderPlace(Place):
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list(self, key: str) -> list[FileInfo]:
        """Files and folders directly below a folder."""
        folder = self._root.joinpath(*keys.check_folder(key))
        if not folder.is_dir():
            return []
        return [self._describe(entry, key) for entry in sorted(folder.iterdir()) if keys.is_allowed(entry.name)]

    def upload(self, local: Path, key: str) -> None:
        """Copy a file in."""
        target = self._root.joinpath(*keys.check(key))
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_whole(local, target)

    def download(self, key: str, local: Path) -> None:
        """Copy a file out."""
        source = self._root.joinpath(*keys.check(key))
        if not source.is_file():
            raise not_there(key, str(self._root))
        copy_whole(source, local)

    def path_of(self, key: str) -> Path | None:
        """The file or folder itself."""
        path = self._root.joinpath(*keys.check_folder(key))
        return path if path.exists() else None

    def _describe(self, entry: Path, key: str) -> FileInfo:
        path = keys.join(key, entry.name)
        return FileInfo(path, True) if entry.is_dir() else FileInfo(path, False, entry.stat().st_size)


class StorePlace(Place):
    """The artifacts of a store in this process."""

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store

    def list(self, key: str) -> list[FileInfo]:
        """Files and folders directly below a folder."""
        return self._store.list(key)

    def upload(self, local: Path, key: str) -> None:
        """Write a file."""
        upload = self._store.upload(key)
        try:
            with open(local, "rb") as file:
                while block := file.read(BLOCK):
                    upload.write(block)
            upload.finish()
        except BaseException:
            upload.abandon()
            raise

    def download(self, key: str, local: Path) -> None:
        """Fetch a file."""
        partial = beside(local)
        try:
            with self._store.open(key) as download, open(partial, "wb") as file:
                file.writelines(download.chunks())
            os.replace(partial, local)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def path_of(self, key: str) -> Path | None:
        """None: the files are the store's."""
        return None


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file so that ``target`` is the old one or the new one, never a part."""
    if target.is_dir():
        raise InvalidParameter(f"{target.name!r} is a folder; a file cannot take its place.")
    partial = beside(target)
    try:
        shutil.copyfile(source, partial)
        with open(partial, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def beside(path: Path) -> Path:
    """A name of its own in the same folder, for a file that is being written."""
    return path.with_name(f".{new_token()}.part")


def not_there(key: str, where: str) -> NotFound:
    """The error for a file that is not there."""
    return NotFound(f"There is no artifact {key!r} in {where}.")
