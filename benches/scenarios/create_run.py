"""Creating runs, with the tags the mlflow client sends along."""

from __future__ import annotations

from benches.data import START
from benches.scenario import Bar, Figure, Readings, Room, Scenario
from benches.systems import FASTTRACKML, MLFLOW, OURS, System
from benches.throughput import check_count, measure_rate
from benches.wire import Api, new_experiment, post

CONNECTIONS = 8


def _request(experiment: str, name: str) -> bytes:
    tags = {
        "mlflow.user": "ada",
        "mlflow.source.name": "train.py",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": "9b4f3c1d7e0a4d52b1a86c0f5e2d9a7318c4be60",
        "mlflow.runName": name,
    }
    return post(
        "runs/create",
        {
            "experiment_id": experiment,
            "user_id": "ada",
            "start_time": START,
            "run_name": name,
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        },
    )


def _count_runs(api: Api, experiment: str) -> int:
    total, token = 0, ""
    while True:
        page = {"page_token": token} if token else {}
        reply = api.post("runs/search", {"experiment_ids": [experiment], "max_results": 50_000, **page})
        total += len(reply.get("runs", ()))
        token = reply.get("next_page_token", "")
        if not token:
            return total


def _measure(room: Room, system: System) -> Readings:
    readings = Readings()
    prepared = room.size(500 if system.name == MLFLOW else 8_000, 100)
    with system.serve(room.folder) as server:
        server.settle()
        for number in range(room.runs):
            with Api(server.port) as api:
                experiment = new_experiment(api, f"create-run-{number}")
            plan = [[_request(experiment, f"run-{at}-{one}") for one in range(prepared)] for at in range(CONNECTIONS)]
            outcome = measure_rate(room, system, server, plan, readings)
            with Api(server.port) as api:
                check_count("runs", sum(outcome.answered), _count_runs(api, experiment), outcome)
    return readings


SCENARIO = Scenario(
    name="create-run",
    title="create-run, 8 connections",
    systems=(OURS, FASTTRACKML, MLFLOW),
    figures=(
        Figure(key="rate", label="runs", unit="/s", more_is_better=True, digits=0),
        Figure(key="p50", label="latency p50", unit="ms", digits=2),
        Figure(key="p99", label="latency p99", unit="ms", digits=2),
        Figure(key="generator", label="load generator's share of its core", unit="", digits=2),
    ),
    bars=(Bar(figure="rate", peer=FASTTRACKML, factor=4),),
    measure=_measure,
)
