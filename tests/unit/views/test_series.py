"""Pictures of metrics against a plain reference: points in any order, at any step, in chunks or not yet."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.core.entities import Metric
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.codec import encode_reply
from modelyard.core.wire.messages.series import Axis, CompareRuns, GetSeries, Series
from modelyard.db.database import Connection, Row
from modelyard.db.sqlite import SqliteDatabase
from modelyard.services.views.sql.sampling import Window, sample
from modelyard.services.views.sql.store import SqlViewStore
from tests.integration.services.tracking.metrics.yard import NAN, Yard, point

Point = tuple[int, int, float]  # timestamp, step, value

_numbers = st.one_of(st.integers(-6, 40), st.integers(-(2**62), 2**62))
_values = st.one_of(st.integers(-3, 3).map(float), st.floats())
_points = st.tuples(st.one_of(st.integers(0, 60), st.integers(0, 2**62)), _numbers, _values)
_batches = st.lists(st.tuples(st.lists(_points, min_size=1, max_size=30), st.booleans()), min_size=1, max_size=6)
_ends = st.one_of(st.none(), st.floats(-10, 50), st.floats())


class Views(NamedTuple):
    """A store of views and the writer below it."""

    yard: Yard
    store: SqlViewStore

    def log(self, *points: Point, key: str = "loss", run: int | None = None) -> int:
        """Log points of one series; the run's number."""
        run = run or self.yard.run()
        self.yard.append(run, [Metric(key, value, timestamp, step) for timestamp, step, value in points])
        return run

    def series(self, run: int, **request: Any) -> Series | None:
        """The picture of a run's series."""
        found = self.store.get_series(GetSeries(run_ids=[f"run-{run}"], metrics=["loss"], **request)).series
        assert len(found) <= 1
        return found[0] if found else None


@pytest.fixture(scope="module")
def views() -> Iterator[Views]:
    database = SqliteDatabase()
    yield Views(Yard.new(database), SqlViewStore(database))
    database.close()


def _place(one: Point, axis: Axis, start: int) -> int:
    return one[1] if axis == "step" else one[0] - (start if axis == "relative" else 0)


def _shown(points: Sequence[Point]) -> list[tuple[int, int, str]]:
    return [(timestamp, step, repr(value + 0.0)) for timestamp, step, value in points]


def _drawn(series: Series) -> list[Point]:
    values = [float(value) if isinstance(value, str) else value for value in series.values]
    return list(zip(series.timestamps, series.steps, values, strict=True))  # type: ignore[arg-type]


def _reference(
    logged: Sequence[Point], axis: Axis, least: float | None, most: float | None
) -> tuple[list[Point], list[int], int, int]:
    """The points in the window in the order of the axis, their places, and the window's ends."""
    unique = list(
        {(timestamp, step, repr(value + 0.0)): (timestamp, step, value) for timestamp, step, value in logged}.values()
    )
    start = min(timestamp for timestamp, _, _ in unique)
    places = [_place(one, axis, start) for one in unique]
    first, last = min(places), max(places)
    if least is not None and math.isfinite(least):
        first = max(first, math.ceil(least))
    if most is not None and math.isfinite(most):
        last = min(last, math.floor(most))

    def order(one: Point) -> tuple[int, int, float, bool]:
        others = one[0] if axis == "step" else one[1]
        is_nan = math.isnan(one[2])
        return _place(one, axis, start), others, 0.0 if is_nan else one[2], is_nan

    inside = sorted((one for one in unique if first <= _place(one, axis, start) <= last), key=order)
    return inside, [_place(one, axis, start) for one in inside], first, last


@given(
    batches=_batches,
    axis=st.sampled_from(["step", "time", "relative"]),
    points=st.integers(4, 40),
    least=_ends,
    most=_ends,
)
@settings(max_examples=150)
def test_a_picture_has_the_first_last_lowest_and_highest_point_of_each_stretch(
    views: Views,
    batches: list[tuple[list[Point], bool]],
    axis: Axis,
    points: int,
    least: float | None,
    most: float | None,
) -> None:
    least, most = (None if end is not None and math.isnan(end) else end for end in (least, most))
    run = views.yard.run()
    logged: list[Point] = []
    for some, compact in batches:
        views.log(*some, run=run)
        logged += some
        if compact:
            views.yard.compactor().compact_all()

    series = views.series(run, axis=axis, points=points, least=least, most=most)

    inside, places, first, last = _reference(logged, axis, least, most)
    if not inside:
        assert series is None
        return
    assert series is not None
    assert series.total == len(inside)
    drawn = _shown(_drawn(series))
    if len(inside) <= points:
        assert drawn == _shown(inside)
        return
    assert len(drawn) <= points
    assert len(set(drawn)) == len(drawn)
    at = [_shown(inside).index(one) for one in drawn]  # raises for a point that was not logged
    assert at == sorted(at)
    stretches = points // 4
    for number in range(stretches):
        low = first + -(-(last - first + 1) * number // stretches)
        high = first + -(-(last - first + 1) * (number + 1) // stretches) - 1
        here = inside[bisect_right(places, low - 1) : bisect_right(places, high)]
        taken = [inside[index] for index in at if low <= places[index] <= high]
        if here:
            assert _shown([taken[0], taken[-1]]) == _shown([here[0], here[-1]])
            numbers = [value for _, _, value in here if not math.isnan(value)]
            kept = [value for _, _, value in taken if not math.isnan(value)]
            assert (min(numbers, default=0), max(numbers, default=0)) == (min(kept, default=0), max(kept, default=0))


@given(
    places=st.lists(st.integers(-50, 50), min_size=1, max_size=80).map(sorted),
    stretches=st.integers(1, 30),
    data=st.data(),
)
def test_a_sample_is_ascending_and_has_no_more_than_four_points_a_stretch(
    places: list[int], stretches: int, data: st.DataObject
) -> None:
    values = data.draw(st.lists(st.floats(), min_size=len(places), max_size=len(places)))
    window = Window(places[0], places[-1], stretches)
    taken = sample(places, values, window)
    assert taken == sorted(set(taken))
    of_stretch = [window.stretch_of(places[at]) for at in taken]
    assert all(of_stretch.count(number) <= 4 for number in set(of_stretch))
    assert set(of_stretch) == {window.stretch_of(place) for place in places}


def test_numbers_that_json_cannot_hold_are_texts(views: Views) -> None:
    run = views.log((1, 1, NAN), (2, 2, math.inf), (3, 3, -math.inf), (4, 4, 0.5))
    series = views.series(run)
    assert series is not None
    assert series.values == ["NaN", "Infinity", "-Infinity", 0.5]
    assert b'"NaN"' in encode_reply(series)


def test_finite_values_whose_sum_is_not_are_numbers(views: Views) -> None:
    series = views.series(views.log((1, 1, 1.7e308), (2, 2, 1.7e308)))
    assert series is not None
    assert series.values == [1.7e308, 1.7e308]


def test_a_series_of_one_point_is_that_point(views: Views) -> None:
    series = views.series(views.log((5, -3, 2.0)), points=4)
    assert series is not None
    assert (series.total, series.steps, series.timestamps, series.values) == (1, [-3], [5], [2.0])


def test_one_step_written_many_times_is_one_stretch(views: Views) -> None:
    series = views.series(views.log(*((at, 7, float(at % 13)) for at in range(100))), points=8)
    assert series is not None
    assert series.total == 100
    assert series.timestamps == [0, 12, 99]  # the first is the lowest too


def test_steps_at_the_ends_of_their_range_are_drawn(views: Views) -> None:
    steps = [-(2**63), -(2**62), 0, 2**62, 2**63 - 1]
    run = views.log(*((at, step, float(at)) for at, step in enumerate(steps)))
    series = views.series(run, points=4)
    assert series is not None
    assert (series.steps[0], series.steps[-1]) == (steps[0], steps[-1])
    zoomed = views.series(run, least=float(2**62), most=float(2**62))
    assert zoomed is not None
    assert zoomed.steps == [2**62]


def test_a_long_series_is_counted_and_not_read(views: Views) -> None:
    run = views.log(*((at, at, math.sin(at / 50)) for at in range(4_000)))
    views.yard.compactor().compact_all()
    counting = CountingDatabase(views.yard.db)
    found = SqlViewStore(counting).get_series(GetSeries(run_ids=[f"run-{run}"], metrics=["loss"], points=40))  # type: ignore[arg-type]
    (series,) = found.series
    assert series.total == 4_000
    assert len(series.steps) <= 40
    assert counting.rows_of("SELECT id, points FROM metric_chunks") < 60  # of 500


def test_the_number_of_statements_does_not_grow_with_the_series(views: Views) -> None:
    counts = []
    for size in (2, 40):
        runs = [views.log(*((at, at, 1.0 * at) for at in range(30))) for _ in range(size)]
        for run in runs:
            views.log((1, 1, 0.5), (2, 2, 0.25), key="accuracy", run=run)
        views.yard.compactor().compact_all()
        views.log((99, 99, 9.0), run=runs[0])
        counting = CountingDatabase(views.yard.db)
        store = SqlViewStore(counting)  # type: ignore[arg-type]
        run_ids = [f"run-{run}" for run in runs]
        found = store.get_series(GetSeries(run_ids=run_ids, metrics=["loss", "accuracy"], points=8))
        assert [(one.run_id, one.metric) for one in found.series] == [
            (run_id, metric) for run_id in run_ids for metric in ("loss", "accuracy")
        ]
        alone = len(counting.statements)
        assert alone <= 6
        compared = store.compare_runs(CompareRuns(run_ids=run_ids))
        assert compared.metrics == ["accuracy", "loss"]
        assert len(compared.series) == 2 * size
        counts.append((alone, len(counting.statements)))
    assert counts[0] == counts[1]


def test_a_comparison_draws_the_metrics_most_runs_have(views: Views) -> None:
    first, second = views.log((1, 1, 1.0)), views.log((1, 1, 2.0))
    views.log((1, 1, 3.0), key="lr", run=second)
    compared = views.store.compare_runs(
        CompareRuns(run_ids=[f"run-{first}", "unknown", f"run-{second}"], most_metrics=1)
    )
    assert compared.runs.run_ids == [f"run-{first}", f"run-{second}"]
    assert compared.runs.columns["metrics.lr"] == [None, 3.0]
    assert compared.metrics == ["loss"]
    assert [one.run_id for one in compared.series] == [f"run-{first}", f"run-{second}"]
    named = views.store.compare_runs(CompareRuns(run_ids=[f"run-{second}"], metrics=["lr"]))
    assert [(one.metric, one.values) for one in named.series] == [("lr", [3.0])]


def test_what_is_unknown_or_empty_is_left_out(views: Views) -> None:
    run = views.log((1, 1, 1.0))
    assert views.store.get_series(GetSeries(run_ids=["no such run"], metrics=["loss"])).series == []
    assert views.store.get_series(GetSeries(run_ids=[f"run-{run}"], metrics=["nothing"])).series == []
    assert views.series(run, least=5.0, most=2.0) is None
    assert views.store.compare_runs(CompareRuns(run_ids=[])).series == []


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (GetSeries(run_ids=["a"], metrics=["m"], points=3), "points"),
        (GetSeries(run_ids=["a"], metrics=["m"], points=10_001), "points"),
        (GetSeries(run_ids=["a"], metrics=["m"], least=NAN), "least"),
        (GetSeries(run_ids=["a"] * 1_001, metrics=["m"]), "run_ids"),
        (GetSeries(run_ids=["a"] * 1_000, metrics=["m", "n", "o"]), "3000 series"),
    ],
)
def test_what_is_too_much_is_refused_with_its_name(views: Views, request_: GetSeries, said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        views.store.get_series(request_)


class CountingConnection:
    """A connection that keeps its statements, and how many rows each answered."""

    def __init__(self, connection: Connection, log: list[tuple[str, int]]) -> None:
        self._connection = connection
        self._log = log
        self.dialect = connection.dialect

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        rows = self._connection.rows(sql, params)
        self._log.append((sql, len(rows)))
        return rows

    def row(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        self._log.append((sql, 1))
        return self._connection.row(sql, params)


class CountingDatabase:
    """A database whose readers keep their statements."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.statements: list[tuple[str, int]] = []
        self.dialect = database.dialect

    @contextmanager
    def read(self) -> Iterator[CountingConnection]:
        with self._database.read() as connection:
            yield CountingConnection(connection, self.statements)

    def rows_of(self, beginning: str) -> int:
        """The rows of all statements that begin so."""
        return sum(rows for sql, rows in self.statements if sql.startswith(beginning))


def test_points_of_different_runs_are_apart(views: Views) -> None:
    run, other = views.yard.run(), views.yard.run()
    views.yard.append_all([(run, [point(1, 1.0)]), (other, [point(1, 2.0), point(2, 3.0)])])
    found = views.store.get_series(GetSeries(run_ids=[f"run-{other}", f"run-{run}"], metrics=["loss"])).series
    assert [(one.run_id, one.values) for one in found] == [(f"run-{other}", [2.0, 3.0]), (f"run-{run}", [1.0])]
