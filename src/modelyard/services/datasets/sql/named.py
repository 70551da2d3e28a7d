"""Statements about named datasets and their aliases."""

from __future__ import annotations

from typing import NamedTuple

from modelyard.core.errors import NotFound
from modelyard.db.database import Connection


class NamedRow(NamedTuple):
    """A dataset as its row."""

    id: int
    name: str
    type: str
    description: str
    created: int
    updated: int
    next_version: int


_COLUMNS = "id, name, type, description, created_ms, updated_ms, next_version"


def hold(conn: Connection, name: str, now: int) -> NamedRow:
    """The row of a name, made where there is none; nobody else changes it or what is below it until the commit."""
    conn.run(
        "INSERT INTO named_datasets (name, type, description, created_ms, updated_ms, next_version)"
        " VALUES (?, '', '', ?, ?, 0) ON CONFLICT (name) DO NOTHING",
        (name, now, now),
    )
    return held(conn, name)


def held(conn: Connection, name: str) -> NamedRow:
    """The row of a name, which nobody else changes until the commit; raises ``NotFound``."""
    row = conn.row(f"SELECT {_COLUMNS} FROM named_datasets WHERE name = ?{conn.dialect.row_lock}", (name,))
    return _found(row, name)


def find(conn: Connection, name: str) -> NamedRow:
    """The row of a name; raises ``NotFound``."""
    return _found(conn.row(f"SELECT {_COLUMNS} FROM named_datasets WHERE name = ?", (name,)), name)


def page(
    conn: Connection, contains: str, kind: str, limit: int, behind: tuple[int, int] | None = None
) -> list[NamedRow]:
    """Datasets by name and type, the newest change first, behind the one of a time and an id."""
    conditions, values = ["TRUE"], list[object]()
    if contains:
        conditions.append("replace(lower(name), lower(?), '') <> lower(name)")
        values.append(contains)
    if kind:
        conditions.append("type = ?")
        values.append(kind)
    if behind is not None:
        conditions.append("(updated_ms < ? OR (updated_ms = ? AND id < ?))")
        values += [behind[0], behind[0], behind[1]]
    rows = conn.rows(
        f"SELECT {_COLUMNS} FROM named_datasets WHERE {' AND '.join(conditions)}"
        " ORDER BY updated_ms DESC, id DESC LIMIT ?",
        [*values, limit],
    )
    return [NamedRow(*row) for row in rows]


def describe(conn: Connection, row: NamedRow, now: int) -> None:
    """Write type and description as they are in the row given."""
    conn.run(
        "UPDATE named_datasets SET type = ?, description = ?, updated_ms = ? WHERE id = ?",
        (row.type, row.description, now, row.id),
    )


def touch(conn: Connection, dataset: int, now: int) -> None:
    """Note that a dataset changed."""
    conn.run("UPDATE named_datasets SET updated_ms = ? WHERE id = ?", (now, dataset))


def count_version(conn: Connection, dataset: int, now: int) -> None:
    """Use up the number of the next version."""
    conn.run("UPDATE named_datasets SET next_version = next_version + 1, updated_ms = ? WHERE id = ?", (now, dataset))


def set_alias(conn: Connection, dataset: int, alias: str, version: int) -> None:
    """Point an alias to a version (by its row's id)."""
    conn.run(
        "INSERT INTO dataset_aliases (dataset, alias, version) VALUES (?, ?, ?)"
        " ON CONFLICT (dataset, alias) DO UPDATE SET version = excluded.version",
        (dataset, alias, version),
    )


def delete_alias(conn: Connection, dataset: int, alias: str) -> None:
    """Remove an alias."""
    conn.run("DELETE FROM dataset_aliases WHERE dataset = ? AND alias = ?", (dataset, alias))


def _found(row: tuple[object, ...] | None, name: str) -> NamedRow:
    if row is None:
        raise NotFound(f"There is no dataset {name!r}. List those there are with: modelyard datasets list")
    return NamedRow(*row)  # type: ignore[arg-type]  # a row's values have their columns' types
