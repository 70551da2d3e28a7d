"""The sketches of a column, of the ``datasketches`` package: numbers as KLL, texts as frequent items and HyperLogLog."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import optional, require

KLL_K = 200
"""Ranks are right within 1.4 %, in five kilobytes at most."""

HLL_LG_K = 11
"""Counts of distinct values are right within 5 %, in two kilobytes."""

ITEMS_LG = 10
"""768 items are told apart; an item's count is right within 0.4 % of all values."""


def available() -> bool:
    """Whether sketches can be made here."""
    return optional("datasketches") is not None


def new_numbers() -> Any:
    """An empty sketch of the distribution of numbers."""
    return _library().kll_doubles_sketch(KLL_K)


def new_distinct() -> Any:
    """An empty sketch that counts distinct texts."""
    library = _library()
    return library.hll_sketch(HLL_LG_K, library.HLL_8)


def new_items() -> Any:
    """An empty sketch of the most frequent texts. It holds texts as they are, so it is never written to disk."""
    return _library().frequent_strings_sketch(ITEMS_LG)


def merge_distinct(one: Any, other: Any) -> Any:
    """One sketch that counts the distinct texts of two."""
    library = _library()
    union = library.hll_union(HLL_LG_K)
    union.update(one)
    union.update(other)
    return union.get_result(library.HLL_8)


def most_frequent(items: Any) -> list[tuple[str, int]]:
    """The texts of a sketch, the most frequent first, with counts they have at least."""
    wanted = _library().frequent_items_error_type.NO_FALSE_NEGATIVES
    return [(text, lower) for text, _, lower, _ in items.get_frequent_items(wanted)]


def encode_numbers(sketch: Any) -> str:
    """The sketch as text."""
    return base64.b64encode(sketch.serialize()).decode("ascii")


def encode_distinct(sketch: Any) -> str:
    """The sketch as text."""
    return base64.b64encode(sketch.serialize_compact()).decode("ascii")


def decode_numbers(text: str) -> Any:
    """The sketch that ``encode_numbers`` wrote; ``InvalidParameter`` for what is none."""
    return _decode(_library().kll_doubles_sketch, text)


def decode_distinct(text: str) -> Any:
    """The sketch that ``encode_distinct`` wrote; ``InvalidParameter`` for what is none."""
    return _decode(_library().hll_sketch, text)


def _decode(kind: Any, text: str) -> Any:
    try:
        return kind.deserialize(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RuntimeError, TypeError, IndexError) as error:
        raise InvalidParameter(f"The profile holds a sketch that cannot be read: {error}") from None


def _library() -> Any:
    return require("datasketches", what="A sketch of training data", extra="models")
