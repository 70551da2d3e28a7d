"""The points of one series as bytes: the format of a chunk, and of each series in a gathered segment.

The bytes, little-endian throughout::

    format  u8   1
    flags   u8   1: the whole numbers are compressed; 2: the values are
    kinds   3×u8 how the timestamps, the steps and the values are written
    count   u32  points
    first   2×i64 timestamp and step of the first point
    length  u32  bytes of the whole numbers
    whole numbers: of timestamps, then of steps; values

Whole numbers are differences to the number before: of 1, 2, 4 or 8 bytes (the kind) and byte-shuffled, or a single
one of 8 bytes where all are the same (kind 0). Where a difference needs more than 8 bytes, they are the plain numbers
(kind 9). Values are doubles (kind 8), or single-precision floats where those are exact (kind 4), byte-shuffled, or a
single double where all are the same (kind 0). A compressed part is one zstd frame.

**To change the format**: give it the next number, write only the new one, keep reading every old one here, and add
bytes written by the release before to ``tests/unit/services/tracking/metrics/formats.py``. Nothing rewrites what is
stored; a compaction writes what it touches in the newest format. A format that is not known raises `StoreDamaged`.
"""

from __future__ import annotations

import struct
import sys
import threading
from array import array
from collections.abc import Sequence
from itertools import accumulate, islice
from operator import sub
from typing import Any

import zstandard

from modelyard.core.errors import StoreDamaged
from modelyard.services.tracking.sql.metrics.columns import Columns

_FORMAT = 1
_HEADER = struct.Struct("<BBBBBIqqI")
_NUMBERS_COMPRESSED, _VALUES_COMPRESSED = 1, 2
_SAME, _SINGLE, _DOUBLE, _PLAIN = 0, 4, 8, 9
_WIDTHS = {1: "b", 2: "h", 4: "i", 8: "q"}
_SMALL = 48  # bytes: below, a frame's own size is not won back
_LEVEL = 3  # from 1 to 3 saves 3 % of the values; 9 takes three times as long for 0.3 % more


class _Zstd(threading.local):
    """zstd's contexts, which take long to make and must not be shared by threads."""

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(level=_LEVEL).compress
        self.decompress = zstandard.ZstdDecompressor().decompress


_zstd = _Zstd()


def pack(columns: Columns) -> bytes:
    """The points of one series, at least one, as bytes."""
    time_kind, times = _differences(columns.timestamps)
    step_kind, steps = _differences(columns.steps)
    value_kind, values = _value_bytes(columns.values)
    numbers, numbers_smaller = smaller(times + steps)
    values, values_smaller = smaller(values)
    flags = _NUMBERS_COMPRESSED * numbers_smaller | _VALUES_COMPRESSED * values_smaller
    first = columns.timestamps[0], columns.steps[0]
    header = _HEADER.pack(_FORMAT, flags, time_kind, step_kind, value_kind, len(columns.values), *first, len(numbers))
    return header + numbers + values


def unpack(packed: bytes) -> Columns:
    """The points that `pack` wrote."""
    if packed[0] != _FORMAT:
        raise StoreDamaged(f"A series of metrics is in format {packed[0]}, which this release does not know.")
    _, flags, time_kind, step_kind, value_kind, count, first_time, first_step, length = _HEADER.unpack_from(packed)
    end = _HEADER.size + length
    numbers, values = packed[_HEADER.size : end], packed[end:]
    if flags & _NUMBERS_COMPRESSED:
        numbers = decompressed(numbers)
    if flags & _VALUES_COMPRESSED:
        values = decompressed(values)
    middle = _numbers_size(time_kind, count)
    return Columns(
        _whole_numbers(numbers[:middle], time_kind, first_time, count),
        _whole_numbers(numbers[middle:], step_kind, first_step, count),
        _values(values, value_kind, count),
    )


def little_endian(typecode: str, numbers: Sequence[float]) -> bytes:
    """The numbers as an array of C's ``typecode``; raises `OverflowError` when one does not fit."""
    made = array(typecode, numbers)
    if sys.byteorder == "big":
        made.byteswap()
    return made.tobytes()


def integers(typecode: str, raw: bytes | bytearray) -> list[int]:
    """The whole numbers that `little_endian` wrote."""
    return list(_from_little_endian(typecode, raw))


def doubles(typecode: str, raw: bytes | bytearray) -> list[float]:
    """The values that `little_endian` wrote."""
    return list(_from_little_endian(typecode, raw))


def _from_little_endian(typecode: str, raw: bytes | bytearray) -> array[Any]:
    made: array[Any] = array(typecode)
    made.frombytes(raw)
    if sys.byteorder == "big":
        made.byteswap()
    return made


def _differences(numbers: list[int]) -> tuple[int, bytes]:
    differences = list(map(sub, islice(numbers, 1, None), numbers)) or [0]
    for width, typecode in _WIDTHS.items():
        try:
            raw = little_endian(typecode, differences)
        except OverflowError:
            continue
        if differences.count(differences[0]) == len(differences):
            return _SAME, little_endian("q", differences[:1])
        return width, _shuffled(raw, width)
    return _PLAIN, _shuffled(little_endian("q", numbers), 8)


def _numbers_size(kind: int, count: int) -> int:
    return {_SAME: 8, _PLAIN: 8 * count}.get(kind, kind * (count - 1))


def _whole_numbers(raw: bytes, kind: int, first: int, count: int) -> list[int]:
    if kind == _PLAIN:
        return integers("q", _unshuffled(raw, 8))
    if kind == _SAME:
        (difference,) = struct.unpack("<q", raw)
        return list(range(first, first + difference * count, difference)) if difference else [first] * count
    return list(accumulate(_from_little_endian(_WIDTHS[kind], _unshuffled(raw, kind)), initial=first))


def _value_bytes(values: list[float]) -> tuple[int, bytes]:
    raw = little_endian("d", values)
    if raw == raw[:8] * len(values):  # as bytes: 0.0 equals -0.0, and NaN not even itself
        return _SAME, raw[:8]
    if array("f", values[:8]).tolist() == values[:8]:  # a look at a few before all are tried
        singles = array("f", values)
        if singles.tolist() == values:
            return _SINGLE, _shuffled(little_endian("f", singles), _SINGLE)
    return _DOUBLE, _shuffled(raw, _DOUBLE)


def _values(raw: bytes, kind: int, count: int) -> list[float]:
    if kind == _SAME:
        return doubles("d", raw) * count
    return doubles("f" if kind == _SINGLE else "d", _unshuffled(raw, kind))


def smaller(raw: bytes) -> tuple[bytes, bool]:
    """The bytes as a zstd frame, where that is smaller, and whether it is."""
    if len(raw) >= _SMALL:
        compressed = _zstd.compress(raw)
        if len(compressed) < len(raw):
            return compressed, True
    return raw, False


def decompressed(frame: bytes) -> bytes:
    """The bytes of which `smaller` made a frame."""
    return _zstd.decompress(frame)


def _shuffled(raw: bytes, width: int) -> bytes:
    """First the lowest byte of every number, then the next of every number, and so on: equal bytes come together."""
    return raw if width == 1 else b"".join([raw[at::width] for at in range(width)])


def _unshuffled(raw: bytes, width: int) -> bytes | bytearray:
    if width == 1:
        return raw
    count = len(raw) // width
    numbers = bytearray(len(raw))
    for at in range(width):
        numbers[at::width] = raw[at * count : (at + 1) * count]
    return numbers
