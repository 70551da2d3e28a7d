"""The content type of a request, taken apart and checked, in the words of MLflow's scoring server."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.core.errors import UnsupportedMediaType

_MOST_SHOWN = 100


def media_type(content_type: str, known: Sequence[str]) -> str:
    """The type without its parameters, one of ``known``; ``UnsupportedMediaType`` for any other, and for any charset but UTF-8.

    >>> media_type('Application/JSON; charset="UTF-8"', ["application/json"])
    'application/json'
    """
    found, *pairs = (part.strip() for part in content_type.split(";"))
    given = {}
    for pair in filter(None, pairs):
        name, _, value = pair.partition("=")
        given[name.strip().lower()] = value.strip().strip('"').lower()
    if given.pop("charset", "utf-8") not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("The scoring server only supports UTF-8")
    if given:
        names = ", ".join(name[:_MOST_SHOWN] for name in sorted(given))
        raise UnsupportedMediaType(f"Unrecognized content type parameters: {names}.")
    if found.lower() not in known:
        raise UnsupportedMediaType(
            f"This predictor only supports the following content types: Types: {list(known)}. "
            f"Got {content_type[:_MOST_SHOWN]!r}."
        )
    return found.lower()
