"""Evenly sampled points of a series, as MLflow samples them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from itertools import accumulate, pairwise, repeat

from modelyard.core.entities import MetricWithRunId
from modelyard.db import Connection
from modelyard.services.tracking.sql.metrics.columns import Columns, by_step, joined
from modelyard.services.tracking.sql.metrics.stretches import Outline, outlines, points


def interval(
    conn: Connection,
    runs: Mapping[int, str],
    key: int,
    name: str,
    *,
    start_step: int | None = None,
    end_step: int | None = None,
    limit: int,
) -> list[MetricWithRunId]:
    """Up to ``limit`` points of one metric of each of ``runs`` (number → id), run by run, by (step, timestamp, value).

    The points, with steps from ``start_step`` to ``end_step``, both inside, are dealt in that order into ``limit``
    groups of the same size, the first ones greater by one where it does not come out even. The first of each group is
    taken, but of the last group its last.
    """
    found = outlines(conn, runs, [key], start_step, end_step)
    sampled: list[MetricWithRunId] = []
    for run, run_id in runs.items():
        taken = _sample(conn, found.get((run, key), []), limit)
        sampled += map(MetricWithRunId, repeat(name), taken.values, taken.timestamps, taken.steps, repeat(run_id))
    return sampled


def sample(count: int, limit: int) -> list[int]:
    """Which of ``count`` points are taken.

    >>> sample(10, 4)
    [0, 3, 6, 9]
    """
    if count <= limit:
        return list(range(count))
    size, greater = divmod(count, limit)
    split = greater * (size + 1)
    return [*[*range(0, split, size + 1), *range(split, count, size)][: limit - 1], count - 1]


def _sample(conn: Connection, outline: Outline, limit: int) -> Columns:
    wanted = sample(sum(stretch.size for stretch in outline), limit)
    if not _ascends(outline):
        return by_step(joined(list(points(conn, outline)))).at(wanted)
    ends = list(accumulate(stretch.size for stretch in outline))
    needed: list[tuple[int, list[int]]] = []  # of the outline's stretches, those with points that are wanted
    for number, (end, stretch) in enumerate(zip(ends, outline, strict=True)):
        start = end - stretch.size
        here = wanted[bisect_left(wanted, start) : bisect_left(wanted, end)]
        if here:
            needed.append((number, [at - start for at in here]))
    columns = points(conn, [outline[number] for number, _ in needed])
    return joined([by_step(one).at(here) for one, (_, here) in zip(columns, needed, strict=True)])


def _ascends(outline: Outline) -> bool:
    """Whether the order of time is the order of steps too, from stretch to stretch."""
    return all(one.part.max_step <= other.part.min_step for one, other in pairwise(outline))
