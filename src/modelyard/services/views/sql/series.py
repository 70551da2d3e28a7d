"""Pictures of metrics: many series in one answer, and all that a comparison of runs shows at first."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

from modelyard.core.wire.messages import series as pictures
from modelyard.core.wire.messages.views import Cell
from modelyard.db import Connection
from modelyard.services.tracking.sql import names
from modelyard.services.tracking.sql.lists import rows_in, rows_with
from modelyard.services.tracking.sql.metrics.chunks import packed_points
from modelyard.services.tracking.sql.metrics.columns import Columns, by_step, in_one
from modelyard.services.tracking.sql.metrics.packing import unpack
from modelyard.services.views.rules import Drawing
from modelyard.services.views.sql.outlines import Chunk, Outline, SeriesKey, outlines
from modelyard.services.views.sql.rows import number
from modelyard.services.views.sql.sampling import Window, sample

COMPARED = (
    "attributes.run_name",
    "attributes.status",
    "attributes.experiment_id",
    "attributes.start_time",
    "attributes.end_time",
    "attributes.user_id",
    "params.*",
    "metrics.*",
    "tags.*",
)
"""The columns of a comparison."""

_AT_ONCE = 1_024  # chunks read by one statement: some 10 MB


def series_of(
    conn: Connection, run_ids: Sequence[str], metrics: Sequence[str], drawing: Drawing
) -> list[pictures.Series]:
    """The picture of each series that has points where it is drawn, run by run; unknown runs and metrics are passed over."""
    runs: dict[str, int] = dict(rows_with(conn, "SELECT run_id, id FROM runs WHERE run_id IN (?*)", run_ids))
    keys = names.known(conn, metrics)
    found = outlines(conn, sorted(runs.values()), sorted(keys.values()))
    named = {
        (runs[run_id], keys[metric]): (run_id, metric)
        for run_id in run_ids
        if run_id in runs
        for metric in metrics
        if metric in keys
    }
    return [
        _columnar(*named[series], total, columns)
        for series, total, columns in _drawn(conn, {each: found[each] for each in named if each in found}, drawing)
    ]


def most_common(conn: Connection, run_ids: Sequence[str], count: int) -> list[str]:
    """The metrics that most of the runs have; what a machine measures of itself comes after what was logged."""
    runs = [row[0] for row in rows_with(conn, "SELECT id FROM runs WHERE run_id IN (?*)", run_ids)]
    rows = rows_in(
        conn,
        "SELECT n.name, count(*) FROM metric_latest l JOIN names n ON n.id = l.key WHERE l.run IN (?*) GROUP BY n.name",
        runs,
    )
    return [name for name, _ in sorted(rows, key=lambda row: (row[0].startswith("system/"), -row[1], row[0]))][:count]


def _drawn(
    conn: Connection, found: Mapping[SeriesKey, Outline], drawing: Drawing
) -> Iterator[tuple[SeriesKey, int, Columns]]:
    """The points to draw of each series, and how many it has."""
    plans = [
        (series, outline, window, *outline.parted(drawing.axis, window, drawing.points))
        for series, outline in found.items()
        if (window := outline.window(*drawing)) is not None
    ]
    for some in _batches(plans):
        packed = packed_points(conn, [chunk.id for plan in some for chunk in plan[3]])
        for series, outline, window, read, counted in some:
            columns = _read(read, packed, outline.fresh)
            known = sum(chunk.size for chunk in counted)
            total, columns = _picture(columns, window, drawing, known)
            if total:
                yield series, total, columns


Plan = tuple[SeriesKey, Outline, Window, list[Chunk], list[Chunk]]


def _batches(plans: Sequence[Plan]) -> Iterator[list[Plan]]:
    """Series whose chunks are read by one statement."""
    batch: list[Plan] = []
    chunks = 0
    for plan in plans:
        if batch and chunks + len(plan[3]) > _AT_ONCE:
            yield batch
            batch, chunks = [], 0
        batch.append(plan)
        chunks += len(plan[3])
    if batch:
        yield batch


def _read(chunks: Sequence[Chunk], packed: Mapping[int, bytes], fresh: Columns) -> Columns:
    """The points of some chunks and the fresh ones, in order, each once."""
    parts = [(chunk.low, unpack(packed[chunk.id])) for chunk in chunks]
    if fresh.values:
        parts.append(((fresh.timestamps[0], fresh.steps[0]), fresh))
    return in_one([columns for _, columns in sorted(parts, key=_low)])


def _low(part: tuple[tuple[int, int], Columns]) -> tuple[int, int]:
    return part[0]


def _picture(columns: Columns, window: Window, drawing: Drawing, known: int) -> tuple[int, Columns]:
    """How many points there are in the window, ``known`` of them not among the columns, and those that are drawn."""
    if drawing.axis == "step":
        columns = by_step(columns)
    places = columns.steps if drawing.axis == "step" else columns.timestamps
    start, end = bisect_left(places, window.first), bisect_right(places, window.last)
    columns = columns.part(start, end)
    total = known + end - start
    if total > drawing.points:
        places = columns.steps if drawing.axis == "step" else columns.timestamps
        columns = columns.at(sample(places, columns.values, window))
    return total, columns


def _columnar(run_id: str, metric: str, total: int, columns: Columns) -> pictures.Series:
    return pictures.Series(
        run_id=run_id,
        metric=metric,
        total=total,
        steps=columns.steps,
        timestamps=columns.timestamps,
        values=_cells(columns.values),
    )


def _cells(values: Sequence[float]) -> list[Cell]:
    """The values as JSON can hold them: as they are where their sum says that all of them are finite."""
    return list(values) if math.isfinite(sum(values)) else [number(value) for value in values]
