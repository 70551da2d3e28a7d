"""A place in the order of a series, for reading on where a page ended."""

from __future__ import annotations

import base64
import struct
from math import isnan
from typing import NamedTuple

from modelyard.core.errors import InvalidParameter

LEAST, GREATEST = -(2**63), 2**63 - 1  # of timestamps and of steps
_TOKEN = struct.Struct("<Bqqd")
_FORMAT = 1


class Position(NamedTuple):
    """Where a point stands in the order (timestamp, step, value). NaN stands where 0 does, just behind it.

    A new point never moves the others, so that reading on from a position misses and repeats nothing.
    """

    timestamp: int
    step: int
    value: float

    def follows(self, other: Position) -> bool:
        """Whether this one comes after ``other``."""
        return self._key() > other._key()

    def _key(self) -> tuple[int, int, float, bool]:
        is_nan = isnan(self.value)
        return self.timestamp, self.step, 0.0 if is_nan else self.value, is_nan

    def token(self) -> str:
        """The position as a page token."""
        return base64.urlsafe_b64encode(_TOKEN.pack(_FORMAT, *self)).decode().rstrip("=")

    @classmethod
    def from_token(cls, token: str) -> Position:
        """The position a page token names.

        Raises:
            InvalidParameter: it is not a token of ours.
        """
        try:
            packed = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
        except ValueError as error:
            raise InvalidParameter("Invalid page token, could not base64-decode") from error
        if len(packed) != _TOKEN.size or packed[0] != _FORMAT:
            raise InvalidParameter(f"Invalid page token, decoded value={packed!r}")
        _, timestamp, step, value = _TOKEN.unpack(packed)
        return cls(timestamp, step, value)
