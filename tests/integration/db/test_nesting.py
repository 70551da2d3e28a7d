"""Blocks: what is kept and what is undone, on every kind of database."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from modelyard.core.errors import ModelyardError
from modelyard.db import Database, ForeignKeyViolation, UniqueViolation


class Undo(Exception):
    """Leaves a block."""


INSERT = "INSERT INTO names (name) VALUES (?)"


@pytest.fixture
def db(database: Database) -> Database:
    with database.write() as connection:
        connection.run(f"CREATE TABLE names (id {database.dialect.identity}, name TEXT NOT NULL UNIQUE)")
        connection.run("CREATE TABLE links (name BIGINT NOT NULL REFERENCES names (id))")
    return database


def names(db: Database) -> list[str]:
    with db.read() as connection:
        return [name for (name,) in connection.rows("SELECT name FROM names ORDER BY id")]


def test_a_block_left_well_is_committed(db: Database) -> None:
    with db.write() as connection:
        connection.run(INSERT, ("a",))
    assert names(db) == ["a"]


def test_an_exception_undoes_the_transaction(db: Database) -> None:
    with suppress(Undo), db.write() as connection:
        connection.run(INSERT, ("a",))
        raise Undo
    assert names(db) == []


def test_a_failed_inner_block_is_undone_alone(db: Database) -> None:
    with db.write() as outer:
        outer.run(INSERT, ("before",))
        with suppress(Undo), db.write() as inner:
            inner.run(INSERT, ("lost",))
            raise Undo
        with db.write() as inner:
            inner.run(INSERT, ("kept",))
        outer.run(INSERT, ("after",))
    assert names(db) == ["before", "kept", "after"]


def test_a_failed_statement_in_an_inner_block_harms_nobody_else(db: Database) -> None:
    with db.write():
        for name in ("a", "b", "a", "c"):
            try:
                with db.write() as inner:
                    inner.run(INSERT, (f"{name}-first",) if name != "a" else (name,))
                    inner.run(INSERT, (f"{name}-second",))
            except UniqueViolation:
                assert name == "a"
    assert names(db) == ["a", "a-second", "b-first", "b-second", "c-first", "c-second"]


def test_the_outer_exception_undoes_finished_inner_blocks(db: Database) -> None:
    with suppress(Undo), db.write():
        with db.write() as inner:
            inner.run(INSERT, ("a",))
        raise Undo
    assert names(db) == []


def test_blocks_nest_three_deep(db: Database) -> None:
    with db.write() as one:
        one.run(INSERT, ("1",))
        with db.write() as two:
            two.run(INSERT, ("2",))
            with suppress(Undo), db.write() as three:
                three.run(INSERT, ("3",))
                raise Undo
            with db.write() as three:
                three.run(INSERT, ("3 again",))
            two.run(INSERT, ("2 after",))
        with suppress(Undo), db.write(), db.write() as three:
            three.run(INSERT, ("never",))
            raise Undo
        one.run(INSERT, ("1 after",))
    assert names(db) == ["1", "2", "3 again", "2 after", "1 after"]


def test_an_inner_block_whose_middle_level_did_nothing_is_undone_at_the_right_level(db: Database) -> None:
    with db.write() as one:
        with db.write() as two:
            with db.write() as three:
                three.run(INSERT, ("3",))
            two.run(INSERT, ("2",))
        with suppress(Undo), db.write():
            with db.write() as three:
                three.run(INSERT, ("undone with its parent",))
            raise Undo
        one.run(INSERT, ("1",))
    assert names(db) == ["3", "2", "1"]


def insist_after_a_failure(db: Database) -> None:
    with db.write() as inner:
        inner.run(INSERT, ("b",))
        with pytest.raises(UniqueViolation):
            inner.run(INSERT, ("a",))
        with pytest.raises(ModelyardError, match="can only be left"):
            inner.run(INSERT, ("c",))
        with pytest.raises(ModelyardError, match="can only be left"), db.write() as deeper:
            deeper.row("SELECT 1")


def test_after_a_failed_statement_the_block_takes_no_more(db: Database) -> None:
    with db.write() as outer:
        outer.run(INSERT, ("a",))
        with pytest.raises(UniqueViolation):
            insist_after_a_failure(db)
        outer.run(INSERT, ("d",))
    assert names(db) == ["a", "d"]


def test_a_swallowed_failure_in_the_outermost_block_undoes_it_and_is_raised(db: Database) -> None:
    with db.write() as connection:
        connection.run(INSERT, ("a",))
    with pytest.raises(UniqueViolation):
        insist_after_a_failure(db)
    assert names(db) == ["a"]


def test_a_failed_select_in_an_inner_block_leaves_the_transaction_usable(db: Database) -> None:
    with db.write() as outer:
        outer.run(INSERT, ("a",))
        with pytest.raises(ModelyardError), db.write() as inner:
            inner.rows("SELECT nothing FROM nowhere")
        outer.run(INSERT, ("b",))
    assert names(db) == ["a", "b"]


def test_a_block_reads_what_its_transaction_wrote(db: Database) -> None:
    with db.write() as outer:
        outer.run(INSERT, ("a",))
        with db.read() as reader:
            assert reader.row("SELECT name FROM names") == ("a",)
        with db.write() as inner:
            assert inner.row("SELECT count(*) FROM names") == (1,)


def test_a_connection_is_useless_after_its_block(db: Database) -> None:
    with db.write() as writer:
        pass
    with pytest.raises(ModelyardError, match="after its block"):
        writer.run(INSERT, ("a",))
    with db.read() as reader:
        pass
    with pytest.raises(ModelyardError, match="block had ended"):
        reader.row("SELECT 1")
    assert names(db) == []


def test_foreign_keys_hold(db: Database) -> None:
    with pytest.raises(ForeignKeyViolation), db.write() as connection:
        connection.run("INSERT INTO links (name) VALUES (?)", (7,))


def test_a_write_inside_a_read_is_refused(db: Database) -> None:
    with db.read(), pytest.raises(ModelyardError, match="inside a read"), db.write():
        pass
    with db.write() as connection:
        connection.run(INSERT, ("a",))
    assert names(db) == ["a"]


def test_a_read_cannot_write(db: Database) -> None:
    with db.read() as reader, pytest.raises(ModelyardError, match="cannot write"):
        reader.run(INSERT, ("a",))
    with db.read() as reader, pytest.raises(ModelyardError):
        reader.rows(f"{INSERT} RETURNING id", ("a",))
    assert names(db) == []
    with db.write() as connection:
        connection.run(INSERT, ("b",))
    assert names(db) == ["b"]


def test_writers_of_many_threads_lose_nothing(db: Database) -> None:
    failures: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            for number in range(10):
                with db.write() as outer:
                    outer.run(INSERT, (f"{thread}-{number}",))
                    with db.write() as inner:
                        inner.run(INSERT, (f"{thread}-{number}-inner",))
                with db.read() as reader:
                    assert reader.row("SELECT name FROM names WHERE name = ?", (f"{thread}-{number}-inner",))
        except BaseException as error:  # noqa: BLE001 - carried to the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(names(db)) == 120
