"""Values of plain Python, nested or not: their type, and whether they fit one.

Errors say where the value stands and of which Python type it is, never the value itself: it is somebody's data.
"""

from __future__ import annotations

import datetime as dt
import decimal
import difflib
import functools
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded
from modelyard.models.casts import cast, named, type_of
from modelyard.models.types import AnyType, Array, ColumnType, DataType, Map, Object, Property, SparkMLVector, merge

_SCALARS: dict[type, DataType] = {
    bool: DataType.boolean,
    int: DataType.long,
    float: DataType.double,
    str: DataType.string,
    bytes: DataType.binary,
    bytearray: DataType.binary,
    dt.date: DataType.datetime,
    dt.datetime: DataType.datetime,
}
_LONG = 2**63
SINGLE_LIMIT = (2 - 2**-24) * 2.0**127
"""What is smaller rounds to a float of 32 bits; this and what is larger, to infinity."""
_WAYS_OUT: dict[type, str] = {
    decimal.Decimal: "convert it to float, or to str to keep its digits",
    complex: "give its real and imaginary parts as two columns",
    dt.time: "convert it to str or to seconds",
    dt.timedelta: "convert it to seconds (float)",
    set: "convert it to a list",
    frozenset: "convert it to a list",
}


def is_missing(value: Any) -> bool:
    """Whether it is None, NaN, NaT or pandas' NA."""
    if value is None:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    pandas = loaded("pandas")
    if pandas is not None and (value is pandas.NA or value is pandas.NaT):
        return True
    library = loaded("numpy")
    if library is None or not isinstance(value, library.generic):
        return False
    return bool(value.dtype.kind in "fM" and value != value)  # noqa: PLR0124 - NaN and NaT are what differs from itself


def plain(value: Any) -> Any:
    """A numpy scalar or array as the Python value or list it holds; anything else as it is."""
    library = loaded("numpy")
    if library is None or not isinstance(value, library.generic | library.ndarray):
        return value
    if value.dtype.kind == "M":
        value = value.astype("datetime64[us]")
    return value.tolist()


def as_mapping(value: Any) -> Any:
    """A pydantic model or a dataclass as the dict of its fields; anything else as it is.

    >>> as_mapping({"a": 1})
    {'a': 1}
    """
    pydantic = loaded("pydantic")
    if pydantic is not None and isinstance(value, pydantic.BaseModel):
        return value.model_dump()
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return value


# ----------------------------------------------------------------------------------------------------------------------
# What type it is


def infer_type(value: Any, where: str) -> ColumnType:
    """The type of a value; ``InvalidParameter`` naming ``where`` for one that has none.

    >>> infer_type({"a": [1, 2]}, "Column 'x'")
    {a: Array(long) (required)}
    """
    if is_missing(value):
        return AnyType()
    found = _SCALARS.get(type(value))
    if found is not None:
        if found is DataType.long and not -_LONG <= value < _LONG:
            raise InvalidParameter(f"{where} is a whole number beyond 64 bits; convert it to float or str.")
        return found
    value = as_mapping(value)
    if isinstance(value, Mapping):
        return _infer_object(value, where)
    if isinstance(value, list | tuple):
        return Array(infer_elements(value, where)) if value else AnyType()
    return _infer_other(value, where)


def _infer_object(value: Mapping[Any, Any], where: str) -> ColumnType:
    if not all(isinstance(key, str) for key in value):
        raise InvalidParameter(f"{where} is a dict with keys that are no strings; make them strings.")
    types = {key: infer_type(each, f"{where}, key {key!r}") for key, each in value.items()}
    if not types:
        return AnyType()
    return Object([Property(key, of, not isinstance(of, AnyType)) for key, of in types.items()])


def _infer_other(value: Any, where: str) -> ColumnType:
    library = loaded("numpy")
    if library is not None and isinstance(value, library.ndarray):
        return _infer_ndarray(value, where)
    found = type_of(value.dtype) if library is not None and isinstance(value, library.generic) else None
    if found is None:
        found = next((of for kind, of in _SCALARS.items() if isinstance(value, kind)), None)
    if found is None:
        raise no_type(value, where)
    return found


def _infer_ndarray(value: Any, where: str) -> ColumnType:
    if value.ndim == 0:
        return infer_type(value.item(), where)
    of = type_of(value.dtype)
    if of is None:
        if value.dtype.kind == "O" and value.size:
            return Array(infer_elements(list(value), where))
        raise InvalidParameter(f"{where} is an array of {value.dtype}, which has no type in a signature.")
    found: ColumnType = of
    for _ in range(value.ndim):
        found = Array(found)
    return found


def no_type(value: Any, where: str) -> InvalidParameter:
    """The error of a value that no signature can describe."""
    way_out = next((out for kind, out in _WAYS_OUT.items() if isinstance(value, kind)), None)
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    end = f": {way_out}." if way_out else "; convert it to a number, text, bytes, a datetime, a list or a dict."
    return InvalidParameter(f"{where} is of type {kind}, which has no type in a signature{end}")


def infer_elements(values: Collection[Any], where: str) -> ColumnType:
    """The one type of many values: missing ones count for nothing; ``InvalidParameter`` where there is not one.

    >>> infer_elements([1, 2.5, None], "Column 'x'")
    double
    """
    kinds = set(map(type, values))
    if kinds <= _SIMPLE and not (int in kinds and _any_beyond(values)):
        if float in kinds and all(is_missing(value) for value in values if type(value) is float):
            kinds.discard(float)
        types: list[ColumnType] = [_SCALARS[kind] for kind in kinds if kind in _SCALARS]
    else:
        types = [infer_type(value, where) for value in values]
    try:
        return functools.reduce(merge, types) if types else AnyType()
    except InvalidParameter as error:
        raise InvalidParameter(
            f"{where}: {error}. Make them one type, or write the signature with AnyType() for it."
        ) from error


_SIMPLE = {*_SCALARS, type(None)}


def _any_beyond(values: Collection[Any]) -> bool:
    numbers = [value for value in values if type(value) is int]
    return not (min(numbers) >= -_LONG and max(numbers) < _LONG)


# ----------------------------------------------------------------------------------------------------------------------
# Whether it fits


def enforce_value(of: ColumnType, value: Any, where: str, *, required: bool = True) -> Any:
    """The value, cast to the type where that loses nothing; ``InvalidParameter`` naming ``where`` for one that does not fit.

    What is missing fits what is not required.

    >>> enforce_value(DataType.double, 1, "Column 'x'")
    1.0
    """
    if isinstance(of, DataType):
        fits = _FITS[of](value)
        if fits is not None:
            return fits
        if not required and is_missing(value):
            return value
        raise _mismatch(of, value, where)
    if isinstance(of, AnyType) or (not required and is_missing(value)):
        return value
    if isinstance(of, Object):
        return _enforce_object(of, as_mapping(value), where)
    if isinstance(of, Map):
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise _mismatch(of, value, where)
        return {
            key: enforce_value(of.value_type, each, f"{where}, key {key!r}", required=False)
            for key, each in value.items()
        }
    return _enforce_array(of, value, where)


def fitting(of: ColumnType) -> Callable[[Any], Any] | None:
    """For a scalar type, what answers a value as that type, or None where it does not fit."""
    return _FITS[of] if isinstance(of, DataType) else None


def _mismatch(of: ColumnType, value: Any, where: str) -> InvalidParameter:
    if is_missing(value):
        return InvalidParameter(f"{where} is missing (None); the model expects {named(of)}.")
    found = type(value).__name__
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and of in (DataType.integer, DataType.long, DataType.double)
    ):
        found = "int too large for it"
    if isinstance(value, float) and of is DataType.float:
        found = "float too large for it"
    return InvalidParameter(f"{where} is of type {found}; the model expects {named(of)}.")


def _enforce_array(of: Array | SparkMLVector, value: Any, where: str) -> Any:
    library = loaded("numpy")
    if library is not None and isinstance(value, library.ndarray):
        return _enforce_ndarray(of, value, where)
    if not isinstance(value, list | tuple):
        raise _mismatch(of, value, where)
    # Elements may be missing, as MLflow has it: it infers [1.5, None] as an array of doubles.
    found = [
        enforce_value(of.dtype, each, f"{where}, element {place}", required=False) for place, each in enumerate(value)
    ]
    return found if isinstance(value, list) else tuple(found)


def _enforce_ndarray(of: Array | SparkMLVector, value: Any, where: str) -> Any:
    inner: ColumnType = of
    for _ in range(value.ndim):
        if not isinstance(inner, Array | SparkMLVector):
            raise InvalidParameter(f"{where} is an array of {value.ndim} dimensions; the model expects {of!r}.")
        inner = inner.dtype
    if isinstance(inner, AnyType):
        return value
    if isinstance(inner, DataType) and value.dtype.kind != "O":
        found = cast(value, inner)
        if found is None:
            raise InvalidParameter(f"{where} is an array of {value.dtype}; the model expects {named(inner)} in it.")
        return found
    _enforce_array(of, list(value), where)
    return value


def _enforce_object(of: Object, value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _mismatch(of, value, where)
    properties = {each.name: each for each in of.properties}
    lacking = [each.name for each in of.properties if each.required and each.name not in value]
    if lacking:
        raise InvalidParameter(f"{where} has no key {', '.join(map(repr, lacking))}, which the model requires.")
    for key in value:
        if key not in properties:
            raise InvalidParameter(
                f"{where} has the key {key!r}, which the model does not know.{meant(str(key), list(properties))}"
            )
    return {
        key: enforce_value(properties[key].dtype, each, f"{where}, key {key!r}", required=properties[key].required)
        for key, each in value.items()
    }


def meant(name: str, known: Sequence[str]) -> str:
    """The end of a message about an unknown name: the closest known one, or all."""
    close = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else f" It knows {', '.join(map(repr, known))}."


def _boolean(value: Any) -> Any:
    return value if isinstance(value, bool) or _numpy_kind(value) == "b" else None


def _whole(limit: int) -> Callable[[Any], Any]:
    def fits(value: Any) -> Any:
        if isinstance(value, bool) or not (isinstance(value, int) or _numpy_kind(value) in ("i", "u")):
            return None
        return value if -limit <= value < limit else None

    return fits


def _real(value: Any) -> Any:
    if isinstance(value, float) or _numpy_kind(value) == "f":
        return value
    if isinstance(value, bool) or not (isinstance(value, int) or _numpy_kind(value) in ("i", "u")):
        return None
    return float(value) if -(2**53) <= value <= 2**53 else None


def _single(value: Any) -> Any:
    found = _real(value)
    return None if found is not None and SINGLE_LIMIT <= abs(found) < math.inf else found


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else None


def _bytes(value: Any) -> Any:
    return value if isinstance(value, bytes | bytearray | memoryview) else None


def _datetime(value: Any) -> Any:
    if isinstance(value, str):
        return read_datetime(value)
    return value if isinstance(value, dt.date) or _numpy_kind(value) == "M" else None


def read_datetime(text: str) -> dt.date | None:
    """The date or datetime of an ISO text, or None.

    >>> read_datetime("2026-02-01")
    datetime.date(2026, 2, 1)
    """
    try:
        return dt.date.fromisoformat(text) if len(text) == 10 else dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def _numpy_kind(value: Any) -> str | None:
    library = loaded("numpy")
    return value.dtype.kind if library is not None and isinstance(value, library.generic) else None


_FITS: dict[DataType, Callable[[Any], Any]] = {
    DataType.boolean: _boolean,
    DataType.integer: _whole(2**31),
    DataType.long: _whole(2**63),
    DataType.float: _single,
    DataType.double: _real,
    DataType.string: _text,
    DataType.binary: _bytes,
    DataType.datetime: _datetime,
}
