"""Whatever is appended, compacted and read in whatever order: the answers are those of a set of points in memory."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.core.clock import FixedClock
from modelyard.core.entities import Metric
from modelyard.core.wire.messages.metrics import SeriesOverview
from modelyard.services.tracking.sql.metrics import interval, log, overview
from modelyard.services.tracking.sql.metrics.compact import Compactor
from tests.integration.services.tracking.metrics.model import Model
from tests.integration.services.tracking.metrics.yard import KEYS, NAN, Yard, plain

TIMES = st.one_of(st.integers(0, 12), st.sampled_from([0, 2**63 - 1]), st.integers(0, 2**63 - 1))
STEPS = st.one_of(st.integers(-3, 12), st.sampled_from([-(2**63), 2**63 - 1, 0]))
VALUES = st.one_of(
    st.sampled_from([0.0, -0.0, NAN, 1.0, -1.0, 0.1, 1.7976931348623157e308, -1.7976931348623157e308, 5e-324]),
    st.floats(allow_infinity=False),
)
POINTS = st.builds(Metric, key=st.sampled_from(list(KEYS)), value=VALUES, timestamp=TIMES, step=STEPS)


@st.composite
def curves(draw: st.DrawFn) -> list[Metric]:
    """Points as training code logs them: step after step, the clock standing still now and then."""
    start, count = draw(st.integers(0, 60)), draw(st.integers(1, 20))
    pace = draw(st.sampled_from([0, 1, 7]))
    key = draw(st.sampled_from(list(KEYS)))
    return [Metric(key, 1.0 / (step + 1), 1_000 + pace * step, step) for step in range(start, start + count)]


RUNS = st.integers(0, 1)
BATCHES = st.lists(st.tuples(RUNS, st.one_of(curves(), st.lists(POINTS, max_size=12))), min_size=1, max_size=3)
ACTS = st.one_of(
    st.tuples(st.just("append"), BATCHES),
    st.tuples(st.just("append"), BATCHES),
    st.tuples(st.just("deal out"), st.just(None)),
    st.tuples(st.just("compact some"), st.just(None)),
    st.tuples(st.just("compact all"), st.just(None)),
    st.tuples(st.just("wait"), st.just(None)),
    st.tuples(st.just("restart"), st.just(None)),
    st.tuples(st.just("read"), st.tuples(st.integers(1, 9), st.integers(1, 12), STEPS, STEPS)),
    st.tuples(st.just("forget"), RUNS),
)


class Play:
    """Does each act to the store and to the model, and compares what both answer."""

    def __init__(self, yard: Yard) -> None:
        self.yard = yard
        yard.deals_out = False
        self.model = Model()
        self.runs = [yard.run(), yard.run()]
        self.clock = FixedClock()
        self.compactor = self._new_compactor()

    def _new_compactor(self) -> Compactor:
        return self.yard.compactor(clock=self.clock)

    def act(self, name: str, argument: object) -> None:
        acts: dict[str, Callable[..., object]] = {
            "append": self.append,
            "deal out": self.deal_out,
            "compact some": lambda _: self.compactor.compact_some(0),
            "compact all": lambda _: self.compactor.compact_all(),
            "wait": lambda _: self.clock.advance(61_000),
            "restart": self.restart,
            "read": self.read,
            "forget": self.forget,
        }
        acts[name](argument)

    def restart(self, _: None) -> None:
        self.compactor = self._new_compactor()

    def append(self, batches: list[tuple[int, list[Metric]]]) -> None:
        self.yard.append_all([(self.runs[run], points) for run, points in batches])
        for run, points in batches:
            self.model.append(self.runs[run], points)

    def deal_out(self, _: None) -> None:
        with self.yard.db.write() as conn:
            log.deal_out(conn)

    def forget(self, run: int) -> None:
        with self.yard.db.write() as conn:
            log.forget_runs(conn, [self.runs[run]])
        self.model.forget(self.runs[run])

    def read(self, argument: tuple[int, int, int, int]) -> None:
        page, limit, *ends = argument
        start, end = sorted(ends)
        for run in self.runs:
            for name in KEYS:
                assert plain(self.yard.history(run, name, page=page)) == plain(self.model.history(run, name))
            latest = self.model.latest(run)
            assert {key: plain([one]) for key, one in self.yard.latest(run).items()} == {
                key: plain([one]) for key, one in latest.items()
            }
            assert self.known(run) == {name: self.model.known(run, name) for name in latest}
        self.check_interval(limit, None, None)
        self.check_interval(limit, start, end)
        self.check_overview(limit, None, None)
        self.check_overview(limit, start, end)

    def known(self, run: int) -> dict[str, tuple[object, ...]]:
        with self.yard.db.read() as conn:
            rows = conn.rows(
                "SELECT n.name, value, step, timestamp, first_value, first_step, first_timestamp,"
                " min_value, min_step, max_value, max_step, count"
                " FROM metric_latest l JOIN names n ON n.id = l.key WHERE run = ?",
                (run,),
            )
        return {name: tuple(rest) for name, *rest in rows}

    def check_interval(self, limit: int, start: int | None, end: int | None) -> None:
        with self.yard.db.read() as conn:
            found = interval.interval(
                conn,
                {run: f"run-{run}" for run in self.runs},
                KEYS["loss"],
                "loss",
                start_step=start,
                end_step=end,
                limit=limit,
            )
        for run in self.runs:
            points = self.model.by_step(run, "loss", start, end)
            expected = [points[at] for at in interval.sample(len(points), limit)]
            assert plain(one for one in found if one.run_id == f"run-{run}") == plain(expected)

    def check_overview(self, buckets: int, start: int | None, end: int | None) -> None:
        runs = {run: f"run-{run}" for run in self.runs}
        names = {number: name for name, number in KEYS.items()}
        with self.yard.db.read() as conn:
            found = overview.overview(conn, runs, names, buckets=buckets, start_step=start, end_step=end)
        series = {(one.run_id, one.key): one for one in found}
        for run in self.runs:
            for name in KEYS:
                points = self.model.by_step(run, name, start, end)
                one = series.pop((f"run-{run}", name), None)
                assert (one is None) == (not points)
                if one is not None:
                    check_picture(one, points, buckets)
        assert not series


def check_picture(found: SeriesOverview, points: list[Metric], buckets: int) -> None:
    """The columns of a picture cover all points, within the steps they name."""
    numbers = [one.value for one in points if not isnan(one.value)]
    assert found.count == len(points)
    columns = (found.first_steps, found.last_steps, found.minima, found.maxima, found.lasts)
    assert 1 <= len(found.first_steps) <= buckets
    assert len({len(column) for column in columns}) == 1
    assert found.first_steps[0] == points[0].step
    assert max(found.last_steps) == points[-1].step
    assert found.first_steps == sorted(found.first_steps)
    assert min((one for one in found.minima if one is not None), default=None) == min(numbers, default=None)
    assert max((one for one in found.maxima if one is not None), default=None) == max(numbers, default=None)
    if found.last_steps[-1] == points[-1].step:
        assert found.lasts[-1] == (None if isnan(points[-1].value) else points[-1].value)
    assert all(first <= last for first, last in zip(found.first_steps, found.last_steps, strict=True))


@pytest.mark.parametrize("kind", ["memory", "postgres"])
def test_any_interleaving_of_append_compact_and_read_answers_as_a_set_of_points_does(databases, kind) -> None:
    yard = Yard.new(databases.new(kind))

    @settings(
        max_examples=150 if kind == "memory" else 40,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.lists(ACTS, max_size=25))
    def play(acts: list[tuple[str, object]]) -> None:
        one = Play(yard)
        for name, argument in acts:
            one.act(name, argument)
        one.read((4, 5, -1, 7))

    play()
