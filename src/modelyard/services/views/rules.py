"""Rules of views: how much may be asked for at once."""

from __future__ import annotations

import math
from collections.abc import Sequence, Sized
from typing import NamedTuple

from modelyard.core.checks import check_storable
from modelyard.core.errors import InvalidParameter
from modelyard.core.search import Column
from modelyard.core.wire.messages import series as pictures
from modelyard.core.wire.messages import views as view
from modelyard.core.wire.messages.series import MAX_SERIES, Axis
from modelyard.core.wire.messages.views import MAX_COLUMNS, MAX_ROWS, MAX_RUN_IDS
from modelyard.services.tracking.rules.experiments import numbers

MAX_OFFSET = 2**53
MAX_GROUPED = 8  # columns whose values make groups
MAX_AGGREGATES = 32
MAX_TAGS = 100  # set or removed at once
MAX_EXPORTED = 10_000  # columns of a file
MAX_STATE = 64_000  # bytes of a page's state
MAX_KEPT = 100_000  # states; none is ever thrown away
ID_LENGTHS = (12, 20, 64)  # of a kept state: digits of its digest, more where another state has these
MIN_POINTS, MAX_POINTS = 4, 10_000  # of one series
MAX_ALL_POINTS = 1_000_000  # of all series of an answer
MAX_METRICS = 300


class Drawing(NamedTuple):
    """What is drawn of each series: so many points at most, of this part of the axis."""

    axis: Axis
    points: int
    least: float | None = None
    most: float | None = None


def check_count(name: str, given: Sized, most: int) -> None:
    """Refuse a list that is too long."""
    if len(given) > most:
        raise InvalidParameter(f"{name!r} holds {len(given)} entries; at most {most} are allowed in a request.")


def check_page(offset: int, limit: int, most: int = MAX_ROWS) -> None:
    """Refuse a page that does not exist or is too large."""
    if not 0 <= offset <= MAX_OFFSET:
        raise InvalidParameter(f"Invalid value {offset} for 'offset': it counts from 0.")
    if not 0 <= limit <= most:
        raise InvalidParameter(
            f"Invalid value {limit} for 'limit': at most {most} rows come at a time, and at least 0."
        )


def check_run_ids(run_ids: Sequence[str]) -> list[str]:
    """Check the ids of runs that are looked at; answers each once."""
    check_count("run_ids", run_ids, MAX_RUN_IDS)
    return list(dict.fromkeys(run_ids))


def check_list_runs(request: view.ListRuns) -> None:
    """Check a request for a table of runs."""
    check_page(request.offset, request.limit)
    check_count("columns", request.columns, MAX_COLUMNS)
    if request.run_ids and (request.filter or request.order_by):
        raise InvalidParameter("The runs of 'run_ids' come in that order: leave out 'filter' and 'order_by'.")


def check_named_keys(columns: Sequence[Column]) -> None:
    """Refuse all keys there are for runs that a search finds, which may be very many."""
    for column in columns:
        if column.every:
            raise InvalidParameter(f"Invalid column '{column.name}': only with 'run_ids' are all keys to be had.")


def check_find(limit: int, contains: str = "") -> None:
    """Check a request for keys or values."""
    check_page(0, limit)
    check_storable("contains", contains)


def check_groups(request: view.GroupRuns) -> None:
    """Check a request for groups."""
    check_page(request.offset, request.limit)
    if not request.by:
        raise InvalidParameter("Missing value for required parameter 'by': name what groups have in common.")
    check_count("by", request.by, MAX_GROUPED)
    check_count("aggregates", request.aggregates, MAX_AGGREGATES)
    check_count("order_by", request.order_by, MAX_GROUPED + MAX_AGGREGATES)
    if len(set(request.by)) < len(request.by):
        raise InvalidParameter(f"'by' names a column twice: {request.by}")


def check_change_runs(request: view.ChangeRuns) -> list[str]:
    """Check a change of many runs; answers their ids, each once."""
    is_tag, is_untag = request.action == "tag", request.action == "untag"
    if bool(request.tags) != is_tag or bool(request.keys) != is_untag:
        raise InvalidParameter("'tags' belongs to the action 'tag' and 'keys' to 'untag', and nothing to the others.")
    check_count("tags", request.tags, MAX_TAGS)
    check_count("keys", request.keys, MAX_TAGS)
    return check_run_ids(request.run_ids)


def check_experiment_ids(experiment_ids: Sequence[str]) -> list[int]:
    """Check the ids of experiments that are changed; answers their numbers, each once."""
    check_count("experiment_ids", experiment_ids, MAX_RUN_IDS)
    return numbers(experiment_ids)


def check_export(request: view.ExportRuns) -> None:
    """Check a request for a file of runs."""
    check_count("column", request.column, MAX_EXPORTED)


def check_state(state: str) -> None:
    """Refuse what is no state of a page, or too long."""
    check_storable("state", state)
    if not state or len(state.encode()) > MAX_STATE:
        raise InvalidParameter(f"Invalid value for parameter 'state' supplied: it has 1 to {MAX_STATE} bytes.")


def check_series(request: pictures.GetSeries) -> Drawing:
    """Check a request for pictures. Of very many series each has fewer points than were asked for."""
    check_count("run_ids", request.run_ids, MAX_RUN_IDS)
    check_count("metrics", request.metrics, MAX_METRICS)
    series = len(request.run_ids) * len(request.metrics)
    if series > MAX_SERIES:
        raise InvalidParameter(
            f"{len(request.run_ids)} runs and {len(request.metrics)} metrics are {series} series;"
            f" at most {MAX_SERIES} are allowed in a request."
        )
    for name, value in (("least", request.least), ("most", request.most)):
        if value is not None and math.isnan(value):
            raise InvalidParameter(f"Invalid value NaN for '{name}': it is a place on the axis.")
    points = _points(request.points, series)
    return Drawing(request.axis, points, request.least, request.most)


def check_compare(request: pictures.CompareRuns) -> tuple[int, Drawing]:
    """Check a request for a comparison; how many metrics are drawn, and what of each series."""
    check_run_ids(request.run_ids)
    check_count("metrics", request.metrics, MAX_METRICS)
    if not 0 <= request.most_metrics <= MAX_METRICS:
        raise InvalidParameter(f"Invalid value {request.most_metrics} for 'most_metrics': 0 to {MAX_METRICS}.")
    runs = max(1, len(request.run_ids))
    metrics = min(len(request.metrics) or request.most_metrics, MAX_SERIES // runs)
    return metrics, Drawing(request.axis, _points(request.points, runs * metrics))


def _points(asked: int, series: int) -> int:
    if not MIN_POINTS <= asked <= MAX_POINTS:
        raise InvalidParameter(f"Invalid value {asked} for 'points': {MIN_POINTS} to {MAX_POINTS} of a series.")
    return min(asked, MAX_ALL_POINTS // max(1, series))
