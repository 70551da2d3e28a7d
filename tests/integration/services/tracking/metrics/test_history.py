"""The history of a series, a page at a time."""

from __future__ import annotations

import pytest

from modelyard.core.entities import MetricWithRunId
from modelyard.services.tracking.sql.metrics import history
from tests.integration.services.tracking.metrics.yard import KEYS, Yard, point


@pytest.mark.parametrize("page", [1, 3, 50])
def test_pages_put_together_are_the_series_before_and_after_compaction(yard: Yard, page: int) -> None:
    run = yard.run()
    points = [point(step, 1 / (step + 1), timestamp=step // 3) for step in range(40)]
    for start in range(0, 40, 5):
        yard.append(run, [*points[start : start + 5], point(start, 7.0, key="lr")])
    assert yard.history(run, page=page) == points
    while yard.compactor().compact_some(0):
        assert yard.history(run, page=page) == points
    assert yard.stored(run)[2] > 0
    assert yard.history(run, page=page) == points


def test_points_that_come_while_somebody_pages_neither_repeat_nor_hide_others(yard: Yard) -> None:
    run = yard.run()
    yard.append(run, [point(step, 0.5) for step in range(10)])
    with yard.db.read() as conn:
        first, after = history.history_page(conn, run, KEYS["loss"], "loss", after=None, limit=5)
    yard.append(run, [point(-1, 0.5), point(7, 0.4)])
    yard.compactor().compact_all()
    with yard.db.read() as conn:
        rest, end = history.history_page(conn, run, KEYS["loss"], "loss", after=after, limit=50)
    assert [one.step for one in first + rest] == [0, 1, 2, 3, 4, 5, 6, 7, 7, 8, 9]
    assert end is None


def test_a_series_of_one_moment_and_one_step_is_paged_by_value(yard: Yard) -> None:
    run = yard.run()
    values = [float(value) for value in range(30)]
    for start in range(0, 30, 6):
        yard.append(run, [point(0, value) for value in reversed(values[start : start + 6])])
    yard.compactor().compact_all()
    assert yard.stored(run)[2] > 2
    assert [one.value for one in yard.history(run, page=4)] == values


def test_there_is_no_further_page_when_the_page_is_exactly_full(yard: Yard) -> None:
    run = yard.run()
    yard.append(run, [point(step, 0.5) for step in range(6)])
    with yard.db.read() as conn:
        page, after = history.history_page(conn, run, KEYS["loss"], "loss", after=None, limit=6)
    assert (len(page), after) == (6, None)


def test_an_unknown_series_is_empty(yard: Yard) -> None:
    run = yard.run()
    yard.append(run, [point(1, 0.5, key="lr")])
    assert yard.history(run) == []


def test_several_runs_come_by_their_ids_and_end_at_the_limit(yard: Yard) -> None:
    runs = {yard.run(): name for name in ("b", "a", "c")}
    for run in runs:
        yard.append(run, [point(step, float(run)) for step in (2, 1)])
    with yard.db.read() as conn:
        found = history.bulk(conn, runs, KEYS["loss"], "loss", limit=3)
    numbers = {name: float(run) for run, name in runs.items()}
    assert found == [
        MetricWithRunId("loss", numbers["a"], 1, 1, "a"),
        MetricWithRunId("loss", numbers["a"], 2, 2, "a"),
        MetricWithRunId("loss", numbers["b"], 1, 1, "b"),
    ]


def test_the_last_page_reads_no_more_than_the_first(yard: Yard) -> None:
    run = yard.run()
    points = [point(step, 1 / (step + 1)) for step in range(400)]
    yard.append(run, points)
    yard.compactor().compact_all()
    read: list[int] = []

    class Counting:
        """A connection that notes how many rows each statement answers."""

        def rows(self, sql: str, params: object = ()) -> list[tuple[object, ...]]:
            found = conn.rows(sql, params)  # type: ignore[arg-type]
            read.append(len(found))
            return found

    after, costs = None, []
    while True:
        read.clear()
        with yard.db.read() as conn:
            page, after = history.history_page(Counting(), run, KEYS["loss"], "loss", after=after, limit=20)  # type: ignore[arg-type]
        costs.append(sum(read))
        if after is None:
            break
    assert len(page) == 20
    assert max(costs) <= 32
