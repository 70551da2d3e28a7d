"""What is known of a series without reading it: its last and first point, its least and greatest value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isnan

from modelyard.core.entities import Metric
from modelyard.db import Connection, Row
from modelyard.services.tracking.sql.lists import rows_in
from modelyard.services.tracking.sql.metrics.columns import NAN, Columns, has_nan
from modelyard.services.tracking.sql.metrics.points import Written, by_key
from modelyard.services.tracking.sql.metrics.rows import write_rows

_NEWER = """(excluded.step, excluded.timestamp, coalesce(excluded.value, 0.0), excluded.value IS NULL)
    > (old.step, old.timestamp, coalesce(old.value, 0.0), old.value IS NULL)"""
_OLDER = """(excluded.first_step, excluded.first_timestamp,
        coalesce(excluded.first_value, 0.0), excluded.first_value IS NULL)
    < (old.first_step, old.first_timestamp, coalesce(old.first_value, 0.0), old.first_value IS NULL)"""
_LESS = "old.min_value IS NULL OR (excluded.min_value, excluded.min_step) < (old.min_value, old.min_step)"
# ~step is -step - 1, which exists for every step, the least one too
_GREATER = "old.max_value IS NULL OR (excluded.max_value, ~excluded.max_step) > (old.max_value, ~old.max_step)"
_RULES = {
    _NEWER: ("value", "step", "timestamp"),
    _OLDER: ("first_value", "first_step", "first_timestamp"),
    _LESS: ("min_value", "min_step"),
    _GREATER: ("max_value", "max_step"),
}
_ASSIGNMENTS = ",\n".join(
    f"{column} = CASE WHEN {rule} THEN excluded.{column} ELSE old.{column} END"
    for rule, columns in _RULES.items()
    for column in columns
)
_UPSERT = f"""INSERT INTO metric_latest AS old (run, key, experiment, value, step, timestamp,
    first_value, first_step, first_timestamp, min_value, min_step, max_value, max_step, count)
VALUES ?*
ON CONFLICT (run, key) DO UPDATE SET {_ASSIGNMENTS}, count = old.count + excluded.count"""


def row_of_one(run: int, key: int, experiment: int, timestamp: int, step: int, value: float | None) -> Row:
    """What one point makes known of its series. ``value`` None is NaN."""
    at = None if value is None else step
    return (run, key, experiment, value, step, timestamp, value, step, timestamp, value, at, value, at, 1)


def rows_of(run: int, experiment: int, points: Written) -> list[Row]:
    """What points of one run make known of its series."""
    if len(set(points.keys)) == len(points.keys) and not has_nan(points.values):
        return [
            (run, key, experiment, value, step, time, value, step, time, value, step, value, step, 1)
            for key, time, step, value in zip(*points, strict=True)
        ]
    return [row_of(run, key, experiment, columns) for key, columns in by_key(points).items()]


def row_of(run: int, key: int, experiment: int, points: Columns) -> Row:
    """What ``points`` of one series, in any order, make known of it."""
    timestamps, steps, values = points
    if len(values) == 1:
        number = None if isnan(values[0]) else values[0]
        return row_of_one(run, key, experiment, timestamps[0], steps[0], number)
    if has_nan(values):
        return (run, key, experiment, *_ends_with_nan(points), *_extremes_without_nan(points), len(values))
    if steps == sorted(steps) and steps[0] < steps[1] and steps[-2] < steps[-1]:  # so it is most often
        last, first = (values[-1], steps[-1], timestamps[-1]), (values[0], steps[0], timestamps[0])
        least, greatest = min(values), max(values)
        extremes = least, steps[values.index(least)], greatest, steps[values.index(greatest)]
        return (run, key, experiment, *last, *first, *extremes, len(values))
    last, first = _latest(points), _first(points)
    return (run, key, experiment, *last, *first, *_extremes(values, steps), len(values))


# The tuples that order points are made only where the first of their fields does not decide: most often it does.


def _latest(points: Columns) -> tuple[float, int, int]:
    timestamps, steps, values = points
    step = max(steps)
    if steps.count(step) == 1:
        at = steps.index(step)
        return values[at], step, timestamps[at]
    step, timestamp, value = max(zip(steps, timestamps, values, strict=True))
    return value, step, timestamp


def _first(points: Columns) -> tuple[float, int, int]:
    timestamps, steps, values = points
    step = min(steps)
    if steps.count(step) == 1:
        at = steps.index(step)
        return values[at], step, timestamps[at]
    step, timestamp, value = min(zip(steps, timestamps, values, strict=True))
    return value, step, timestamp


def _extremes(values: Sequence[float], steps: Sequence[int]) -> tuple[float, int, float, int]:
    least, greatest = min(values), max(values)
    return least, _least_step(values, steps, least), greatest, _least_step(values, steps, greatest)


def _least_step(values: Sequence[float], steps: Sequence[int], value: float) -> int:
    if values.count(value) == 1:
        return steps[values.index(value)]
    return min(step for step, its_value in zip(steps, values, strict=True) if its_value == value)


def _ends_with_nan(points: Columns) -> Iterable[object]:
    keyed = [
        (step, timestamp, 0.0 if isnan(value) else value, isnan(value))
        for timestamp, step, value in zip(*points, strict=True)
    ]
    for step, timestamp, value, is_nan in (max(keyed), min(keyed)):
        yield from (None if is_nan else value, step, timestamp)


def _extremes_without_nan(points: Columns) -> tuple[float | None, int | None, float | None, int | None]:
    numbers = points.where([not isnan(value) for value in points.values])
    return _extremes(numbers.values, numbers.steps) if numbers.values else (None, None, None, None)


def upsert(conn: Connection, rows: list[Row]) -> None:
    """Take rows of `row_of`, at most one for a series, into account."""
    rows.sort(key=_run_and_key)  # two writers lock the rows they share in the same order
    write_rows(conn, _UPSERT, rows)


def _run_and_key(row: Row) -> Row:
    return row[:2]


def latest_of(conn: Connection, runs: Sequence[int]) -> dict[int, list[Metric]]:
    """The last point of each series of some runs, in the order in which the store came to know the keys."""
    found: dict[int, list[Metric]] = {run: [] for run in runs}
    for run, name, value, timestamp, step in _select_latest(conn, runs):
        found[run].append(Metric(name, NAN if value is None else value, timestamp, step))
    return found


def _select_latest(conn: Connection, runs: Sequence[int]) -> list[Row]:
    return rows_in(
        conn,
        "SELECT l.run, n.name, l.value, l.timestamp, l.step FROM metric_latest l JOIN names n ON n.id = l.key"
        " WHERE l.run IN (?*) ORDER BY l.run, l.key",
        runs,
    )
