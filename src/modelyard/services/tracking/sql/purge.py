"""Removing for good what was deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from modelyard.db import Connection, Database
from modelyard.services.tracking.sql.lists import rows_in
from modelyard.services.tracking.sql.metrics import log
from modelyard.services.tracking.sql.places import model_key, run_key


class Purged(msgspec.Struct, frozen=True, kw_only=True):
    """What was removed for good: ids, and the artifact keys of folders that the store had made up itself."""

    experiments: list[str]
    runs: list[str]
    models: list[str]
    artifact_keys: list[str]


class Doomed(NamedTuple):
    """A run or a logged model to be removed: its artifact key is None when a client named the place."""

    id: int
    name: str
    key: str | None


Find = Callable[[Connection, int], list[Doomed]]
Remove = Callable[[Connection, Sequence[Doomed]], None]


def purge(db: Database, before: int) -> Purged:
    """Remove what was deleted by ``before``: first runs and logged models, then the experiments that are empty by then.

    Each few hundred are a transaction of their own, so that others can write meanwhile, and what is answered is gone.
    """
    gone_runs = _all(db, before, runs, remove_runs)
    gone_models = _all(db, before, models, remove_models)
    gone_experiments = _all(db, before, experiments, remove_experiments)
    return Purged(
        experiments=[str(each.id) for each in gone_experiments],
        runs=[each.name for each in gone_runs],
        models=[each.name for each in gone_models],
        artifact_keys=[each.key for each in (*gone_runs, *gone_models, *gone_experiments) if each.key is not None],
    )


def _all(db: Database, before: int, find: Find, remove: Remove) -> list[Doomed]:
    gone: list[Doomed] = []
    while True:
        with db.write() as conn:
            doomed = find(conn, before)
            if not doomed:
                return gone
            remove(conn, doomed)
        gone += doomed


def runs(conn: Connection, before: int) -> list[Doomed]:
    """Some runs that were deleted, or whose experiment was, by ``before``."""
    rows = conn.rows(
        "SELECT r.id, r.run_id, r.experiment, r.artifact_uri FROM runs r JOIN experiments e ON e.id = r.experiment"
        " WHERE (r.lifecycle_stage = 'deleted' AND r.deleted_time <= ?)"
        " OR (e.lifecycle_stage = 'deleted' AND e.last_update_time <= ?) ORDER BY r.id LIMIT 500",
        (before, before),
    )
    return [Doomed(row[0], row[1], run_key(row[2], row[1]) if row[3] is None else None) for row in rows]


def models(conn: Connection, before: int) -> list[Doomed]:
    """Some logged models that were deleted, or whose experiment was, by ``before``."""
    rows = conn.rows(
        "SELECT m.id, m.model_id, m.experiment, m.artifact_uri FROM logged_models m"
        " JOIN experiments e ON e.id = m.experiment"
        " WHERE (m.lifecycle_stage = 'deleted' AND m.last_update_time <= ?)"
        " OR (e.lifecycle_stage = 'deleted' AND e.last_update_time <= ?) ORDER BY m.id LIMIT 500",
        (before, before),
    )
    return [Doomed(row[0], row[1], model_key(row[2], row[1]) if row[3] is None else None) for row in rows]


def experiments(conn: Connection, before: int) -> list[Doomed]:
    """Experiments that were deleted by ``before`` and hold no run and no logged model any more."""
    rows = conn.rows(
        "SELECT e.id, e.name, e.artifact_location FROM experiments e"
        " WHERE e.lifecycle_stage = 'deleted' AND e.last_update_time <= ?"
        " AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.experiment = e.id)"
        " AND NOT EXISTS (SELECT 1 FROM logged_models m WHERE m.experiment = e.id) ORDER BY e.id LIMIT 500",
        (before,),
    )
    return [Doomed(row[0], row[1], str(row[0]) if row[2] is None else None) for row in rows]


def remove_runs(conn: Connection, doomed: Sequence[Doomed]) -> None:
    """Remove runs with all they logged."""
    ids = [each.id for each in doomed]
    log.forget_runs(conn, ids)
    for statement in (
        "DELETE FROM input_tags WHERE input IN (SELECT id FROM inputs WHERE run IN (?*))",
        "DELETE FROM inputs WHERE run IN (?*)",
        "DELETE FROM model_inputs WHERE run IN (?*)",
        "DELETE FROM model_outputs WHERE run IN (?*)",
        "DELETE FROM params WHERE run IN (?*)",
        "DELETE FROM tags WHERE run IN (?*)",
        "DELETE FROM runs WHERE id IN (?*)",
    ):
        rows_in(conn, statement, ids)


def remove_models(conn: Connection, doomed: Sequence[Doomed]) -> None:
    """Remove logged models with all that belongs to them."""
    ids = [each.id for each in doomed]
    for statement in (
        "DELETE FROM logged_model_metrics WHERE model IN (?*)",
        "DELETE FROM logged_model_params WHERE model IN (?*)",
        "DELETE FROM logged_model_tags WHERE model IN (?*)",
        "DELETE FROM logged_models WHERE id IN (?*)",
    ):
        rows_in(conn, statement, ids)


def remove_experiments(conn: Connection, doomed: Sequence[Doomed]) -> None:
    """Remove experiments, which are empty by now, with their tags and datasets."""
    ids = [each.id for each in doomed]
    for statement in (
        "DELETE FROM experiment_tags WHERE experiment IN (?*)",
        "DELETE FROM datasets WHERE experiment IN (?*)",
        "DELETE FROM experiments WHERE id IN (?*)",
    ):
        rows_in(conn, statement, ids)
