"""A thousand points a request: ten metrics of a hundred steps, which is what a client that gathers sends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from benches.data import curve, metric
from benches.fill import chunked
from benches.scenario import Bar, Figure, Readings, Room, Scenario
from benches.systems import FASTTRACKML, MLFLOW, OURS, System
from benches.throughput import check_count, measure_rate
from benches.wire import Api, count_points, new_experiment, new_run, post_body

CONNECTIONS, RUNS_EACH, KEYS, STEPS = 8, 4, 10, 100


def _parts(count: int) -> list[bytes]:
    chunks = chunked(curve(count * STEPS, seed=2), STEPS)
    return [
        json.dumps(
            [metric(f"metric_{key}", point) for point in chunk for key in range(KEYS)], separators=(",", ":")
        ).encode()
        for chunk in chunks
    ]


def _requests(runs: Sequence[str], parts: list[bytes]) -> Iterator[bytes]:
    """Joined at the last moment, ten microseconds each: four gigabytes of them would not fit."""
    for run in runs:
        head = b'{"run_id":"' + run.encode() + b'","metrics":'
        for part in parts:
            yield post_body("runs/log-batch", head + part + b"}")


def _measure(room: Room, system: System) -> Readings:
    readings = Readings()
    parts = _parts(room.size(200, 10))
    with system.serve(room.folder) as server:
        server.settle()
        for number in range(room.runs):
            with Api(server.port) as api:
                experiment = new_experiment(api, f"log-batch-{number}")
                runs = [
                    [new_run(api, experiment, f"run-{at}-{which}", start_time=1) for which in range(RUNS_EACH)]
                    for at in range(CONNECTIONS)
                ]
            outcome = measure_rate(room, system, server, [_requests(mine, parts) for mine in runs], readings)
            with Api(server.port) as api:
                for mine, answered in zip(runs, outcome.answered, strict=True):
                    found = sum(count_points(api, run, "metric_0") for run in mine)
                    check_count("batches of a connection", answered, found // STEPS, outcome)
    return readings


SCENARIO = Scenario(
    name="log-batch",
    title="log-batch of 1,000 metrics, 8 connections",
    systems=(OURS, FASTTRACKML, MLFLOW),
    figures=(
        Figure(key="rate", label="batches", unit="/s", more_is_better=True, digits=1),
        Figure(key="p50", label="latency p50", unit="ms", digits=2),
        Figure(key="p99", label="latency p99", unit="ms", digits=2),
        Figure(key="generator", label="load generator's share of its core", unit="", digits=2),
    ),
    bars=(Bar(figure="rate", peer=FASTTRACKML, factor=25), Bar(figure="rate", peer=MLFLOW, factor=75)),
    measure=_measure,
)
