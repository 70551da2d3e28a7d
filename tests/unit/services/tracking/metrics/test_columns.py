"""Points of one series: merged, cut and ordered."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.core.errors import InvalidParameter
from modelyard.services.tracking.sql.metrics import columns as col
from modelyard.services.tracking.sql.metrics.columns import Columns
from modelyard.services.tracking.sql.metrics.parts import Part, part_of, parts_of, whole
from modelyard.services.tracking.sql.metrics.points import Written, by_key
from modelyard.services.tracking.sql.metrics.position import Position

VALUES = st.sampled_from([0.0, 1.0, -1.0, math.nan, 1.7976931348623157e308, -1.7976931348623157e308])
POINTS = st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 2), VALUES), max_size=30)


def as_columns(points: list[tuple[int, int, float]]) -> Columns:
    return Columns([one[0] for one in points], [one[1] for one in points], [one[2] for one in points])


def rank(point: tuple[int, int, float]) -> tuple[int, int, float, bool]:
    timestamp, step, value = point
    return timestamp, step, 0.0 if math.isnan(value) else value, math.isnan(value)


def in_order(points: list[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    return [one for _, one in sorted({rank(one): one for one in points}.items())]


@given(st.lists(POINTS, max_size=4))
def test_merging_sorts_and_drops_what_is_there_twice(parts: list[list[tuple[int, int, float]]]) -> None:
    merged = col.merged([as_columns(part) for part in parts])
    assert repr(merged) == repr(as_columns(in_order([one for part in parts for one in part])))


@given(POINTS, st.integers(0, 29))
def test_what_comes_after_a_point_is_what_stands_behind_it(points: list[tuple[int, int, float]], at: int) -> None:
    ordered = in_order(points)
    columns = as_columns(ordered)
    if at < len(ordered):
        assert repr(col.cut_after(columns, columns.position(at))) == repr(as_columns(ordered[at + 1 :]))


@given(POINTS, st.integers(0, 3), st.integers(-2, 2))
def test_splitting_puts_every_value_of_a_place_behind_it(points, timestamp: int, step: int) -> None:  # type: ignore[no-untyped-def]
    ordered = in_order(points)
    before, behind = col.split_before(as_columns(ordered), timestamp, step)
    assert repr(before) == repr(as_columns([one for one in ordered if one[:2] < (timestamp, step)]))
    assert repr(behind) == repr(as_columns([one for one in ordered if one[:2] >= (timestamp, step)]))


@given(POINTS)
def test_the_order_of_steps_keeps_equal_steps_in_the_order_of_time(points: list[tuple[int, int, float]]) -> None:
    ordered = in_order(points)
    expected = sorted(ordered, key=lambda one: (one[1], rank(one)))
    assert repr(col.by_step(as_columns(ordered))) == repr(as_columns(expected))


@given(st.lists(POINTS, max_size=4))
def test_parts_in_order_put_in_one_are_what_merging_makes_of_them(parts: list[list[tuple[int, int, float]]]) -> None:
    ordered = [as_columns(in_order(part)) for part in parts]
    assert repr(col.in_one(ordered)) == repr(col.merged(ordered))


def test_the_sum_of_the_greatest_and_the_least_value_is_not_taken_for_nan() -> None:
    greatest = 1.7976931348623157e308
    assert not col.has_nan([greatest, greatest, -greatest, -greatest, -greatest, -greatest])
    assert not col.has_nan([math.inf, -math.inf])
    assert col.has_nan([greatest, math.nan])


def test_points_of_many_keys_are_dealt_out_in_the_order_they_came() -> None:
    dealt = by_key(Written([5, 3, 5], [1, 2, 0], [7, 8, 9], [0.1, 0.2, 0.3]))
    assert dealt == {3: Columns([2], [8], [0.2]), 5: Columns([1, 0], [7, 9], [0.1, 0.3])}


@given(st.lists(st.integers(1, 4), min_size=1, max_size=12), st.integers(1, 4))
def test_keys_that_come_again_in_turn_are_dealt_out_as_any_others(keys: list[int], times: int) -> None:
    keys = keys * times
    numbers = list(range(len(keys)))
    expected = {key: [at for at in numbers if keys[at] == key] for key in keys}
    dealt = by_key(Written(keys, numbers, numbers, [float(number) for number in numbers]))
    assert {key: columns.steps for key, columns in dealt.items()} == expected
    assert all(columns.values == columns.timestamps == columns.steps for columns in dealt.values())


def test_the_last_value_is_that_of_the_greatest_step_whenever_it_came() -> None:
    assert part_of(Columns([1, 2, 3], [9, 2, 3], [0.5, 0.1, 0.9])) == Part(2, 9, 0.1, 0.9, 0.5)
    assert part_of(Columns([1, 2, 3], [9, 9, 3], [0.5, 0.1, 0.9])).last_value == 0.1


def test_nan_is_least_and_greatest_only_where_there_is_nothing_else() -> None:
    assert part_of(Columns([1, 2], [1, 2], [0.5, math.nan]))[:4] == (1, 2, 0.5, 0.5)
    assert repr(part_of(Columns([1], [1], [math.nan]))) == repr(Part(1, 1, math.nan, math.nan, math.nan))


def test_parts_together_say_what_all_points_say() -> None:
    count = 1_000
    steps = [at * 7 % count for at in range(count)]
    columns = Columns(list(range(count)), steps, [float((at * 13) % 101) for at in range(count)])
    assert whole(parts_of(columns)) == part_of(columns)
    assert len(parts_of(columns)) == 8


@pytest.mark.parametrize("token", ["", "x", "AQ", "=", "é", "AAAA" * 20, Position(1, 2, 3.0).token() + "AAAA"])
def test_what_is_no_page_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidParameter, match="Invalid page token"):
        Position.from_token(token)


@pytest.mark.parametrize("position", [Position(0, -(2**63), 0.1), Position(2**63 - 1, 5, -1.7976931348623157e308)])
def test_a_position_comes_back_from_its_token(position: Position) -> None:
    assert Position.from_token(position.token()) == position


def test_nan_stands_just_behind_zero() -> None:
    ascending = [Position(1, 1, -5e-324), Position(1, 1, 0.0), Position(1, 1, math.nan), Position(1, 1, 5e-324)]
    for at, position in enumerate(ascending):
        assert [other.follows(position) for other in ascending] == [number > at for number in range(4)]
