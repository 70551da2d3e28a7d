"""Metrics: series of points."""

from __future__ import annotations

import msgspec

from modelyard.core.entities.noun import Int64, Noun


class Metric(Noun, frozen=True, gc=False):
    """One point of a metric's series.

    ``value`` is a float (``nan`` is kept; infinities are stored as ±1.7976931348623157e308), ``timestamp`` is in
    milliseconds since the epoch, ``step`` any 64-bit integer.
    """

    key: str
    value: float
    timestamp: Int64
    step: Int64 = msgspec.field(default_factory=int)
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None
    run_id: str | None = None


class MetricWithRunId(Noun, frozen=True, gc=False):
    """One point of one run's series, in answers about several runs."""

    key: str
    value: float
    timestamp: int
    step: int
    run_id: str
