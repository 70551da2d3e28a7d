"""Groups of runs against sums worked out here."""

from __future__ import annotations

import math
import random
import statistics

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import runs as run
from modelyard.core.wire.messages import views as view
from modelyard.testing.tracking.steps import log, make_run
from tests.unit.views.yard import Yard


def grouped(yard: Yard, **request: object) -> view.RunGroups:
    """Groups of the runs of experiment 0."""
    return yard.views.group_runs(view.GroupRuns(**{"experiment_ids": ["0"], **request}))  # type: ignore[arg-type]


def fill(yard: Yard, rows: list[tuple[str | None, float | None]]) -> None:
    """A run for each pair of a param `p` and a metric `m`."""
    for value, number in rows:
        run_id = make_run(yard.tracking, start_time=1_000)
        yard.tracking.update_run(run.UpdateRun(run_id=run_id, status="FINISHED", end_time=3_000))
        log(
            yard.tracking,
            run_id,
            params={} if value is None else {"p": value},
            metrics={} if number is None else {"m": number},
        )


def test_aggregates_are_those_of_each_group(yard: Yard) -> None:
    chance = random.Random(5)
    rows = [(chance.choice("abc"), chance.gauss(1e6, 1e-2)) for _ in range(60)]
    fill(yard, rows)
    asked = [f"{name}(metrics.m)" for name in ("mean", "min", "max", "stddev", "count")]
    found = grouped(yard, by=["params.p"], aggregates=asked, order_by=["params.p"])
    assert found.total == 3
    for group, name in zip(found.groups, "abc", strict=True):
        values = [number for value, number in rows if value == name]
        expected = [statistics.fmean(values), min(values), max(values), statistics.stdev(values), len(values)]
        assert group.values == [name]
        assert group.runs == len(values)
        assert group.aggregates == pytest.approx(expected, rel=1e-6)


def test_what_is_missing_or_no_number_is_told_from_zero(yard: Yard) -> None:
    fill(yard, [("a", math.nan), ("b", None), ("c", 1.0), ("c", math.nan), (None, 2.0), ("d", math.inf), ("d", 0.0)])
    asked = ["mean(metrics.m)", "max(metrics.m)", "stddev(metrics.m)", "count(metrics.m)"]
    found = {group.values[0]: group.aggregates for group in grouped(yard, by=["params.p"], aggregates=asked).groups}
    largest = 1.7976931348623157e308  # as which infinity is stored
    assert found == {
        "a": ["NaN", "NaN", "NaN", 1],
        "b": [None, None, None, 0],
        "c": [1.0, 1.0, None, 2],
        None: [2.0, 2.0, None, 1],
        "d": [largest, largest, "NaN", 2],
    }


def test_groups_of_several_columns_and_attributes(yard: Yard) -> None:
    fill(yard, [("a", 1.0), ("a", 2.0), ("b", 3.0)])
    make_run(yard.tracking, start_time=5)
    found = grouped(yard, by=["attributes.status", "params.p"], aggregates=["mean(attributes.duration)"])
    assert [(group.values, group.runs, group.aggregates) for group in found.groups] == [
        (["FINISHED", "a"], 2, [2_000.0]),
        (["FINISHED", "b"], 1, [2_000.0]),
        (["RUNNING", None], 1, [None]),
    ]


def test_groups_are_sorted_filtered_and_paged(yard: Yard) -> None:
    fill(yard, [("a", 3.0), ("b", 1.0), ("b", 1.0), ("c", 2.0), ("c", 9.0), ("c", 1.0)])

    def names(**request: object) -> list[str | None]:
        return [each.values[0] for each in grouped(yard, by=["params.p"], **request).groups]

    asked = {"aggregates": ["mean(metrics.m)", "max(metrics.m)"]}
    assert names() == ["c", "b", "a"]
    assert names(order_by=["runs ASC"]) == ["a", "b", "c"]
    assert names(order_by=["mean(metrics.m) desc"], **asked) == ["c", "a", "b"]
    assert names(order_by=["max(metrics.m)", "params.p DESC"], **asked) == ["b", "a", "c"]
    assert names(filter="metrics.m > 1.5") == ["c", "a"]
    page = grouped(yard, by=["params.p"], limit=1, offset=1)
    assert (page.total, [each.values for each in page.groups]) == (3, [["b"]])
    assert grouped(yard, by=["params.p"], offset=9) == view.RunGroups(total=3, groups=[])
    assert grouped(yard, by=["params.p"], filter="metrics.m > 99") == view.RunGroups(total=0, groups=[])
    assert grouped(yard, by=["params.p"], limit=0) == view.RunGroups(total=3, groups=[])


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"by": []}, "'by'"),
        ({"by": ["metrics.m"]}, "groups are made by"),
        ({"by": ["attributes.datasets"]}, "groups are made by"),
        ({"by": ["params.*"]}, "groups are made by"),
        ({"by": ["params.p", "params.p"]}, "twice"),
        ({"by": ["params.p"], "aggregates": ["median(metrics.m)"]}, "Invalid aggregate 'median"),
        ({"by": ["params.p"], "aggregates": ["mean(params.m)"]}, "Invalid aggregate 'mean"),
        ({"by": ["params.p"], "aggregates": ["mean(attributes.status)"]}, "Invalid aggregate 'mean"),
        ({"by": ["params.p"], "order_by": ["params.q"]}, "Invalid order_by clause 'params.q'"),
    ],
)
def test_what_makes_no_groups_is_refused(yard: Yard, request_: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        grouped(yard, **request_)
