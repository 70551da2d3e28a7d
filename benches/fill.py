"""Fills a server before something is measured: over its API, and for mlflow's largest sets straight into its tables.

mlflow's API takes some twenty minutes for 10,000 runs, so those rows are written as copies of rows that its API made.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from benches.data import RunData, curve, metric
from benches.load import Outcome, drive
from benches.processes import Server
from benches.systems import MLFLOW, System
from benches.wire import Api, RefusedError, new_experiment, new_run, post

_T = TypeVar("_T")
CONNECTIONS = 32
_SLICE = 10_000
WRITTEN_DIRECTLY = "its rows were written straight into its tables, as copies of rows its API made"


def fill_runs(system: System, server: Server, runs: Sequence[RunData], *, name: str = "search") -> str:
    """An experiment that holds these runs; answers its id."""
    with Api(server.port) as api:
        experiment = new_experiment(api, name)
        if system.name == MLFLOW and len(runs) > 200:
            _copy_runs(api, server.folder / "mlflow.db", experiment, runs)
            return experiment
    for at in range(0, len(runs), _SLICE):
        _send_runs(server, experiment, runs[at : at + _SLICE])
    return experiment


def fill_history(system: System, server: Server, points: int) -> str:
    """A run whose metric `loss` holds that many points; answers the run's id."""
    with Api(server.port) as api:
        run = new_run(api, new_experiment(api, "history"), "long", start_time=1)
        if system.name == MLFLOW and points > 20_000:
            _copy_points(api, server.folder / "mlflow.db", run, points)
            return run
    requests = (
        post("runs/log-batch", {"run_id": run, "metrics": [metric("loss", point) for point in chunk]})
        for chunk in chunked(curve(points, seed=1), 1000)
    )
    must_succeed(drive(server.port, [requests]))
    return run


def must_succeed(outcome: Outcome) -> Outcome:
    """Raise if any request was not answered with 200."""
    if outcome.refused:
        raise RefusedError(f"requests were refused while a server was filled: {dict(outcome.refused)}")
    return outcome


def chunked(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Lists of at most `size` items."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


def _send_runs(server: Server, experiment: str, runs: Sequence[RunData]) -> None:
    shares = [runs[at::CONNECTIONS] for at in range(CONNECTIONS)]
    plan = [[_create(experiment, run) for run in share] for share in shares]
    made = must_succeed(drive(server.port, plan, keep=True))
    identifiers = [[json.loads(body)["run"]["info"]["run_id"] for body in replies] for replies in made.replies]
    batches = [
        [post("runs/log-batch", run.batch(identifier)) for run, identifier in zip(share, ids, strict=True)]
        for share, ids in zip(shares, identifiers, strict=True)
    ]
    must_succeed(drive(server.port, batches))


def _create(experiment: str, run: RunData) -> bytes:
    return post("runs/create", {"experiment_id": experiment, "run_name": run.name, "start_time": run.start_time})


def _copy_runs(api: Api, database: Path, experiment: str, runs: Sequence[RunData]) -> None:
    template = new_run(api, experiment, runs[0].name, start_time=runs[0].start_time)
    api.post("runs/log-batch", runs[0].batch(template))
    with sqlite3.connect(database, timeout=60) as connection:
        rows = {
            table: _rows_of(connection, table, template)
            for table in ("runs", "tags", "params", "metrics", "latest_metrics")
        }
        for run in runs[1:]:
            fresh = uuid.uuid4().hex
            for table, originals in rows.items():
                _insert(connection, table, [_as_run(table, row, fresh, run) for row in originals])
    connection.close()


def _as_run(table: str, row: dict[str, Any], fresh: str, run: RunData) -> dict[str, Any]:
    row = {**row, "run_uuid": fresh}
    if table == "runs":
        artifacts = row["artifact_uri"].rsplit("/", 2)[0]
        return {**row, "name": run.name, "start_time": run.start_time, "artifact_uri": f"{artifacts}/{fresh}/artifacts"}
    if table == "tags":
        return {**row, "value": run.name} if row["key"] == "mlflow.runName" else row
    at = int(row["key"][1:])
    if table == "params":
        return {**row, "value": run.params[at]}
    return {**row, "value": run.metrics[at], "timestamp": run.start_time}


def _copy_points(api: Api, database: Path, run: str, points: int) -> None:
    series = curve(points, seed=1)
    api.post("runs/log-batch", {"run_id": run, "metrics": [metric("loss", next(series))]})
    with sqlite3.connect(database, timeout=60) as connection:
        (first,) = _rows_of(connection, "metrics", run)
        last = first
        for chunk in chunked(series, 50_000):
            rows = [{**first, "step": step, "timestamp": timestamp, "value": value} for step, timestamp, value in chunk]
            _insert(connection, "metrics", rows)
            last = rows[-1]
        connection.execute(
            "UPDATE latest_metrics SET step = ?, timestamp = ?, value = ? WHERE run_uuid = ?",
            (last["step"], last["timestamp"], last["value"], run),
        )
    connection.close()


def _rows_of(connection: sqlite3.Connection, table: str, run: str) -> list[dict[str, Any]]:
    cursor = connection.execute(f"SELECT * FROM {table} WHERE run_uuid = ?", (run,))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _insert(connection: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in rows[0])
    marks = ", ".join("?" * len(rows[0]))
    connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", [tuple(row.values()) for row in rows])
