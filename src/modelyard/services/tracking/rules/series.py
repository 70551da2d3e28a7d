"""Rules of reading series of metrics."""

from __future__ import annotations

from modelyard.core.checks import invalid
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import metrics as met
from modelyard.services.tracking.rules import limits
from modelyard.services.tracking.rules.values import check_count, check_int64, require


def check_history(request: met.GetMetricHistory) -> int:
    """Check a page of one series; answers the size of the page."""
    require("run_id", request.run_id)
    require("metric_key", request.metric_key)
    return _page(request.max_results)


def check_bulk(request: met.GetMetricHistoryBulk) -> int:
    """Check one metric of several runs; answers how many points at most."""
    count = len(request.run_id)
    if not count:
        raise InvalidParameter("GetMetricHistoryBulk request must specify at least one run_id.")
    if count > limits.HISTORY_RUNS:
        raise InvalidParameter(
            f"GetMetricHistoryBulk request cannot specify more than {limits.HISTORY_RUNS} run_ids. "
            f"Received {count} run_ids."
        )
    if not request.metric_key:
        raise InvalidParameter("GetMetricHistoryBulk request must specify a metric_key.")
    return _page(request.max_results)


def check_interval(request: met.GetMetricHistoryBulkInterval) -> None:
    """Check evenly sampled points of several runs."""
    count = len(request.run_ids)
    require("run_ids", request.run_ids)
    if count > limits.HISTORY_RUNS:
        raise InvalidParameter(
            f"GetMetricHistoryBulkInterval request must specify at most {limits.HISTORY_RUNS} run_ids. "
            f"Received {count} run_ids. See the API docs for more information about request parameters."
        )
    require("metric_key", request.metric_key)
    if not 1 <= request.max_results <= limits.INTERVAL_POINTS:
        raise InvalidParameter(
            f"max_results must be between 1 and {limits.INTERVAL_POINTS}. "
            "See the API docs for more information about request parameters."
        )
    _check_range(request.start_step, request.end_step)


def check_overview(request: met.GetMetricOverview) -> None:
    """Check what a picture asks for."""
    require("run_ids", request.run_ids)
    require("metric_keys", request.metric_keys)
    check_count("run_ids", request.run_ids, limits.OVERVIEW_RUNS)
    check_count("metric_keys", request.metric_keys, limits.OVERVIEW_KEYS)
    if not 1 <= request.buckets <= limits.OVERVIEW_BUCKETS:
        raise invalid("buckets", request.buckets, f"It must be between 1 and {limits.OVERVIEW_BUCKETS}.")
    check_int64("start_step", request.start_step)
    check_int64("end_step", request.end_step)
    if request.start_step is not None and request.end_step is not None and request.start_step > request.end_step:
        raise _backwards(request.start_step, request.end_step)


def _page(wanted: int) -> int:
    if wanted < 1:
        raise InvalidParameter(
            f"Invalid value {wanted} for parameter 'max_results' supplied. It must be a positive integer."
        )
    return min(wanted, limits.HISTORY_PAGE)


def _check_range(start: int | None, end: int | None) -> None:
    if (start is None) != (end is None):
        raise InvalidParameter("If either start step or end step are specified, both must be specified.")
    check_int64("start_step", start)
    check_int64("end_step", end)
    if start is not None and end is not None and start > end:
        raise _backwards(start, end)


def _backwards(start: int, end: int) -> InvalidParameter:
    return InvalidParameter(f"end_step must be greater than start_step. Found start_step={start} and end_step={end}.")
