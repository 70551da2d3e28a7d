"""Migrations: each step once, whole or not at all, whoever starts it and whatever kills it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from modelyard.core.clock import FixedClock
from modelyard.core.errors import ModelyardError, SchemaTooNew, StoreError
from modelyard.db import Database
from modelyard.db.migrate import Step, check, current_version, latest_version, require_current, steps, upgrade
from modelyard.db.postgres import PostgresDatabase
from modelyard.db.sqlite import SqliteDatabase
from modelyard.db.statements import statements
from tests.support.databases import KINDS, Databases
from tests.support.processes import start_python
from tests.support.waiting import wait_for

ONE = Step(1, "one", "CREATE TABLE one (id BIGINT PRIMARY KEY);\n-- it's; done\nINSERT INTO one VALUES (1);")
TWO = Step(2, "two", "CREATE TABLE two (id BIGINT PRIMARY KEY); INSERT INTO two SELECT id FROM one;")
THREE = Step(3, "three", "ALTER TABLE two ADD COLUMN name TEXT DEFAULT 'a;b'; UPDATE two SET name = name;")
ALL = [ONE, TWO, THREE]


def test_a_new_database_gets_every_step_and_a_second_start_none(database: Database) -> None:
    told: list[tuple[str, int, int]] = []
    assert current_version(database) == 0
    assert upgrade(database, known=ALL, progress=lambda *step: told.append(step), clock=FixedClock(7)) == 3
    assert told == [("0001_one", 0, 3), ("0002_two", 1, 3), ("0003_three", 2, 3)]
    assert upgrade(database, known=ALL, progress=lambda *step: told.append(step)) == 0
    assert len(told) == 3
    assert current_version(database) == 3
    with database.read() as connection:
        assert connection.rows("SELECT id, name FROM two") == [(1, "a;b")]
        assert connection.rows("SELECT version, name, applied_ms FROM schema_version ORDER BY version") == [
            (1, "one", 7),
            (2, "two", 7),
            (3, "three", 7),
        ]
    assert check(database, known=ALL) == []


def test_an_older_database_gets_what_is_missing(database: Database) -> None:
    upgrade(database, known=[ONE])
    with pytest.raises(StoreError, match=r"version 1, and this release needs 3.*modelyard db upgrade"):
        require_current(database, known=ALL)
    assert check(database, known=ALL) == [
        "The migration 0002_two has not been done; run: modelyard db upgrade",
        "The migration 0003_three has not been done; run: modelyard db upgrade",
    ]
    assert upgrade(database, known=ALL) == 2
    require_current(database, known=ALL)


def test_a_later_releases_database_is_refused_untouched(database: Database) -> None:
    upgrade(database, known=ALL)
    for refused in (upgrade, require_current, check):
        with pytest.raises(SchemaTooNew, match=r"version 3.*up to 2"):
            refused(database, known=[ONE, TWO])
    assert current_version(database) == 3


def test_a_step_that_fails_leaves_the_version_before(database: Database) -> None:
    broken = Step(2, "broken", "CREATE TABLE half (id BIGINT); INSERT INTO one VALUES (2); SELECT nothing FROM nowhere")
    with pytest.raises(ModelyardError):
        upgrade(database, known=[ONE, broken])
    assert current_version(database) == 1
    with database.read() as connection:
        assert connection.row(database.dialect.has_table, ("half",)) is None
        assert connection.rows("SELECT id FROM one") == [(1,)]
    assert upgrade(database, known=[ONE, TWO]) == 1


def test_an_existing_file_is_copied_first_and_a_new_one_is_not(databases: Databases) -> None:
    database = databases.sqlite()
    assert isinstance(database, SqliteDatabase)
    assert database.path is not None
    backups = database.path.parent / "backups"
    upgrade(database, known=[ONE])
    assert not backups.exists()
    upgrade(database, known=ALL)
    (copied,) = backups.iterdir()
    assert copied.name.startswith("yard-v1-")
    old = databases.sqlite(copied)
    assert current_version(old) == 1
    assert check(old, known=[ONE]) == []


@pytest.mark.parametrize("kind", ["memory", "sqlite"])  # PostgreSQL changes a table in its place
def test_tables_can_be_rebuilt_under_foreign_keys(databases: Databases, kind: str) -> None:
    database = databases.new(kind)
    parents = Step(1, "parents", "CREATE TABLE parents (id BIGINT PRIMARY KEY); INSERT INTO parents VALUES (1)")
    children = Step(
        2,
        "children",
        "CREATE TABLE children (parent BIGINT NOT NULL REFERENCES parents (id) ON DELETE CASCADE);"
        "INSERT INTO children VALUES (1)",
    )
    rebuild = Step(
        3,
        "rebuild",
        "CREATE TABLE new_parents (id BIGINT PRIMARY KEY, name TEXT);"
        "INSERT INTO new_parents SELECT id, 'x' FROM parents;"
        "DROP TABLE parents; ALTER TABLE new_parents RENAME TO parents",
    )
    upgrade(database, known=[parents, children, rebuild])
    with database.read() as connection:
        assert connection.rows("SELECT parent, name FROM children JOIN parents ON parent = id") == [(1, "x")]
    orphan = Step(4, "orphan", "DELETE FROM parents")
    with pytest.raises(ModelyardError):
        upgrade(database, known=[parents, children, rebuild, orphan])
    assert current_version(database) == 3
    with pytest.raises(ModelyardError), database.write() as connection:
        connection.run("INSERT INTO children VALUES (2)")  # the keys are watched again


def test_starters_at_once_do_each_step_once(databases: Databases, database: Database) -> None:
    if isinstance(database, SqliteDatabase) and database.path:
        others: list[Database] = [databases.sqlite(database.path) for _ in range(2)]
    elif isinstance(database, PostgresDatabase):
        others = [databases.postgres(database.url) for _ in range(2)]
    else:
        others = [database, database]
    done: list[int] = []
    threads = [
        threading.Thread(target=lambda each=each: done.append(upgrade(each, known=ALL))) for each in (database, *others)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 3
    assert len(done) == 3
    assert current_version(database) == 3


# A process that migrates up to step 3, and hangs in the middle of the step that it is told.
HANG = """
import sys, time
from modelyard.db.migrate import Step, upgrade
from modelyard.db.statements import statements
from tests.integration.db.test_migrate import ALL, SLEEP, opened

def hang():
    print("in the middle", flush=True)
    time.sleep(60)

where, at = sys.argv[1], int(sys.argv[2])
def cut(step):
    first, *others = statements(step.script)
    return Step(step.version, step.name, "; ".join([first, SLEEP if "://" in where else "SELECT hang()", *others]))
upgrade(opened(where, {"hang": (hang, 0)}), known=[cut(step) if step.version == at else step for step in ALL])
"""
SLEEP = "SELECT pg_sleep(60)"


def wait_for_the_middle(where: str, process: subprocess.Popen[str], databases: Databases) -> None:
    if "://" not in where:
        assert process.stdout is not None
        assert process.stdout.readline() == "in the middle\n"
        return
    watcher = databases.postgres(where)
    asleep = "SELECT 1 FROM pg_stat_activity WHERE query = ? AND state = 'active'"

    def is_asleep() -> bool:
        with watcher.read() as connection:
            return bool(connection.row(asleep, (SLEEP,)))

    wait_for(is_asleep)


def opened(where: str, functions: dict[str, object] | None = None) -> Database:
    """The database at ``where``, an address or a path."""
    if "://" in where:
        return PostgresDatabase(where, accept_data_loss=True)
    return SqliteDatabase(Path(where), functions=functions or {})  # type: ignore[arg-type]


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_killed_migration_is_completed_by_the_next_start(databases: Databases, kind: str, at: int) -> None:
    where = databases.postgres_url() if kind == "postgres" else str(databases.path())
    with start_python(HANG, where, at, stdout=subprocess.PIPE) as process:
        wait_for_the_middle(where, process, databases)
        os.kill(process.pid, signal.SIGKILL)
    database = databases.keep(opened(where))
    assert current_version(database) == at - 1
    assert upgrade(database, known=ALL) == 4 - at
    assert check(database, known=ALL) == []
    with database.read() as connection:
        assert connection.rows("SELECT id, name FROM two") == [(1, "a;b")]


def test_a_start_that_has_nothing_to_migrate_takes_milliseconds(databases: Databases) -> None:
    path = databases.path()
    upgrade(databases.sqlite(path), known=ALL)
    started = time.process_time()
    database = SqliteDatabase(path)
    upgrade(database, known=ALL)
    assert time.process_time() - started < 0.2
    database.close()


def test_the_releases_own_steps_are_there_for_both_engines(databases: Databases, database: Database) -> None:
    ours = steps(database.dialect)
    assert latest_version(database.dialect) == ours[-1].version
    upgrade(database)
    require_current(database)
    assert current_version(database) == latest_version(database.dialect)
    assert check(database) == []


def test_two_files_with_one_number_are_refused(tmp_path: Path, database: Database) -> None:
    for name in ("0001_a", "0002_b", "0002_c"):
        (tmp_path / f"{name}.{database.dialect.name}.sql").write_text("SELECT 1;")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(StoreError, match="one number"):
        steps(database.dialect, tmp_path)
    (tmp_path / f"0002_c.{database.dialect.name}.sql").unlink()
    assert [step.label for step in steps(database.dialect, tmp_path)] == ["0001_a", "0002_b"]


@pytest.mark.parametrize(
    ("script", "parts"),
    [
        ("", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;;\n ;SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("-- only; a comment\n/* and; another */;", []),
        ("INSERT INTO a VALUES ('it''s; here'); SELECT 1", ["INSERT INTO a VALUES ('it''s; here')", "SELECT 1"]),
        ('CREATE TABLE "odd;name" (a INT);', ['CREATE TABLE "odd;name" (a INT)']),
        ("DO $x$ BEGIN; $y$ END; $x$; SELECT 1;", ["DO $x$ BEGIN; $y$ END; $x$", "SELECT 1"]),
        (
            "SELECT 1 -- it's one\n; SELECT 2 /* don't; stop */ + 1",
            ["SELECT 1 -- it's one", "SELECT 2 /* don't; stop */ + 1"],
        ),
    ],
)
def test_scripts_fall_apart_at_their_semicolons(script: str, parts: list[str]) -> None:
    assert list(statements(script)) == parts


@pytest.mark.parametrize("kind", KINDS)
def test_the_tests_own_shortcut_gives_what_a_migration_gives(databases: Databases, kind: str) -> None:
    database = databases.migrated(kind)
    require_current(database)
    assert check(database) == []
    assert upgrade(database) == 0
