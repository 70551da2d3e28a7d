"""Statements about tables of keys and texts: the params and tags of runs and of logged models, which look alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple, TypeVar

from msgspec import Raw

from modelyard.core.entities import KeyValue
from modelyard.db import Connection
from modelyard.services.tracking.sql.lists import rows_in, values_of

Pair = TypeVar("Pair", bound=KeyValue)
_LISTED = 500
_by_key = attrgetter("key")


class Owner(NamedTuple):
    """Whose keys and values they are: a run or a logged model, and its experiment."""

    id: int
    experiment: int


class Texts(NamedTuple):
    """The statements of one table."""

    insert: str
    upsert: str
    insert_named: str
    delete: str
    values: str
    page: str
    page_json: str


def texts(table: str, owner: str) -> Texts:
    """The statements of a table of the columns owner, key, experiment, value."""
    columns = f"INSERT INTO {table} ({owner}, key, experiment, value) VALUES"
    conflict = f"ON CONFLICT ({owner}, key) DO"
    changed = f"WHERE {table}.value <> excluded.value"
    rows = f"FROM {table} t JOIN names n ON n.id = t.key WHERE t.{owner} IN (?*)"
    return Texts(
        insert=f"{columns} ?* {conflict} NOTHING",
        upsert=f"{columns} ?* {conflict} UPDATE SET value = excluded.value {changed}",
        insert_named=f"INSERT INTO {table} ({owner}, key, experiment, value)"
        " SELECT CAST(? AS BIGINT), n.id, CAST(? AS BIGINT), given.column2"
        " FROM (VALUES ?*) AS given JOIN names n ON n.name = given.column1",
        delete=f"DELETE FROM {table} WHERE {owner} = ? AND key = (SELECT id FROM names WHERE name = ?)",
        values=f"SELECT key, value FROM {table} WHERE {owner} = ? AND key IN (?*)",
        page=f"SELECT t.{owner}, n.name, t.value {rows}",
        page_json=f"SELECT t.{owner}, %s {rows} GROUP BY t.{owner}",
    )


def write_once(
    conn: Connection, table: Texts, owner: Owner, pairs: Sequence[KeyValue], keys: Mapping[str, int]
) -> list[tuple[str, str, str]]:
    """Write what is not there; answers what is there with another value: key, old value, new value.

    It writes first and looks afterwards, so that of two writers at once one is told. When anything is answered the
    caller has to undo its block.
    """
    changes: list[tuple[str, str, str]] = []
    for start in range(0, len(pairs), _LISTED):
        part = pairs[start : start + _LISTED]
        if conn.run(values_of(table.insert, 4, len(part)), _values(owner, part, keys)) < len(part):
            there: dict[int, str] = dict(rows_in(conn, table.values, [keys[pair.key] for pair in part], owner.id))
            changes += [(pair.key, old, pair.value) for pair in part if (old := there[keys[pair.key]]) != pair.value]
    return changes


def overwrite(conn: Connection, table: Texts, owner: Owner, pairs: Sequence[KeyValue], keys: Mapping[str, int]) -> None:
    """Write all, which have different keys, replacing values: one statement takes half the time of one for each."""
    for start in range(0, len(pairs), _LISTED):
        part = pairs[start : start + _LISTED]
        conn.run(values_of(table.upsert, 4, len(part)), _values(owner, part, keys))


def insert_named(conn: Connection, table: Texts, owner: Owner, pairs: Sequence[KeyValue]) -> bool:
    """Write all, which have different keys, for an owner that has none; whether every key had a number already.

    One statement finds the numbers and writes; where some had none, the others are written.
    """
    written = 0
    for start in range(0, len(pairs), _LISTED):
        part = pairs[start : start + _LISTED]
        values = [text for pair in part for text in (pair.key, pair.value)]
        written += conn.run(values_of(table.insert_named, 2, len(part)), [owner.id, owner.experiment, *values])
    return written == len(pairs)


def _values(owner: Owner, pairs: Sequence[KeyValue], keys: Mapping[str, int]) -> list[object]:
    return [value for pair in pairs for value in (owner.id, keys[pair.key], owner.experiment, pair.value)]


def remove(conn: Connection, table: Texts, owner: int, key: str) -> bool:
    """Remove a key; whether there was one."""
    return conn.run(table.delete, (owner, key)) > 0


def page(conn: Connection, table: Texts, owners: Sequence[int], kind: type[Pair]) -> dict[int, list[Pair]]:
    """The keys and values of several owners, by key."""
    found: dict[int, list[Pair]] = {owner: [] for owner in owners}
    for owner, key, value in rows_in(conn, table.page, owners):
        found[owner].append(kind(key, value))
    for pairs in found.values():
        pairs.sort(key=_by_key)
    return found


def page_json(conn: Connection, table: Texts, owners: Sequence[int]) -> dict[int, Raw]:
    """The same as JSON, put together by the database; those who have none are left out."""
    pairs = conn.dialect.pairs_json % {"key": "n.name", "value": "t.value"}
    return {owner: Raw(text) for owner, text in rows_in(conn, table.page_json % pairs, owners)}
