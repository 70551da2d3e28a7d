"""Removing for good what was deleted.

The rows go first, and the transaction that removes them notes the folders that are left over. From then on nothing can be
restored whose files are being removed, and whoever is killed before the last file is gone leaves a note of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from modelyard.db import Connection, Database, Row
from modelyard.services.tracking.sql import holding
from modelyard.services.tracking.sql.lists import rows_in
from modelyard.services.tracking.sql.metrics import log
from modelyard.services.tracking.sql.places import model_key, run_key


class Purged(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of what was removed for good, and of the runs that stay for the versions of datasets they hold."""

    experiments: list[str]
    runs: list[str]
    models: list[str]
    kept: list[str]


class Doomed(NamedTuple):
    """What is to be removed: its artifact key is None when a client named the place."""

    id: int
    name: str
    key: str | None


def _forget_runs(conn: Connection, ids: Sequence[int]) -> None:
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


def _forget_runs_and_datasets(conn: Connection, ids: Sequence[int]) -> None:
    holding.mark_gone(conn, ids)
    _forget_runs(conn, ids)


def _forget_models(conn: Connection, ids: Sequence[int]) -> None:
    for statement in (
        "DELETE FROM logged_model_metrics WHERE model IN (?*)",
        "DELETE FROM logged_model_params WHERE model IN (?*)",
        "DELETE FROM logged_model_tags WHERE model IN (?*)",
        "DELETE FROM logged_models WHERE id IN (?*)",
    ):
        rows_in(conn, statement, ids)


class Part(NamedTuple):
    """A kind of what experiments consist of: its table, two columns of it, where the files of one are, what forgets it.

    ``free`` is the condition that nobody else needs it.
    """

    table: str
    name: str
    deleted_time: str
    key: Callable[[int, str], str]
    forget: Callable[[Connection, Sequence[int]], None]
    free: str = "TRUE"


RUNS = Part("runs", "run_id", "deleted_time", run_key, _forget_runs, f"NOT {holding.HOLDS}")
RUNS_WITH_DATASETS = RUNS._replace(forget=_forget_runs_and_datasets, free="TRUE")
MODELS = Part("logged_models", "model_id", "last_update_time", model_key, _forget_models)

Remove = Callable[[Connection, int], list[Doomed]]


def purge(db: Database, before: int, *, with_datasets: bool = False) -> Purged:
    """Remove what was deleted by ``before``: first runs and logged models, then the experiments that are empty by then.

    Runs whose artifacts hold versions of datasets stay, or with ``with_datasets`` go and these versions are gone. Each few
    hundred are a transaction of their own, so that others can write meanwhile, and what is answered is gone.
    """
    runs = _all(db, before, partial(_remove_parts, RUNS_WITH_DATASETS if with_datasets else RUNS))
    models = _all(db, before, partial(_remove_parts, MODELS))
    experiments = _all(db, before, _remove_experiments)
    with db.read() as conn:
        kept = [run_id for (run_id,) in conn.rows(_KEPT, (before, before))]
    return Purged(experiments=experiments, runs=runs, models=models, kept=kept)


def leftovers(db: Database) -> list[str]:
    """The artifact keys of folders whose rows are gone, and which are not known to be.

    A client may choose a run's id, and the experiment 0 is made whenever it is missing: what was made again meanwhile
    has its folder back.
    """
    with db.write() as conn:
        conn.run(
            "DELETE FROM leftovers WHERE owner IN (SELECT run_id FROM runs)"
            " OR owner IN (SELECT model_id FROM logged_models)"
            " OR key IN (SELECT CAST(id AS TEXT) FROM experiments)"
        )
        return [key for (key,) in conn.rows("SELECT key FROM leftovers ORDER BY key")]


def forget_leftovers(db: Database, keys: Sequence[str]) -> None:
    """Note that folders are gone."""
    with db.write() as conn:
        conn.many("DELETE FROM leftovers WHERE key = ?", [(key,) for key in keys])


def note_leftovers(conn: Connection, doomed: Sequence[Doomed]) -> None:
    """Note the folders of what is removed by the same transaction."""
    conn.many(
        "INSERT INTO leftovers (key, owner) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
        [(each.key, each.name) for each in doomed if each.key is not None],
    )


def _all(db: Database, before: int, remove: Remove) -> list[str]:
    gone: list[str] = []
    while True:
        with db.write() as conn:
            doomed = remove(conn, before)
            note_leftovers(conn, doomed)
        if not doomed:
            return gone
        gone += [each.name for each in doomed]


_OVERDUE = (
    "(p.lifecycle_stage = 'deleted' AND p.{deleted_time} <= ?)"
    " OR (e.lifecycle_stage = 'deleted' AND e.last_update_time <= ?)"
)
_KEPT = (
    "SELECT p.run_id FROM runs p JOIN experiments e ON e.id = p.experiment"
    f" WHERE {holding.HOLDS} AND ({_OVERDUE.format(deleted_time='deleted_time')}) ORDER BY p.id"
)


def _remove_parts(part: Part, conn: Connection, before: int) -> list[Doomed]:
    """Remove some that were deleted, or whose experiment was, with all that was logged to them."""
    rows = conn.rows(
        f"SELECT p.id, p.{part.name}, p.experiment, p.artifact_uri FROM {part.table} p"
        " JOIN experiments e ON e.id = p.experiment"
        f" WHERE {part.free} AND ({_OVERDUE.format(deleted_time=part.deleted_time)})"
        f" ORDER BY p.id LIMIT 500{conn.dialect.row_lock}",
        (before, before),
    )
    return forget(conn, part, rows)


def forget(conn: Connection, part: Part, rows: Sequence[Row]) -> list[Doomed]:
    """Remove parts, given as rows of number, id, experiment and named place, with all that was logged to them.

    The rows are locked: what has come to need one of them since they were chosen is seen by now.
    """
    if part.free != "TRUE":
        needed = {number for (number,) in rows_in(conn, holding.HOLDING, [row[0] for row in rows])}
        rows = [row for row in rows if row[0] not in needed]
    if rows:
        part.forget(conn, [row[0] for row in rows])
    return [Doomed(row[0], row[1], part.key(row[2], row[1]) if row[3] is None else None) for row in rows]


EMPTY = (
    "SELECT e.id, e.artifact_location FROM experiments e WHERE e.lifecycle_stage = 'deleted'"
    " AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.experiment = e.id)"
    " AND NOT EXISTS (SELECT 1 FROM logged_models m WHERE m.experiment = e.id)"
)
"""Deleted experiments that hold no run and no logged model any more."""


def _remove_experiments(conn: Connection, before: int) -> list[Doomed]:
    return forget_experiments(
        conn,
        conn.rows(f"{EMPTY} AND e.last_update_time <= ? ORDER BY e.id LIMIT 500{conn.dialect.row_lock}", (before,)),
    )


def forget_experiments(conn: Connection, rows: Sequence[Row]) -> list[Doomed]:
    """Remove empty experiments, given as rows of number and named place, with their tags and datasets."""
    for statement in (
        "DELETE FROM experiment_tags WHERE experiment IN (?*)",
        "DELETE FROM datasets WHERE experiment IN (?*)",
        "DELETE FROM experiments WHERE id IN (?*)",
    ):
        rows_in(conn, statement, [row[0] for row in rows])
    return [Doomed(row[0], str(row[0]), str(row[0]) if row[1] is None else None) for row in rows]
