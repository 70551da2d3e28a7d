"""One point a request: what `log_metric` costs a server when thirty-two training jobs write at once."""

from __future__ import annotations

from benches.data import curve
from benches.scenario import Bar, Figure, Readings, Room, Scenario
from benches.systems import ECHO, FASTTRACKML, MLFLOW, OURS, System
from benches.throughput import check_count, measure_rate
from benches.wire import Api, count_points, new_experiment, new_run, post_body

CONNECTIONS = 32


def _requests(run: str, count: int, seed: int) -> list[bytes]:
    line = '{"run_id":"%s","key":"loss","value":%r,"timestamp":%d,"step":%d}'
    return [
        post_body("runs/log-metric", (line % (run, value, timestamp, step)).encode())
        for step, timestamp, value in curve(count, seed=seed)
    ]


def _measure(room: Room, system: System) -> Readings:
    readings = Readings()
    prepared = room.size(1_000 if system.name == MLFLOW else 7_500, 200)
    with system.serve(room.folder) as server:
        server.settle()
        for number in range(room.runs):
            if system.name == ECHO:
                runs = ["0" * 32] * CONNECTIONS
            else:
                with Api(server.port) as api:
                    experiment = new_experiment(api, f"log-metric-{number}")
                    runs = [new_run(api, experiment, f"run-{at}", start_time=1) for at in range(CONNECTIONS)]
            plan = [_requests(run, prepared, at) for at, run in enumerate(runs)]
            outcome = measure_rate(room, system, server, plan, readings)
            if system.name == ECHO:
                continue
            with Api(server.port) as api:
                for run, answered in zip(runs, outcome.answered, strict=True):
                    check_count("points of a run", answered, count_points(api, run, "loss"), outcome)
    return readings


SCENARIO = Scenario(
    name="log-metric",
    title="log-metric over HTTP, 32 connections",
    systems=(OURS, FASTTRACKML, MLFLOW, ECHO),
    figures=(
        Figure(key="rate", label="requests", unit="/s", more_is_better=True, digits=0),
        Figure(key="p50", label="latency p50", unit="ms", digits=2),
        Figure(key="p99", label="latency p99", unit="ms", digits=2),
        Figure(key="generator", label="load generator's share of its core", unit="", digits=2),
    ),
    bars=(
        Bar(figure="rate", peer=FASTTRACKML, factor=10),
        Bar(figure="rate", peer=MLFLOW, factor=100),
        Bar(figure="rate", peer=ECHO, factor=0.4, share=True),
    ),
    measure=_measure,
)
