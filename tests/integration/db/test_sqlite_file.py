"""SQLite's file: private, whole, looked over before it is used, and never made over something else."""

from __future__ import annotations

import os
import random
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from modelyard.core.errors import ModelyardError, StoreDamaged, StoreError
from modelyard.db.backup import copies, restore
from modelyard.db.sqlite import SqliteDatabase
from tests.support.databases import Databases
from tests.support.processes import start_python


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def filled(path: Path, rows: int = 2_000) -> Path:
    """A database at ``path`` with ``rows`` rows, closed."""
    database = SqliteDatabase(path)
    with database.write() as connection:
        connection.run("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        connection.run("CREATE INDEX things_by_name ON things (name)")
        connection.many("INSERT INTO things (name) VALUES (?)", ((f"thing number {n}",) for n in range(rows)))
    database.close()
    return path


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_folder_and_files_are_private_whatever_the_umask(databases: Databases, umask: int) -> None:
    path = databases.path()
    before = os.umask(umask)
    try:
        database = databases.sqlite(path)
        with database.write() as connection:
            connection.run("CREATE TABLE things (id INTEGER)")
        kept = database.keep_copy("v1")
    finally:
        os.umask(before)
    assert kept is not None
    assert mode(path.parent) == mode(Path(kept).parent) == 0o700
    files = [file for file in path.parent.rglob("*") if file.is_file()]
    assert {file.name for file in files} == {"yard.db", "yard.db-wal", "yard.db-shm", Path(kept).name}
    assert {mode(file) for file in files} == {0o600}


def test_loose_bits_of_a_store_are_tightened(databases: Databases) -> None:
    path = filled(databases.path())
    path.parent.chmod(0o755)
    path.chmod(0o644)
    databases.sqlite(path)
    assert (mode(path.parent), mode(path)) == (0o700, 0o600)


def test_an_open_folder_with_other_files_is_refused(databases: Databases) -> None:
    path = databases.path()
    path.parent.mkdir(mode=0o755)
    path.parent.chmod(0o755)
    (path.parent / "thesis.tex").touch()
    with pytest.raises(StoreError, match="chmod 700"):
        databases.sqlite(path)
    assert mode(path.parent) == 0o755
    assert not path.exists()


def test_a_link_in_the_place_of_the_database_is_refused(databases: Databases) -> None:
    elsewhere = filled(databases.path())
    path = databases.path()
    path.parent.mkdir(mode=0o700)
    path.symlink_to(elsewhere)
    with pytest.raises(StoreError, match="no regular file"):
        databases.sqlite(path)


def test_a_file_in_the_place_of_the_folder_is_refused(databases: Databases) -> None:
    path = databases.path()
    path.parent.write_text("not a folder")
    with pytest.raises(StoreError, match="not a folder"):
        databases.sqlite(path)


def test_a_linked_folder_is_followed(databases: Databases, tmp_path: Path) -> None:
    path = filled(databases.path())
    (tmp_path / "link").symlink_to(path.parent)
    database = databases.sqlite(tmp_path / "link" / "yard.db")
    assert database.path == path


def test_what_is_no_database_is_refused_and_left_alone(databases: Databases) -> None:
    path = databases.path()
    path.parent.mkdir(mode=0o700)
    for content in (b"", b"x", b"hello world, this is my thesis\n" * 100, os.urandom(100_000)):
        path.write_bytes(content)
        with pytest.raises(StoreDamaged, match=r"modelyard db restore --store") as caught:
            databases.sqlite(path)
        assert str(path) in caught.value.message
        assert path.read_bytes() == content


def test_another_programs_database_is_refused_and_left_alone(databases: Databases) -> None:
    path = databases.path()
    path.parent.mkdir(mode=0o700)
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
    connection.close()
    content = path.read_bytes()
    with pytest.raises(StoreError, match="not one of modelyard's"):
        databases.sqlite(path)
    assert path.read_bytes() == content


def test_a_missing_database_whose_log_is_there_is_not_made_anew(databases: Databases) -> None:
    path = filled(databases.path())
    path.unlink()
    path.with_name("yard.db-wal").write_bytes(b"what was acknowledged")
    with pytest.raises(StoreDamaged, match=r"its log yard\.db-wal is there"):
        databases.sqlite(path)
    assert not path.exists()


def test_a_truncated_database_is_refused_at_once(databases: Databases, tmp_path: Path) -> None:
    whole = filled(databases.path()).read_bytes()
    for size in (1, 99, 100, 511, 4095, 4096, 4097, len(whole) // 2, len(whole) - 4096, len(whole) - 1):
        path = databases.path()
        path.parent.mkdir(mode=0o700)
        path.write_bytes(whole[:size])
        started = time.process_time()
        with pytest.raises(StoreDamaged, match=r"yard\.db .*modelyard db restore"):
            databases.sqlite(path)
        assert time.process_time() - started < 2


def test_flipped_bytes_are_refused_or_harmless(databases: Databases) -> None:
    """200 places: what the check cannot see is a value, and every value can still be read."""
    whole = filled(databases.path()).read_bytes()
    random_places = random.Random(2)
    refused = 0
    for number in range(200):
        # Half of them in the header and at the starts of pages, where the structure is.
        place = random_places.randrange(len(whole))
        if number % 2:
            place = place // 4096 * 4096 + random_places.randrange(24)
        broken = bytearray(whole)
        broken[place] ^= 1 << random_places.randrange(8)
        path = databases.path()
        path.parent.mkdir(mode=0o700)
        path.write_bytes(broken)
        started = time.process_time()
        try:
            database = SqliteDatabase(path)
        except StoreError as error:
            refused += str(path) in error.message
        else:
            try:
                with database.read() as connection:
                    assert len(connection.rows("SELECT id, name FROM things")) == 2_000
            except StoreDamaged:  # bytes that are no text any more
                assert database.failure is not None
            database.close()
        assert time.process_time() - started < 2
        shutil.rmtree(path.parent)
    assert refused > 70


def test_damage_met_later_stops_writing_and_says_so(databases: Databases) -> None:
    path = filled(databases.path(), rows=20_000)
    database = SqliteDatabase(path, check_seconds=0)
    content = bytearray(path.read_bytes())
    for page in range(10, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xaa" * 64
    path.write_bytes(content)
    with pytest.raises(StoreDamaged) as caught, database.read() as connection:
        connection.rows("SELECT name FROM things")
    assert caught.value.status == 503
    assert str(path) not in caught.value.message
    assert isinstance(database.failure, StoreDamaged)
    with pytest.raises(StoreDamaged), database.write():
        pass
    assert database.check() != []
    database.close()


def test_a_database_nobody_may_write_is_refused(databases: Databases) -> None:
    """As another user when the tests run as root, whom no mode bit stops."""
    with tempfile.TemporaryDirectory(prefix="yard-") as folder:
        path = filled(Path(folder) / "yard" / "yard.db")
        path.chmod(0o400)
        path.parent.chmod(0o500)
        with as_another_user(Path(folder), path.parent, path), pytest.raises(StoreError, match="cannot be written"):
            databases.sqlite(path)
        path.parent.chmod(0o700)


@contextmanager
def as_another_user(*paths: Path) -> Iterator[None]:
    """Where this is root: give ``paths`` away and become that user for the time of the block."""
    if os.geteuid() != 0:
        yield
        return
    nobody = 65534
    for path in paths:
        os.chown(path, nobody, nobody)
    os.seteuid(nobody)
    try:
        yield
    finally:
        os.seteuid(0)


def test_somebody_elses_store_is_refused(databases: Databases) -> None:
    if os.geteuid() != 0:
        pytest.skip("does not apply: only root can give a folder away")
    path = filled(databases.path())
    os.chown(path, 65534, 65534)
    with pytest.raises(StoreError, match="belongs to the user with id 65534"):
        databases.sqlite(path)
    os.chown(path.parent, 65534, 65534)
    with pytest.raises(StoreError, match="chown -R"):
        databases.sqlite(path)


def test_two_that_create_at_once_share_one_database(databases: Databases) -> None:
    path = databases.path()
    code = (
        "import sys, pathlib; from modelyard.db.sqlite import SqliteDatabase\n"
        "database = SqliteDatabase(pathlib.Path(sys.argv[1]))\n"
        "with database.write() as connection: connection.run('CREATE TABLE IF NOT EXISTS who (pid INTEGER)')\n"
        "with database.write() as connection: connection.run('INSERT INTO who VALUES (?)', (sys.argv[2],))\n"
        "database.close()\n"
    )
    started = [start_python(code, path, number) for number in range(4)]
    assert [process.wait() for process in started] == [0, 0, 0, 0]
    with databases.sqlite(path).read() as connection:
        assert connection.rows("SELECT pid FROM who ORDER BY pid") == [(0,), (1,), (2,), (3,)]
    assert {file.name for file in path.parent.iterdir()} <= {"yard.db", "yard.db-wal", "yard.db-shm"}


def test_a_copy_is_taken_while_others_write_and_is_whole(databases: Databases, tmp_path: Path) -> None:
    database = databases.sqlite(filled(databases.path()))
    with database.write() as connection:
        connection.run("DELETE FROM things WHERE id > 1000")
        database.backup(tmp_path / "copies" / "one.db")
    database.backup(tmp_path / "copies" / "two.db")
    for name, count in (("one", 2_000), ("two", 1_000)):
        copied = apsw.Connection(str(tmp_path / "copies" / f"{name}.db"))
        assert copied.execute("SELECT count(*) FROM things").fetchall() == [(count,)]
        assert copied.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        copied.close()
    assert sorted(file.name for file in (tmp_path / "copies").iterdir()) == ["one.db", "two.db"]
    with pytest.raises(StoreError, match="already"):
        database.backup(tmp_path / "copies" / "one.db")


def test_a_database_in_memory_can_be_copied(databases: Databases, tmp_path: Path) -> None:
    database = databases.memory()
    with database.write() as connection:
        connection.run("CREATE TABLE things (id INTEGER)")
    database.backup(tmp_path / "private" / "copy.db")
    assert databases.sqlite(tmp_path / "private" / "copy.db").check() == []
    assert database.keep_copy("v1") is None


def test_the_command_in_the_refusal_brings_the_data_back(databases: Databases) -> None:
    path = filled(databases.path())
    database = SqliteDatabase(path)
    kept = database.keep_copy("v1")
    database.close()
    path.write_bytes(b"gone" * 1000)
    with pytest.raises(StoreDamaged) as caught:
        databases.sqlite(path)
    assert caught.value.message.endswith(f"modelyard db restore --store {path.parent} {kept}")
    aside = restore(path, copies(path)[-1])
    assert aside is not None
    assert (aside / "yard.db").read_bytes() == b"gone" * 1000
    with databases.sqlite(path).read() as connection:
        assert connection.row("SELECT count(*) FROM things") == (2_000,)
    assert mode(path) == 0o600


def test_a_damaged_copy_is_not_put_back(databases: Databases, tmp_path: Path) -> None:
    path = filled(databases.path())
    (tmp_path / "copy.db").write_bytes(path.read_bytes()[:-4096])
    with pytest.raises(ModelyardError, match="damaged"):
        restore(path, tmp_path / "copy.db")
    with databases.sqlite(path).read() as connection:
        assert connection.row("SELECT count(*) FROM things") == (2_000,)


def test_check_finds_nothing_in_a_sound_database_and_orphans_in_another(databases: Databases) -> None:
    path = filled(databases.path())
    connection = apsw.Connection(str(path))
    connection.execute(
        "CREATE TABLE parts (thing INTEGER REFERENCES things (id)); INSERT INTO parts VALUES (1), (99999)"
    )
    connection.close()
    assert databases.sqlite(path).check() == ["parts: row 2 refers to a row of things that does not exist"]
