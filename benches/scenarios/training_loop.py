"""`log_metric` as a training script feels it; every point has to be in the store when the script has ended.

mlflow's call waits for its server's answer, so its loop is shorter; modelyard and trackio hand the point to a thread.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from benches.processes import clean_environment
from benches.scenario import Bar, Figure, Readings, Room, Scenario
from benches.systems import MLFLOW, OURS, TRACKIO, System
from benches.throughput import LostError
from benches.wire import Api, count_points

_TRAINER = Path(__file__).resolve().parent.parent / "trainer.py"


def _train(system: System, steps: int, target: str, additions: dict[str, str]) -> dict[str, Any]:
    environment = clean_environment({**system.environment(), **additions})
    done = subprocess.run(
        [str(system.python), str(_TRAINER), system.name, str(steps), target],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if done.returncode:
        raise LostError(f"the training script failed: {done.stderr[-600:]}")
    found: dict[str, Any] = json.loads(done.stdout[done.stdout.rindex('{"run"') :])
    return found


def _note(readings: Readings, timings: dict[str, Any], steps: int, found: int) -> None:
    if found != steps:
        raise LostError(f"{steps} points were logged, {found} are in the store after the script ended")
    readings.add("median", timings["median_us"])
    readings.add("p99", timings["p99_us"])
    readings.add("worst", timings["worst_us"] / 1000)


def _with_server(room: Room, system: System, steps: int) -> Readings:
    readings = Readings()
    with system.serve(room.folder) as server:
        server.settle()
        for _ in range(room.runs):
            timings = _train(system, steps, f"http://127.0.0.1:{server.port}", {})
            with Api(server.port) as api:
                _note(readings, timings, steps, count_points(api, timings["run"], "loss"))
    return readings


def _with_trackio(room: Room, system: System, steps: int) -> Readings:
    readings = Readings()
    for number in range(room.runs):
        folder = room.folder / str(number)
        folder.mkdir(parents=True)
        timings = _train(system, steps, f"run-{number}", {"TRACKIO_DIR": str(folder), "HF_HUB_OFFLINE": "1"})
        found = 0
        for database in folder.glob("*.db"):
            with closing(sqlite3.connect(database)) as connection:
                found += connection.execute("SELECT count(*) FROM metrics").fetchone()[0]
        _note(readings, timings, steps, found)
    return readings


def _measure(room: Room, system: System) -> Readings:
    steps = room.size(200 if system.name == MLFLOW else 10_000, 100)
    if system.name == TRACKIO:
        return _with_trackio(room, system, steps)
    return _with_server(room, system, steps)


SCENARIO = Scenario(
    name="training-loop",
    title="log_metric in a training loop",
    systems=(OURS, TRACKIO, MLFLOW),
    figures=(
        Figure(key="median", label="median of a call", unit="µs", digits=2),
        Figure(key="p99", label="99 of 100 calls", unit="µs", digits=1),
        Figure(key="worst", label="slowest call", unit="ms", digits=2),
    ),
    bars=(Bar(figure="median", limit=2), Bar(figure="median", peer=TRACKIO, factor=4)),
    measure=_measure,
)
