"""Pictures of series: the least, greatest and last value of each of some hundred buckets of steps.

A picture costs about the same at ten thousand points and at ten million: it is made of whole chunks where there are
more of them than buckets, of their parts (128 points) where those suffice, and of the points only of shorter series.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from math import isnan

from modelyard.core.wire.messages.metrics import SeriesOverview
from modelyard.db import Connection
from modelyard.services.tracking.sql.lists import rows_in
from modelyard.services.tracking.sql.metrics.columns import Columns, by_step, joined
from modelyard.services.tracking.sql.metrics.parts import PART, Part, part_of, parts_of, unpack_parts, whole
from modelyard.services.tracking.sql.metrics.stretches import Outline, outlines, points


def overview(
    conn: Connection,
    runs: Mapping[int, str],
    keys: Mapping[int, str],
    *,
    buckets: int,
    start_step: int | None = None,
    end_step: int | None = None,
) -> list[SeriesOverview]:
    """A picture of each series of ``runs`` × ``keys`` (number → id, number → name) that has points in the range.

    ``buckets`` columns at most, of about equal width, the empty ones left out. Every point is in exactly one of them.
    A column made of chunks or parts may reach a little into its neighbour's steps; it says from which to which it goes.
    """
    found = outlines(conn, runs, keys, start_step, end_step)
    return [
        _columnar(run_id, name, sum(stretch.size for stretch in outline), _picture(conn, outline, buckets))
        for run, run_id in runs.items()
        for key, name in keys.items()
        if (outline := found.get((run, key)))
    ]


def _picture(conn: Connection, outline: Outline, buckets: int) -> list[Part]:
    whole_chunks = [stretch for stretch in outline if stretch.columns is None]
    if sum(stretch.size for stretch in whole_chunks) < PART * buckets:
        return _of_points(by_step(joined(list(points(conn, outline)))), buckets)
    parts = [part for stretch in outline if stretch.columns is not None for part in parts_of(stretch.columns)]
    if len(whole_chunks) < buckets:
        parts += _parts_of_chunks(conn, [stretch.chunk for stretch in whole_chunks])
    else:
        parts += [stretch.part for stretch in whole_chunks]
    return _of_parts(parts, buckets)


def _of_points(columns: Columns, buckets: int) -> list[Part]:
    steps = columns.steps
    first, span = steps[0], steps[-1] - steps[0] + 1
    edges = sorted({first + -(-span * bucket // buckets) for bucket in range(1, buckets)} | {steps[-1] + 1})
    ends = [bisect_left(steps, edge) for edge in edges]
    return [part_of(columns.part(start, end)) for start, end in zip([0, *ends], ends, strict=False) if start < end]


def _of_parts(parts: Sequence[Part], buckets: int) -> list[Part]:
    first = min(part.min_step for part in parts)
    span = max(part.max_step for part in parts) - first + 1
    gathered: dict[int, list[Part]] = {}
    for part in sorted(parts, key=_min_step):
        middle = (part.min_step + part.max_step) // 2
        gathered.setdefault((middle - first) * buckets // span, []).append(part)
    return [whole(some) for _, some in sorted(gathered.items())]


def _min_step(part: Part) -> int:
    return part.min_step


def _parts_of_chunks(conn: Connection, ids: Sequence[int]) -> list[Part]:
    rows = rows_in(conn, "SELECT parts FROM metric_chunks WHERE id IN (?*) ORDER BY id", ids)
    return [part for (packed,) in rows for part in unpack_parts(packed)]


def _columnar(run_id: str, name: str, count: int, picture: Sequence[Part]) -> SeriesOverview:
    first_steps, last_steps, *values = zip(*picture, strict=True)
    minima, maxima, lasts = ([None if isnan(value) else value for value in column] for column in values)
    return SeriesOverview(
        run_id=run_id,
        key=name,
        count=count,
        first_steps=list(first_steps),
        last_steps=list(last_steps),
        minima=minima,
        maxima=maxima,
        lasts=lasts,
    )
