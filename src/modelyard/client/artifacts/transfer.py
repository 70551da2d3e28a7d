"""Moving files and folders between this disk and a place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from modelyard.client.artifacts.place import Place
from modelyard.core import keys
from modelyard.core.errors import InvalidParameter


def files_of(local: str | os.PathLike[str], artifact_path: str | None) -> Iterator[tuple[Path, str]]:
    """The files to log for one path, with their keys: a file, or a folder that keeps its own name."""
    path = Path(local)
    base = _base(artifact_path)
    if path.is_dir():
        yield from files_below(path, keys.join(base, path.resolve().name))
    elif path.is_file():
        yield path, _checked(keys.join(base, path.name))
    else:
        raise InvalidParameter(f"There is no file or folder {os.fspath(local)!r} to log.")


def files_below(folder: str | os.PathLike[str], artifact_path: str | None) -> Iterator[tuple[Path, str]]:
    """The files of a folder with their keys; the folder's own name is not among them."""
    root = Path(folder)
    if not root.is_dir():
        raise InvalidParameter(f"There is no folder {os.fspath(folder)!r} to log.")
    base = _base(artifact_path)
    for where, folders, names in os.walk(root):
        folders.sort()
        inside = Path(where).relative_to(root).as_posix()
        for name in sorted(names):
            yield Path(where) / name, _checked(keys.join(base, "" if inside == "." else inside, name))


def fetch(place: Place, key: str, target: Path) -> Path:
    """Download a file or a folder to ``target``; answers it."""
    listed = place.list(key)
    if not listed and key:
        target.parent.mkdir(parents=True, exist_ok=True)
        place.download(key, target)
        return target
    target.mkdir(parents=True, exist_ok=True)
    for info in listed:
        fetch_entry(place, info.path, target / info.path.rpartition("/")[2], is_dir=info.is_dir)
    return target


def fetch_entry(place: Place, key: str, target: Path, *, is_dir: bool) -> None:
    """Download what a listing named."""
    keys.check(key)
    if not is_dir:
        place.download(key, target)
        return
    target.mkdir(exist_ok=True)
    for info in place.list(key):
        fetch_entry(place, info.path, target / info.path.rpartition("/")[2], is_dir=info.is_dir)


def new_folder() -> Path:
    """A new folder for whoever asked for a download without naming one: it is theirs, and stays."""
    return Path(tempfile.mkdtemp(prefix="modelyard-"))


def fetch_below(
    place: Place,
    key: str,
    folder: str | os.PathLike[str] | None,
    below: str,
    *,
    new: Callable[[], Path] = new_folder,
) -> str:
    """Download to ``folder / below``; without a folder, to a new one, or nowhere when it is on this disk already."""
    if folder is None:
        there = place.path_of(key)
        if there is not None:
            return str(there)
        folder = new()
    target = Path(folder).absolute()
    if target.exists() and not target.is_dir():
        raise InvalidParameter(f"{os.fspath(folder)!r} is no folder to download to.")
    target.mkdir(parents=True, exist_ok=True)
    return str(fetch(place, key, target / below if below else target))


def _base(artifact_path: str | None) -> str:
    base = (artifact_path or "").rstrip("/")
    return "" if base == "." else base


def _checked(key: str) -> str:
    if not keys.is_allowed(key):
        raise InvalidParameter(f"Invalid path: {key!r} cannot be the name of an artifact.")
    return key
