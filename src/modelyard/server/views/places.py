"""The folder a request is about: of a run, a logged model or a model version, through the store's own checks of keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from modelyard.core import keys
from modelyard.core.entities import FileInfo
from modelyard.core.errors import InvalidParameter, TooLarge
from modelyard.services.artifacts.contract import ArtifactLocator, ArtifactStore, Download
from modelyard.services.artifacts.routes import ArtifactRoutes

MAX_DEPTH = 64


class Owned(Protocol):
    """Whose file a request is about: one of ``run_id``, ``model_id``, or ``name`` with ``version``."""

    @property
    def run_id(self) -> str:
        """A run."""
        ...

    @property
    def model_id(self) -> str:
        """A logged model."""
        ...

    @property
    def name(self) -> str:
        """A registered model."""
        ...

    @property
    def version(self) -> str:
        """Its version."""
        ...


class Item(NamedTuple):
    """A file, or a folder with nothing in it, by its path from the folder that was walked."""

    path: str
    size: int
    is_dir: bool = False


class Folder:
    """A folder of an artifact store. Whatever is asked for in it passes the store's check of keys once more."""

    def __init__(self, store: ArtifactStore, key: str) -> None:
        self._store = store
        self.key = key

    def below(self, path: str) -> Folder:
        """A folder in it; itself for the empty path."""
        keys.check_folder(path)
        return Folder(self._store, keys.join(self.key, path))

    def open(self, path: str) -> AbstractContextManager[Download]:
        """A file in it."""
        keys.check(path)
        return self._store.open(keys.join(self.key, path))

    def inside(self) -> list[FileInfo]:
        """What is directly in it, with the store's paths."""
        return self._store.list(self.key)

    def walk(self, *, most: int, largest: int) -> list[Item]:
        """All files in it, by path. Raises ``TooLarge`` beyond ``most`` of them, or ``largest`` bytes together."""
        found: list[Item] = []
        size = 0
        for item in self._items(self.key, 0):
            found.append(item)
            size += item.size
            if len(found) > most:
                raise TooLarge(f"The folder has more than {most:,} files.")
            if size > largest:
                raise TooLarge(f"The folder has more than {largest:,} bytes.")
        return found

    def _items(self, key: str, depth: int) -> Iterator[Item]:
        if depth > MAX_DEPTH:
            raise TooLarge(f"The folder is nested more than {MAX_DEPTH} levels deep.")
        start = len(self.key) + 1 if self.key else 0
        for info in self._store.list(key):
            if not info.is_dir:
                yield Item(info.path[start:], info.file_size or 0)
            else:
                inside = list(self._items(info.path, depth + 1))
                yield from inside or [Item(info.path[start:], 0, is_dir=True)]


class Places:
    """Finds folders. Any thread may use it."""

    def __init__(self, artifacts: ArtifactRoutes, locator: ArtifactLocator) -> None:
        self._artifacts = artifacts
        self._locator = locator

    def find(self, owned: Owned) -> Folder:
        """The folder of a run's, a logged model's or a version's files.

        Raises ``NotFound`` where there is none, and ``InvalidParameter`` for files that are kept outside this server.
        """
        return Folder(*self._artifacts.place(self.uri(owned)))

    def uri(self, owned: Owned) -> str:
        """Where the files are, as runs and models are told."""
        given = [bool(owned.run_id), bool(owned.model_id), bool(owned.name or owned.version)]
        if sum(given) != 1 or bool(owned.name) != bool(owned.version):
            raise InvalidParameter("Name whose file it is with one of run_id, model_id, or name and version.")
        if owned.run_id:
            return self._locator.run_artifact_uri(owned.run_id)
        if owned.model_id:
            return self._locator.model_artifact_uri(owned.model_id)
        return self._locator.version_artifact_uri(owned.name, owned.version)
