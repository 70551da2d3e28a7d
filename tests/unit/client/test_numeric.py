"""What a metric takes for a number."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from modelyard.client.numeric import number, step_number, time_number
from modelyard.core.errors import InvalidParameter


class ZeroDimensional:
    """What torch and jax give for a scalar, as far as anybody can tell from outside."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def item(self) -> Any:
        return self._value

    def __float__(self) -> float:
        return float(self._value)


@pytest.mark.parametrize("value", [2.5, Decimal("2.5"), Fraction(5, 2), ZeroDimensional(2.5)])
def test_numbers_of_many_kinds_are_floats(value: Any) -> None:
    assert number("loss", value) == 2.5
    assert type(number("loss", value)) is float


def test_infinities_and_nan_are_numbers() -> None:
    assert math.isinf(number("loss", float("inf")))
    assert math.isnan(number("loss", float("nan")))


@pytest.mark.parametrize(
    "value", [True, "abc", "1.5", None, b"1", 1j, [1.0], {}, object(), 10**400, ZeroDimensional(True)]
)
def test_what_is_no_number_is_refused_with_the_metrics_name(value: Any) -> None:
    with pytest.raises(InvalidParameter, match="'my loss' must be a number"):
        number("my loss", value)


def test_numpy_scalars_and_arrays_of_one_element_are_numbers() -> None:
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")
    assert number("loss", numpy.float32(0.5)) == 0.5
    assert number("loss", numpy.int64(3)) == 3.0
    assert number("loss", numpy.array(0.25)) == 0.25
    assert number("loss", numpy.array([0.25])) == 0.25
    for wrong in (numpy.bool_(True), numpy.array([1.0, 2.0]), numpy.str_("1")):
        with pytest.raises(InvalidParameter):
            number("loss", wrong)


@pytest.mark.parametrize("step", [1.5, "1", True, 2**63, -(2**63) - 1, [1]])
def test_a_step_that_is_no_64_bit_integer_is_refused(step: Any) -> None:
    with pytest.raises(InvalidParameter, match="step of the metric 'loss'"):
        step_number("loss", step)


def test_a_time_before_the_epoch_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="timestamp"):
        time_number("loss", -1)
