r"""The regular expressions filters may hold: read into a tree, and written in PostgreSQL's spelling.

The language is the part Python and PostgreSQL share: literals, ``.`` (any character), ``[a-z]`` and ``[^a-z]``,
``\d \w \s`` and ``\D \W \S`` (ASCII), ``^`` and ``$`` (start and end of the whole text), ``|``, ``( )``,
``(?: )``, the quantifiers ``* + ? {m} {m,} {m,n}`` (also with a trailing ``?``, which changes nothing when one only
asks whether there is a match), and ``(?i)`` at the start (ASCII letters in either case). Back-references, look-around,
word boundaries and flags elsewhere are refused.
"""

from __future__ import annotations

import string
from typing import NoReturn

import msgspec

from modelyard.core.errors import InvalidParameter

MAX_LENGTH = 256
MAX_REPEAT = 255
MAX_NESTING = 20
BAD_REGEX = "Invalid regular expression"
_LAST = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]

_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Ranges = ((9, 13), (32, 32))
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_ANY: Ranges = ((0, _LAST),)


class One(msgspec.Struct, frozen=True):
    """One character out of sorted, disjoint ranges of code points."""

    ranges: Ranges


class Edge(msgspec.Struct, frozen=True):
    """The start (``^``) or the end (``$``) of the text."""

    end: bool


class Chain(msgspec.Struct, frozen=True):
    """Parts one after the other."""

    parts: tuple[Node, ...]


class Choice(msgspec.Struct, frozen=True):
    """One of several parts."""

    parts: tuple[Node, ...]


class Repeat(msgspec.Struct, frozen=True):
    """A part several times; most is None for "without bound"."""

    part: Node
    least: int
    most: int | None


Node = One | Edge | Chain | Choice | Repeat


def read_pattern(pattern: str) -> Node:
    """The tree of an expression.

    Raises:
        InvalidParameter: it is longer than 256 characters, or not an expression of this language; names the character.
    """
    return _Reader(pattern).read()


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._place = 0
        self._either_case = False

    def read(self) -> Node:
        if len(self._pattern) > MAX_LENGTH:
            self._fail(f"it is longer than {MAX_LENGTH} characters")
        if self._take("(?i)"):
            self._either_case = True
        node = self._choice(0)
        if self._place < len(self._pattern):
            self._fail("this parenthesis was never opened")
        return node

    def _fail(self, reason: str) -> NoReturn:
        raise InvalidParameter(f"{BAD_REGEX} '{self._pattern}' at character {self._place + 1}: {reason}")

    def _peek(self) -> str:
        return self._pattern[self._place : self._place + 1]

    def _next(self) -> str:
        char = self._peek()
        if not char:
            self._fail("it ends too early")
        self._place += 1
        return char

    def _take(self, text: str) -> bool:
        if self._pattern.startswith(text, self._place):
            self._place += len(text)
            return True
        return False

    def _choice(self, depth: int) -> Node:
        if depth > MAX_NESTING:
            self._fail(f"groups may be nested {MAX_NESTING} deep")
        parts = [self._chain(depth)]
        while self._take("|"):
            parts.append(self._chain(depth))
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _chain(self, depth: int) -> Node:
        parts: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(depth))
        return parts[0] if len(parts) == 1 else Chain(tuple(parts))

    def _repeated(self, depth: int) -> Node:
        atom = self._atom(depth)
        bounds = self._quantifier()
        if bounds is None:
            return atom
        if isinstance(atom, Edge):
            self._fail("^ and $ cannot be repeated")
        self._take("?")
        if (self._peek() and self._peek() in "*+?") or self._quantifier() is not None:
            self._fail("a quantifier cannot be repeated; put the part in parentheses")
        return Repeat(atom, *bounds)

    def _quantifier(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return bounds
        if self._peek() == "{":
            self._place += 1
            return self._counts()
        return None

    def _counts(self) -> tuple[int, int | None]:
        least = self._count()
        most: int | None = least
        if least is not None and self._take(","):
            most = self._count()
        if least is None or not self._take("}"):
            self._fail(r"expected {m}, {m,} or {m,n}; a brace itself is written \{")
        if least > MAX_REPEAT or (most or 0) > MAX_REPEAT or (most is not None and most < least):
            self._fail(f"repeat counts go from 0 to {MAX_REPEAT}, the smaller first")
        return least, most

    def _count(self) -> int | None:
        start = self._place
        while self._peek() and self._peek() in string.digits and self._place - start < 4:
            self._place += 1
        return int(self._pattern[start : self._place]) if self._place > start else None

    def _atom(self, depth: int) -> Node:
        char = self._next()
        match char:
            case "(":
                return self._group(depth)
            case "[":
                return One(self._set())
            case "\\":
                return One(self._escape())
            case ".":
                return One(_ANY)
            case "^" | "$":
                return Edge(end=char == "$")
        if char in "*+?{}]":
            self._place -= 1
            self._fail(f"nothing to repeat or close here; the sign itself is written \\{char}")
        return One(self._cased(((ord(char), ord(char)),)))

    def _group(self, depth: int) -> Node:
        if self._peek() == "?" and not self._take("?:"):
            self._fail("only (?: ) and, at the very start, (?i) are known")
        node = self._choice(depth + 1)
        if not self._take(")"):
            self._fail("a closing parenthesis is missing")
        return node

    def _escape(self) -> Ranges:
        char = self._next()
        classes = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
        if char.lower() in classes:
            ranges = classes[char.lower()]
            return ranges if char.islower() else _complement(ranges)
        if char in _CONTROLS:
            return ((_CONTROLS[char], _CONTROLS[char]),)
        if char.isascii() and char.isalnum():
            self._place -= 1
            self._fail(f"\\{char} is not known")
        return ((ord(char), ord(char)),)

    def _set(self) -> Ranges:
        negated = self._take("^")
        found: list[tuple[int, int]] = []
        first = True
        while first or self._peek() != "]":
            first = False
            found.extend(self._range())
        self._next()
        ranges = self._cased(_union(found))
        return _complement(ranges) if negated else ranges

    def _range(self) -> Ranges:
        low = self._member()
        if self._peek() != "-" or self._pattern[self._place + 1 : self._place + 2] in ("]", ""):
            return low
        self._next()
        high = self._member()
        if len(low) > 1 or len(high) > 1 or low[0][0] != low[0][1] or high[0][0] != high[0][1] or low > high:
            self._fail("a range goes from a smaller character to a larger one")
        return ((low[0][0], high[0][0]),)

    def _member(self) -> Ranges:
        char = self._next()
        if char == "\\":
            return self._escape()
        if char == "[":
            self._fail("inside brackets the sign [ is written \\[")
        return ((ord(char), ord(char)),)

    def _cased(self, ranges: Ranges) -> Ranges:
        return _with_other_case(ranges) if self._either_case else ranges


def write_postgres(node: Node) -> str:
    """The expression as an advanced regular expression of PostgreSQL, for its operator ``~`` in default mode."""
    match node:
        case One(ranges=ranges):
            return _write_ranges(ranges)
        case Edge(end=end):
            return "$" if end else "^"
        case Chain(parts=parts):
            return "(?:" + "".join(write_postgres(part) for part in parts) + ")"
        case Choice(parts=parts):
            return "(?:" + "|".join(write_postgres(part) for part in parts) + ")"
        case Repeat(part=part, least=least, most=most):
            bounds = f"{least}," if most is None else f"{least},{most}"
            return f"(?:{write_postgres(part)}){{{bounds}}}"


def _write_ranges(ranges: Ranges) -> str:
    if ranges == _ANY:
        return "."
    if not ranges:
        return "[^\\u0001-\\U0010FFFF]"
    negated = ranges[-1][1] == _LAST
    shown = _complement(ranges) if negated else ranges
    return "[" + "^" * negated + "".join(f"\\U{low:08X}-\\U{high:08X}" for low, high in shown) + "]"


def _union(ranges: list[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def _complement(ranges: Ranges) -> Ranges:
    left: list[tuple[int, int]] = []
    place = 0
    for low, high in ranges:
        if place < low:
            left.append((place, low - 1))
        place = high + 1
    if place <= _LAST:
        left.append((place, _LAST))
    return tuple(left)


def _with_other_case(ranges: Ranges) -> Ranges:
    more = list(ranges)
    for low, high in ranges:
        for first, last, shift in ((65, 90, 32), (97, 122, -32)):
            if max(low, first) <= min(high, last):
                more.append((max(low, first) + shift, min(high, last) + shift))
    return _union(more)
