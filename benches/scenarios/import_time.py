"""What `import`, and then the first verb, add to the start of a script: processes with them beside one without."""

from __future__ import annotations

import statistics
import subprocess
import time

from benches.processes import clean_environment
from benches.scenario import Bar, Figure, Readings, Room, Scenario
from benches.systems import MLFLOW, OURS, TRACKIO, System

_VERBS = {OURS: "log_metric", TRACKIO: "log", MLFLOW: "log_metric"}


def _milliseconds(system: System, statement: str) -> float:
    environment = clean_environment(system.environment())
    began = time.perf_counter()
    subprocess.run([str(system.python), "-c", statement], check=True, env=environment, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000


def _measure(room: Room, system: System) -> Readings:
    readings = Readings()
    statement = f"import {system.name}"
    for _ in range(2):
        _milliseconds(system, statement)
    for _ in range(room.runs):
        bare, full, used = [], [], []
        for _ in range(room.size(9, 2)):
            bare.append(_milliseconds(system, "pass"))
            full.append(_milliseconds(system, statement))
            used.append(_milliseconds(system, f"{statement}; {system.name}.{_VERBS[system.name]}"))
        readings.add("added", statistics.median(full) - statistics.median(bare))
        readings.add("used", statistics.median(used) - statistics.median(bare))
        readings.add("bare", statistics.median(bare))
    return readings


SCENARIO = Scenario(
    name="import",
    title="import over bare Python",
    systems=(OURS, TRACKIO, MLFLOW),
    figures=(
        Figure(key="added", label="import over bare Python", unit="ms", digits=0),
        Figure(key="used", label="import and touch of the logging verb", unit="ms", digits=0),
        Figure(key="bare", label="bare Python", unit="ms", digits=0),
    ),
    bars=(Bar(figure="added", limit=60),),
    measure=_measure,
)
