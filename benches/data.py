"""The data every system gets: the same for all, and computable again, so that what comes back can be checked."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

START = 1_750_000_000_000
"""The time of the first point, in ms: one fixed moment."""
OPTIMIZERS = ("adam", "sgd", "lion", "adamw")
PARAMS = METRICS = 20


def curve(points: int, *, seed: int) -> Iterator[tuple[int, int, float]]:
    """A loss that falls, with noise in every digit and a clock that jitters: (step, timestamp, value)."""
    rng = random.Random(seed)
    now = START
    for step in range(points):
        now += rng.randint(40, 60)
        yield step, now, 2.0 * math.exp(-4.0 * step / points) + rng.gauss(0.1, 0.02)


def metric(key: str, point: tuple[int, int, float]) -> dict[str, Any]:
    """A point as MLflow's JSON has it."""
    step, timestamp, value = point
    return {"key": key, "value": value, "timestamp": timestamp, "step": step}


@dataclass(frozen=True)
class RunData:
    """One of many runs to search."""

    name: str
    start_time: int
    params: tuple[str, ...]
    metrics: tuple[float, ...]

    def batch(self, run: str) -> dict[str, Any]:
        """The log-batch that fills the run."""
        return {
            "run_id": run,
            "metrics": [
                {"key": f"m{at}", "value": value, "timestamp": self.start_time, "step": 0}
                for at, value in enumerate(self.metrics)
            ],
            "params": [{"key": f"p{at}", "value": value} for at, value in enumerate(self.params)],
        }


@lru_cache(maxsize=2)
def many_runs(count: int) -> tuple[RunData, ...]:
    """Runs with twenty params and twenty metrics each."""
    rng = random.Random(7)
    return tuple(
        RunData(
            name=f"run-{number:06d}",
            start_time=START + number * 1000,
            params=(rng.choice(OPTIMIZERS), *(f"{rng.uniform(0, 1):.6f}" for _ in range(PARAMS - 1))),
            metrics=tuple(rng.random() for _ in range(METRICS)),
        )
        for number in range(count)
    )


@dataclass(frozen=True)
class Query:
    """A search with a filter and an order; the threshold differs from query to query, so that no answer can be kept."""

    threshold: float
    optimizer: str

    def message(self, experiment: str) -> dict[str, Any]:
        """The body of runs/search."""
        return {
            "experiment_ids": [experiment],
            "filter": f"metrics.m3 > {self.threshold:.4f} and params.p0 = '{self.optimizer}'",
            "order_by": ["metrics.m1 DESC"],
            "max_results": 100,
        }

    def expected(self, runs: tuple[RunData, ...]) -> list[str]:
        """Names of the runs on the first page."""
        matching = [run for run in runs if run.metrics[3] > self.threshold and run.params[0] == self.optimizer]
        return [run.name for run in sorted(matching, key=lambda run: -run.metrics[1])[:100]]


def queries(count: int) -> list[Query]:
    """From a filter that leaves a quarter of the runs to one that leaves some 2 in 100."""
    return [
        Query(round(0.05 + 0.85 * at / max(count - 1, 1), 4), OPTIMIZERS[at % len(OPTIMIZERS)]) for at in range(count)
    ]
