"""Statements about model versions and their tags."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from modelyard.core.entities import ModelVersion, ModelVersionTag
from modelyard.core.errors import NotFound
from modelyard.db.database import Connection


class VersionRow(NamedTuple):
    """A model version as its row, with its model's name."""

    id: int
    model: int
    name: str
    version: int
    creation_time: int
    last_updated_time: int
    stage: str
    description: str
    source: str
    storage: str
    run_id: str
    run_link: str
    model_id: str | None


class NewVersion(NamedTuple):
    """What a version is made of."""

    model: int
    version: int
    now: int
    description: str
    source: str
    storage: str
    run_id: str
    run_link: str
    model_id: str | None


_SELECT = (
    "SELECT v.id, v.model, m.name, v.version, v.creation_time, v.last_updated_time, v.stage, v.description, v.source,"
    " v.storage, v.run_id, v.run_link, v.model_id FROM model_versions v JOIN registered_models m ON m.id = v.model"
)


def insert(conn: Connection, new: NewVersion) -> int:
    """Make a version; the id of its row."""
    row = conn.row(
        "INSERT INTO model_versions (model, version, creation_time, last_updated_time, stage, description, source,"
        " storage, run_id, run_link, model_id) VALUES (?, ?, ?, ?, 'None', ?, ?, ?, ?, ?, ?) RETURNING id",
        (new.model, new.version, new.now, new.now, *new[3:]),
    )
    assert row is not None, "an INSERT answers its row"
    return int(row[0])


def find(conn: Connection, name: str, version: int) -> VersionRow:
    """The row of a version; raises ``NotFound``."""
    row = conn.row(f"{_SELECT} WHERE m.name = ? AND v.version = ?", (name, version))
    if row is None:
        raise NotFound(f"Model Version (name={name}, version={version}) not found")
    return VersionRow(*row)


def by_ids(conn: Connection, ids: Sequence[int]) -> list[VersionRow]:
    """The rows of some ids, in their order."""
    if not ids:
        return []
    found = {
        row[0]: VersionRow(*row) for row in conn.rows(f"{_SELECT} WHERE v.id IN ({conn.dialect.marks(len(ids))})", ids)
    }
    return [found[id_] for id_ in ids if id_ in found]


def latest_per_stage(conn: Connection, models: Sequence[int]) -> list[VersionRow]:
    """The newest version of each stage of some models, by model and version."""
    if not models:
        return []
    rows = conn.rows(
        f"{_SELECT} JOIN (SELECT model, stage, MAX(version) AS newest FROM model_versions"
        f" WHERE model IN ({conn.dialect.marks(len(models))}) GROUP BY model, stage) latest"
        " ON latest.model = v.model AND latest.newest = v.version ORDER BY v.model, v.version",
        models,
    )
    return [VersionRow(*row) for row in rows]


def newest(conn: Connection, model: int) -> int | None:
    """The number of the newest version."""
    row = conn.row("SELECT MAX(version) FROM model_versions WHERE model = ?", (model,))
    return None if row is None or row[0] is None else int(row[0])


def describe(conn: Connection, version: int, description: str, now: int) -> None:
    """Change the description."""
    conn.run(
        "UPDATE model_versions SET description = ?, last_updated_time = ? WHERE id = ?", (description, now, version)
    )


def touch(conn: Connection, version: int, now: int) -> None:
    """Note that a version changed."""
    conn.run("UPDATE model_versions SET last_updated_time = ? WHERE id = ?", (now, version))


def touch_all(conn: Connection, model: int, now: int) -> None:
    """Note that all versions of a model changed."""
    conn.run("UPDATE model_versions SET last_updated_time = ? WHERE model = ?", (now, model))


def move(conn: Connection, version: int, stage: str, now: int) -> None:
    """Put a version in a stage."""
    conn.run("UPDATE model_versions SET stage = ?, last_updated_time = ? WHERE id = ?", (stage, now, version))


def archive_others(conn: Connection, row: VersionRow, stage: str, now: int) -> None:
    """Archive all other versions of the model that are in a stage."""
    conn.run(
        "UPDATE model_versions SET stage = 'Archived', last_updated_time = ?"
        " WHERE model = ? AND stage = ? AND version <> ?",
        (now, row.model, stage, row.version),
    )


def delete(conn: Connection, version: int) -> None:
    """Remove a version; tags and aliases go with it."""
    conn.run("DELETE FROM model_versions WHERE id = ?", (version,))


def set_tags(conn: Connection, version: int, tags: Mapping[str, str]) -> None:
    """Set tags, replacing values."""
    conn.many(
        "INSERT INTO model_version_tags (version, key, value) VALUES (?, ?, ?)"
        " ON CONFLICT (version, key) DO UPDATE SET value = excluded.value",
        [(version, key, value) for key, value in tags.items()],
    )


def delete_tag(conn: Connection, version: int, key: str) -> None:
    """Remove a tag."""
    conn.run("DELETE FROM model_version_tags WHERE version = ? AND key = ?", (version, key))


def _tags_of(conn: Connection, versions: Sequence[int]) -> dict[int, list[ModelVersionTag]]:
    found: dict[int, list[ModelVersionTag]] = {version: [] for version in versions}
    for version, key, value in conn.rows(
        "SELECT version, key, value FROM model_version_tags"
        f" WHERE version IN ({conn.dialect.marks(len(versions))}) ORDER BY key",
        versions,
    ):
        found[version].append(ModelVersionTag(key, value))
    return found


def _aliases_of(conn: Connection, versions: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {version: [] for version in versions}
    for version, alias in conn.rows(
        "SELECT version, alias FROM registered_model_aliases"
        f" WHERE version IN ({conn.dialect.marks(len(versions))}) ORDER BY alias",
        versions,
    ):
        found[version].append(alias)
    return found


def hydrate(conn: Connection, rows: Sequence[VersionRow], rendered: Callable[[str], str]) -> list[ModelVersion]:
    """Rows as entities; ``rendered`` turns a source as it is kept into the one that is answered."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    tags, aliases = _tags_of(conn, ids), _aliases_of(conn, ids)
    return [
        ModelVersion(
            name=row.name,
            version=str(row.version),
            creation_timestamp=row.creation_time,
            last_updated_timestamp=row.last_updated_time,
            current_stage=row.stage,
            description=row.description,
            source=rendered(row.source),
            run_id=row.run_id,
            run_link=row.run_link,
            model_id=row.model_id,
            tag_list=tags[row.id],
            aliases=aliases[row.id],
        )
        for row in rows
    ]
