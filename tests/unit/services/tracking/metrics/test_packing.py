"""Series as bytes and back."""

from __future__ import annotations

import math
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.core.errors import StoreDamaged
from modelyard.services.tracking.sql.metrics.columns import Columns
from modelyard.services.tracking.sql.metrics.packing import pack, unpack

WHOLE = st.integers(-(2**63), 2**63 - 1)
NUMBERS = st.one_of(st.lists(WHOLE, min_size=1, max_size=80), st.lists(st.integers(0, 300), min_size=1, max_size=80))
VALUES = st.one_of(st.floats(), st.floats(width=32), st.sampled_from([0.5, math.nan, 1e300]))


@st.composite
def series(draw: st.DrawFn) -> Columns:
    timestamps, steps = draw(NUMBERS), draw(NUMBERS)
    count = min(len(timestamps), len(steps))
    values = draw(
        st.one_of(st.lists(VALUES, min_size=count, max_size=count), VALUES.map(lambda value: [value] * count))
    )
    return Columns(timestamps[:count], steps[:count], values)


def bits(columns: Columns) -> tuple[object, ...]:
    return columns.timestamps, columns.steps, struct.pack(f"{len(columns.values)}d", *columns.values)


@given(series())
def test_every_series_comes_back_bit_by_bit(columns: Columns) -> None:
    assert bits(unpack(pack(columns))) == bits(columns)


def curve(count: int) -> Columns:
    rng = random.Random(3)
    timestamps, now = [], 1_750_000_000_000
    for _ in range(count):
        now += rng.randint(40, 60)
        timestamps.append(now)
    values = [2.0 * math.exp(-4.0 * step / count) + rng.gauss(0.1, 0.02) for step in range(count)]
    return Columns(timestamps, list(range(count)), values)


def test_a_noisy_loss_takes_less_than_eight_bytes_a_point() -> None:
    assert len(pack(curve(1_024))) < 8 * 1_024


def test_single_precision_values_take_half() -> None:
    columns = curve(1_024)
    singles = list(struct.unpack("1024f", struct.pack("1024f", *columns.values)))
    packed = pack(columns._replace(values=singles))
    assert len(packed) < 4.7 * 1_024
    assert unpack(packed).values == singles


def test_what_never_changes_takes_next_to_nothing() -> None:
    count = 1_024
    assert len(pack(Columns([5] * count, list(range(count)), [0.001] * count))) < 64


def test_a_format_of_the_future_is_refused() -> None:
    with pytest.raises(StoreDamaged, match="format 2"):
        unpack(b"\x02" + pack(Columns([1], [1], [1.0]))[1:])
