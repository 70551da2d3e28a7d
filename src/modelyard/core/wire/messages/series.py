"""Requests and replies about the pictures of metrics: many series in one answer, by column (ours)."""

from __future__ import annotations

from typing import Literal

from modelyard.core.entities.noun import Int64
from modelyard.core.wire.messages.message import Message
from modelyard.core.wire.messages.views import Cell, RunRows

Axis = Literal["step", "time", "relative"]

MAX_SERIES = 2000


class GetSeries(Message, frozen=True, kw_only=True):
    """Some metrics of some runs for a picture. ``points`` is the most of one series.

    Of a longer one come the first, the last, the lowest and the highest point of each of ``points / 4`` equal stretches of
    the axis. ``relative`` is milliseconds since the series' first point. ``least`` and ``most`` cut the axis, both ends inside.
    """

    run_ids: list[str]
    metrics: list[str]
    points: Int64 = 1000
    axis: Axis = "step"
    least: float | None = None
    most: float | None = None


class Series(Message, frozen=True, kw_only=True, omit_defaults=False):
    """Real points of one series by column, in the order of the axis; ``total`` is how many there are in the range."""

    run_id: str
    metric: str
    total: int
    steps: list[int]
    timestamps: list[int]
    values: list[Cell]


class SeriesFound(Message, frozen=True, kw_only=True, omit_defaults=False):
    """One entry a series that has points."""

    series: list[Series]


class CompareRuns(Message, frozen=True, kw_only=True):
    """All that a comparison shows at first, in one request: the runs' columns and some series.

    Without ``metrics`` come the series of the ``most_metrics`` metrics that most of the runs have.
    """

    run_ids: list[str]
    metrics: list[str] = []
    most_metrics: Int64 = 6
    points: Int64 = 500
    axis: Axis = "step"


class Comparison(Message, frozen=True, kw_only=True, omit_defaults=False):
    """The runs with every param, metric and tag; the metrics that are drawn, and their series."""

    runs: RunRows
    metrics: list[str]
    series: list[Series]


class WatchChanges(Message, frozen=True, kw_only=True):
    """Server-sent events: which runs of some experiments, or of some ids, have changed since the last event.

    An event ``change`` carries a ``Changes`` as its data, at most some four a second.
    """

    experiment_id: list[str] = []
    run_id: list[str] = []


class Changes(Message, frozen=True, kw_only=True, omit_defaults=False):
    """New, ended, renamed, deleted and restored runs, and those with new points, params or tags."""

    experiment_ids: list[str]
    run_ids: list[str]
