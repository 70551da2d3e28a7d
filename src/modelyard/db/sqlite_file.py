"""SQLite's file: made whole or not at all, looked over before it is used, connected to in one way."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import apsw

from modelyard.core.errors import ModelyardError, StoreDamaged, StoreError, Unavailable
from modelyard.db.backup import way_out
from modelyard.db.errors import DatabaseBusy, DiskFailed
from modelyard.db.files import create_file, publish, vet_file
from modelyard.db.sqlite_failures import FULL, is_full

# A function SQL may call: name → (the function, how many arguments it takes).
SqlFunctions = Mapping[str, tuple[Callable[..., Any], int]]

MEMORY = ":memory:"
APPLICATION_ID = int.from_bytes(b"yard")
BUSY_MS = 5_000
PAGE = 4_096

# No memory map: a file that is cut short under one kills the process by SIGBUS, and its pages count as ours; it would
# make long scans about twice as fast. The log grows to 4,000 pages (16 MB) between checkpoints: of 1,000, 2,000,
# 4,000 and 16,000 that gave the best rate of commits; a checkpoint in a thread beside the writer gave no more.
_WRITER = ("synchronous = FULL", "cache_size = -8000", "wal_autocheckpoint = 4000", "journal_size_limit = 67108864")
_READER = ("cache_size = -8000",)
_ALL = ("foreign_keys = ON", "temp_store = MEMORY", "mmap_size = 0", "recursive_triggers = OFF", "cell_size_check = ON")
_CONFIG = (
    (apsw.SQLITE_DBCONFIG_DEFENSIVE, 1),
    (apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
    (apsw.SQLITE_DBCONFIG_DQS_DML, 0),
    (apsw.SQLITE_DBCONFIG_DQS_DDL, 0),
)


def connect(name: str, functions: SqlFunctions, *, readonly: bool = False) -> apsw.Connection:
    """A connection to the file ``name``, which exists (or to `:memory:`), set up as all of ours are."""
    flags = apsw.SQLITE_OPEN_READONLY if readonly else apsw.SQLITE_OPEN_READWRITE
    connection = apsw.Connection(name, flags=flags | apsw.SQLITE_OPEN_NOFOLLOW, statementcachesize=512)
    try:
        connection.set_busy_timeout(BUSY_MS)
        for option, value in _CONFIG:
            connection.config(option, value)
        for pragma in (*_ALL, *(_READER if readonly else _WRITER)):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        for function, (call, arguments) in functions.items():
            connection.create_scalar_function(function, call, arguments, deterministic=True)
    except BaseException:
        connection.close()
        raise
    return connection


def open_memory(functions: SqlFunctions) -> apsw.Connection:
    """The connection to a new database in memory."""
    connection = connect(MEMORY, functions)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}").fetchall()
    return connection


def open_writer(path: Path, functions: SqlFunctions, *, check_seconds: float) -> apsw.Connection:
    """The connection that writes to ``path``, created when there is nothing; refuses what is damaged, foreign or
    read-only.
    """
    if not os.path.lexists(path):
        _create(path)
    vet_file(path)
    _vet_size(path)
    try:
        connection = connect(str(path), functions)
    except apsw.Error as error:
        raise _refusal(error, path) from error
    try:
        _examine(connection, path, check_seconds)
        _write_ahead(connection, path)
    except apsw.Error as error:
        told = _refusal(error, path, connection)
        connection.close()
        raise told from error
    except ModelyardError:
        connection.close()
        raise
    return connection


def _create(path: Path) -> None:
    """Put a new, empty database at ``path``, unless somebody else does meanwhile.

    It is built beside its place and then given its name, so that a database that was begun and not finished is never
    seen.
    """
    for log in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-journal")):
        if log.exists():
            raise StoreDamaged(
                f"{path} is missing, but its log {log.name} is there. Put the file back beside it, "
                f"or restore a copy: {way_out(path)}"
            )
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        create_file(draft)
        connection = connect(str(draft), {})
        try:
            connection.execute(f"PRAGMA page_size = {PAGE}; PRAGMA auto_vacuum = INCREMENTAL").fetchall()
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}").fetchall()
            _write_ahead(connection, path)
        finally:
            connection.close()
        publish(draft, path)
    except (apsw.Error, OSError) as error:
        raise StoreError(f"The database {path} cannot be created: {error}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _vet_size(path: Path) -> None:
    """SQLite takes a file of one byte or none for a new database, and fills up a last page that was cut."""
    size, log = path.stat().st_size, path.with_name(f"{path.name}-wal")
    logged = log.exists() and log.stat().st_size > 0  # a crash may have cut a page that the log still has
    if size < PAGE or (size % PAGE and not logged):
        raise StoreDamaged(f"{path} is cut short: it has {size} bytes. Restore a copy: {way_out(path)}")


def _write_ahead(connection: apsw.Connection, path: Path) -> None:
    if connection.execute("PRAGMA journal_mode = WAL").fetchall() != [("wal",)]:
        raise StoreError(f"The file system of {path.parent} does not support a database that several processes share.")


def _examine(connection: apsw.Connection, path: Path, seconds: float) -> None:
    """Look the file over for at most ``seconds``: the schema always, of the rest what there is time for."""
    if connection.readonly("main"):
        raise StoreError(f"{path} cannot be written; check the permissions of the file and of its folder.")
    ours = connection.pragma("application_id") == APPLICATION_ID
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > deadline, 1_000)
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchall()
    except apsw.InterruptError:  # sound as far as there was time to look
        found = [("ok",)]
    finally:
        connection.set_progress_handler(None)
    if found != [("ok",)]:
        raise StoreDamaged(f"{path} is damaged: {found[0][0]}. Restore a copy: {way_out(path)}")
    if not ours:
        raise StoreError(f"{path} is a SQLite database, but not one of modelyard's; name another place for the store.")


def _refusal(error: apsw.Error, path: Path, connection: apsw.Connection | None = None) -> ModelyardError:
    if isinstance(error, apsw.NotADBError):
        return StoreDamaged(f"{path} is not a database, or its first page is damaged. Restore a copy: {way_out(path)}")
    if isinstance(error, apsw.CorruptError):
        return StoreDamaged(f"{path} is damaged: {error}. Restore a copy: {way_out(path)}")
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return DatabaseBusy()
    if isinstance(error, apsw.FullError) or is_full(error, connection):
        return Unavailable(FULL, retry_after=5, reason="DISK_FULL")
    if isinstance(error, apsw.ReadOnlyError):
        return StoreError(f"{path} cannot be written; check the permissions of the file and of its folder.")
    if isinstance(error, apsw.IOError):
        return DiskFailed(f"{path} cannot be read: {error}.")
    return StoreError(f"{path} cannot be opened: {error}.")
