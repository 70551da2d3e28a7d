"""Statements about registered models, their tags and aliases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from modelyard.core.entities import ModelVersion, RegisteredModel, RegisteredModelAlias, RegisteredModelTag
from modelyard.core.errors import NotFound
from modelyard.db.database import Connection


class ModelRow(NamedTuple):
    """A registered model as its row."""

    id: int
    name: str
    description: str
    creation_time: int
    last_updated_time: int


_COLUMNS = "id, name, description, creation_time, last_updated_time"


def insert(conn: Connection, name: str, description: str, now: int) -> int | None:
    """Make a model; its id, or ``None`` when the name is taken."""
    row = conn.row(
        "INSERT INTO registered_models (name, description, creation_time, last_updated_time, next_version)"
        " VALUES (?, ?, ?, ?, 1) ON CONFLICT (name) DO NOTHING RETURNING id",
        (name, description, now, now),
    )
    return None if row is None else int(row[0])


def find(conn: Connection, name: str) -> ModelRow:
    """The row of a name; raises ``NotFound``."""
    row = conn.row(f"SELECT {_COLUMNS} FROM registered_models WHERE name = ?", (name,))
    if row is None:
        raise NotFound(f"Registered Model with name={name} not found")
    return ModelRow(*row)


def by_ids(conn: Connection, ids: Sequence[int]) -> list[ModelRow]:
    """The rows of some ids, in their order."""
    if not ids:
        return []
    rows = conn.rows(f"SELECT {_COLUMNS} FROM registered_models WHERE id IN ({conn.dialect.marks(len(ids))})", ids)
    found = {row[0]: ModelRow(*row) for row in rows}
    return [found[id_] for id_ in ids if id_ in found]


def take_version_number(conn: Connection, name: str, now: int) -> tuple[int, int]:
    """The model's id and the number of its next version, which is used up when the transaction commits."""
    row = conn.row(
        "UPDATE registered_models SET next_version = next_version + 1, last_updated_time = ? WHERE name = ?"
        " RETURNING id, next_version - 1",
        (now, name),
    )
    if row is None:
        raise NotFound(f"Registered Model with name={name} not found")
    return int(row[0]), int(row[1])


def rename(conn: Connection, model: int, name: str, now: int) -> None:
    """Give a model another name; a taken one raises ``UniqueViolation``."""
    conn.run("UPDATE registered_models SET name = ?, last_updated_time = ? WHERE id = ?", (name, now, model))


def describe(conn: Connection, model: int, description: str, now: int) -> None:
    """Change the description."""
    conn.run(
        "UPDATE registered_models SET description = ?, last_updated_time = ? WHERE id = ?", (description, now, model)
    )


def touch(conn: Connection, model: int, now: int) -> None:
    """Note that a model changed."""
    conn.run("UPDATE registered_models SET last_updated_time = ? WHERE id = ?", (now, model))


def delete(conn: Connection, model: int) -> None:
    """Remove a model; versions, tags and aliases go with it."""
    conn.run("DELETE FROM registered_models WHERE id = ?", (model,))


def set_tags(conn: Connection, model: int, tags: Mapping[str, str]) -> None:
    """Set tags, replacing values."""
    conn.many(
        "INSERT INTO registered_model_tags (model, key, value) VALUES (?, ?, ?)"
        " ON CONFLICT (model, key) DO UPDATE SET value = excluded.value",
        [(model, key, value) for key, value in tags.items()],
    )


def delete_tag(conn: Connection, model: int, key: str) -> None:
    """Remove a tag."""
    conn.run("DELETE FROM registered_model_tags WHERE model = ? AND key = ?", (model, key))


def set_alias(conn: Connection, model: int, alias: str, version: int) -> None:
    """Point an alias to a version (by its row's id)."""
    conn.run(
        "INSERT INTO registered_model_aliases (model, alias, version) VALUES (?, ?, ?)"
        " ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version",
        (model, alias, version),
    )


def delete_alias(conn: Connection, model: int, alias: str) -> None:
    """Remove an alias."""
    conn.run("DELETE FROM registered_model_aliases WHERE model = ? AND alias = ?", (model, alias))


def aliased_version(conn: Connection, model: int, alias: str) -> int | None:
    """The number of the version an alias points to."""
    row = conn.row(
        "SELECT v.version FROM registered_model_aliases a JOIN model_versions v ON v.id = a.version"
        " WHERE a.model = ? AND a.alias = ?",
        (model, alias),
    )
    return None if row is None else int(row[0])


def tags_of(conn: Connection, models: Sequence[int]) -> dict[int, list[RegisteredModelTag]]:
    """The tags of some models, by key."""
    found: dict[int, list[RegisteredModelTag]] = {model: [] for model in models}
    for model, key, value in conn.rows(
        "SELECT model, key, value FROM registered_model_tags"
        f" WHERE model IN ({conn.dialect.marks(len(models))}) ORDER BY key",
        models,
    ):
        found[model].append(RegisteredModelTag(key, value))
    return found


def aliases_of(conn: Connection, models: Sequence[int]) -> dict[int, list[RegisteredModelAlias]]:
    """The aliases of some models, by alias."""
    found: dict[int, list[RegisteredModelAlias]] = {model: [] for model in models}
    for model, alias, version in conn.rows(
        "SELECT a.model, a.alias, v.version FROM registered_model_aliases a JOIN model_versions v ON v.id = a.version"
        f" WHERE a.model IN ({conn.dialect.marks(len(models))}) ORDER BY a.alias",
        models,
    ):
        found[model].append(RegisteredModelAlias(alias, str(version)))
    return found


def hydrate(
    conn: Connection, rows: Sequence[ModelRow], latest: Mapping[int, Iterable[ModelVersion]]
) -> list[RegisteredModel]:
    """Rows as entities, with tags, aliases and the latest versions handed in."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    tags, aliases = tags_of(conn, ids), aliases_of(conn, ids)
    return [
        RegisteredModel(
            name=row.name,
            creation_timestamp=row.creation_time,
            last_updated_timestamp=row.last_updated_time,
            description=row.description,
            latest_versions=list(latest.get(row.id, ())),
            tag_list=tags[row.id],
            alias_list=aliases[row.id],
        )
        for row in rows
    ]
