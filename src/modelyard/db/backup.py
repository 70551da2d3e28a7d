"""Copies of a SQLite store: taken while it is written to, whole or not there, and put back when the original is
damaged.
"""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
from datetime import UTC, datetime
from pathlib import Path

import apsw

from modelyard.core.errors import StoreDamaged, StoreError
from modelyard.db.files import create_file, private_folder, publish, sync_folder

FOLDER = "backups"
_PAGES_AT_ONCE = 4_096
_PARTS = ("", "-wal", "-shm", "-journal")


class NameTaken(StoreError):
    """There is a file of the name a copy was to have."""


def copy(source: apsw.Connection, target: Path) -> None:
    """Write what ``source`` holds at this moment to ``target``, which must not exist; writers go on meanwhile.

    ``source`` must be a connection nobody else uses. The copy is one file, checked, synced, and only then named.
    """
    private_folder(target.parent)
    draft = _draft(target)
    try:
        create_file(draft)
        made = apsw.Connection(str(draft), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            _fill(made, source)
        finally:
            made.close()
        _sync_file(draft)
        if not publish(draft, target):
            raise NameTaken(f"There is a file at {target} already; name another one for the copy.")
    except (apsw.Error, OSError) as error:
        raise StoreError(f"The copy {target} could not be written: {error}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _fill(made: apsw.Connection, source: apsw.Connection) -> None:
    made.execute("PRAGMA synchronous = OFF").fetchall()  # synced once, at the end
    source.execute("BEGIN").fetchall()  # one snapshot for all the steps
    try:
        with made.backup("main", source, "main") as backup:
            while not backup.done:
                backup.step(_PAGES_AT_ONCE)
    finally:
        source.execute("ROLLBACK").fetchall()
    made.execute("PRAGMA journal_mode = DELETE").fetchall()  # one file, no log beside it
    _require_sound(made)


def _require_sound(connection: apsw.Connection) -> None:
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchall()
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise StoreDamaged(f"The copy is damaged: {error}.") from error
    if found != [("ok",)]:
        raise StoreDamaged(f"The copy is damaged: {found[0][0]}.")


def copies(path: Path) -> list[Path]:
    """The copies kept beside the database ``path``, oldest first."""
    found = (path.parent / FOLDER).glob(f"{path.stem}-*.db")
    return sorted(found, key=lambda copy: (copy.stat().st_mtime_ns, copy.name))


def place_for(path: Path, label: str) -> Path:
    """Where a copy of ``path`` called ``label`` goes: `backups/yard-v3-20260131T120000Z.db`, numbered when that is
    taken.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    stem = f"{path.stem}-{label}-{stamp}"
    place, number = path.parent / FOLDER / f"{stem}.db", 1
    while place.exists():
        number += 1
        place = place.with_name(f"{stem}-{number}.db")
    return place


def way_out(path: Path) -> str:
    """The command that puts the newest copy of ``path`` back."""
    kept = copies(path)
    command = f"modelyard db restore --store {shlex.quote(str(path.parent))}"
    if not kept:
        return f"{command} COPY (there is no copy in {path.parent / FOLDER})"
    return f"{command} {shlex.quote(str(kept[-1]))}"


def restore(path: Path, backup: Path) -> Path | None:
    """Make the copy ``backup`` the database ``path`` again; the files that were there go to a folder beside it,
    which is returned.

    Nobody may have the database open: hold the store's lock. A copy that is damaged itself is refused and nothing is
    moved.
    """
    draft = _draft(path)
    try:
        create_file(draft)
        shutil.copyfile(backup, draft, follow_symlinks=False)
        copied = apsw.Connection(str(draft), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            _require_sound(copied)
        finally:
            copied.close()
        _sync_file(draft)
        aside = _move_aside(path)
        if not publish(draft, path):
            raise StoreError(f"Somebody else put a database at {path} meanwhile.")
        return aside
    except (apsw.Error, OSError) as error:
        raise StoreError(f"{backup} cannot be put back at {path}: {error}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _move_aside(path: Path) -> Path | None:
    there = [part for suffix in _PARTS if os.path.lexists(part := path.with_name(path.name + suffix))]
    if not there:
        return None
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = private_folder(path.parent / f"replaced-{stamp}-{secrets.token_hex(2)}")
    for part in there:
        os.rename(part, aside / part.name)
    sync_folder(aside)
    sync_folder(path.parent)
    return aside


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
