"""Pieces of SQL that carry their parameters with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Sql(NamedTuple):
    """A piece of SQL and its parameters."""

    text: str
    params: tuple[object, ...] = ()


def sql(text: str, *pieces: Sql) -> Sql:
    """A piece made of pieces: each ``{}`` of the text stands for the next one.

    >>> sql("a = {} AND {}", Sql("?", (1,)), Sql("b"))
    Sql(text='a = ? AND b', params=(1,))
    """
    between = text.split("{}")
    whole = between[0] + "".join(piece.text + rest for piece, rest in zip(pieces, between[1:], strict=True))
    return Sql(whole, tuple(value for piece in pieces for value in piece.params))


def join(joint: str, pieces: Sequence[Sql]) -> Sql:
    """The pieces with a word between them."""
    return Sql(joint.join(piece.text for piece in pieces), tuple(value for piece in pieces for value in piece.params))


def listed(values: Sequence[object]) -> Sql:
    """The values in parentheses, as behind IN."""
    return Sql(f"({', '.join('?' * len(values))})", tuple(values))
