"""A page of 100 out of many runs, by a filter on a metric and a param, in another metric's order, checked."""

from __future__ import annotations

import json
import statistics
import time

from benches.data import Query, RunData, many_runs, queries
from benches.fill import WRITTEN_DIRECTLY, fill_runs
from benches.processes import Server
from benches.scenario import Bar, Figure, Readings, Room, Scenario
from benches.systems import FASTTRACKML, MLFLOW, OURS, System
from benches.throughput import LostError
from benches.wire import ACCEPTED, API, Api


def _ask(api: Api, experiment: str, query: Query) -> tuple[float, list[str]]:
    message = json.dumps(query.message(experiment)).encode()
    began = time.perf_counter()
    _, body = api.raw("POST", f"{API}runs/search", message, {"Content-Type": "application/json", **ACCEPTED})
    seconds = time.perf_counter() - began
    runs = json.loads(body).get("runs", [])
    for run in runs[:1]:
        if len(run["data"]["metrics"]) != 20 or len(run["data"]["params"]) != 20:
            raise LostError("a run came back without all its metrics and params")
    return seconds * 1000, [run["info"]["run_name"] for run in runs]


def _median_latency(server: Server, experiment: str, asked: list[Query], expected: list[list[str]]) -> float:
    seconds = []
    with Api(server.port) as api:
        for query, names in zip(asked, expected, strict=True):
            taken, found = _ask(api, experiment, query)
            if found != names:
                raise LostError(f"{query} answered other runs than those that match ({len(found)} of {len(names)})")
            seconds.append(taken)
    return statistics.median(seconds)


def _measure_size(room: Room, system: System, runs: tuple[RunData, ...], figure: str, readings: Readings) -> None:
    asked = queries(room.size(8 if system.name == MLFLOW else 32, 4))
    expected = [query.expected(runs) for query in asked]
    with system.serve(room.folder / figure) as server:
        server.settle()
        room.say(f"filling {system.title} with {len(runs):,} runs")
        experiment = fill_runs(system, server, runs)
        server.settle()
        for _ in range(room.runs):
            readings.add(figure, _median_latency(server, experiment, asked, expected))


def _measure(room: Room, system: System) -> Readings:
    readings = Readings()
    _measure_size(room, system, many_runs(room.size(10_000, 100)), "p50", readings)
    if system.name == OURS:
        _measure_size(room, system, many_runs(room.size(100_000, 300)), "p50_large", readings)
    if system.name == MLFLOW and not room.small:
        readings.remark(WRITTEN_DIRECTLY)
    return readings


SCENARIO = Scenario(
    name="search",
    title="search of 10,000 runs × (20 params + 20 metrics), filter and order, page of 100",
    systems=(OURS, FASTTRACKML, MLFLOW),
    figures=(
        Figure(key="p50", label="p50", unit="ms"),
        Figure(key="p50_large", label="p50 at 100,000 runs", unit="ms"),
    ),
    bars=(
        Bar(figure="p50", peer=FASTTRACKML, factor=8),
        Bar(figure="p50", peer=MLFLOW, factor=40),
        Bar(figure="p50_large", limit=30),
    ),
    measure=_measure,
)
