"""What a metric takes for a number, a step and a time."""

from __future__ import annotations

import operator
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.services.tracking.rules.limits import LARGEST, SMALLEST


def number(key: str, value: Any) -> float:
    """A metric's value as a float: Python's and numpy's numbers, and arrays and tensors of one element.

    Raises ``InvalidParameter`` naming the metric for everything else, booleans and texts among it.

    >>> number("loss", 2)
    2.0
    >>> number("loss", True)
    Traceback (most recent call last):
    modelyard.core.errors.InvalidParameter: The metric 'loss' must be a number, not True (bool).
    """
    kind = type(value)
    if kind is float:
        return float(value)
    if kind is int:
        return _float(key, value)
    if kind in (bool, str, bytes, complex) or value is None or kind.__name__ in ("bool_", "bool", "str_", "bytes_"):
        raise _refused(key, value)
    item = getattr(value, "item", None)
    if callable(item):
        try:
            plain = item()
        except (TypeError, ValueError, RuntimeError):
            raise _refused(key, value) from None
        if plain is not value and type(plain) is not kind:
            return number(key, plain)
    if isinstance(value, bool | str | bytes | complex) or not hasattr(value, "__float__"):
        raise _refused(key, value)
    return _float(key, value)


def step_number(key: str, step: Any) -> int:
    """A step as an integer; None is 0.

    >>> step_number("loss", None), step_number("loss", -3), step_number("loss", 2.0)
    (0, -3, 2)
    """
    if step is None:
        return 0
    return _integer(step, f"The step of the metric {key!r}", SMALLEST)


def time_number(key: str, timestamp: Any) -> int:
    """A time in milliseconds since the epoch as an integer."""
    return _integer(timestamp, f"The timestamp of the metric {key!r}", 0)


def _integer(value: Any, what: str, smallest: int) -> int:
    try:
        whole = int(value) if isinstance(value, float) and value.is_integer() else operator.index(value)
    except TypeError:
        raise InvalidParameter(f"{what} must be an integer, not {_shown(value)}.") from None
    if isinstance(value, bool) or not smallest <= whole <= LARGEST:
        raise InvalidParameter(f"{what} must be an integer from {smallest} to {LARGEST}, not {_shown(value)}.")
    return whole


def _float(key: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise _refused(key, value) from None


def _refused(key: str, value: Any) -> InvalidParameter:
    return InvalidParameter(f"The metric {key!r} must be a number, not {_shown(value)}.")


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{text[:100]}{'…' if len(text) > 100 else ''} ({type(value).__name__})"
