"""LIKE patterns: ``%`` stands for any characters, ``_`` for one. There is no escape sign, as in MLflow.

LIKE tells upper from lower case, ILIKE does not for the letters A to Z (other letters differ between databases and
collations, so they are compared as they are).
"""

from __future__ import annotations

import string

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def like(text: str, pattern: str) -> bool:
    """Whether the whole text fits the pattern, in either's order of size at worst.

    >>> like("train-loss", "train%"), like("train", "t_ain"), like("Train", "t%")
    (True, True, False)
    """
    place = at = 0
    retry_place, retry_at = 0, -1  # where to go on with one more character for the last %
    while place < len(text):
        if at < len(pattern) and pattern[at] == "%":
            retry_place, retry_at = place, at
            at += 1
        elif at < len(pattern) and pattern[at] in ("_", text[place]):
            place += 1
            at += 1
        elif retry_at >= 0:
            retry_place += 1
            place, at = retry_place, retry_at + 1
        else:
            return False
    return not pattern[at:].strip("%")


def ilike(text: str, pattern: str) -> bool:
    """Like `like`, with the letters A to Z in either case.

    >>> ilike("Train", "TRAIN%")
    True
    """
    return like(text.translate(_LOWER), pattern.translate(_LOWER))


def literal_prefix(pattern: str) -> str:
    """What every text that fits the pattern begins with."""
    ends = [place for place in (pattern.find("%"), pattern.find("_")) if place >= 0]
    return pattern[: min(ends)] if ends else pattern
