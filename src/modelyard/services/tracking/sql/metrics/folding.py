"""One step of a compaction: segments of a run become chunks, and what is too little for a chunk one gathered segment.

It is planned from a snapshot, outside of any transaction that writes, and then exchanged for the old rows in one that
is short. Writers append meanwhile; their rows have ids of their own. The number of the run's compactions and the count
of the rows removed show whether somebody else changed the run's stored points since the snapshot: then nothing is
written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from modelyard.db import Connection, Row
from modelyard.services.tracking.sql.lists import rows_in
from modelyard.services.tracking.sql.metrics import chunks
from modelyard.services.tracking.sql.metrics.columns import Columns, in_one, merged
from modelyard.services.tracking.sql.metrics.points import of_all_keys, pack_gathered
from modelyard.services.tracking.sql.metrics.sizes import Sizes


class Overtaken(Exception):
    """Somebody else compacted or removed the run meanwhile; nothing was written."""


class Segment(NamedTuple):
    """A row of points as a step chooses it."""

    id: int
    level: int
    size: int  # points


class Fold(NamedTuple):
    """What one step writes."""

    run: int
    number: int  # of compactions of the run before this one
    segments: list[Segment]
    old_chunks: list[int]
    new_chunks: list[Row]
    rest: dict[int, Columns]
    left: bool  # whether the run has segments that the step leaves alone


def plan(conn: Connection, run: int, sizes: Sizes, *, settle: bool) -> Fold | None:
    """The next step for a run, from one snapshot; None when there is nothing to gain."""
    there = [Segment(*row) for row in _select_segments(conn, run, sizes.listed)]
    chosen = choose(there, sizes, settle=settle)
    if not chosen:
        return None
    left = len(there) > len(chosen) or len(there) == sizes.listed
    old_chunks: list[int] = []
    new_chunks: list[Row] = []
    rest: dict[int, Columns] = {}
    for key, columns in _by_key(conn, chosen).items():
        if len(columns.values) < sizes.folded:
            rest[key] = columns
            continue
        olds = chunks.touched(conn, run, key, columns, sizes.chunk)
        columns = in_one([*(old.columns for old in olds), columns])
        place = max([(columns.timestamps[-1], columns.steps[-1]), *(old.last for old in olds)])
        at_end = chunks.is_last(conn, run, key, place)
        old_chunks += [old.id for old in olds]
        new_chunks += [chunks.row_of(run, key, part) for part in chunks.cut(columns, sizes.chunk, at_end=at_end)]
    return Fold(run, _select_number(conn, run), chosen, old_chunks, new_chunks, rest, left)


def choose(there: Sequence[Segment], sizes: Sizes, *, settle: bool) -> list[Segment]:
    """The segments of a run that one step takes, from all in order of time.

    Those as written come first, up to a bound; then gathered ones, while they are no greater than what is chosen
    already, so that a point is gathered again only as often as the whole doubles. One that is alone and gathered, or
    alone and small, stays.
    """
    bound = sizes.settled if settle else sizes.gathered
    chosen: list[Segment] = []
    total = 0
    for segment in there:
        if segment.level == 0 and total < bound:
            chosen.append(segment)
            total += segment.size
    for segment in sorted((one for one in there if one.level > 0), key=lambda one: one.size):
        if segment.size <= total or (settle and total + segment.size <= bound):
            chosen.append(segment)
            total += segment.size
    worth_it = len(chosen) > 1 or any(one.level == 0 and one.size >= sizes.folded // 2 for one in chosen)
    return chosen if worth_it else []


def commit(conn: Connection, fold: Fold) -> None:
    """Exchange the old rows for the new.

    Raises:
        Overtaken: the run is not as it was planned from; the transaction must be undone.
    """
    if _count_compaction(conn, fold.run, fold.number) != 1:
        raise Overtaken
    if _delete(conn, "metric_segments", [segment.id for segment in fold.segments]) != len(fold.segments):
        raise Overtaken
    if _delete(conn, "metric_chunks", fold.old_chunks) != len(fold.old_chunks):
        raise Overtaken
    chunks.insert(conn, fold.new_chunks)
    if fold.rest:
        _insert_gathered(conn, fold.run, fold.rest)


def _by_key(conn: Connection, chosen: Sequence[Segment]) -> dict[int, Columns]:
    parts: dict[int, list[Columns]] = {}
    ids = [segment.id for segment in chosen]
    for (points,) in rows_in(conn, "SELECT points FROM metric_segments WHERE id IN (?*)", ids):
        for key, columns in of_all_keys(points).items():
            parts.setdefault(key, []).append(columns)
    return {key: merged(some) for key, some in parts.items()}


def _select_segments(conn: Connection, run: int, limit: int) -> list[Row]:
    return conn.rows(
        "SELECT id, level, count FROM metric_segments WHERE run = ?"
        " ORDER BY first_timestamp, last_timestamp, id LIMIT ?",
        (run, limit),
    )


def _select_number(conn: Connection, run: int) -> int:
    row = conn.row("SELECT number FROM metric_compactions WHERE run = ?", (run,))
    return row[0] if row else 0


def _count_compaction(conn: Connection, run: int, number: int) -> int:
    return conn.run(
        "INSERT INTO metric_compactions AS old (run, number) VALUES (?, ?)"
        " ON CONFLICT (run) DO UPDATE SET number = excluded.number WHERE old.number = ?",
        (run, number + 1, number),
    )


def _delete(conn: Connection, table: str, ids: Sequence[int]) -> int:
    return len(rows_in(conn, f"DELETE FROM {table} WHERE id IN (?*) RETURNING id", ids))


def _insert_gathered(conn: Connection, run: int, series: dict[int, Columns]) -> None:
    first = min(columns.timestamps[0] for columns in series.values())
    last = max(columns.timestamps[-1] for columns in series.values())
    count = sum(len(columns.values) for columns in series.values())
    conn.run(
        "INSERT INTO metric_segments (run, level, first_timestamp, last_timestamp, count, points)"
        " VALUES (?, 1, ?, ?, ?, ?)",
        (run, first, last, count, pack_gathered(series)),
    )
