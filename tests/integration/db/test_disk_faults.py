"""A disk that is full or fails under SQLite: nothing acknowledged is lost, nothing refused is there."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from modelyard.core.errors import Unavailable
from modelyard.db import DiskFailed, OutcomeUnknown
from modelyard.db.sqlite import SqliteDatabase
from tests.support.databases import Databases


class Disk(apsw.VFS):
    """SQLite's way to the disk, which fails on demand."""

    def __init__(self) -> None:
        self.failing = ""  # "sync" or "write": what raises
        self.files: list[FaultyFile] = []
        super().__init__("faulty", "unix", makedefault=True)

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> FaultyFile:  # noqa: N802 - SQLite's name
        return FaultyFile(self, name, flags)


class FaultyFile(apsw.VFSFile):
    """A file on such a disk."""

    def __init__(self, disk: Disk, name: apsw.URIFilename | str | None, flags: list[int]) -> None:
        self.disk = disk
        super().__init__("unix", name, flags)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        if self.disk.failing == "sync":
            raise apsw.IOError("the disk failed")
        super().xSync(flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        if self.disk.failing == "write":
            raise apsw.IOError("the disk failed")
        super().xWrite(data, offset)


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    yield disk
    disk.unregister()


def numbers(database: SqliteDatabase) -> list[int]:
    with database.read() as connection:
        return [number for (number,) in connection.rows("SELECT number FROM numbers ORDER BY number")]


def add(database: SqliteDatabase, number: int, size: int = 10) -> None:
    with database.write() as connection:
        connection.run("INSERT INTO numbers (number, body) VALUES (?, ?)", (number, b"x" * size))


@pytest.fixture
def path(databases: Databases) -> Path:
    path = databases.path()
    database = SqliteDatabase(path)
    with database.write() as connection:
        connection.run("CREATE TABLE numbers (number INTEGER PRIMARY KEY, body BLOB NOT NULL)")
    add(database, 1)
    database.close()
    return path


@pytest.mark.parametrize("call", ["sync", "write"])
def test_a_failed_commit_is_never_acknowledged_and_stops_all_writing(path: Path, disk: Disk, call: str) -> None:
    database = SqliteDatabase(path)
    add(database, 2)
    disk.failing = call
    with pytest.raises(OutcomeUnknown) as caught:
        add(database, 3)
    assert caught.value.status == 500
    disk.failing = ""
    with pytest.raises(DiskFailed) as refused:
        add(database, 4)
    assert refused.value.status == 503
    assert isinstance(database.failure, DiskFailed)
    assert numbers(database) in ([1, 2], [1, 2, 3])
    database.close()
    again = SqliteDatabase(path)
    assert numbers(again) in ([1, 2], [1, 2, 3])
    assert again.check() == []
    again.close()


@contextmanager
def room(size: int) -> Iterator[None]:
    """No file may grow beyond ``size`` bytes: what a full disk looks like to a process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def fill(database: SqliteDatabase, stored: list[int]) -> None:
    for number in range(2, 100):
        add(database, number, 10_000)
        stored.append(number)


def fill_as_group(database: SqliteDatabase, answers: list[str]) -> None:
    with database.write():
        for number in range(2, 50):
            try:
                add(database, number, 1_000_000)
                answers.append("stored")
            except Unavailable as error:
                answers.append(str(error.reason))


def test_a_full_disk_refuses_what_does_not_fit_and_works_again_when_there_is_room(path: Path) -> None:
    database = SqliteDatabase(path)
    stored = [1]
    with room(200_000), pytest.raises(Unavailable) as caught:
        fill(database, stored)
    assert (caught.value.status, caught.value.reason) == (503, "DISK_FULL")
    assert 2 < len(stored) < 30
    assert numbers(database) == stored
    assert database.failure is None
    add(database, 100)
    assert numbers(database) == [*stored, 100]
    assert database.check() == []
    database.close()


def test_a_group_of_blocks_on_a_full_disk_is_refused_as_a_whole(path: Path) -> None:
    """The transaction is too large for memory, so that it meets the full disk in the middle: SQLite then gives all
    of it up.
    """
    database = SqliteDatabase(path)
    answers: list[str] = []
    with room(30_000_000), pytest.raises(Unavailable) as caught:
        fill_as_group(database, answers)
    assert caught.value.reason == "DISK_FULL"
    assert set(answers) == {"stored", "DISK_FULL"}
    assert numbers(database) == [1]
    add(database, 2)
    assert numbers(database) == [1, 2]
    database.close()


def test_no_room_for_a_new_store_says_so(databases: Databases) -> None:
    path = databases.path()
    with room(1_000), pytest.raises(Exception, match="cannot be created") as caught:
        databases.sqlite(path)
    assert type(caught.value).__name__ == "StoreError"
    assert list(path.parent.iterdir()) == []
    databases.sqlite(path)


def test_the_errnos_that_mean_full() -> None:
    from modelyard.db.sqlite_failures import is_full

    class Connection:
        system_errno = 0

    connection = Connection()
    for number, full in ((errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EFBIG, True), (errno.EIO, False)):
        connection.system_errno = number
        assert is_full(apsw.IOError(), connection) is full  # type: ignore[arg-type]
    assert not is_full(apsw.BusyError(), connection)  # type: ignore[arg-type]


def test_running_out_of_file_descriptors_passes(path: Path) -> None:
    database = SqliteDatabase(path)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    gc.collect()  # what an earlier test left is not to be given back in the middle
    used = max(int(name) for name in os.listdir("/proc/self/fd")) + 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (used, before[1]))
    taken = []
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        with pytest.raises(Unavailable) as caught:
            numbers(database)
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert caught.value.status == 503
    assert database.failure is None
    assert numbers(database) == [1]
    database.close()
