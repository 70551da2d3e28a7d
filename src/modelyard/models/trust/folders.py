"""A model folder that nobody else can change between the check and the load."""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
from pathlib import Path

from modelyard.core.errors import ChangedModel, NotFound
from modelyard.models.mlmodel import find

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def lasting_folder(prefix: str = "modelyard-") -> Path:
    """A new private folder that is removed when this process ends, and not when a fork of it does.

    >>> oct(lasting_folder().stat().st_mode & 0o777)
    '0o700'
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked process ends earlier than the one that still uses the folder
        shutil.rmtree(folder, ignore_errors=True)


def private_folder(path: Path) -> Path:
    """The model folder ``path`` where only its owner can change it; otherwise a copy that lasts as long as this process.

    Raises ``NotFound`` when there is no such folder or no model in it, before anything is looked through or copied, and
    ``ChangedModel`` for one with links or devices in it.
    """
    folder = path.resolve()
    if not folder.is_dir():
        raise NotFound(f"There is no model folder {os.fspath(path)!r}.")
    find(folder, address=path)
    if _is_ours(folder):
        return folder
    copy = lasting_folder("modelyard-model-")
    _copy(folder, copy)
    return copy


def _is_ours(folder: Path) -> bool:
    """Whether nobody but this user (or root) could change anything in the folder, or put another in its place."""
    above = [_closed(parent.lstat(), sticky=True) for parent in folder.parents]
    return all(above) and all(_closed(status, sticky=False) for status in _everything(folder))


def _closed(status: os.stat_result, *, sticky: bool) -> bool:
    if status.st_uid not in (0, os.getuid()):
        return False
    return not status.st_mode & _OTHERS_WRITE or (sticky and bool(status.st_mode & stat.S_ISVTX))


def _everything(folder: Path) -> list[os.stat_result]:
    found = [folder.lstat()]
    for where, folders, files in os.walk(folder):
        found += [Path(where, name).lstat() for name in (*folders, *files)]
    return found


def _copy(source: Path, target: Path) -> None:
    with os.scandir(source) as entries:
        for entry in entries:
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                (target / entry.name).mkdir(mode=0o700)
                _copy(source / entry.name, target / entry.name)
            elif stat.S_ISREG(mode):
                _copy_file(source / entry.name, target / entry.name)
            else:
                raise ChangedModel(f"{entry.name!r} in the model folder is no plain file or folder.")


def _copy_file(source: Path, target: Path) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with (
        open(os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as reading,
        open(os.open(target, flags, 0o600), "wb") as writing,
    ):
        if not stat.S_ISREG(os.fstat(reading.fileno()).st_mode):  # it was exchanged since it was listed
            raise ChangedModel(f"{source.name!r} in the model folder is no plain file or folder.")
        shutil.copyfileobj(reading, writing, 1 << 20)
