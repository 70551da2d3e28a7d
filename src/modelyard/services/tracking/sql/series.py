"""Reading series of metrics: ids and names of the request to numbers, then the readers in `metrics/`."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.core.wire.messages import metrics as met
from modelyard.db import Connection
from modelyard.services.tracking.sql import names, runs
from modelyard.services.tracking.sql.metrics import history
from modelyard.services.tracking.sql.metrics.interval import interval as sampled
from modelyard.services.tracking.sql.metrics.overview import overview as pictures
from modelyard.services.tracking.sql.metrics.position import Position


def page(conn: Connection, request: met.GetMetricHistory, limit: int) -> met.MetricHistoryPage:
    """A page of one series; an unknown metric is empty."""
    after = Position.from_token(request.page_token) if request.page_token else None
    run, key = _series(conn, request)
    if key is None:
        return met.MetricHistoryPage()
    points, following = history.history_page(conn, run, key, request.metric_key, after=after, limit=limit)
    return met.MetricHistoryPage(metrics=points, next_page_token=following.token() if following else "")


def bulk(conn: Connection, request: met.GetMetricHistoryBulk, limit: int) -> met.MetricBulkReply:
    """One metric of several runs; unknown runs are passed over."""
    found, key = _numbers(conn, request.run_id), _key(conn, request.metric_key)
    if key is None:
        return met.MetricBulkReply()
    return met.MetricBulkReply(metrics=history.bulk(conn, found, key, request.metric_key, limit=limit))


def interval(conn: Connection, request: met.GetMetricHistoryBulkInterval) -> met.MetricBulkReply:
    """Evenly sampled points of several runs; unknown runs are passed over."""
    found, key = _numbers(conn, request.run_ids), _key(conn, request.metric_key)
    if key is None:
        return met.MetricBulkReply()
    points = sampled(
        conn,
        found,
        key,
        request.metric_key,
        start_step=request.start_step,
        end_step=request.end_step,
        limit=request.max_results,
    )
    return met.MetricBulkReply(metrics=points)


def overview(conn: Connection, request: met.GetMetricOverview) -> met.MetricOverviewReply:
    """Many series for a picture; what is unknown is left out."""
    found = _numbers(conn, request.run_ids)
    known = names.known(conn, set(request.metric_keys))
    keys = {known[name]: name for name in dict.fromkeys(request.metric_keys) if name in known}
    pictures_found = pictures(
        conn, found, keys, buckets=request.buckets, start_step=request.start_step, end_step=request.end_step
    )
    return met.MetricOverviewReply(series=pictures_found)


def _series(conn: Connection, request: met.GetMetricHistory) -> tuple[int, int | None]:
    return runs.state(conn, request.run_id).id, _key(conn, request.metric_key)


def _key(conn: Connection, name: str) -> int | None:
    return names.known(conn, [name]).get(name)


def _numbers(conn: Connection, run_ids: Sequence[str]) -> dict[int, str]:
    """Number → id of the runs that are there, in the order asked for."""
    found = runs.states(conn, set(run_ids))
    return {found[run_id].id: run_id for run_id in dict.fromkeys(run_ids) if run_id in found}
