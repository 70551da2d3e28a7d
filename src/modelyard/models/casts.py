"""Which numpy data type is which of ours, and the casts between them that lose nothing."""

from __future__ import annotations

from functools import cache
from typing import Any

from modelyard.models.types import DataType

_WHOLE = (DataType.integer, DataType.long)
_REAL = (DataType.float, DataType.double)
NUMBERS = (*_WHOLE, *_REAL)


def type_of(dtype: Any) -> DataType | None:
    """The type of a numpy data type, or of one of pandas that has its ``kind``; None for what we have no type for.

    >>> import numpy
    >>> type_of(numpy.dtype("int16"))
    integer
    """
    kind, size = dtype.kind, dtype.itemsize
    if kind == "i":
        return DataType.integer if size <= 4 else DataType.long
    if kind == "u":
        return DataType.integer if size < 4 else DataType.long if size < 8 else None
    if kind == "f":
        return DataType.float if size <= 4 else DataType.double if size <= 8 else None
    return _BY_KIND.get(kind)


_BY_KIND = {"b": DataType.boolean, "U": DataType.string, "S": DataType.binary, "M": DataType.datetime}


@cache
def numpy_type(of: DataType) -> Any:
    """The numpy data type of ours."""
    return of.to_numpy()


def cast(array: Any, to: DataType) -> Any:
    """The array as ``to``, or None where that would lose something.

    Whole numbers widen, and become floats where each stays what it is; floats widen. Nothing becomes text, a truth value or
    a whole number.
    """
    have, want = array.dtype, numpy_type(to)
    if have == want:
        return array
    if have.kind == want.kind and have.kind in "MUS":
        return array
    if have.kind == want.kind and have.kind in "if":
        return array.astype(want) if have.itemsize <= want.itemsize else None
    if have.kind == "u" and want.kind == "i":
        return array.astype(want) if have.itemsize < want.itemsize else None
    if have.kind in "iu" and want.kind == "f":
        return _as_floats(array, want)
    return None


def _as_floats(array: Any, want: Any) -> Any:
    limit = 2**53 if want.itemsize == 8 else 2**24
    if array.dtype.itemsize * 8 < limit.bit_length() or not array.size:
        return array.astype(want)
    return array.astype(want) if -limit <= int(array.min()) and int(array.max()) <= limit else None


def named(of: Any) -> str:
    """A type with the numpy type a person knows it by.

    >>> named(DataType.long)
    'long (int64)'
    """
    if isinstance(of, DataType) and of in NUMBERS:
        return (
            f"{of.name} ({ {'integer': 'int32', 'long': 'int64', 'float': 'float32', 'double': 'float64'}[of.name] })"
        )
    return repr(of)
