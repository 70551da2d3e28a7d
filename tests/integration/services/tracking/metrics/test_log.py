"""Points come in, and what is known of each series with them."""

from __future__ import annotations

import pytest

from modelyard.core.entities import Metric
from modelyard.services.tracking.sql.metrics import log
from tests.integration.services.tracking.metrics.yard import NAN, Yard, plain, point


def test_a_point_that_is_sent_twice_is_read_once(yard: Yard) -> None:
    run = yard.run()
    points = [point(1, 0.5), point(2, NAN), point(1, 0.5)]
    yard.append(run, points)
    yard.append(run, points)
    assert plain(yard.history(run)) == plain([point(1, 0.5), point(2, NAN)])


def test_batches_of_one_run_in_one_call_become_one_row(yard: Yard) -> None:
    run, other = yard.run(), yard.run()
    yard.append_all([(run, [point(1, 0.5)]), (other, [point(1, 7.0)]), (run, [point(2, 0.4), point(3, 0.3)])])
    assert (yard.stored(run), yard.stored(other)) == ((1, 0, 0), (1, 0, 0))
    assert [one.value for one in yard.history(run)] == [0.5, 0.4, 0.3]


@pytest.mark.parametrize("together", [True, False])
def test_the_last_point_is_the_greatest_by_step_then_time_then_value(yard: Yard, together: bool) -> None:
    run = yard.run()
    points = [
        point(5, 0.1, timestamp=10),
        point(9, 0.2, timestamp=1),
        point(9, 0.3, timestamp=2),
        point(9, 0.25, timestamp=2),
        point(8, 0.9, timestamp=99),
    ]
    for batch in [points] if together else [[one] for one in points]:
        yard.append(run, batch)
    assert yard.latest(run) == {"loss": Metric("loss", 0.3, 2, 9)}


@pytest.mark.parametrize("points", [[0.5, NAN], [NAN, 0.5]])
def test_nan_stands_where_zero_does_when_the_last_point_is_sought(yard: Yard, points: list[float]) -> None:
    run = yard.run()
    for value in points:
        yard.append(run, [point(1, value), point(1, -value, key="accuracy")])
    assert yard.latest(run)["loss"].value == 0.5
    assert repr(yard.latest(run)["accuracy"].value) == "nan"


def test_least_and_greatest_stand_with_the_least_step_at_which_they_occur(yard: Yard) -> None:
    run = yard.run()
    for step, value in [(3, 1.0), (2, 1.0), (-(2**63), 5.0), (7, 5.0), (1, NAN), (2**63 - 1, 1.0)]:
        yard.append(run, [point(step, value, timestamp=0)])
    with yard.db.read() as conn:
        row = conn.row(
            "SELECT min_value, min_step, max_value, max_step, count FROM metric_latest WHERE run = ?", (run,)
        )
    assert row == (1.0, 2, 5.0, -(2**63), 6)


def test_the_last_points_of_many_runs_come_in_one_answer(yard: Yard) -> None:
    runs = [yard.run() for _ in range(3)]
    yard.append_all([(run, [point(run, 0.5, key="lr"), point(run, 0.1)]) for run in runs[:2]])
    with yard.db.read() as conn:
        found = log.latest_of(conn, [*runs, 9_999])
    assert found == {run: [point(run, 0.1), point(run, 0.5, key="lr")] for run in runs[:2]} | {runs[2]: [], 9_999: []}


def test_nothing_is_written_for_no_points(yard: Yard) -> None:
    run = yard.run()
    yard.append_all([])
    yard.append_all([(run, [])])
    assert yard.stored(run) == (0, 0, 0)


def test_a_write_that_is_undone_leaves_no_points(yard: Yard) -> None:
    run = yard.run()

    def append_and_fail() -> None:
        with yard.db.write():
            yard.append(run, [point(1, 0.5)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        append_and_fail()
    assert (yard.history(run), yard.latest(run)) == ([], {})


def test_nothing_is_left_of_runs_that_are_forgotten(yard: Yard) -> None:
    run, other = yard.run(), yard.run()
    for _ in range(2):
        yard.append_all(
            [(one, [point(step, 0.5, key=key) for step in range(20) for key in ("loss", "lr")]) for one in (run, other)]
        )
        yard.append(run, [point(99, 0.5), point(98, 0.5)])
        yard.compactor().compact_all()
    with yard.db.write() as conn:
        log.forget_runs(conn, [run])
    with yard.db.read() as conn:
        for table in ("metric_segments", "metric_chunks", "metric_compactions", "metric_latest"):
            assert conn.row(f"SELECT count(*) FROM {table} WHERE run = ?", (run,)) == (0,)
    assert len(yard.history(other)) == 20
