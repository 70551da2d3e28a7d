"""Safe artifact keys: the only form in which a client's text may become a path.

A key is refused or taken as it is, never cleaned: what was judged is what is opened. The grammar: NFC text of 1 to
1,024 bytes in UTF-8; segments of 1 to 255 bytes joined by ``/``; no segment ``.`` or ``..`` or one that ends in a space
or a dot; no leading ``~``, backslash, ``#``, drive letter, control character, and no percent-encoded dot, slash,
backslash or NUL left after the one decoding HTTP does.
"""

from __future__ import annotations

import re
import unicodedata

from modelyard.core.errors import InvalidParameter

MAX_KEY_BYTES = 1024
MAX_SEGMENT_BYTES = 255

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\#]|%2e|%2f|%5c|%00|%25", re.IGNORECASE)
_DRIVE = re.compile(r"^[A-Za-z]:")


def check(key: str) -> tuple[str, ...]:
    """The segments of a key that is allowed; raises ``InvalidParameter`` (``Invalid path``, as MLflow) for any other.

    >>> check("model/MLmodel")
    ('model', 'MLmodel')
    >>> check("../secret")
    Traceback (most recent call last):
    modelyard.core.errors.InvalidParameter: Invalid path
    """
    if not is_allowed(key):
        raise InvalidParameter("Invalid path")
    return tuple(key.split("/"))


def check_folder(key: str) -> tuple[str, ...]:
    """Like ``check``, and the empty key is the root."""
    return () if key == "" else check(key)


def is_allowed(key: str) -> bool:
    """Whether a text is a key."""
    if not key or key[0] in "/~" or _FORBIDDEN.search(key) or _DRIVE.match(key):
        return False
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        return False
    if size > MAX_KEY_BYTES or not unicodedata.is_normalized("NFC", key):
        return False
    return all(_is_segment(segment) for segment in key.split("/"))


def _is_segment(segment: str) -> bool:
    return bool(segment) and segment[-1] not in " ." and len(segment.encode()) <= MAX_SEGMENT_BYTES


def join(*keys: str) -> str:
    """Keys joined to one, empty ones left out."""
    return "/".join(key for key in keys if key)
