"""One chunk of a column, reduced to what a profile counts: numbers, or texts with how often each stands there."""

from __future__ import annotations

import datetime as dt
import decimal
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from modelyard.core.extras import loaded
from modelyard.models.libraries import numpy
from modelyard.models.values import is_missing

Kind = Literal["number", "datetime", "category", "other", "empty"]
"""``datetime`` counts in seconds since 1970, UTC. ``other`` are nested values and bytes, or several kinds in one
column: they are counted, and that is all. ``empty`` are columns without a value."""

_NONE = type(None)


class Values(NamedTuple):
    """A chunk: how many values are there, how many are missing, and the values as one of two things."""

    kind: Kind
    present: int
    missing: int
    numbers: Any = None
    """A numpy array of float64 without NaN."""
    texts: Mapping[str, int] = {}


def of_numbers(array: Any, kind: Kind = "number") -> Values:
    """The chunk of a numeric array, in which NaN is what is missing."""
    library = numpy("A profile")
    floats = library.asarray(array, dtype="float64")
    present = floats[~library.isnan(floats)]
    return Values(kind if present.size else "empty", present.size, floats.size - present.size, present)


def of_array(array: Any) -> Values:
    """The chunk of a numpy array with one dimension."""
    library = numpy("A profile")
    match array.dtype.kind:
        case "i" | "u" | "f":
            return of_numbers(array)
        case "M":
            return of_numbers(_as_seconds(library, array.astype("datetime64[us]")), "datetime")
        case "m":
            return of_numbers(_as_seconds(library, array.astype("timedelta64[us]")))
    return of_list(array.tolist())


def of_list(values: Sequence[Any]) -> Values:
    """The chunk of any Python values."""
    types = set(map(type, values))
    if types <= {str, _NONE}:
        return _of_texts([value for value in values if value is not None], len(values))
    present = [value for value in values if not is_missing(value)]
    types, missing = set(map(type, present)), len(values) - len(present)
    if not present:
        return Values("empty", 0, missing)
    if all(map(_is_truth, types)) or all(issubclass(each, str) for each in types):
        return _of_texts(present, len(values))
    if all(map(_is_number, types)):
        return _with_missing(of_numbers([float(value) for value in present]), missing)
    if all(issubclass(each, dt.date) for each in types):
        return _with_missing(of_numbers([_moment(value) for value in present], "datetime"), missing)
    return Values("other", len(present), missing)


def _of_texts(present: Sequence[Any], length: int) -> Values:
    return Values("category" if present else "empty", len(present), length - len(present), texts=_counted(present))


def _counted(present: Sequence[Any]) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for value, times in Counter(present).items():
        found[str(value)] += times
    return found


def _with_missing(values: Values, missing: int) -> Values:
    return values._replace(missing=values.missing + missing)


def _is_truth(each: type) -> bool:
    library = loaded("numpy")
    return issubclass(each, bool) or (library is not None and issubclass(each, library.bool_))


def _is_number(each: type) -> bool:
    library = loaded("numpy")
    number = issubclass(each, int | float | decimal.Decimal) and not issubclass(each, bool)
    return number or (library is not None and issubclass(each, library.integer | library.floating))


def _moment(value: dt.date) -> float:
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time.min)
    return (value if value.tzinfo else value.replace(tzinfo=dt.UTC)).timestamp()


def _as_seconds(library: Any, array: Any) -> Any:
    whole = array.astype("int64") / 1e6
    return library.where(library.isnat(array), library.nan, whole)
