"""One SQL text and one set of values on every kind of database, and failures that say the same."""

from __future__ import annotations

import math

import pytest

from modelyard.core.errors import InvalidParameter, ModelyardError
from modelyard.db import ConstraintViolation, Database, UniqueViolation

SECRET = "a value nobody may see"


@pytest.fixture
def db(database: Database) -> Database:
    word = database.dialect
    with database.write() as connection:
        connection.run(
            f"CREATE TABLE things (id {word.identity}, name {word.text} NOT NULL UNIQUE, "
            f"size {word.integer} CHECK (size < 100), share {word.real}, body {word.blob}, flag SMALLINT)"
        )
    return database


def test_values_come_back_as_they_went_in(db: Database) -> None:
    sent = ("x", -(2**63), 0.1, b"\x00\xff'", True)
    with db.write() as connection:
        connection.run("INSERT INTO things (name, size, share, body, flag) VALUES (?, ?, ?, ?, ?)", sent)
    with db.read() as connection:
        got = connection.row("SELECT name, size, share, body, flag FROM things")
    assert got == ("x", -(2**63), 0.1, b"\x00\xff'", 1)
    assert [type(value) for value in got or ()] == [str, int, float, bytes, int]


@pytest.mark.parametrize("value", [1.7976931348623157e308, 5e-324, math.inf, -math.inf, 1 / 3, -0.0])
def test_floats_are_exact(db: Database, value: float) -> None:
    with db.write() as connection:
        connection.run("INSERT INTO things (name, share) VALUES (?, ?)", ("x", value))
        assert connection.row("SELECT share FROM things") == (value,)


def test_sums_are_whole_and_averages_are_floats(db: Database) -> None:
    with db.write() as connection:
        connection.many("INSERT INTO things (name, size) VALUES (?, ?)", [("a", 1), ("b", 2), ("c", 3)])
        got = connection.row("SELECT sum(size), avg(size), count(*), max(size) FROM things")
    assert got == (6, 2.0, 3, 3)
    assert [type(value) for value in got or ()] == [int, float, int, int]


def test_question_marks_and_percent_signs_in_quotes_are_letters(db: Database) -> None:
    with db.read() as connection:
        assert connection.row("""SELECT '?%s', "name" FROM (SELECT ? AS "name") AS t -- why?""", ("100%",)) == (
            "?%s",
            "100%",
        )


def test_text_sorts_by_code_point(db: Database) -> None:
    with db.write() as connection:
        connection.many("INSERT INTO things (name) VALUES (?)", [("b",), ("A",), ("a",), ("B",), ("é",), ("_",)])
        assert [name for (name,) in connection.rows("SELECT name FROM things ORDER BY name")] == [
            "A",
            "B",
            "_",
            "a",
            "b",
            "é",
        ]


def test_an_upsert_tells_how_many_rows_it_touched_and_returns_them(db: Database) -> None:
    upsert = "INSERT INTO things (name, size) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET size = excluded.size"
    with db.write() as connection:
        assert connection.run(upsert, ("a", 1)) == 1
        assert connection.run(upsert, ("a", 2)) == 1
        assert connection.run("INSERT INTO things (name) VALUES (?) ON CONFLICT (name) DO NOTHING", ("a",)) == 0
        assert connection.row(f"{upsert} RETURNING size", ("a", 3)) == (3,)
        assert connection.rows("INSERT INTO things (name) VALUES (?)", ("b",)) == []
        assert connection.row("INSERT INTO things (name) VALUES (?)", ("c",)) is None
        assert connection.run("UPDATE things SET flag = ?", (False,)) == 3
        assert connection.run("DELETE FROM things WHERE size IS NULL") == 2


def test_many_takes_a_generator_that_reads(db: Database) -> None:
    with db.write() as connection:
        connection.many("INSERT INTO things (name, size) VALUES (?, ?)", ((f"n{i}", i) for i in range(90)))
        connection.many("INSERT INTO things (name) VALUES (?)", ())
        found = connection.rows("SELECT name FROM things ORDER BY size")
    assert len(found) == 90


def test_identities_are_never_used_again(db: Database) -> None:
    insert = "INSERT INTO things (name) VALUES (?) RETURNING id"
    with db.write() as connection:
        first = connection.row(insert, ("a",))
        connection.run("DELETE FROM things")
        second = connection.row(insert, ("b",))
    assert first is not None
    assert second is not None
    assert second[0] > first[0]


def test_a_duplicate_says_so_and_names_its_table(db: Database) -> None:
    with db.write() as connection:
        connection.run("INSERT INTO things (name) VALUES (?)", (SECRET,))
    with pytest.raises(UniqueViolation) as caught, db.write() as connection:
        connection.run("INSERT INTO things (name) VALUES (?)", (SECRET,))
    assert caught.value.table == "things"
    assert_discreet(caught.value)


def test_other_rules_of_the_schema_are_constraint_violations(db: Database) -> None:
    for sql, params in (
        ("INSERT INTO things (name) VALUES (?)", (None,)),
        ("INSERT INTO things (name, size) VALUES (?, ?)", ("a", 100)),
    ):
        with pytest.raises(ConstraintViolation) as caught, db.write() as connection:
            connection.run(sql, params)
        assert not isinstance(caught.value, UniqueViolation)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, "\ud800"])
def test_values_no_database_holds_are_the_callers_mistake(db: Database, value: object) -> None:
    column = "name" if isinstance(value, str) else "size"
    with pytest.raises(InvalidParameter) as caught, db.write() as connection:
        connection.run(f"INSERT INTO things ({column}) VALUES (?)", (value,))
    assert caught.value.status == 400


def test_a_wrong_statement_tells_nothing_of_itself(db: Database) -> None:
    for sql in ("SELECT secret_column FROM things WHERE name = ?", "SELEKT ?", "SELECT ? FROM secret_table"):
        with pytest.raises(ModelyardError) as caught, db.read() as connection:
            connection.rows(sql, (SECRET,))
        assert caught.value.status == 500
        assert_discreet(caught.value)


def assert_discreet(error: ModelyardError) -> None:
    """The message has no SQL, no names of the schema, no values, no paths."""
    for word in (SECRET, "secret", "SELECT", "INSERT", "things", "/", "sqlite", "psycopg"):
        assert word.lower() not in error.message.lower()


def test_a_closed_database_says_so(db: Database) -> None:
    db.close()
    db.close()
    with pytest.raises(ModelyardError, match="closed"), db.write():
        pass
    with pytest.raises(ModelyardError, match="closed"), db.read():
        pass
