"""Bytes on disk a point: twenty runs × ten metrics × a thousand steps, sent by log-batch, then compacted.

The peers' files are vacuumed, which they do not do themselves. The size of a store that has the runs but no points is
taken off.
"""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benches.data import curve, metric
from benches.fill import chunked, must_succeed
from benches.load import drive
from benches.processes import clean_environment
from benches.scenario import Bar, Figure, Readings, Room, Scenario
from benches.systems import FASTTRACKML, MLFLOW, OURS, System
from benches.throughput import LostError
from benches.wire import Api, count_points, new_experiment, new_run, post

KEYS, STEPS_A_BATCH = 10, 100


def _batches(run: str, steps: int, seed: int) -> Iterator[bytes]:
    """Each metric has its own curve; the points of a step share its time, as in a training loop."""
    curves = zip(*(curve(steps, seed=seed * KEYS + key) for key in range(KEYS)), strict=True)
    for chunk in chunked(curves, STEPS_A_BATCH):
        points = [
            metric(f"metric_{key}", (step, row[0][1], value))
            for row in chunk
            for key, (step, _, value) in enumerate(row)
        ]
        yield post("runs/log-batch", {"run_id": run, "metrics": points})


def _compacted_size(system: System, folder: Path) -> int:
    """Compact a stopped store and add up its database's files."""
    if system.name == OURS:
        command = [str(system.python), "-m", "modelyard", "db", "compact", "--store", str(folder / "yard")]
        subprocess.run(command, check=True, capture_output=True, env=clean_environment(system.environment()))
    else:
        connection = sqlite3.connect(folder / system.database.removesuffix("*"), isolation_level=None)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM")
        connection.close()
    return sum(file.stat().st_size for file in folder.glob(system.database))


def _measure(room: Room, system: System) -> Readings:
    readings = Readings()
    count, steps = 20, room.size(1_000, 100)
    with system.serve(room.folder) as server, Api(server.port) as api:
        experiment = new_experiment(api, "disk")
        runs = [new_run(api, experiment, f"run-{at}", start_time=1) for at in range(count)]
    empty = _compacted_size(system, room.folder)
    with system.serve(room.folder) as server:
        server.settle()
        must_succeed(drive(server.port, [_batches(run, steps, at) for at, run in enumerate(runs)][:1]))
        for at in range(1, count, 4):
            must_succeed(
                drive(server.port, [_batches(run, steps, at + more) for more, run in enumerate(runs[at : at + 4])])
            )
    full = _compacted_size(system, room.folder)
    readings.add("bytes", (full - empty) / (count * KEYS * steps))
    with system.serve(room.folder) as server, Api(server.port) as api:
        found = sum(count_points(api, run, f"metric_{key}") for run in runs for key in range(KEYS))
        if found != count * KEYS * steps:
            raise LostError(f"{count * KEYS * steps} points were logged, {found} are there after compaction")
    return readings


SCENARIO = Scenario(
    name="disk",
    title="bytes on disk per point after compaction",
    systems=(OURS, FASTTRACKML, MLFLOW),
    figures=(Figure(key="bytes", label="bytes a point", unit="B"),),
    bars=(Bar(figure="bytes", limit=12),),
    measure=_measure,
)
