"""Fingerprints of data, the same as MLflow's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from modelyard.core.extras import require

_ROWS = 10_000
_WHAT = "Fingerprinting data"


def digest_of_frame(frame: Any) -> str:
    """The fingerprint of a data frame: its first rows, number of rows and names of columns."""
    numpy, pandas = _libraries()
    head = frame.head(_ROWS)
    # A column of numbers or times holds no texts: only the others are looked through, cell by cell.
    others = (
        head if head.empty else head.select_dtypes(exclude=["number", "bool", "datetime", "datetimetz", "timedelta"])
    )
    texts = others.columns[(others.map(type) == str).all(axis=0)]  # noqa: E721 - the type itself
    numbers = head.select_dtypes(include=[numpy.number]).columns
    rows = pandas.util.hash_pandas_object(head[texts.union(numbers)]).values
    return _md5([rows, numpy.int64(len(frame)), *(str(name).encode() for name in frame.columns)])


def digest_of_arrays(*arrays: Any) -> str:
    """The fingerprint of arrays, or of dictionaries of arrays: their first elements and shapes."""
    parts: list[Any] = []
    for item in arrays:
        if isinstance(item, Mapping):
            for key in sorted(item):
                parts.extend(_parts_of(item[key]))
        elif item is not None:
            parts.extend(_parts_of(item))
    return _md5(parts)


def _parts_of(array: Any) -> Iterable[Any]:
    numpy, pandas = _libraries()
    flat = array.flat[:_ROWS]  # a copy of so many elements, not of all
    try:
        yield pandas.util.hash_array(flat)
    except TypeError:
        yield numpy.int64(flat.size)
    for length in array.shape:
        yield numpy.int64(length)


def _md5(parts: Iterable[Any]) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:8]


def _libraries() -> tuple[Any, Any]:
    return require("numpy", what=_WHAT, extra="pandas"), require("pandas", what=_WHAT, extra="pandas")
