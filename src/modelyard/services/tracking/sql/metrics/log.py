"""Points come in: rows of points, and what is known of each series, in the transaction of the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from math import isnan
from typing import NamedTuple

from modelyard.db import Connection, Row
from modelyard.services.tracking.sql.metrics import arrivals, latest
from modelyard.services.tracking.sql.metrics.arrivals import Arrival
from modelyard.services.tracking.sql.metrics.latest import latest_of
from modelyard.services.tracking.sql.metrics.points import Written, pack_one, pack_written
from modelyard.services.tracking.sql.metrics.rows import write_rows

__all__ = ["PointBatch", "append", "deal_out", "forget_runs", "latest_of"]

_FEW = 64  # points of a run in one commit, below which they wait for others


class PointBatch(NamedTuple):
    """Points of one run that are to be written, as columns: checked and as they are stored; NaN is a value like others."""

    run: int
    experiment: int
    keys: list[str]
    timestamps: list[int]
    steps: list[int]
    values: list[float]


def append(conn: Connection, batches: Sequence[PointBatch], key_ids: Mapping[str, int]) -> None:
    """Add points; ``key_ids`` has the id of every key among them.

    The same point may be added any number of times, also within one call: readers see it once.
    """
    segments: list[Row] = []
    arrived: list[Arrival] = []
    known: list[Row] = []
    few = _FEW if conn.dialect.name == "sqlite" else 0  # where others write meanwhile, they would wait for each other
    for run, experiment, keys, timestamps, steps, values in _one_for_each_run(batches):
        if len(keys) == 1:
            key, timestamp, step, value = key_ids[keys[0]], timestamps[0], steps[0], values[0]
            if few:
                arrived.append((run, key, timestamp, step, value))
            else:
                segments.append((run, 0, timestamp, timestamp, 1, pack_one(key, timestamp, step, value)))
            number = None if isnan(value) else value
            known.append(latest.row_of_one(run, key, experiment, timestamp, step, number))
        elif keys:
            written = Written([key_ids[key] for key in keys], timestamps, steps, values)
            if len(keys) < few:
                arrived += zip(repeat(run), *written, strict=False)
            else:
                segments.append(_segment(run, written))
            known += latest.rows_of(run, experiment, written)
    if segments:
        _insert_segments(conn, segments)
    if known:
        latest.upsert(conn, known)
    if arrived and arrivals.add(conn, arrived):
        deal_out(conn)


def deal_out(conn: Connection) -> None:
    """Turn what arrived into a row for each run."""
    _insert_segments(conn, [_segment(run, points) for run, points in arrivals.take_all(conn).items()])


def forget_runs(conn: Connection, runs: Sequence[int]) -> None:
    """Remove everything that is kept of some runs."""
    deal_out(conn)
    _count_compactions(conn, sorted(set(runs)))  # one that is under way ends before this, or writes nothing after it
    for table in ("metric_segments", "metric_chunks", "metric_latest", "metric_compactions"):
        conn.many(f"DELETE FROM {table} WHERE run = ?", [(run,) for run in runs])


def _one_for_each_run(batches: Sequence[PointBatch]) -> Sequence[PointBatch]:
    if len(batches) < 2 or len({batch.run for batch in batches}) == len(batches):
        return batches
    of_run: dict[int, list[PointBatch]] = {}
    for batch in batches:
        of_run.setdefault(batch.run, []).append(batch)
    return [
        PointBatch(
            run,
            some[0].experiment,
            list(chain.from_iterable(batch.keys for batch in some)),
            list(chain.from_iterable(batch.timestamps for batch in some)),
            list(chain.from_iterable(batch.steps for batch in some)),
            list(chain.from_iterable(batch.values for batch in some)),
        )
        for run, some in of_run.items()
    ]


def _segment(run: int, points: Written) -> Row:
    first, last = min(points.timestamps), max(points.timestamps)
    return (run, 0, first, last, len(points.keys), pack_written(points))


def _insert_segments(conn: Connection, rows: list[Row]) -> None:
    columns = "run, level, first_timestamp, last_timestamp, count, points"
    write_rows(conn, f"INSERT INTO metric_segments ({columns}) VALUES ?*", rows)


def _count_compactions(conn: Connection, runs: Sequence[int]) -> None:
    insert = "INSERT INTO metric_compactions AS old (run, number) VALUES ?*"
    write_rows(conn, f"{insert} ON CONFLICT (run) DO UPDATE SET number = old.number + 1", [(run, 1) for run in runs])
