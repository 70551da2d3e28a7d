"""JSON of a request, within bounds: how deep, how many values, no key twice."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from modelyard.core.errors import BadRequest

MAX_DEPTH = 64
MAX_VALUES = 10_000_000
_WANTED = "Invalid input. Ensure that input is a valid JSON formatted string."
_HOLDERS = (list, dict)


def decode_json(body: bytes) -> Any:
    """The value a body holds; ``BadRequest`` says what is wrong with it and where, without showing it.

    A key that an object has twice is refused: readers do not agree on which of its values counts.

    >>> decode_json(b'{"inputs": [1, 2.5]}')
    {'inputs': [1, 2.5]}
    """
    if body.count(b",") >= MAX_VALUES:
        raise BadRequest(f"{_WANTED} It has more than {MAX_VALUES} values; send them in several requests.")
    try:
        found = msgspec.json.decode(body)
    except RecursionError:
        raise _too_deep() from None
    except UnicodeDecodeError:
        raise BadRequest(f"{_WANTED} It is not UTF-8.") from None
    except msgspec.MsgspecError as error:
        raise BadRequest(f"{_WANTED} Error: {error}") from None
    if type(found) in _HOLDERS and _keys(found) != body.count(b":"):
        _refuse_twins(body)
    return found


def _keys(value: Any) -> int:
    """How many keys all objects have together. A key has one colon, so as many colons mean that none was lost as a twin."""
    count, level = 0, [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for holder in level:
            values = holder
            if type(holder) is dict:
                count += len(holder)
                values = holder.values()
            below += [each for each in values if type(each) in _HOLDERS]
        if not below:
            return count
        level = below
    raise _too_deep()


def _refuse_twins(body: bytes) -> None:
    """Look at each object's keys in turn; only bodies with colons in their texts come here without reason."""

    def check(pairs: list[tuple[str, Any]]) -> None:
        seen = set()
        for name, _ in pairs:
            if name in seen:
                raise BadRequest(f"{_WANTED} An object has the key {name[:100]!r} twice.")
            seen.add(name)

    json.loads(body, object_pairs_hook=check)


def _too_deep() -> BadRequest:
    return BadRequest(f"{_WANTED} It is nested more than {MAX_DEPTH} levels deep.")
