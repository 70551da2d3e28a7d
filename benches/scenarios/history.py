"""A million points of one metric, read as the mlflow client reads them, and as a picture of them.

The clock runs from sending a request to holding its plain JSON; parsing that JSON is the same work for every server
and is left out. `gzip` is accepted, as the mlflow client accepts it, and undone inside the time. FastTrackML knows
no pages: it answers all at once.
"""

from __future__ import annotations

import json
import statistics
import time
from urllib.parse import urlencode

from benches.data import curve
from benches.fill import WRITTEN_DIRECTLY, fill_history
from benches.scenario import Bar, Figure, Readings, Room, Scenario
from benches.systems import FASTTRACKML, MLFLOW, OURS, System
from benches.throughput import LostError
from benches.wire import ACCEPTED, API, Api

OVERVIEW = "/api/1.0/modelyard/metrics/overview"
_PAGE = 25_000


def _read_all(api: Api, run: str, headers: dict[str, str]) -> tuple[float, float, int]:
    """Seconds, the sum of all values and the number of points."""
    seconds, total, points, token = 0.0, 0.0, 0, ""
    while True:
        arguments = {
            "run_id": run,
            "metric_key": "loss",
            "max_results": _PAGE,
            **({"page_token": token} if token else {}),
        }
        path = f"{API}metrics/get-history?{urlencode(arguments)}"
        began = time.perf_counter()
        _, body = api.raw("GET", path, None, headers)
        seconds += time.perf_counter() - began
        page = json.loads(body)
        points += len(page.get("metrics", ()))
        total += sum(point["value"] for point in page.get("metrics", ()))
        token = page.get("next_page_token", "")
        if not token:
            return seconds, total, points


def _check(points: int, total: float, found: int, found_total: float) -> None:
    if found != points or abs(found_total - total) > 1e-6 * points:
        raise LostError(
            f"{points} points with sum {total:.6f} were logged, {found} with sum {found_total:.6f} came back"
        )


def _overview(api: Api, run: str, points: int) -> float:
    """Median milliseconds of a picture a thousand buckets wide."""
    path = f"{OVERVIEW}?{urlencode({'run_ids': run, 'metric_keys': 'loss', 'buckets': 1000})}"
    taken = []
    for _ in range(15):
        began = time.perf_counter()
        _, body = api.raw("GET", path, None, ACCEPTED)
        taken.append((time.perf_counter() - began) * 1000)
    (series,) = json.loads(body)["series"]
    if series["count"] != points or not 500 <= len(series["minima"]) <= 2000:
        raise LostError(
            f"the overview speaks of {series['count']} points in {len(series['minima'])} buckets, not of {points}"
        )
    return statistics.median(taken)


def _measure(room: Room, system: System) -> Readings:
    readings = Readings()
    points = room.size(1_000_000, 5_000)
    total = sum(value for _, _, value in curve(points, seed=1))
    with system.serve(room.folder) as server:
        server.settle()
        room.say(f"filling {system.title} with {points:,} points")
        run = fill_history(system, server, points)
        server.settle()
        for _ in range(1 if system.name == MLFLOW else room.runs):
            with Api(server.port) as api:
                seconds, found_total, found = _read_all(api, run, ACCEPTED)
                _check(points, total, found, found_total)
                readings.add("seconds", seconds)
                if system.name != MLFLOW:
                    readings.add("plain", _read_all(api, run, {})[0])
                if system.name == OURS:
                    readings.add("overview", _overview(api, run, points))
    if system.name == MLFLOW and not room.small:
        readings.remark(
            f"{WRITTEN_DIRECTLY}; read once, since it takes the better part of a minute and never compresses"
        )
    return readings


SCENARIO = Scenario(
    name="history",
    title="history of 1,000,000 points in MLflow's JSON",
    systems=(OURS, FASTTRACKML, MLFLOW),
    figures=(
        Figure(key="seconds", label="whole history", unit="s", digits=2),
        Figure(key="plain", label="whole history, no compression accepted", unit="s", digits=2),
        Figure(key="overview", label="columnar overview", unit="ms"),
    ),
    bars=(Bar(figure="seconds", peer=FASTTRACKML, factor=15), Bar(figure="overview", limit=20)),
    measure=_measure,
)
