"""The history of a series, a page at a time, and of several runs in one answer."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import repeat

from modelyard.core.entities import Metric, MetricWithRunId
from modelyard.db import Connection
from modelyard.services.tracking.sql.metrics.columns import NONE, Columns, joined
from modelyard.services.tracking.sql.metrics.position import Position
from modelyard.services.tracking.sql.metrics.series import read_on


def history_page(
    conn: Connection, run: int, key: int, name: str, *, after: Position | None, limit: int
) -> tuple[list[Metric], Position | None]:
    """Up to ``limit`` points of a series by (timestamp, step, value), and where the next page begins: None at the end.

    The last page costs what the first one does. An object for each point and its encoding take less time than joining
    digits with prepared pieces of text, for most of it goes to turning numbers into digits.
    """
    page, following = _page(conn, run, key, after, limit)
    return list(map(Metric, repeat(name), page.values, page.timestamps, page.steps)), following


def bulk(conn: Connection, runs: Mapping[int, str], key: int, name: str, *, limit: int) -> list[MetricWithRunId]:
    """The points of one metric of several runs (number → id), by (run id, timestamp, step, value): ``limit`` in all."""
    points: list[MetricWithRunId] = []
    for run, run_id in sorted(runs.items(), key=lambda item: item[1]):
        if len(points) >= limit:
            break
        page, _ = _page(conn, run, key, None, limit - len(points))
        points += map(MetricWithRunId, repeat(name), page.values, page.timestamps, page.steps, repeat(run_id))
    return points


def _page(conn: Connection, run: int, key: int, after: Position | None, limit: int) -> tuple[Columns, Position | None]:
    parts: list[Columns] = []
    count = 0
    for columns in read_on(conn, run, key, after):
        parts.append(columns)
        count += len(columns.values)
        if count > limit:
            break
    page = joined(parts).part(0, limit) if limit > 0 else NONE
    return page, page.position(len(page.values) - 1) if page.values and count > limit else None
