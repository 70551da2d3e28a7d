"""Compaction: which run is next, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from modelyard.core.clock import Clock, SystemClock
from modelyard.db import Connection, Database, Row
from modelyard.services.tracking.sql.metrics import arrivals, folding, log
from modelyard.services.tracking.sql.metrics.sizes import Sizes

_TRIES = 3


@dataclass(slots=True)
class _Note:
    """What was written to a run since it was last compacted, as far as this process saw."""

    rows: int
    points: int
    seen: float  # when something was last written


class Compactor:
    """Turns segments into chunks, in the background or all at once.

    Used by one thread at a time. Any number of processes may each have one on the same store: who comes second
    notices and writes nothing. Killed at any moment, it leaves the store as before a step or as after it. What it
    remembers are hints.
    """

    def __init__(self, db: Database, *, clock: Clock | None = None, sizes: Sizes | None = None) -> None:
        self._db = db
        self._clock = clock or SystemClock()
        self._sizes = sizes or Sizes()
        self._notes: dict[int, _Note] = {}  # the runs written to least recently come first
        self._due: dict[int, None] = {}  # an ordered set; they take turns
        self._noticed = 0  # the newest row that was looked at
        self._arrived: tuple[int, int] | None = None  # what had arrived the last time; None = nothing
        self._arrived_at = 0.0

    def compact_some(self, budget_ms: float) -> bool:
        """Work for about ``budget_ms``, one step at least when there is something to do; whether there may be more.

        A step is some 15 ms of work, of which the database is locked for 2; runs of very many series take longer steps.
        """
        end = self._clock.monotonic() + budget_ms / 1000
        self._notice()
        while (run := self._next()) is not None:
            self._step(run)
            if self._clock.monotonic() >= end:
                return True
        return self._db.shrink(keep=self._sizes.kept)

    def compact_all(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Put every run in its most compact form and give the space back.

        ``progress`` is told how many runs are done, of how many.
        """
        self._deal_out()
        with self._db.read() as conn:
            runs = [row[0] for row in _select_runs(conn, self._sizes.folded // 2)]
        for done, run in enumerate(runs):
            if progress:
                progress(done, len(runs))
            self._settle(run)
        while self._db.shrink(keep=0):
            pass
        if progress:
            progress(len(runs), len(runs))

    def _settle(self, run: int) -> None:
        tries = _TRIES
        while tries:
            try:
                step = self._fold(run, settle=True)
            except folding.Overtaken:
                tries -= 1
                continue
            if step is None or not step.left:
                break
        self._forget(run)

    def _notice(self) -> None:
        """Look at what was written since the last time."""
        now = self._clock.monotonic()
        with self._db.read() as conn:
            arrived = arrivals.newest(conn)
        if arrived is None or arrived != self._arrived:
            self._arrived, self._arrived_at = arrived, now
        elif now - self._arrived_at >= self._sizes.idle_seconds:
            self._deal_out()
        with self._db.read() as conn:
            rows = _select_newer(conn, self._noticed, self._sizes.noticed)
        for run, segments, points, newest in rows:
            self._noticed = max(self._noticed, newest)
            note = self._notes.pop(run, None) or _Note(0, 0, now)
            if segments:
                note = _Note(note.rows + segments, note.points + points, now)
            if note.rows:
                self._notes[run] = note
            if self._is_due(note):
                self._due.setdefault(run)

    def _deal_out(self) -> None:
        with self._db.write() as conn:
            log.deal_out(conn)

    def _is_due(self, note: _Note) -> bool:
        return note.rows >= self._sizes.rows_due or note.points >= self._sizes.points_due

    def _next(self) -> int | None:
        if self._due:
            return next(iter(self._due))
        idle_since = self._clock.monotonic() - self._sizes.idle_seconds
        run = next(iter(self._notes), None)
        return run if run is not None and self._notes[run].seen <= idle_since else None

    def _step(self, run: int) -> None:
        try:
            step = self._fold(run, settle=run not in self._due)
        except folding.Overtaken:  # whoever was faster goes on with this run
            step = None
        note = self._notes[run]
        if step is not None:
            taken = [segment.size for segment in step.segments if segment.level == 0]
            note.rows -= len(taken)
            note.points -= sum(taken)
        if step is None or not step.left or note.rows <= 0:
            self._forget(run)
        elif self._due.pop(run, self) is None and self._is_due(note):
            self._due[run] = None

    def _forget(self, run: int) -> None:
        self._notes.pop(run, None)
        self._due.pop(run, None)

    def _fold(self, run: int, *, settle: bool) -> folding.Fold | None:
        with self._db.read() as conn:
            step = folding.plan(conn, run, self._sizes, settle=settle)
        if step is not None:
            with self._db.write() as conn:
                folding.commit(conn, step)
        return step


def _select_newer(conn: Connection, newest: int, limit: int) -> list[Row]:
    return conn.rows(
        "SELECT run, count(*) FILTER (WHERE level = 0), coalesce(sum(count) FILTER (WHERE level = 0), 0), max(id)"
        " FROM (SELECT id, run, level, count FROM metric_segments WHERE id > ? ORDER BY id LIMIT ?) AS newer"
        " GROUP BY run ORDER BY run",
        (newest, limit),
    )


def _select_runs(conn: Connection, worth_it: int) -> list[Row]:
    return conn.rows(
        "SELECT run FROM metric_segments GROUP BY run"
        " HAVING count(*) > 1 OR (min(level) = 0 AND max(count) >= ?) ORDER BY run",
        (worth_it,),
    )
