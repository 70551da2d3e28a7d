"""Removing some deleted runs and experiments for good: all are checked first, and then removed in short transactions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from modelyard.core.errors import InvalidParameter
from modelyard.db import Connection, Database
from modelyard.services.tracking.sql import holding, purge
from modelyard.services.tracking.sql.lists import rows_in
from modelyard.services.tracking.sql.purge import Doomed, Part
from modelyard.services.views.sql import edits

_AT_ONCE = 500
_NOTED = 200  # folders that are noted as gone in one transaction
_DELETED = "lifecycle_stage = 'deleted'"


class Files(Protocol):
    """Where the artifacts of what is purged are."""

    def delete(self, key: str) -> None:
        """Remove a file or folder; nothing there is fine."""
        ...


def remove_files(db: Database, files: Files) -> None:
    """Remove the files of what was purged, now or by a call that did not come to its end."""
    keys = purge.leftovers(db)
    for start in range(0, len(keys), _NOTED):
        some = keys[start : start + _NOTED]
        for key in some:
            files.delete(key)
        purge.forget_leftovers(db, some)


def check_deleted(conn: Connection, run_ids: Sequence[str], experiments: Sequence[int]) -> list[int]:
    """The runs' numbers; refuses the whole request when anything of it is not there or not deleted."""
    found = edits.states(conn, run_ids)
    stages: dict[int, str] = dict(
        rows_in(conn, "SELECT id, lifecycle_stage FROM experiments WHERE id IN (?*)", experiments)
    )
    edits.check_all_there("Experiment", [str(each) for each in experiments], {str(each) for each in stages})
    kept = [f"run {each.run_id}" for each in found if each.stage != "deleted"]
    kept += [f"experiment {each}" for each in experiments if stages[each] != "deleted"]
    if kept:
        raise InvalidParameter(f"Only what is deleted can be removed for good; not deleted: {', '.join(kept[:5])}.")
    numbers = [each.id for each in found]
    held = [
        f"{name}:v{version} of the run {run_id}"
        for run_id, name, version in holding.held_by(conn, numbers, experiments)
    ]
    if held:
        raise InvalidParameter(
            f"The files of versions of datasets would go too: {', '.join(held[:5])}. 'modelyard gc --with-datasets' removes"
            " such runs, and marks the versions."
        )
    return numbers


def remove_runs(db: Database, numbers: Sequence[int]) -> int:
    """Remove runs, unless somebody restored them meanwhile; how many were removed."""
    gone = 0
    for start in range(0, len(numbers), _AT_ONCE):
        with db.write() as conn:
            gone += len(_remove(conn, purge.RUNS, _DELETED, numbers[start : start + _AT_ONCE]))
    return gone


def remove_experiments(db: Database, numbers: Sequence[int]) -> int:
    """Remove experiments with all that is in them, unless somebody restored them meanwhile."""
    for part in (purge.RUNS, purge.MODELS):
        while _remove_some(db, part, numbers):
            pass
    with db.write() as conn:
        rows = rows_in(conn, f"{purge.EMPTY} AND e.id IN (?*) ORDER BY e.id{conn.dialect.row_lock}", numbers)
        doomed = purge.forget_experiments(conn, rows)
        purge.note_leftovers(conn, doomed)
    return len(doomed)


def _remove_some(db: Database, part: Part, experiments: Sequence[int]) -> bool:
    with db.write() as conn:
        rows = rows_in(
            conn,
            f"SELECT p.id FROM {part.table} p JOIN experiments e ON e.id = p.experiment"
            f" WHERE e.{_DELETED} AND {part.free} AND e.id IN (?*) ORDER BY p.id LIMIT {_AT_ONCE}",
            experiments,
        )
        return bool(_remove(conn, part, "TRUE", [row[0] for row in rows]))


def _remove(conn: Connection, part: Part, condition: str, numbers: Sequence[int]) -> list[Doomed]:
    rows = rows_in(
        conn,
        f"SELECT p.id, p.{part.name}, p.experiment, p.artifact_uri FROM {part.table} p"
        f" WHERE {condition} AND p.id IN (?*) ORDER BY p.id{conn.dialect.row_lock}",
        numbers,
    )
    doomed = purge.forget(conn, part, rows)
    purge.note_leftovers(conn, doomed)
    return doomed
