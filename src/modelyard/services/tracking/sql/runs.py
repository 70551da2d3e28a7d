"""Statements about runs themselves; what they logged has files of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from modelyard.core.entities import RunInfo, RunLiveness
from modelyard.core.errors import AlreadyExists, NotFound
from modelyard.core.wire.messages import runs as run
from modelyard.db import Connection, Row
from modelyard.services.tracking.rules.runs import NewRun, check_active
from modelyard.services.tracking.sql.lists import rows_in, rows_with
from modelyard.services.tracking.sql.places import Places

_COLUMNS = "id, run_id, experiment, run_name, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri"


class RunState(NamedTuple):
    """What a write to a run looks at."""

    id: int
    run_id: str
    experiment: int
    stage: str


def missing(run_id: str) -> NotFound:
    """The error for a run that is not there."""
    return NotFound(f"Run with id={run_id} not found")


def state(conn: Connection, run_id: str) -> RunState:
    """The state of a run; ``NotFound`` when there is none."""
    row = conn.row("SELECT id, run_id, experiment, lifecycle_stage FROM runs WHERE run_id = ?", (run_id,))
    if row is None:
        raise missing(run_id)
    return RunState._make(row)


def active(conn: Connection, run_id: str) -> RunState:
    """The state of a run that may be written to."""
    found = state(conn, run_id)
    check_active(run_id, found.stage)
    return found


def states(conn: Connection, run_ids: Collection[str]) -> dict[str, RunState]:
    """The states of the runs that are there, by run id."""
    rows = rows_with(
        conn, "SELECT id, run_id, experiment, lifecycle_stage FROM runs WHERE run_id IN (?*)", list(run_ids)
    )
    return {row[1]: RunState._make(row) for row in rows}


def insert(
    conn: Connection, new: NewRun, request: run.CreateRun, *, start_time: int, artifact_uri: str | None
) -> int | None:
    """Add a run; answers its number, None when its id is taken."""
    row = conn.row(
        "INSERT INTO runs (run_id, experiment, run_name, user_id, status, start_time, artifact_uri)"
        " VALUES (?, ?, ?, ?, 'RUNNING', ?, ?) ON CONFLICT (run_id) DO NOTHING RETURNING id",
        (new.run_id, new.experiment, new.name, request.user_id, start_time, artifact_uri),
    )
    return None if row is None else row[0]


def existing(conn: Connection, new: NewRun) -> RunState:
    """The run that has a new run's id already: the same one, sent again, or another experiment's."""
    found = state(conn, new.run_id)
    if found.experiment != new.experiment:
        raise AlreadyExists(f"Run with id={new.run_id} already exists in experiment {found.experiment}.")
    return found


def update(conn: Connection, number: int, request: run.UpdateRun, name: str) -> None:
    """Change what the request names; None and the empty name leave things as they are."""
    conn.run(
        "UPDATE runs SET status = COALESCE(?, status), end_time = COALESCE(?, end_time),"
        " run_name = COALESCE(?, run_name) WHERE id = ?",
        (request.status, request.end_time, name or None, number),
    )


def rename(conn: Connection, number: int, name: str) -> None:
    """Give a run another name."""
    conn.run("UPDATE runs SET run_name = ? WHERE id = ?", (name, number))


def move(conn: Connection, run_id: str, stage: str, deleted_time: int | None) -> None:
    """Move a run to a lifecycle stage, also when it is there already."""
    moved = conn.run(
        "UPDATE runs SET lifecycle_stage = ?, deleted_time = ? WHERE run_id = ?", (stage, deleted_time, run_id)
    )
    if not moved:
        raise missing(run_id)


def note_alive(conn: Connection, run_ids: Iterable[str], now: int) -> None:
    """Note that the processes of these runs are alive; unknown runs are passed over."""
    conn.many("UPDATE runs SET heartbeat_time = ? WHERE run_id = ?", [(now, run_id) for run_id in sorted(run_ids)])


def liveness(conn: Connection, run_ids: Sequence[str], now: int) -> list[RunLiveness]:
    """When each of those of these runs that are there was last heard of."""
    beats: dict[str, int | None] = dict(
        rows_with(conn, "SELECT run_id, heartbeat_time FROM runs WHERE run_id IN (?*)", run_ids)
    )
    silences = {run_id: None if beat is None else max(0, now - beat) for run_id, beat in beats.items()}
    return [RunLiveness(each, beats[each], silences[each]) for each in run_ids if each in beats]


def info(conn: Connection, number: int, places: Places) -> RunInfo:
    """The info of one run."""
    return infos(conn, [number], places)[number]


def infos(conn: Connection, numbers: Sequence[int], places: Places) -> dict[int, RunInfo]:
    """The infos of runs, by number."""
    rows = rows_in(conn, f"SELECT {_COLUMNS} FROM runs WHERE id IN (?*)", numbers)
    return {row[0]: _info(row, places) for row in rows}


def artifact_uri(conn: Connection, run_id: str, places: Places) -> str:
    """Where a run's artifacts are; ``NotFound`` for an unknown run."""
    row = conn.row("SELECT experiment, artifact_uri FROM runs WHERE run_id = ?", (run_id,))
    if row is None:
        raise missing(run_id)
    return places.run(row[0], run_id, row[1])


def _info(row: Row, places: Places) -> RunInfo:
    _, run_id, experiment, name, user, status, start, end, stage, uri = row
    return RunInfo(
        run_id=run_id,
        experiment_id=str(experiment),
        run_uuid=run_id,
        run_name=name,
        user_id=user,
        status=status,
        start_time=start,
        end_time=end,
        artifact_uri=places.run(experiment, run_id, uri),
        lifecycle_stage=stage,
    )
