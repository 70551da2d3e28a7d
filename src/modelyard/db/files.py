"""Folders and files that belong to us alone: 0700 and 0600 whatever the umask, never through a link, never over
something else.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from modelyard.core.errors import StoreError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


def private_folder(path: Path, *, holds: str | None = None) -> Path:
    """Create or vet the folder ``path``, and return it with all links resolved.

    A folder that others may enter is closed to them when it is empty or has a file named ``holds`` in it; one that
    holds other things is somebody's own and is refused.
    """
    folder = path.resolve()
    try:
        for parent in reversed(folder.parents):
            if not parent.exists():
                _make_folder(parent)
        _make_folder(folder)
    except FileExistsError:
        _vet_folder(folder, holds)
    except OSError as error:
        raise StoreError(f"The folder {folder} cannot be created: {error.strerror}.") from error
    return folder


def _make_folder(folder: Path) -> None:
    os.mkdir(folder, PRIVATE_FOLDER)
    os.chmod(folder, PRIVATE_FOLDER)
    sync_folder(folder.parent)


def _vet_folder(folder: Path, holds: str | None) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise StoreError(f"{folder} is not a folder; name another place for the store.")
    if found.st_uid != os.geteuid():
        raise StoreError(
            f"The folder {folder} belongs to the user with id {found.st_uid}, and this process runs as {os.geteuid()}. "
            f"Run it as that user, or change the owner: chown -R {os.geteuid()} {folder}"
        )
    if found.st_mode & _OTHERS:
        ours = holds is not None and (folder / holds).exists()
        if not ours and any(folder.iterdir()):
            raise StoreError(
                f"The folder {folder} holds other files and is open to other users. Name a new folder for the store, "
                f"or close this one: chmod 700 {folder}"
            )
        os.chmod(folder, PRIVATE_FOLDER)


def vet_file(path: Path) -> None:
    """Refuse a database file that is not a regular file of ours with something in it. Nothing is opened: that
    would drop SQLite's locks.
    """
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise StoreError(
            f"{path} is no regular file (a link, a folder or a device); the store is not opened through it."
        )
    if found.st_uid != os.geteuid():
        raise StoreError(f"{path} belongs to the user with id {found.st_uid}, and this process runs as {os.geteuid()}.")
    if found.st_mode & _OTHERS:
        os.chmod(path, PRIVATE_FILE)


def create_file(path: Path) -> None:
    """Create ``path`` as an empty private file; raises `FileExistsError` when anything is there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        os.fchmod(descriptor, PRIVATE_FILE)
    finally:
        os.close(descriptor)


def publish(finished: Path, path: Path) -> bool:
    """Give the synced file ``finished`` the name ``path`` unless that is taken, for good; whether it was free."""
    try:
        os.link(finished, path, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        if path.exists():
            return False
        os.rename(finished, path)
    finally:
        finished.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
