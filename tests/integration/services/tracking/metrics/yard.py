"""A database with runs and keys, the writer and the readers of metrics upon it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelyard.core.clock import Clock, FixedClock
from modelyard.core.entities import Metric
from modelyard.db import migrate
from modelyard.db.database import Database
from modelyard.services.tracking.sql.metrics import history, log
from modelyard.services.tracking.sql.metrics.compact import Compactor
from modelyard.services.tracking.sql.metrics.log import PointBatch
from modelyard.services.tracking.sql.metrics.sizes import Sizes

TINY = Sizes(chunk=8, folded=3, gathered=12, settled=40, rows_due=3, points_due=6, listed=10, noticed=7)
"""Sizes at which a handful of points goes through all that a million goes through."""
KEYS = {"loss": 1, "accuracy": 2, "lr": 3}
NAN = float("nan")


@dataclass
class Yard:
    """What a test of metrics works with."""

    db: Database
    experiment: int
    runs: int = 0
    deals_out: bool = True
    """Whether what is appended gets rows of its runs in the same transaction, however few points they are."""

    @classmethod
    def new(cls, db: Database) -> Yard:
        """The schema, an experiment and three keys in an empty database."""
        migrate.upgrade(db)
        with db.write() as conn:
            for name, number in KEYS.items():
                conn.run("INSERT INTO names (id, name) VALUES (?, ?)", (number, name))
            conn.run("INSERT INTO experiments (id, name, creation_time, last_update_time) VALUES (77, 'metrics', 0, 0)")
        return cls(db, 77)

    def run(self) -> int:
        """A new run."""
        self.runs += 1
        with self.db.write() as conn:
            conn.run(
                "INSERT INTO runs (id, run_id, experiment, run_name, user_id, status, start_time)"
                " VALUES (?, ?, ?, 'name', 'user', 'RUNNING', 0)",
                (self.runs, f"run-{self.runs}", self.experiment),
            )
        return self.runs

    def append(self, run: int, points: Sequence[Metric]) -> None:
        """Log points in a transaction of their own."""
        self.append_all([(run, points)])

    def append_all(self, batches: Iterable[tuple[int, Sequence[Metric]]]) -> None:
        """Log points of several runs in one transaction."""
        with self.db.write() as conn:
            log.append(conn, [self._batch(run, points) for run, points in batches], KEYS)
            if self.deals_out:
                log.deal_out(conn)

    def _batch(self, run: int, points: Sequence[Metric]) -> PointBatch:
        return PointBatch(
            run,
            self.experiment,
            [point.key for point in points],
            [point.timestamp for point in points],
            [point.step for point in points],
            [point.value + 0.0 for point in points],  # as the rules hand it over: no zero has a sign
        )

    def history(self, run: int, name: str = "loss", *, page: int = 25_000) -> list[Metric]:
        """All points of a series, read in pages."""
        found: list[Metric] = []
        after = None
        while True:
            with self.db.read() as conn:
                points, after = history.history_page(conn, run, KEYS[name], name, after=after, limit=page)
            assert len(points) == page or after is None
            found += points
            if after is None:
                return found

    def latest(self, run: int) -> dict[str, Metric]:
        """The last point of each series of a run."""
        with self.db.read() as conn:
            return {point.key: point for point in log.latest_of(conn, [run])[run]}

    def compactor(self, sizes: Sizes = TINY, clock: Clock | None = None) -> Compactor:
        """A compactor for this database."""
        return Compactor(self.db, clock=clock or FixedClock(), sizes=sizes)

    def stored(self, run: int) -> tuple[int, int, int]:
        """How many rows hold points of a run as they were written, gathered, and as chunks."""
        with self.db.read() as conn:
            row = conn.row(
                "SELECT (SELECT count(*) FROM metric_segments WHERE run = ? AND level = 0),"
                " (SELECT count(*) FROM metric_segments WHERE run = ? AND level = 1),"
                " (SELECT count(*) FROM metric_chunks WHERE run = ?)",
                (run, run, run),
            )
        assert row is not None
        return row  # type: ignore[return-value]


def point(step: int, value: float, *, key: str = "loss", timestamp: int | None = None) -> Metric:
    """A point; its time is its step unless given."""
    return Metric(key, value, step if timestamp is None else timestamp, step)


def plain(points: Iterable[Metric]) -> list[tuple[int, int, str]]:
    """Points as (timestamp, step, value as text), so that NaN equals NaN and -0.0 does not equal 0.0."""
    return [(one.timestamp, one.step, repr(one.value)) for one in points]
