"""A model's folder on this disk, for the processes that look at models or load them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from modelyard.core.errors import ModelyardError
from modelyard.server.views.places import Folder, Item
from modelyard.services.artifacts.contract import Download

MLMODEL = ("MLmodel", "MLModel")
SEALED = ".sealed"


def is_model(items: Iterable[Item]) -> bool:
    """Whether a folder's files are a model's."""
    return any(item.path in MLMODEL for item in items)


def is_sealed(items: list[Item]) -> bool:
    """Whether a folder's only file is a sealed bundle."""
    return len(items) == 1 and items[0].path.endswith(SEALED)


def copy(folder: Folder, items: Iterable[Item], target: Path) -> None:
    """Copy files of a folder into a private one that is there and empty. Only this user can change the copies."""
    for item in items:
        place = target / item.path
        (place if item.is_dir else place.parent).mkdir(mode=0o700, parents=True, exist_ok=True)
        if not item.is_dir:
            with folder.open(item.path) as download:
                _copy_file(download, item, place)


def _copy_file(download: Download, item: Item, place: Path) -> None:
    if download.size != item.size:
        raise ModelyardError(f"The file {item.path!r} has changed while it was read.")
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.writelines(download.chunks())
