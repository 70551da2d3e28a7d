"""What has changed, found without anybody having written it down: from the ids of rows, and from prints of runs.

New points are the rows of segments behind the last one seen, whatever is watched. What else a run has is compared with
what it had: its own row, its tags, the number of its params. That is done for the runs watched by id and for the latest
of each experiment, and takes no more than a tenth of the time; of older runs an experiment is only counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from modelyard.core.clock import Clock, SystemClock
from modelyard.db import Connection, Database, Row
from modelyard.db.database import WAIT
from modelyard.db.errors import DatabaseBusy
from modelyard.services.tracking.sql.lists import rows_in, rows_with
from modelyard.services.tracking.sql.metrics import arrivals
from modelyard.services.views.contract import Found

LATEST = 2_000
TOGETHER = 20_000  # runs of all experiments; of very many experiments, fewer of each
SHARE = 10  # comparing rests for so many times as long as it took
_MARGIN = 1_000  # ids behind the last one seen that may still turn up: on PostgreSQL, later ids may be committed first
_COMPARED_TEXT = 200  # characters of a tag; of a longer one the length counts too

Prints = dict[int, tuple[str, int, object]]
"""By the number of a run: its id, its experiment, and what is compared."""


class _Marks(NamedTuple):
    """How far the points of metrics have been seen, and the moment of it."""

    version: object
    segment: int
    arrival: int


_NOTHING = _Marks(None, 0, 0)


class SqlChanges:
    """A `ChangeFinder` over SQL; ``latest`` are the runs of an experiment that are compared."""

    def __init__(self, db: Database, *, clock: Clock | None = None, latest: int = LATEST) -> None:
        self._db = db
        self._clock = clock or SystemClock()
        self._latest = latest
        self._marks = _NOTHING
        self._recent: set[int] = set()  # segments that were seen, not far behind the mark
        self._experiments: frozenset[int] = frozenset()
        self._run_ids: frozenset[str] = frozenset()
        self._prints: Prints = {}
        self._counts: dict[int, object] = {}  # of an experiment: what is known of it as a whole
        self._stirred = self._due = False
        self._rests_until = 0.0

    def is_stirred(self) -> bool:
        """See `ChangeFinder`."""
        try:
            marks = self._now(0)
        except DatabaseBusy:  # whoever writes has not committed yet
            return self._stirred
        if marks.version != self._marks.version:
            self._stirred = self._due = True
            self._marks = self._marks._replace(version=marks.version)
        elif not self._stirred:  # what there is more was written by this process
            self._marks = marks
        return self._stirred or (self._due and self._clock.monotonic() >= self._rests_until)

    def watch(self, experiment_ids: Collection[str], run_ids: Collection[str]) -> None:
        """See `ChangeFinder`."""
        idle = not self._experiments and not self._run_ids
        experiments = frozenset(int(each) for each in experiment_ids if each.isdecimal() and len(each) < 19)
        new = experiments - self._experiments, frozenset(run_ids) - self._run_ids
        self._experiments, self._run_ids = experiments, frozenset(run_ids)
        if idle and (experiments or run_ids):
            self._marks = self._now(WAIT)
            self._recent = set()
            self._prints, self._counts = {}, {}
            self._stirred = self._due = False
        if any(new):
            with self._db.read() as conn:
                found = _prints(conn, sorted(self._numbers(conn, *new)))
                self._counts |= _counts(conn, new[0])
            self._prints = {number: each for number, each in (found | self._prints).items() if self._is_watched(each)}

    def look(self) -> Found:
        """See `ChangeFinder`."""
        with self._db.read() as conn:
            runs = _located(conn, self._new_points(conn))
        self._stirred = False
        experiments: set[int] = set()
        if self._due and self._clock.monotonic() >= self._rests_until:
            began = self._clock.monotonic()
            with self._db.read() as conn:
                changed, experiments = self._compare(conn)
            runs |= changed
            self._due = False
            ended = self._clock.monotonic()
            self._rests_until = ended + SHARE * (ended - began)
        watched = {run_id: at for run_id, at in runs.items() if at in self._experiments or run_id in self._run_ids}
        experiments |= self._experiments.intersection(watched.values())
        return Found({run_id: str(at) for run_id, at in watched.items()}, [str(each) for each in experiments])

    def experiments_of(self, run_ids: Collection[str]) -> Mapping[str, str]:
        """See `ChangeFinder`."""
        with self._db.read() as conn:
            rows = rows_with(conn, "SELECT run_id, experiment FROM runs WHERE run_id IN (?*)", list(run_ids))
        return {run_id: str(experiment) for run_id, experiment in rows}

    # points

    def _now(self, wait: float) -> _Marks:
        with self._db.write(wait=wait) as conn:  # so that one moment is told on SQLite: nobody else can write meanwhile
            row = conn.row(
                f"SELECT {conn.dialect.version}, (SELECT max(id) FROM metric_segments),"
                " (SELECT max(id) FROM metric_arrivals)"
            )
        assert row is not None
        return _Marks(row[0], max(row[1] or 0, self._marks.segment), row[2] or 0)

    def _new_points(self, conn: Connection) -> set[int]:
        """The numbers of the runs that have points which were not seen; now they are."""
        margin = _MARGIN if conn.dialect.row_lock else 0
        rows = conn.rows("SELECT id, run, level FROM metric_segments WHERE id > ?", (self._marks.segment - margin,))
        known = self._recent or {row[0] for row in rows if row[0] <= self._marks.segment}
        new = [row for row in rows if row[0] not in known]
        (newest,) = conn.row("SELECT COALESCE(max(id), 0) FROM metric_arrivals") or (0,)
        # What had arrived was dealt out: the rows that are there now begin with the first again.
        start = 0 if new else min(self._marks.arrival, newest)
        found = {run for _, run, level in new if level == 0} | arrivals.runs_after(conn, start)
        self._recent = {row[0] for row in rows} if margin else set()
        self._marks = self._marks._replace(
            segment=max([self._marks.segment, *(row[0] for row in rows)]), arrival=newest
        )
        return found

    # all else

    def _is_watched(self, printed: tuple[str, int, object]) -> bool:
        return printed[0] in self._run_ids or printed[1] in self._experiments

    def _compare(self, conn: Connection) -> tuple[dict[str, int], set[int]]:
        """The runs (id → experiment) and experiments that are not as they were; from now on they are compared with this."""
        before, counted = self._prints, self._counts
        tracked = sorted(before, reverse=True)[
            : 2 * self._latest
        ]  # a run that was deleted is not among the latest any more
        numbers = self._numbers(conn, self._experiments, self._run_ids).union(tracked)
        self._prints = now = _prints(conn, sorted(numbers))
        self._counts = _counts(conn, self._experiments)
        changed = [now.get(number) or before[number] for number in numbers if now.get(number) != before.get(number)]
        experiments = {each for each in self._experiments if self._counts.get(each) != counted.get(each)}
        return {run_id: experiment for run_id, experiment, _ in changed}, experiments

    def _numbers(self, conn: Connection, experiments: Iterable[int], run_ids: Iterable[str]) -> set[int]:
        """The numbers of the runs that are compared."""
        numbers = {row[0] for row in rows_with(conn, "SELECT id FROM runs WHERE run_id IN (?*)", list(run_ids))}
        count = min(self._latest, TOGETHER // max(1, len(self._experiments)))
        for experiment in experiments:
            numbers.update(row[0] for row in _select_latest(conn, experiment, count))
        return numbers


def _prints(conn: Connection, numbers: Sequence[int]) -> Prints:
    pairs = conn.dialect.pairs_json % {"key": "key", "value": f"substr(value, 1, {_COMPARED_TEXT})"}
    tags = _by_run(conn, f"SELECT run, {pairs}, sum(length(value)) FROM tags WHERE run IN (?*) GROUP BY run", numbers)
    params = _by_run(conn, "SELECT run, count(*) FROM params WHERE run IN (?*) GROUP BY run", numbers)
    rows = rows_in(
        conn,
        "SELECT id, run_id, experiment, status, end_time, lifecycle_stage, run_name FROM runs WHERE id IN (?*)",
        numbers,
    )
    return {row[0]: (row[1], row[2], (*row[3:], tags.get(row[0]), params.get(row[0]))) for row in rows}


def _by_run(conn: Connection, sql: str, numbers: Sequence[int]) -> dict[int, int]:
    """What rows say of each run, as a number."""
    return {row[0]: hash(row[1:]) for row in rows_in(conn, sql, numbers)}


def _counts(conn: Connection, experiments: Iterable[int]) -> dict[int, object]:
    """What is compared of experiments themselves: how many runs of each stage there are, and their own rows."""
    wanted = sorted(experiments)
    counted = rows_in(
        conn,
        "SELECT experiment, lifecycle_stage, count(*) FROM runs WHERE experiment IN (?*)"
        " GROUP BY experiment, lifecycle_stage ORDER BY experiment, lifecycle_stage",
        wanted,
    )
    own = rows_in(conn, "SELECT id, name, lifecycle_stage, last_update_time FROM experiments WHERE id IN (?*)", wanted)
    pairs = conn.dialect.pairs_json % {"key": "key", "value": "value"}
    tags = rows_in(
        conn, f"SELECT experiment, {pairs} FROM experiment_tags WHERE experiment IN (?*) GROUP BY experiment", wanted
    )
    found: dict[int, list[Row]] = {}
    for row in (*counted, *own, *tags):
        found.setdefault(row[0], []).append(row[1:])
    return {experiment: hash(tuple(rows)) for experiment, rows in found.items()}


def _select_latest(conn: Connection, experiment: int, count: int) -> list[Row]:
    return conn.rows(
        "SELECT id FROM runs WHERE experiment = ? AND lifecycle_stage = 'active'"
        " ORDER BY start_time DESC, run_id LIMIT ?",
        (experiment, count),
    )


def _located(conn: Connection, numbers: Collection[int]) -> dict[str, int]:
    """The experiments of runs, by run id."""
    return dict(rows_in(conn, "SELECT run_id, experiment FROM runs WHERE id IN (?*)", sorted(numbers)))
