"""Data as JSON writes it: bytes as base64, dates in ISO form, arrays as lists."""

from __future__ import annotations

import base64
import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded
from modelyard.models.values import as_mapping, is_missing

_PLAIN = (str, int, float, bool, type(None))


def jsonable(value: Any, where: str) -> Any:
    """The value in types that ``json`` writes; ``InvalidParameter`` naming ``where`` for what has no form in JSON.

    >>> jsonable({"key": b"abc", "day": dt.date(2026, 2, 1)}, "This")
    {'key': 'YWJj', 'day': '2026-02-01'}
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode("ascii")
    library = loaded("numpy")
    if library is not None and isinstance(value, library.ndarray | library.generic):
        return _numpy(library, value, where)
    if is_missing(value):
        return None
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    value = as_mapping(value)
    if isinstance(value, Mapping):
        return {_key(key, where): jsonable(each, f"{where}, key {key!r}") for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(each, where) for each in value]
    if isinstance(value, str | int | float):  # subclasses, such as enums of text
        return value
    raise InvalidParameter(
        f"{where} holds a {type(value).__name__}, which JSON cannot hold; convert it to a number, text, list or dict."
    )


def _numpy(library: Any, value: Any, where: str) -> Any:
    kind = value.dtype.kind
    if kind == "M":
        texts = library.datetime_as_string(value)
        return None if isinstance(texts, str) and texts == "NaT" else _no_nat(texts.tolist())
    if kind == "f":
        return value.astype("float64").tolist()
    if kind in "biuU":
        return value.tolist()
    if kind not in "SO":
        raise InvalidParameter(f"{where} holds values of type {value.dtype}, which JSON cannot hold; convert them.")
    return jsonable(value.tolist(), where)


def _no_nat(texts: Any) -> Any:
    if isinstance(texts, list):
        return [_no_nat(each) for each in texts]
    return None if texts == "NaT" else texts


def _key(key: Any, where: str) -> str:
    if not isinstance(key, str | int):
        raise InvalidParameter(f"{where} has a key of type {type(key).__name__}; JSON has strings for keys.")
    return str(key)


def nulls_for_nan(value: Any) -> Any:
    """The same with null for NaN, which JSON has not."""
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, list):
        return [nulls_for_nan(each) for each in value]
    if isinstance(value, dict):
        return {key: nulls_for_nan(each) for key, each in value.items()}
    return value
