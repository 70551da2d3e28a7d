"""What a picture needs to know of a stretch of points: its steps, its least, greatest and last value.

A chunk keeps this for each 128 of its points, so that a picture of a long series is drawn without reading the points.
As bytes: a format number, u8 1, then for each part, little-endian, its least and greatest step (i64), its least,
greatest and last value (doubles).
To change the format, follow the procedure in `packing.py`.
"""

from __future__ import annotations

import struct
from math import isnan
from typing import NamedTuple

from modelyard.core.errors import StoreDamaged
from modelyard.services.tracking.sql.metrics.columns import NAN, Columns, has_nan

PART = 128
_FORMAT = b"\x01"
_PART = struct.Struct("<qqddd")


class Part(NamedTuple):
    """A stretch of points. NaN is neither the least nor the greatest of them, unless there is nothing else.

    ``last_value`` is that of the point with the greatest (step, timestamp, value).
    """

    min_step: int
    max_step: int
    min_value: float
    max_value: float
    last_value: float


def part_of(columns: Columns) -> Part:
    """All of ``columns``, at least one point in order, as one part."""
    steps, values = columns.steps, columns.values
    max_step = max(steps)
    last = len(steps) - 1 if steps[-1] == max_step else len(steps) - 1 - steps[::-1].index(max_step)
    numbers = [value for value in values if not isnan(value)] or [NAN] if has_nan(values) else values
    return Part(min(steps), max_step, min(numbers), max(numbers), values[last])


def parts_of(columns: Columns) -> list[Part]:
    """Each 128 points of ``columns``, which are in order, as one part."""
    return [part_of(columns.part(at, at + PART)) for at in range(0, len(columns.values), PART)]


def whole(parts: list[Part]) -> Part:
    """Parts that follow each other in time as one."""
    if len(parts) == 1:
        return parts[0]
    _, _, minima, maxima, _ = zip(*parts, strict=True)
    numbers = [value for value in minima if not isnan(value)] or [NAN]
    greatest = [value for value in maxima if not isnan(value)] or [NAN]
    last = max(range(len(parts)), key=lambda at: (parts[at].max_step, at))
    return Part(
        min(part.min_step for part in parts), parts[last].max_step, min(numbers), max(greatest), parts[last].last_value
    )


def pack_parts(parts: list[Part]) -> bytes:
    """Parts as bytes."""
    return _FORMAT + b"".join([_PART.pack(*part) for part in parts])


def unpack_parts(packed: bytes) -> list[Part]:
    """What `pack_parts` wrote."""
    if packed[:1] != _FORMAT:
        raise StoreDamaged(f"A summary of metrics is in format {packed[0]}, which this release does not know.")
    return [Part(*fields) for fields in _PART.iter_unpack(memoryview(packed)[1:])]
