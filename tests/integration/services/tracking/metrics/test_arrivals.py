"""The few points of many runs: one row a commit, until there are enough of them for a row of each run."""

from __future__ import annotations

import pytest

from modelyard.core.clock import FixedClock
from modelyard.core.errors import StoreDamaged
from modelyard.services.tracking.sql.metrics import log
from modelyard.services.tracking.sql.metrics.arrivals import FULL
from modelyard.services.tracking.sql.metrics.sizes import Sizes
from tests.integration.services.tracking.metrics.yard import NAN, Yard, plain, point


@pytest.fixture
def yard(databases) -> Yard:
    """A store on SQLite, which leaves points where they arrive."""
    yard = Yard.new(databases.sqlite())
    yard.deals_out = False
    return yard


def arrived(yard: Yard) -> int:
    with yard.db.read() as conn:
        ((count,),) = conn.rows("SELECT count(*) FROM metric_arrivals")
    return int(count)


def test_a_commit_of_few_points_of_many_runs_is_one_row_and_every_series_is_read_from_it(yard: Yard) -> None:
    runs = [yard.run() for _ in range(3)]
    yard.append_all([(run, [point(1, run), point(0, NAN), point(1, -run, key="lr")]) for run in runs])
    assert arrived(yard) == 1
    assert [yard.stored(run) for run in runs] == [(0, 0, 0)] * 3
    for run in runs:
        assert plain(yard.history(run)) == plain([point(0, NAN), point(1, float(run))])
        assert yard.history(run, "lr") == [point(1, float(-run), key="lr")]
        assert yard.history(run, "accuracy") == []


def test_many_points_of_a_run_get_a_row_of_the_run_at_once(yard: Yard) -> None:
    few, many = yard.run(), yard.run()
    yard.append_all([(few, [point(step, 0.5) for step in range(63)]), (many, [point(step, 0.5) for step in range(64)])])
    assert (yard.stored(few), yard.stored(many)) == ((0, 0, 0), (1, 0, 0))
    assert (len(yard.history(few)), len(yard.history(many))) == (63, 64)


def test_the_commit_that_makes_them_enough_deals_them_out(yard: Yard) -> None:
    runs = [yard.run() for _ in range(32)]
    for step in range(FULL // 32 - 1):
        yard.append_all([(run, [point(step, run + step)]) for run in runs])
    assert {yard.stored(run) for run in runs} == {(0, 0, 0)}
    yard.append_all([(run, [point(FULL, 0.5)]) for run in runs])
    assert {yard.stored(run) for run in runs} == {(1, 0, 0)}
    assert arrived(yard) == 0
    for run in runs:
        expected = [point(step, float(run + step)) for step in range(FULL // 32 - 1)]
        assert yard.history(run) == [*expected, point(FULL, 0.5)]


def test_dealing_out_is_undone_with_its_transaction(yard: Yard) -> None:
    run = yard.run()
    yard.append(run, [point(1, 0.5)])

    def deal_out_and_fail() -> None:
        with yard.db.write() as conn:
            log.deal_out(conn)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        deal_out_and_fail()
    assert (arrived(yard), yard.stored(run)) == (1, (0, 0, 0))
    assert yard.history(run) == [point(1, 0.5)]


def test_compaction_deals_them_out_once_nothing_has_arrived_for_a_while(yard: Yard) -> None:
    clock, run = FixedClock(), yard.run()
    compactor = yard.compactor(Sizes(), clock)
    for step in range(2):
        yard.append(run, [point(step, 0.5)])
        compactor.compact_some(0)
        clock.advance(59_000)
    compactor.compact_some(0)
    assert arrived(yard) == 2
    clock.advance(2_000)
    compactor.compact_some(0)
    assert (arrived(yard), yard.stored(run)) == (0, (1, 0, 0))
    assert yard.history(run) == [point(0, 0.5), point(1, 0.5)]


def test_all_of_them_are_compacted_on_demand(yard: Yard) -> None:
    run = yard.run()
    for step in range(8):
        yard.append(run, [point(step, 0.5)])
    yard.compactor().compact_all()
    assert (arrived(yard), yard.stored(run)) == (0, (0, 0, 1))
    assert yard.history(run) == [point(step, 0.5) for step in range(8)]


def test_pages_go_on_from_what_is_stored_to_what_has_just_arrived(yard: Yard) -> None:
    run = yard.run()
    yard.append(run, [point(step, 0.5) for step in range(0, 200, 2)])
    yard.compactor().compact_all()
    yard.append(run, [point(step, 0.5) for step in range(1, 21, 2)])
    yard.append(run, [point(step, 0.5) for step in range(195, 205)])
    expected = sorted({*range(0, 200, 2), *range(1, 21, 2), *range(195, 205)})
    for page in (1, 7, 1_000):
        assert [one.step for one in yard.history(run, page=page)] == expected


def test_a_format_of_a_later_release_is_refused(yard: Yard) -> None:
    run = yard.run()
    with yard.db.write() as conn:
        conn.run("INSERT INTO metric_arrivals (total, points) VALUES (1, ?)", (b"\x09" + bytes(36),))
    with pytest.raises(StoreDamaged, match="format 9"):
        yard.history(run)


def test_where_writers_work_side_by_side_every_run_gets_its_row_at_once(databases) -> None:
    yard = Yard.new(databases.postgres())
    yard.deals_out = False
    run = yard.run()
    yard.append(run, [point(1, 0.5)])
    assert (arrived(yard), yard.stored(run)) == (0, (1, 0, 0))
