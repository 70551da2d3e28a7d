"""Requests and replies about the series of metrics."""

from __future__ import annotations

from modelyard.core.entities import Metric, MetricWithRunId
from modelyard.core.entities.noun import Int64
from modelyard.core.wire.messages.message import Message


class GetMetricHistory(Message, frozen=True, kw_only=True):
    """The points of one metric of one run, ordered by timestamp, step, value."""

    run_id: str
    metric_key: str
    page_token: str = ""
    max_results: Int64 = 25_000


class MetricHistoryPage(Message, frozen=True, kw_only=True):
    """A page of points; a token only when there are more."""

    metrics: list[Metric] = []
    next_page_token: str = ""


class GetMetricHistoryBulk(Message, frozen=True, kw_only=True):
    """The points of one metric of 1 to 100 runs, at most 25,000 in all. ``run_id`` is repeated."""

    run_id: list[str] = []
    metric_key: str
    max_results: Int64 = 25_000


class GetMetricHistoryBulkInterval(Message, frozen=True, kw_only=True):
    """Evenly sampled points of one metric of up to 100 runs, each run's first and last step always among them."""

    run_ids: list[str] = []
    metric_key: str
    start_step: Int64 | None = None
    end_step: Int64 | None = None
    max_results: Int64 = 2_500


class MetricBulkReply(Message, frozen=True, kw_only=True):
    """Points of several runs."""

    metrics: list[MetricWithRunId] = []


class GetMetricOverview(Message, frozen=True, kw_only=True):
    """Many runs x metrics for a picture (ours): min and max per bucket of steps, down-sampled in the store.

    ``buckets`` is the number of pixel columns; ``start_step`` and ``end_step`` cut the range, both ends inside.
    """

    run_ids: list[str] = []
    metric_keys: list[str] = []
    buckets: Int64 = 500
    start_step: Int64 | None = None
    end_step: Int64 | None = None


class SeriesOverview(Message, frozen=True, kw_only=True):
    """One series as columns of equal length: per bucket its first step, last step, minimum, maximum and last value.

    ``count`` is the number of points in the range; values that are not numbers are ``null``.
    """

    run_id: str
    key: str
    count: int
    first_steps: list[int]
    last_steps: list[int]
    minima: list[float | None]
    maxima: list[float | None]
    lasts: list[float | None]


class MetricOverviewReply(Message, frozen=True, kw_only=True):
    """One entry a series that has points."""

    series: list[SeriesOverview] = []
