"""Compaction: what it makes of points, and that it never loses or hides one, whoever else is at work."""

from __future__ import annotations

import threading
import time

import pytest

from modelyard.core.clock import FixedClock
from modelyard.services.tracking.sql.metrics import folding, log
from modelyard.services.tracking.sql.metrics.sizes import Sizes
from tests.integration.services.tracking.metrics.yard import NAN, TINY, Yard, plain, point


def chunks(yard: Yard, run: int) -> list[tuple[int, ...]]:
    with yard.db.read() as conn:
        return conn.rows(
            "SELECT first_timestamp, first_step, last_timestamp, last_step, count FROM metric_chunks"
            " WHERE run = ? ORDER BY key, last_timestamp, last_step, first_timestamp, first_step",
            (run,),
        )


def test_a_long_series_becomes_full_chunks_and_one_that_grows(yard: Yard) -> None:
    run = yard.run()
    yard.append(run, [point(step, 0.5) for step in range(20)])
    yard.compactor().compact_all()
    assert [chunk[-1] for chunk in chunks(yard, run)] == [8, 8, 4]
    yard.append(run, [point(step, 0.5) for step in range(20, 26)])
    yard.compactor().compact_all()
    assert [chunk[-1] for chunk in chunks(yard, run)] == [8, 8, 8, 2]
    assert yard.stored(run) == (0, 0, 4)


def test_series_too_short_for_a_chunk_are_gathered_in_one_row(yard: Yard) -> None:
    run = yard.run()
    for step in range(2):
        yard.append(run, [point(step, 0.5, key=key) for key in ("loss", "lr", "accuracy")])
    yard.compactor().compact_all()
    assert yard.stored(run) == (0, 1, 0)
    assert [one.step for one in yard.history(run, "lr")] == [0, 1]
    yard.append(run, [point(2, 0.5, key="lr")])
    yard.compactor().compact_all()
    assert yard.stored(run) == (0, 1, 1)
    assert [one.step for one in yard.history(run, "lr")] == [0, 1, 2]


def test_a_point_that_comes_again_after_compaction_is_dropped_by_the_next(yard: Yard) -> None:
    run = yard.run()
    points = [point(step, NAN if step == 3 else 0.5) for step in range(20)]
    for _ in range(3):
        yard.append(run, points)
        assert plain(yard.history(run)) == plain(points)
        yard.compactor().compact_all()
        assert sum(chunk[-1] for chunk in chunks(yard, run)) == 20


def test_points_that_come_late_change_only_the_chunks_they_fall_into(yard: Yard) -> None:
    run = yard.run()
    yard.append(run, [point(step, 0.5) for step in range(0, 64, 2)])
    yard.compactor().compact_all()
    before = chunks(yard, run)
    late = [point(step, 0.5) for step in (17, 19, 21)]
    yard.append(run, late)
    yard.compactor().compact_all()
    after = chunks(yard, run)
    assert len(before) == 4
    assert [chunk for chunk in before if chunk not in after] == [before[1]]
    assert sorted(chunk[-1] for chunk in after) == [5, 6, 8, 8, 8]


def test_only_runs_that_are_due_are_compacted_until_they_lie_idle(yard: Yard) -> None:
    clock = FixedClock()
    busy, quiet = yard.run(), yard.run()
    compactor = yard.compactor(Sizes(folded=2, rows_due=3), clock)
    for step in range(3):
        yard.append(busy, [point(step, 0.5)])
    yard.append(quiet, [point(1, 0.5), point(2, 0.5)])
    while compactor.compact_some(0):
        pass
    assert (yard.stored(busy), yard.stored(quiet)) == ((0, 0, 1), (1, 0, 0))
    clock.advance(61_000)
    compactor.compact_some(0)
    assert yard.stored(quiet) == (0, 0, 1)


def test_work_is_done_within_the_budget_and_the_rest_is_announced(yard: Yard) -> None:
    runs = [yard.run() for _ in range(4)]
    for run in runs:
        yard.append(run, [point(step, 0.5) for step in range(8)])
    compactor = yard.compactor()
    assert compactor.compact_some(0) is True
    assert sum(yard.stored(run) == (0, 0, 1) for run in runs) == 1
    while compactor.compact_some(0):
        pass
    assert [yard.stored(run) for run in runs] == [(0, 0, 1)] * 4


def test_progress_is_told_to_the_end(yard: Yard) -> None:
    told: list[tuple[int, int]] = []
    for _ in range(3):
        run = yard.run()
        yard.append(run, [point(step, 0.5) for step in range(4)])
    yard.compactor().compact_all(lambda done, of: told.append((done, of)))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    told.clear()
    yard.compactor().compact_all(lambda done, of: told.append((done, of)))
    assert told == [(0, 0)]


def test_of_two_compactions_of_a_run_at_a_time_the_second_writes_nothing(yard: Yard) -> None:
    run = yard.run()
    points = [point(step, 0.5) for step in range(20)]
    yard.append(run, points)
    with yard.db.read() as conn:
        first, second = (folding.plan(conn, run, TINY, settle=True) for _ in range(2))
    assert first is not None
    assert second is not None
    with yard.db.write() as conn:
        folding.commit(conn, first)
    with pytest.raises(folding.Overtaken), yard.db.write() as conn:
        folding.commit(conn, second)
    assert yard.history(run) == points
    assert yard.stored(run) == (0, 0, 3)


def test_a_compaction_of_other_rows_is_overtaken_too_lest_chunks_overlap(yard: Yard) -> None:
    run = yard.run()
    yard.append(run, [point(step, 0.5) for step in range(10, 20)])
    with yard.db.read() as conn:
        first = folding.plan(conn, run, TINY, settle=False)
    assert first is not None
    yard.append(run, [point(step, 0.4) for step in range(5, 20)])
    with yard.db.read() as conn:
        second = folding.plan(conn, run, TINY, settle=False)
    assert second is not None
    assert not {one.id for one in first.segments} & {one.id for one in second.segments}
    with yard.db.write() as conn:
        folding.commit(conn, first)
    with pytest.raises(folding.Overtaken), yard.db.write() as conn:
        folding.commit(conn, second)


def test_a_compaction_of_a_run_that_is_forgotten_meanwhile_brings_nothing_back(yard: Yard) -> None:
    run = yard.run()
    yard.append(run, [point(step, 0.5) for step in range(20)])
    with yard.db.read() as conn:
        step = folding.plan(conn, run, TINY, settle=True)
    assert step is not None
    with yard.db.write() as conn:
        log.forget_runs(conn, [run])
    with pytest.raises(folding.Overtaken), yard.db.write() as conn:
        folding.commit(conn, step)
    assert yard.stored(run) == (0, 0, 0)


@pytest.mark.parametrize("compacted_before", [False, True])
def test_a_run_that_is_forgotten_while_a_compaction_commits_is_forgotten_whole(
    databases, compacted_before: bool
) -> None:
    yard = Yard.new(databases.postgres())
    run = yard.run()
    if compacted_before:
        yard.append(run, [point(step, 0.5) for step in range(20)])
        yard.compactor().compact_all()
    yard.append(run, [point(step, 0.5, key=key) for key, count in (("loss", 20), ("lr", 2)) for step in range(count)])
    with yard.db.read() as conn:
        step = folding.plan(conn, run, TINY, settle=True)
    assert step is not None
    has_written, errors = threading.Event(), []

    def forget() -> None:
        assert has_written.wait(60)
        try:
            with yard.db.write() as conn:
                log.forget_runs(conn, [run])
        except BaseException as error:
            errors.append(error)
            raise

    thread = threading.Thread(target=forget)
    thread.start()
    with yard.db.write() as conn:
        folding.commit(conn, step)
        has_written.set()
        time.sleep(0.3)  # the other one is waiting for this commit now
    thread.join()
    assert errors == []
    assert yard.stored(run) == (0, 0, 0)


def test_what_is_written_while_a_step_is_planned_stays(yard: Yard) -> None:
    run = yard.run()
    yard.append(run, [point(step, 0.5) for step in range(0, 20, 2)])
    with yard.db.read() as conn:
        step = folding.plan(conn, run, TINY, settle=True)
    assert step is not None
    yard.append(run, [point(step, 0.5) for step in range(1, 20, 2)])
    with yard.db.write() as conn:
        folding.commit(conn, step)
    assert [one.step for one in yard.history(run)] == list(range(20))


def test_the_space_of_what_was_compacted_is_given_back_but_a_reserve(databases) -> None:
    yard = Yard.new(databases.sqlite())
    run = yard.run()
    points = [point(step, 1 / (step + 1)) for step in range(20_000)]
    for start in range(0, 20_000, 1_000):
        yard.append(run, points[start : start + 1_000])
    compactor = yard.compactor(Sizes(kept=20_000))
    while compactor.compact_some(0):
        pass
    assert 12_000 <= free_bytes(yard) <= 20_000
    yard.compactor(Sizes()).compact_all()
    assert free_bytes(yard) == 0
    assert yard.history(run) == points
    assert yard.db.check() == []


def free_bytes(yard: Yard) -> int:
    with yard.db.read() as conn:
        ((pages,),) = conn.rows("PRAGMA freelist_count")
    return 4_096 * int(pages)
