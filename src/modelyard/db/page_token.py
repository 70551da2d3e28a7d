"""The token of the next page: where the page ended, and a fingerprint of the search it belongs to.

Base64 (URL-safe) of a JSON list: the version, the fingerprint, and one entry for each key of the order: ``[0,
value]`` for a real value, ``[1]`` for NaN, ``[2]`` for what is missing. A client can read and forge it; that only
moves it to another place of what it may see anyway.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from hashlib import blake2b
from typing import Any

from modelyard.core.errors import InvalidParameter

_VERSION = 1
_MAX_LENGTH = 200_000

Position = tuple[tuple[int, str | int | float | None], ...]
"""Where a row stands: for each key of the order its rank (0 real, 1 NaN, 2 missing) and its value, None unless real."""


def fingerprint(*parts: object) -> str:
    """A short text that differs between searches whose pages must not be mixed."""
    return blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=9).hexdigest()


def encode_token(search: str, position: Position) -> str:
    """The token for the page behind a position."""
    entries = [[rank] if rank else [rank, value] for rank, value in position]
    text = json.dumps([_VERSION, search, entries], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_token(token: str, search: str, types: tuple[type, ...]) -> Position:
    """The position in a token.

    Args:
        token: what the client sent.
        search: the fingerprint of the search it was sent with.
        types: `float` or `str` for each key of the order.

    Raises:
        InvalidParameter: it is no token, or one of another search.
    """
    match _read(token):
        case [version, found, [*entries]] if version == _VERSION and len(entries) == len(types):
            if found != search:
                raise InvalidParameter(
                    "Invalid page token, it belongs to another search; repeat the filter, order_by and ids it came with"
                )
            return tuple(_entry(entry, kind) for entry, kind in zip(entries, types, strict=True))
    raise InvalidParameter("Invalid page token, it was not made by this server")


def _read(token: str) -> Any:
    if len(token) > _MAX_LENGTH:
        raise InvalidParameter("Invalid page token, it is too long")
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidParameter("Invalid page token, could not base64-decode") from error
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter("Invalid page token, could not be read") from error


def _entry(entry: Any, kind: type) -> tuple[int, str | int | float | None]:
    if entry in ([1], [2]):
        return int(entry[0]), None
    match entry:
        case [0, str() as value] if kind is str and _is_storable(value):
            return 0, value
        case [0, float() as value] if kind is float and not math.isnan(value):
            return 0, value
        case [0, int() as value] if kind is float and value is not True and value is not False:
            if -(2**63) <= value < 2**63:
                return 0, value
    raise InvalidParameter("Invalid page token, it was not made by this server")


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
