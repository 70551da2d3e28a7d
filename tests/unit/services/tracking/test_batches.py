"""Rules of points, params and tags that need no store."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.core.entities import Metric, Param, RunTag
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import runs as run
from modelyard.services.tracking.rules import batches
from modelyard.services.tracking.rules.batches import GoodNames, Points
from modelyard.services.tracking.rules.limits import LARGEST, LARGEST_FLOAT, SMALLEST, Limits

STRICT = Limits(truncate_long_values=False)

points = st.builds(
    Metric,
    st.sampled_from(["a", "b", "bad?", "", "c" * 250, "d" * 251, "x/../y"]),
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-1, LARGEST + 1),
    st.integers(SMALLEST - 1, LARGEST + 1),
    st.sampled_from([None, "m-1"]),
)


def _outcome(some: list[Metric], names: GoodNames) -> str:
    try:
        stored = batches.checked_metrics(some, names)
    except InvalidParameter as error:
        return error.message
    return repr(stored)


@given(st.lists(points, max_size=5))
def test_a_batch_is_judged_alike_whether_its_names_are_known_or_not(some: list[Metric]) -> None:
    known = GoodNames()
    for name in ("a", "b", "c" * 250):
        known.check("key", "Metric name", name)
    assert _outcome(some, known) == _outcome(some, GoodNames())


def test_infinities_become_the_largest_numbers_and_nan_stays() -> None:
    some = [Metric("a", value, 1) for value in (math.inf, -math.inf, math.nan, LARGEST_FLOAT, 1e308)]
    stored = batches.checked_metrics(some, GoodNames()).values
    assert stored[:2] == [LARGEST_FLOAT, -LARGEST_FLOAT]
    assert math.isnan(stored[2])
    assert stored[3:] == [LARGEST_FLOAT, 1e308]


def test_no_zero_keeps_its_sign() -> None:
    names = GoodNames()
    for _ in range(2):
        for stored in (
            batches.checked_metrics([Metric("a", -0.0, 1)], names),
            batches.check_metric(run.LogMetric(run_id="r", key="a", value=-0.0, timestamp=1), names),
        ):
            assert math.copysign(1, stored.values[0]) == 1


def test_numbers_whose_sum_overflows_are_kept() -> None:
    some = [Metric("a", 1.5e308, 1, step) for step in range(4)]
    names = GoodNames()
    for _ in range(2):
        assert batches.checked_metrics(some, names) == Points(["a"] * 4, [1] * 4, [0, 1, 2, 3], [1.5e308] * 4, [])


def test_points_that_name_a_model_are_told_apart() -> None:
    plain, linked = Metric("a", 1.0, 1), Metric("a", 1.0, 1, model_id="m-1", dataset_name="d")
    names = GoodNames()
    for _ in range(2):
        found = batches.checked_metrics([plain, linked], names)
        assert found == Points(["a"] * 2, [1] * 2, [0] * 2, [1.0] * 2, [linked])
    too_long = Metric("a", 1.0, 1, model_id="m-1", dataset_name="d" * 501)
    with pytest.raises(InvalidParameter, match="'dataset_name' exceeds the maximum length of 500 characters"):
        batches.checked_metrics([too_long], names)


def test_good_names_are_remembered_up_to_a_limit() -> None:
    names = GoodNames(size=2)
    for name in ("a", "b", "c", "a"):
        names.check("key", "Metric name", name)
    assert names.known == {"a", "b"}
    with pytest.raises(InvalidParameter):
        names.check("key", "Metric name", "bad?")
    assert names.known == {"a", "b"}


def test_long_values_are_cut_or_refused() -> None:
    long = Param("a", "x" * 6001)
    assert batches.checked_params([long], Limits()) == [Param("a", "x" * 6000)]
    with pytest.raises(InvalidParameter, match="'Param value' exceeds the maximum length of 6000 characters"):
        batches.checked_params([long], STRICT)
    with pytest.raises(InvalidParameter, match=r"'tags\[1\].value' exceeds the maximum length of 8000 characters"):
        batches.checked_tags([RunTag("a", ""), RunTag("b", "x" * 8001)], STRICT)


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "a\udfffb"])
def test_values_that_no_database_holds_are_refused(value: str) -> None:
    with pytest.raises(InvalidParameter, match="'Param value' supplied"):
        batches.checked_params([Param("a", value)], Limits())


def test_every_key_that_is_there_twice_is_named() -> None:
    some = [Param(key, "1") for key in ("a", "b", "a", "b", "c", "a")]
    with pytest.raises(InvalidParameter) as refused:
        batches.checked_params(some, Limits())
    assert "['a', 'b', 'a']" in refused.value.message


def test_a_value_in_a_message_is_bounded() -> None:
    request = run.LogMetric(run_id="r", key="?" * 100_000, value=1.0, timestamp=1)
    with pytest.raises(InvalidParameter) as refused:
        batches.check_metric(request, GoodNames())
    assert len(refused.value.message) < 2000


@pytest.mark.parametrize("before", [None, "", "no json", '{"a": 1}'])
def test_a_history_of_models_begins_anew_where_there_is_none(before: str | None) -> None:
    assert batches.model_history(before, {"run_id": "r"}) == '[{"run_id": "r"}]'


def test_a_history_of_models_does_not_grow_forever() -> None:
    with pytest.raises(InvalidParameter, match="exceeds the maximum length"):
        batches.model_history('["' + "x" * 99_990 + '"]', {"run_id": "r"})
