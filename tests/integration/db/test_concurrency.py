"""Writers, readers, processes and forks side by side."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from modelyard.core.errors import ModelyardError, Unavailable
from modelyard.db import Database, QueryTooExpensive
from modelyard.db.postgres import PostgresDatabase
from modelyard.db.sqlite import SqliteDatabase
from tests.support.databases import Databases
from tests.support.processes import start_python

INSERT = "INSERT INTO names (name) VALUES (?)"
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n"


def with_table(database: Database) -> Database:
    with database.write() as connection:
        connection.run(f"CREATE TABLE names (id {database.dialect.identity}, name TEXT NOT NULL)")
    return database


def count(database: Database) -> int:
    with database.read() as connection:
        row = connection.row("SELECT count(*) FROM names")
    assert row is not None
    return int(row[0])


@contextmanager
def in_a_thread(work: threading.Thread) -> Iterator[None]:
    work.start()
    try:
        yield
    finally:
        work.join()


@contextmanager
def open_write(database: Database) -> Iterator[None]:
    """Another thread is inside a `write()` that has written something."""
    written, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with database.write() as connection:
            connection.run(INSERT, ("from the other thread",))
            written.set()
            leave.wait(20)

    with in_a_thread(threading.Thread(target=hold)):
        assert written.wait(5)
        try:
            yield
        finally:
            leave.set()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_read_keeps_its_snapshot_and_never_waits_for_a_writer(databases: Databases, kind: str) -> None:
    database = with_table(databases.new(kind))
    with database.read() as reader:
        assert reader.row("SELECT count(*) FROM names") == (0,)
        with open_write(database):
            assert reader.row("SELECT count(*) FROM names") == (0,)
            with database.read() as nested:
                assert nested.row("SELECT count(*) FROM names") == (0,)
        assert reader.row("SELECT count(*) FROM names") == (0,)
    assert count(database) == 1


def test_what_a_thread_has_committed_any_thread_reads(database: Database) -> None:
    with_table(database)
    seen: list[int] = []
    for number in range(1, 20):
        with database.write() as connection:
            connection.run(INSERT, ("x",))
        with in_a_thread(threading.Thread(target=lambda: seen.append(count(database)))):
            pass
        assert seen[-1] == number


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_writer_that_waits_too_long_is_told_to_come_back(databases: Databases, kind: str) -> None:
    database = with_table(databases.new(kind))
    with open_write(database):
        for wait in (0, 0.2):
            started = time.monotonic()
            with pytest.raises(Unavailable, match="busy") as caught, database.write(wait=wait):
                pass
            assert wait <= time.monotonic() - started < wait + 4  # without a wait of its own it is five
            assert (caught.value.status, caught.value.retry_after) == (503, 1)
    with database.write(wait=0) as connection:
        connection.run(INSERT, ("free again",))
    assert count(database) == 2


HOLD = """
import pathlib, sys, time
from modelyard.db.sqlite import SqliteDatabase
database = SqliteDatabase(pathlib.Path(sys.argv[1]))
with database.write() as connection:
    connection.run("INSERT INTO names (name) VALUES ('from the other process')")
    print("written", flush=True)
    sys.stdin.read()
"""


def test_another_process_that_holds_the_lock_stops_writers_and_not_readers(databases: Databases) -> None:
    database = with_table(databases.sqlite())
    assert isinstance(database, SqliteDatabase)
    with start_python(HOLD, database.path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        started = time.monotonic()
        with pytest.raises(Unavailable, match="busy"), database.write(wait=0.3):
            pass
        assert 0.2 < time.monotonic() - started < 4
        started = time.monotonic()
        assert count(database) == 0
        assert time.monotonic() - started < 4  # who waits for the lock waits for five
        process.communicate()
    with database.write() as connection:
        connection.run(INSERT, ("mine",))
    assert count(database) == 2


def test_the_usual_wait_for_another_process_is_five_seconds(databases: Databases) -> None:
    database = with_table(databases.sqlite())
    assert isinstance(database, SqliteDatabase)
    other = SqliteDatabase(database.path)  # connections of their own: as another process
    with open_write(other):
        started = time.monotonic()
        with pytest.raises(Unavailable), database.write():
            pass
        assert 4.5 < time.monotonic() - started < 15
    other.close()


WORK = """
import pathlib, sys
from modelyard.db.sqlite import SqliteDatabase
database = SqliteDatabase(pathlib.Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    with database.write(wait=60) as connection:
        row = connection.row("SELECT coalesce(max(id), 0) FROM names")
        connection.run("INSERT INTO names (id, name) VALUES (?, ?)", (row[0] + 1, "x"))
database.close()
"""


def test_processes_that_read_and_write_in_one_block_never_collide(databases: Databases) -> None:
    database = with_table(databases.sqlite())
    assert isinstance(database, SqliteDatabase)
    started = [start_python(WORK, database.path, 100) for _ in range(3)]
    assert [process.wait() for process in started] == [0, 0, 0]
    assert count(database) == 300
    with database.read() as connection:
        assert connection.row("SELECT max(id) FROM names") == (300,)


def test_a_killed_writer_leaves_nothing_behind(databases: Databases) -> None:
    database = with_table(databases.sqlite())
    assert isinstance(database, SqliteDatabase)
    with start_python(HOLD, database.path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.kill()
    with database.write(wait=1) as connection:
        connection.run(INSERT, ("mine",))
    assert count(database) == 1


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgres"])
def test_a_read_that_takes_too_long_is_stopped(databases: Databases, kind: str) -> None:
    if kind == "postgres":
        database: Database = databases.keep(PostgresDatabase(databases.postgres_url(), statement_seconds=0.5))
    else:
        path = databases.path() if kind == "sqlite" else None
        database = databases.keep(SqliteDatabase(path, statement_seconds=0.5))
    started = time.monotonic()
    with pytest.raises(QueryTooExpensive, match="too expensive") as caught, database.read() as connection:
        connection.row(ENDLESS)
    assert time.monotonic() - started < 20
    assert caught.value.status == 400
    with_table(database)
    assert count(database) == 0


def test_readers_beyond_the_limit_wait_their_turn(databases: Databases) -> None:
    database = databases.keep(SqliteDatabase(databases.path(), readers=2))
    with_table(database)
    inside = threading.Barrier(3)
    done: list[int] = []

    def hold() -> None:
        with database.read() as connection:
            connection.row("SELECT count(*) FROM names")
            inside.wait(60)
            time.sleep(0.1)
            done.append(1)

    threads = [threading.Thread(target=hold) for _ in range(2)]
    for thread in threads:
        thread.start()
    inside.wait(60)
    assert count(database) == 0
    assert len(done) >= 1
    for thread in threads:
        thread.join()


def forked(work: object) -> int:
    """Run ``work`` in a forked child; 0 when it returned True."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if work() else 2  # type: ignore[operator]
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_forked_child_goes_on_with_connections_of_its_own(database: Database) -> None:
    with_table(database)
    memory = isinstance(database, SqliteDatabase) and database.path is None

    def child() -> bool:
        for _ in range(5):
            with database.write() as connection:
                connection.run(INSERT, ("child",))
        return count(database) == 6

    with database.write() as connection:
        connection.run(INSERT, ("parent",))
    assert forked(child) == 0
    assert count(database) == (1 if memory else 6)
    with database.write() as connection:
        connection.run(INSERT, ("parent again",))
    assert count(database) == (2 if memory else 7)


def test_what_a_child_writes_survives_the_parents_leaving(databases: Databases) -> None:
    """The last to close a SQLite database throws its log away: the parent must not believe that it is the last."""
    path = databases.path()
    database = SqliteDatabase(path)
    with_table(database)
    gone, seen = os.pipe()

    child = os.fork()
    if child == 0:
        code = 1
        try:
            with database.write() as connection:
                connection.run(INSERT, ("before",))
            os.read(gone, 1)
            with database.write() as connection:
                connection.run(INSERT, ("after",))
            code = 0
        finally:
            os._exit(code)
    while count(database) == 0:
        time.sleep(0.01)
    database.close()
    os.write(seen, b"x")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(gone)
    os.close(seen)
    assert count(databases.sqlite(path)) == 2


def test_a_fork_inside_a_block_leaves_the_block_to_the_parent(database: Database) -> None:
    with_table(database)

    def child() -> bool:
        try:
            with database.write() as connection:
                connection.run(INSERT, ("child",))
        except ModelyardError:
            return True
        return isinstance(database, PostgresDatabase)

    with database.write() as connection:
        connection.run(INSERT, ("parent",))
        assert forked(child) == 0
        connection.run(INSERT, ("parent again",))
    with database.read() as connection:
        names = [name for (name,) in connection.rows("SELECT name FROM names ORDER BY name")]
    assert names in (["parent", "parent again"], ["child", "parent", "parent again"])


def test_a_fork_while_another_thread_writes_does_not_hang(database: Database) -> None:
    with_table(database)

    def child() -> bool:
        try:
            count(database)
        except ModelyardError:
            return True
        return isinstance(database, PostgresDatabase)

    with open_write(database):
        started = time.monotonic()
        assert forked(child) == 0
        assert time.monotonic() - started < 4
    assert count(database) == 1
