"""How large a JSON body may be inside: how many values, how deep. Found out before any parser sees it."""

from __future__ import annotations

from itertools import accumulate

from modelyard.core.errors import BadRequest

MAX_DEPTH = 64
MAX_VALUES = 200_000

# What precedes a value, but for the first: of a list, of an object, or of both.
_MARKS = (b",", b":", b"[", b"{")
_STEP = 1 << 17  # bytes that are looked at in one go: a fraction of a millisecond
_LEVELS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in _LEVELS)


def check_bounds(body: bytes) -> None:
    """Refuse a body of more values than any of our lists and limits can use, or of more levels; texts do not count.

    Takes time in proportion to the body, and a large one in steps, between which other threads get their turn. What
    is no JSON at all may pass: the parser that comes next refuses it at the same place.
    """
    openers = body.count(b"[") + body.count(b"{")
    if openers <= MAX_DEPTH and openers + body.count(b",") + body.count(b":") <= MAX_VALUES:
        return
    at = values = quotes = depth = 0
    while at < len(body):
        end = _end_of_step(body, at)
        step = body[at:end]
        at = end
        if b"\\" in step:
            step = step.replace(b"\\\\", b"").replace(b'\\"', b"")
        pieces = step.split(b'"')
        plain = b"".join(pieces[quotes % 2 :: 2])  # after an odd number of quotes, the first piece is of a text
        quotes += len(pieces) - 1
        values += sum(map(plain.count, _MARKS))
        if values > MAX_VALUES or quotes > 2 * MAX_VALUES + 2:
            raise BadRequest(f"The body holds more than {MAX_VALUES} values.")
        levels = list(accumulate(map(_LEVELS.__getitem__, plain.translate(None, _NO_BRACKETS)), initial=depth))
        if max(levels) > MAX_DEPTH:
            raise BadRequest(f"The body is nested deeper than {MAX_DEPTH} levels.")
        depth = levels[-1]
        if min(levels) < 0:
            return  # closed before it was opened


def _end_of_step(body: bytes, start: int) -> int:
    """Where the step ends that begins at ``start``: not between a backslash and what it escapes."""
    end = min(start + _STEP, len(body))
    tail = body[start:end]
    return end + (len(tail) - len(tail.rstrip(b"\\"))) % 2
