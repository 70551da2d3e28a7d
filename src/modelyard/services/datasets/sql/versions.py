"""Statements about versions of datasets and their tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from modelyard.core.entities.dataset_version import DatasetTag, DatasetVersion, short_digest
from modelyard.core.errors import NotFound
from modelyard.core.wire.messages.datasets import CreateDatasetVersion
from modelyard.db.database import Connection
from modelyard.services.datasets.rules import Reference
from modelyard.services.datasets.sql.named import NamedRow


class VersionRow(NamedTuple):
    """A version as its row, with its dataset's name."""

    id: int
    dataset: int
    name: str
    version: int
    digest: str
    kind: str
    uri: str
    size: int
    run_id: str
    created: int
    gone: int


_SELECT = (
    "SELECT v.id, v.dataset, d.name, v.version, v.digest, v.kind, v.uri, v.size, v.run_id, v.created_ms, v.gone"
    " FROM dataset_versions v JOIN named_datasets d ON d.id = v.dataset"
)


def insert(conn: Connection, dataset: NamedRow, request: CreateDatasetVersion, holder: str | None, now: int) -> None:
    """Make the next version of a dataset, which is held."""
    conn.run(
        "INSERT INTO dataset_versions"
        " (dataset, version, digest, input_digest, kind, uri, size, run_id, created_ms, holder)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            dataset.id,
            dataset.next_version,
            request.digest,
            short_digest(request.digest),
            request.kind,
            request.uri,
            request.size,
            request.run_id,
            now,
            holder,
        ),
    )


def latest(conn: Connection, dataset: int) -> VersionRow | None:
    """The newest version of a dataset."""
    row = conn.row(f"{_SELECT} WHERE v.dataset = ? ORDER BY v.version DESC LIMIT 1", (dataset,))
    return None if row is None else VersionRow(*row)


def find(conn: Connection, dataset: NamedRow, reference: Reference) -> VersionRow:
    """The version that a reference names; raises ``NotFound``."""
    if reference.alias:
        row = conn.row(
            f"{_SELECT} JOIN dataset_aliases a ON a.version = v.id WHERE a.dataset = ? AND a.alias = ?",
            (dataset.id, reference.alias),
        )
    elif reference.version is not None:
        row = conn.row(f"{_SELECT} WHERE v.dataset = ? AND v.version = ?", (dataset.id, reference.version))
    else:
        row = conn.row(f"{_SELECT} WHERE v.dataset = ? ORDER BY v.version DESC LIMIT 1", (dataset.id,))
    if row is None:
        raise NotFound(_missing(conn, dataset, reference))
    return VersionRow(*row)


def page(conn: Connection, dataset: int, limit: int, before: int | None = None) -> list[VersionRow]:
    """The versions of a dataset, the newest first, older than a number."""
    older, values = ("", [dataset, limit]) if before is None else (" AND v.version < ?", [dataset, before, limit])
    rows = conn.rows(f"{_SELECT} WHERE v.dataset = ?{older} ORDER BY v.version DESC LIMIT ?", values)
    return [VersionRow(*row) for row in rows]


def newest_of(conn: Connection, datasets: Sequence[int]) -> dict[int, VersionRow]:
    """The newest version of each of some datasets, by the dataset."""
    if not datasets:
        return {}
    rows = conn.rows(
        f"{_SELECT} JOIN (SELECT dataset, MAX(version) AS newest FROM dataset_versions"
        f" WHERE dataset IN ({conn.dialect.marks(len(datasets))}) GROUP BY dataset) last"
        " ON last.dataset = v.dataset AND last.newest = v.version",
        datasets,
    )
    return {row[1]: VersionRow(*row) for row in rows}


def set_tags(conn: Connection, version: int, tags: Mapping[str, str]) -> None:
    """Set tags, replacing values."""
    conn.many(
        "INSERT INTO dataset_version_tags (version, key, value) VALUES (?, ?, ?)"
        " ON CONFLICT (version, key) DO UPDATE SET value = excluded.value",
        [(version, key, value) for key, value in tags.items()],
    )


def hydrate(conn: Connection, rows: Sequence[VersionRow]) -> list[DatasetVersion]:
    """Rows as entities, with tags and aliases."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    tags, aliases = _tags_of(conn, ids), _aliases_of(conn, ids)
    return [
        DatasetVersion(
            name=row.name,
            version=row.version,
            digest=row.digest,
            kind="reference" if row.kind == "reference" else "stored",
            uri=row.uri,
            size=row.size,
            run_id=row.run_id,
            created=row.created,
            aliases=aliases[row.id],
            tags=tags[row.id],
            is_gone=bool(row.gone),
        )
        for row in rows
    ]


def _tags_of(conn: Connection, versions: Sequence[int]) -> dict[int, list[DatasetTag]]:
    found: dict[int, list[DatasetTag]] = {version: [] for version in versions}
    for version, key, value in conn.rows(
        "SELECT version, key, value FROM dataset_version_tags"
        f" WHERE version IN ({conn.dialect.marks(len(versions))}) ORDER BY version, key",
        versions,
    ):
        found[version].append(DatasetTag(key, value))
    return found


def _aliases_of(conn: Connection, versions: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {version: [] for version in versions}
    for version, alias in conn.rows(
        "SELECT version, alias FROM dataset_aliases"
        f" WHERE version IN ({conn.dialect.marks(len(versions))}) ORDER BY version, alias",
        versions,
    ):
        found[version].append(alias)
    return found


def _missing(conn: Connection, dataset: NamedRow, reference: Reference) -> str:
    if reference.version is None and not reference.alias:
        return f"The dataset {dataset.name!r} has no version yet."
    wanted = reference.alias or f"v{reference.version}"
    aliases = conn.rows("SELECT alias FROM dataset_aliases WHERE dataset = ? ORDER BY alias LIMIT 10", (dataset.id,))
    named = f" and the aliases {', '.join(alias for (alias,) in aliases)}" if aliases else ""
    last = dataset.next_version - 1
    there = "v0" if last == 0 else f"v0 to v{last}"
    return f"The dataset {dataset.name!r} has no version {wanted!r}. It has {there}{named}."
