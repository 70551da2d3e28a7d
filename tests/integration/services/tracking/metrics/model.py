"""What the store of metrics promises, in the plainest way: a set of points for each series."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from modelyard.core.entities import Metric

Series = tuple[int, str]


class Model:
    """All points in memory; every answer is computed from all of them."""

    def __init__(self) -> None:
        self._points: dict[Series, dict[tuple[int, int, float, bool], Metric]] = {}
        self.sent: dict[Series, int] = {}

    def append(self, run: int, points: Sequence[Metric]) -> None:
        for one in points:
            clean = Metric(one.key, one.value + 0.0, one.timestamp, one.step)
            self._points.setdefault((run, one.key), {})[by_time(clean)] = clean
            self.sent[run, one.key] = self.sent.get((run, one.key), 0) + 1

    def forget(self, run: int) -> None:
        for series in [series for series in self._points if series[0] == run]:
            del self._points[series], self.sent[series]

    def history(self, run: int, key: str) -> list[Metric]:
        """By (timestamp, step, value)."""
        return [one for _, one in sorted(self._points.get((run, key), {}).items())]

    def by_step(self, run: int, key: str, start: int | None = None, end: int | None = None) -> list[Metric]:
        """By (step, timestamp, value), from ``start`` to ``end``."""
        return sorted(
            (
                one
                for one in self._points.get((run, key), {}).values()
                if (start is None or one.step >= start) and (end is None or one.step <= end)
            ),
            key=by_step,
        )

    def latest(self, run: int) -> dict[str, Metric]:
        return {key: self.by_step(run, key)[-1] for of, key in self._points if of == run}

    def known(self, run: int, key: str) -> tuple[object, ...]:
        """What `metric_latest` holds of a series, None for NaN, in the order of its columns from `value` on."""
        first, *_, last = (points := self.by_step(run, key)) * 2
        numbers = [one for one in points if not isnan(one.value)]
        least = min(((one.value, one.step) for one in numbers), default=(None, None))
        greatest = min(((-one.value, one.step) for one in numbers), default=(None, None))
        return (
            *(_number(last), last.step, last.timestamp),
            *(_number(first), first.step, first.timestamp),
            *least,
            *(None if greatest[0] is None else -greatest[0] + 0.0, greatest[1]),
            self.sent[run, key],
        )


def by_time(one: Metric) -> tuple[int, int, float, bool]:
    return one.timestamp, one.step, 0.0 if isnan(one.value) else one.value, isnan(one.value)


def by_step(one: Metric) -> tuple[int, int, float, bool]:
    return one.step, one.timestamp, 0.0 if isnan(one.value) else one.value, isnan(one.value)


def _number(one: Metric) -> float | None:
    return None if isnan(one.value) else one.value
