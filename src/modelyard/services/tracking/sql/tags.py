"""The tags of runs; the tag ``mlflow.runName`` and the run's name are kept equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Raw

from modelyard.core.entities import RunTag
from modelyard.core.errors import NotFound
from modelyard.db import Connection
from modelyard.services.tracking.rules.runs import RUN_NAME_TAG
from modelyard.services.tracking.sql import keyvalues, names, runs
from modelyard.services.tracking.sql.keyvalues import Owner
from modelyard.services.tracking.sql.runs import RunState

TABLE = keyvalues.texts("tags", "run")


def put(conn: Connection, run: RunState, tags: Sequence[RunTag], keys: Mapping[str, int]) -> None:
    """Set tags, replacing values. An empty ``mlflow.runName`` names nothing and is passed over, as MLflow does."""
    kept = [tag for tag in tags if tag.value or tag.key != RUN_NAME_TAG]
    for tag in kept:
        if tag.key == RUN_NAME_TAG:
            runs.rename(conn, run.id, tag.value)
    if kept:
        insert(conn, run, kept, keys)


def insert(conn: Connection, run: RunState, tags: Sequence[RunTag], keys: Mapping[str, int]) -> None:
    """Set tags, replacing values."""
    keyvalues.overwrite(conn, TABLE, Owner(run.id, run.experiment), tags, keys)


def insert_first(conn: Connection, run: RunState, tags: Sequence[RunTag]) -> None:
    """Set the tags of a new run, which has at least one."""
    if not keyvalues.insert_named(conn, TABLE, Owner(run.id, run.experiment), tags):
        insert(conn, run, tags, names.interned(conn, [tag.key for tag in tags]))


def put_one(conn: Connection, run: RunState, tag: RunTag) -> None:
    """Set one tag."""
    put(conn, run, [tag], names.interned(conn, [tag.key]))


def remove(conn: Connection, run: RunState, key: str) -> None:
    """Remove a tag; ``NotFound`` when there is none."""
    if not keyvalues.remove(conn, TABLE, run.id, key):
        raise NotFound(f"No tag with name: {key} in run with id {run.run_id}")


def value(conn: Connection, run: int, key: str) -> str | None:
    """The value of one tag."""
    row = conn.row("SELECT value FROM tags WHERE run = ? AND key = (SELECT id FROM names WHERE name = ?)", (run, key))
    return None if row is None else row[0]


def page(conn: Connection, owners: Sequence[int]) -> dict[int, list[RunTag]]:
    """The tags of several runs."""
    return keyvalues.page(conn, TABLE, owners, RunTag)


def page_json(conn: Connection, owners: Sequence[int]) -> dict[int, Raw]:
    """The same as JSON; runs without tags are left out."""
    return keyvalues.page_json(conn, TABLE, owners)
