"""A version of a dataset on this disk: a copy of what is stored, checked; what is referred to in its place, checked too."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from modelyard.client.artifacts.locate import Stores, dataset_place
from modelyard.client.artifacts.place import beside, copy_whole
from modelyard.client.artifacts.transfer import fetch, new_folder
from modelyard.client.dataset_versions.content import content_of
from modelyard.client.uris import folder_of
from modelyard.core.entities.dataset_version import DatasetVersion
from modelyard.core.errors import ChangedDataset, InvalidParameter, NotFound


def local_copy(
    version: DatasetVersion,
    stores: Stores,
    folder: str | os.PathLike[str] | None = None,
    *,
    new: Callable[[], Path] = new_folder,
) -> Path:
    """The file or folder of a version, whose digest was compared: a copy in ``folder``, or in a new one.

    Of a reference it is the file itself, unless a folder is named. Raises ``ChangedDataset`` when the data are not those the
    version was made of, ``NotFound`` when they are not there any more.
    """
    if version.is_gone:
        raise NotFound(
            f"The files of {version.reference} are gone: the run {version.run_id} was removed for good with them."
        )
    if version.kind == "reference":
        original = _checked_original(version)
        return original if folder is None else _copied(version, original, _target(folder, original.name))
    found = dataset_place(version, stores)
    target = _target(new() if folder is None else folder, found.key.rpartition("/")[2] or version.name)
    if target.exists():
        _check_same(version, target)
        return target
    partial = beside(target)
    try:
        fetch(found.place, found.key, partial)
        _compare(version, partial, "what is stored")
        os.replace(partial, target)
    except BaseException:
        _remove(partial)
        raise
    return target


def _checked_original(version: DatasetVersion) -> Path:
    if not version.uri.startswith("file:"):
        raise InvalidParameter(f"{version.reference} is at {version.uri}, which cannot be read from here.")
    path = folder_of(version.uri)
    if not path.exists():
        raise NotFound(
            f"{version.reference} refers to {path}, and there is no such file on this machine. Its digest was"
            f" {version.digest}."
        )
    _compare(version, path, str(path))
    return path


def _copied(version: DatasetVersion, original: Path, target: Path) -> Path:
    if target.exists():
        _check_same(version, target)
        return target
    if not original.is_dir():
        copy_whole(original, target)
    else:
        partial = beside(target)
        try:
            shutil.copytree(original, partial)
            os.replace(partial, target)
        except BaseException:
            _remove(partial)
            raise
    return target


def _target(folder: str | os.PathLike[str], name: str) -> Path:
    where = Path(folder).absolute()
    if where.exists() and not where.is_dir():
        raise InvalidParameter(f"{os.fspath(folder)!r} is no folder to put {name!r} in.")
    where.mkdir(parents=True, exist_ok=True)
    return where / name


def _check_same(version: DatasetVersion, target: Path) -> None:
    """What is there already stays when it is the same, and is never replaced when it is not."""
    if content_of(target).digest != version.digest:
        raise InvalidParameter(f"{target} is there and is not {version.reference}. Name another folder, or remove it.")


def _compare(version: DatasetVersion, path: Path, what: str) -> None:
    found = content_of(path).digest
    if found != version.digest:
        raise ChangedDataset(
            f"{version.reference} has changed: {what} has the digest {found}, and had {version.digest} when the version was"
            " made. Log it again to make a new version."
        )


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
