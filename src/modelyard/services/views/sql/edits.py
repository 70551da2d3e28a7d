"""Changes of many runs or experiments at once, each kind by a few statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain

from modelyard.core.entities import LifecycleStage, RunTag
from modelyard.core.errors import NotFound
from modelyard.db import Connection
from modelyard.services.tracking.rules.runs import RUN_NAME_TAG, check_active
from modelyard.services.tracking.sql import names, runs, tags
from modelyard.services.tracking.sql.lists import rows_in, values_of
from modelyard.services.tracking.sql.runs import RunState

_LISTED = 500
_SHOWN = 5


def states(conn: Connection, run_ids: Sequence[str]) -> list[RunState]:
    """The states of runs; ``NotFound`` names those that are not there."""
    found = runs.states(conn, run_ids)
    check_all_there("Run", run_ids, found)
    return [found[run_id] for run_id in run_ids]


def active_states(conn: Connection, run_ids: Sequence[str]) -> list[RunState]:
    """The states of runs that may be written to."""
    found = states(conn, run_ids)
    for each in found:
        check_active(each.run_id, each.stage)
    return found


def check_all_there(what: str, ids: Sequence[str], found: Collection[str]) -> None:
    """Refuse ids of what is not there."""
    missing = [each for each in ids if each not in found]
    if len(missing) == 1:
        raise NotFound(f"{what} with id={missing[0]} not found")
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise NotFound(f"{what}s with ids {', '.join(missing[:_SHOWN])}{more} not found")


def move_runs(conn: Connection, found: Sequence[RunState], stage: str, deleted_time: int | None) -> None:
    """Move runs to a lifecycle stage; those that are there already stay as they are."""
    deleted = "NULL" if deleted_time is None else str(deleted_time)
    rows_in(
        conn,
        f"UPDATE runs SET lifecycle_stage = '{stage}', deleted_time = {deleted}"
        f" WHERE lifecycle_stage <> '{stage}' AND id IN (?*)",
        [each.id for each in found],
    )


def tag_runs(conn: Connection, found: Sequence[RunState], wanted: Sequence[RunTag]) -> None:
    """Set tags of runs, replacing values; an empty name names nothing."""
    kept = [tag for tag in wanted if tag.value or tag.key != RUN_NAME_TAG]
    keys = names.interned(conn, [tag.key for tag in kept])
    rows = [(each.id, keys[tag.key], each.experiment, tag.value) for each in found for tag in kept]
    for start in range(0, len(rows), _LISTED):
        part = rows[start : start + _LISTED]
        conn.run(values_of(tags.TABLE.upsert, 4, len(part)), list(chain.from_iterable(part)))
    for tag in kept:
        if tag.key == RUN_NAME_TAG:
            rows_in(conn, "UPDATE runs SET run_name = ? WHERE id IN (?*)", [each.id for each in found], tag.value)


def untag_runs(conn: Connection, found: Sequence[RunState], keys: Sequence[str]) -> None:
    """Remove tags of runs; those that have none of them stay as they are."""
    for number in names.known(conn, keys).values():
        rows_in(conn, "DELETE FROM tags WHERE key = ? AND run IN (?*)", [each.id for each in found], number)


def move_experiments(conn: Connection, numbers: Sequence[int], stage: str, now: int) -> None:
    """Move experiments with all their runs to a lifecycle stage; those that are there already stay as they are."""
    rows = rows_in(conn, "SELECT id, lifecycle_stage FROM experiments WHERE id IN (?*)", numbers)
    check_all_there("Experiment", [str(number) for number in numbers], {str(row[0]) for row in rows})
    moved = [number for number, before in rows if before != stage]
    deleted = str(now) if stage == LifecycleStage.DELETED else "NULL"
    rows_in(
        conn,
        f"UPDATE experiments SET lifecycle_stage = '{stage}', last_update_time = {now} WHERE id IN (?*)",
        moved,
    )
    rows_in(
        conn,
        f"UPDATE runs SET lifecycle_stage = '{stage}', deleted_time = {deleted} WHERE experiment IN (?*)",
        moved,
    )
