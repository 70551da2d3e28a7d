"""The points of one commit of one run as bytes: the format of a segment.

The first byte is the number of the format; all is little-endian.

1, *as written*: the points in the order they came, as columns: keys (u32), timestamps (i64), steps (i64), values
   (doubles).
2, *gathered* by a compaction: u32 number of series; for each its key (u32) and its length (u32); then each series, in
   order, in the format of `packing.py`.
3, *as written*, of many points: u32 number of points, u32 length; one zstd frame of that length with the keys, timestamps
   and steps as in 1; values (doubles). A third of the bytes of 1, so that a commit writes a third of the pages.

To change a format, follow the procedure in `packing.py`.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Collection, Mapping
from itertools import accumulate, pairwise
from typing import NamedTuple

from modelyard.core.errors import StoreDamaged
from modelyard.services.tracking.sql.metrics.columns import Columns
from modelyard.services.tracking.sql.metrics.packing import (
    decompressed,
    doubles,
    integers,
    little_endian,
    pack,
    smaller,
    unpack,
)

_WRITTEN, _GATHERED, _SQUEEZED = 1, 2, 3
_MANY = 64  # points, from which on their whole numbers are compressed
_AS_WRITTEN = bytes((_WRITTEN,))
_ONE = struct.Struct("<BIqqd")  # a segment of a single point, by far the most frequent
_POINT = _ONE.size - 1
_COUNT = struct.Struct("<BI")
_ENTRY = struct.Struct("<II")
_SQUEEZED_HEAD = struct.Struct("<BII")


class Written(NamedTuple):
    """Points of several series, as columns in the order they came."""

    keys: list[int]
    timestamps: list[int]
    steps: list[int]
    values: list[float]

    def columns(self) -> Columns:
        """The points without their keys."""
        return Columns(self.timestamps, self.steps, self.values)


def pack_one(key: int, timestamp: int, step: int, value: float) -> bytes:
    """A segment of one point."""
    return _ONE.pack(_WRITTEN, key, timestamp, step, value)


def pack_written(points: Written) -> bytes:
    """A segment of points as they came."""
    times, steps = little_endian("q", points.timestamps), little_endian("q", points.steps)
    numbers = b"".join((little_endian("I", points.keys), times, steps))
    head = _AS_WRITTEN
    if len(points.keys) >= _MANY:
        numbers, is_smaller = smaller(numbers)
        if is_smaller:
            head = _SQUEEZED_HEAD.pack(_SQUEEZED, len(points.keys), len(numbers))
    return b"".join((head, numbers, little_endian("d", points.values)))


def pack_gathered(series: Mapping[int, Columns]) -> bytes:
    """A segment of series that are in order."""
    packed = [(key, pack(columns)) for key, columns in sorted(series.items())]
    directory = b"".join([_ENTRY.pack(key, len(one)) for key, one in packed])
    return b"".join((_COUNT.pack(_GATHERED, len(packed)), directory, *(one for _, one in packed)))


def of_key(segment: bytes, key: int) -> Columns | None:
    """The points of one key in a segment; None when it holds none."""
    if segment[0] == _GATHERED:
        found = _entries(segment).get(key)
        return None if found is None else unpack(segment[found])
    if len(segment) == _ONE.size and segment[0] == _WRITTEN:
        _, its_key, timestamp, step, value = _ONE.unpack(segment)
        return Columns([timestamp], [step], [value]) if its_key == key else None
    points = _read_written(segment)
    found_keys = points.keys.count(key)
    if found_keys == len(points.keys):
        return points.columns()
    return points.columns().where([its_key == key for its_key in points.keys]) if found_keys else None


def of_keys(segment: bytes, keys: Collection[int]) -> dict[int, Columns]:
    """The points of some keys in a segment, of those it holds."""
    if segment[0] == _GATHERED or len(keys) == 1:
        return {key: columns for key in keys if (columns := of_key(segment, key))}
    return {key: columns for key, columns in of_all_keys(segment).items() if key in keys}


def of_all_keys(segment: bytes) -> dict[int, Columns]:
    """The points of every key in a segment."""
    if segment[0] == _GATHERED:
        return {key: unpack(segment[place]) for key, place in _entries(segment).items()}
    if len(segment) == _ONE.size and segment[0] == _WRITTEN:
        _, key, timestamp, step, value = _ONE.unpack(segment)
        return {key: Columns([timestamp], [step], [value])}
    return by_key(_read_written(segment))


def by_key(points: Written) -> dict[int, Columns]:
    """The points of every key, in the order they came."""
    keys, columns = points.keys, points.columns()
    turns = _turns(keys)
    if turns == 1:
        return {keys[0]: columns}
    if turns:
        return {key: columns.every(turns, at) for at, key in enumerate(keys[:turns])}
    counts = Counter(keys)
    columns = columns.at(sorted(range(len(keys)), key=keys.__getitem__))
    ends = list(accumulate([counts[key] for key in sorted(counts)], initial=0))
    return {key: columns.part(start, end) for key, (start, end) in zip(sorted(counts), pairwise(ends), strict=True)}


def _turns(keys: list[int]) -> int:
    """After how many points the same keys come again in the same order, as training loops log them; 0 = they do not."""
    try:
        turns = keys.index(keys[0], 1)
    except ValueError:
        turns = len(keys)
    first = keys[:turns]
    regular = len(set(first)) == turns and (first * (len(keys) // turns + 1))[: len(keys)] == keys
    return turns if regular else 0


def _read_written(segment: bytes) -> Written:
    if segment[0] == _SQUEEZED:
        _, count, length = _SQUEEZED_HEAD.unpack_from(segment)
        end = _SQUEEZED_HEAD.size + length
        numbers = decompressed(segment[_SQUEEZED_HEAD.size : end])
        segment = b"".join((_AS_WRITTEN, numbers, segment[end:]))
    if segment[0] != _WRITTEN:
        raise StoreDamaged(f"A segment of metrics is in format {segment[0]}, which this release does not know.")
    count = (len(segment) - 1) // _POINT
    keys, times, steps, values = (1 + count * width for width in (0, 4, 12, 20))
    return Written(
        integers("I", segment[keys:times]),
        integers("q", segment[times:steps]),
        integers("q", segment[steps:values]),
        doubles("d", segment[values:]),
    )


def _entries(segment: bytes) -> dict[int, slice]:
    _, count = _COUNT.unpack_from(segment)
    at = _COUNT.size + count * _ENTRY.size
    found: dict[int, slice] = {}
    for key, length in _ENTRY.iter_unpack(memoryview(segment)[_COUNT.size : at]):
        found[key] = slice(at, at + length)
        at += length
    return found
