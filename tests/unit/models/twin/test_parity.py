"""How far predictions are from those they should equal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.models.twin.parity import ABSOLUTE, RELATIVE, difference

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20)


@given(NUMBERS)
def test_what_is_equal_does_not_differ(values: list[float]) -> None:
    found = difference(np.array(values), np.array(values))
    assert (found.rows, found.crossed, found.absolute, found.relative) == (len(values), 0, 0.0, 0.0)


@given(NUMBERS, st.data())
def test_each_row_beyond_the_tolerance_is_counted_and_none_within(values: list[float], data: st.DataObject) -> None:
    expected = np.array(values)
    far = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    allowed = ABSOLUTE + RELATIVE * np.abs(expected)
    found = difference(expected, expected + np.where(far, 2.0, 0.5) * allowed)
    assert found.crossed == int(far.sum())


@pytest.mark.parametrize(
    ("expected", "found", "crossed"),
    [
        ([1, 2, 3], [1, 2, 4], 1),
        (["good", "bad"], ["good", "good"], 1),
        ([True, False], [False, True], 2),
        ([math.nan, 1.0], [math.nan, 1.0], 0),
        ([math.nan, 1.0], [0.0, 1.0], 1),
        ([math.inf, 1.0], [math.inf, 1.0], 0),
        ([math.inf, 1.0], [-math.inf, 1.0], 1),
        ([[0.2, 0.8], [0.5, 0.5]], [[0.2, 0.8], [0.1, 0.9]], 1),
        ([1.0, 2.0], [[1.0], [2.0]], 2),
        ([1.0, 2.0], [1.0], 2),
    ],
)
def test_rows_that_differ(expected: Any, found: Any, crossed: int) -> None:
    assert difference(np.array(expected), np.array(found)).crossed == crossed


def test_texts_of_different_kinds_of_arrays_are_compared_as_texts() -> None:
    assert difference(np.array(["a", "b"]), np.array(["a", "b"], dtype=object)).crossed == 0


def test_tables_are_compared_by_their_values() -> None:
    assert difference(pd.DataFrame({"a": [1.0]}), pd.DataFrame({"b": [1.0]})).crossed == 0


def test_a_tie_of_two_classes_is_told_and_no_difference() -> None:
    found = difference(np.array([1, 2, 3]), np.array([1, 3, 2]), tied=np.array([True, True, False]))
    assert (found.crossed, found.ties) == (1, 1)
