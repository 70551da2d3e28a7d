"""What is in every system before its interface is opened: runs to look through, and curves to compare."""

from __future__ import annotations

import random
from dataclasses import dataclass

from benches.data import RunData, curve, many_runs
from benches.scenario import Room

TABLE, CURVES = "table", "curves"
"""The experiments' names."""
METRIC = "loss"


@dataclass(frozen=True)
class Sizes:
    """How much of it."""

    runs: int
    """In the table, of every system."""
    many: int
    """In the table, of those that take them quickly enough."""
    runs_of_aim: int
    """In the table, of Aim: its SDK takes 0.14 s a run, and its server indexes them one by one."""
    few_compared: int
    compared: int
    points: int
    """Of each curve that is compared."""
    long_runs: int
    long_points: int


FULL = Sizes(
    runs=5_000,
    many=100_000,
    runs_of_aim=300,
    few_compared=20,
    compared=200,
    points=500,
    long_runs=50,
    long_points=10_000,
)
SMALL = Sizes(
    runs=300, many=1_200, runs_of_aim=30, few_compared=5, compared=12, points=100, long_runs=5, long_points=1_000
)


def sizes(room: Room) -> Sizes:
    """The sizes of this measurement."""
    return SMALL if room.small else FULL


@dataclass(frozen=True)
class Curve:
    """A run with a few params and one metric of many points."""

    name: str
    start_time: int
    params: dict[str, str]
    points: tuple[tuple[int, int, float], ...]


def curves(count: int, points: int) -> list[Curve]:
    """Runs whose loss falls."""
    rng = random.Random(11)
    made = []
    for number in range(count):
        series = tuple(curve(points, seed=number))
        params = {
            "alpha": f"{rng.uniform(0, 1):.4f}",
            "depth": str(rng.randint(2, 12)),
            "optimizer": rng.choice(("adam", "sgd")),
        }
        made.append(Curve(f"curve-{number:03d}", series[0][1], params, series))
    return made


def table(count: int) -> tuple[RunData, ...]:
    """Runs with twenty params and twenty metrics each."""
    return many_runs(count)
