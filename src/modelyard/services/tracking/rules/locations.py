"""Places for artifacts: which ones a client may name, and how those of runs follow from an experiment's."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote, urlparse, urlsplit, urlunsplit

from modelyard.core.checks import check_storable
from modelyard.core.errors import InvalidParameter
from modelyard.services.tracking.rules import limits

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DECODINGS = 10


def checked(location: str, *, folder: str) -> str:
    """The location as it is stored: a relative local path becomes absolute from ``folder``.

    It is text to us: nothing is ever opened there unless an operator allows it.
    """
    _refuse_long(location)
    decoded = _decoded(location)
    check_storable("artifact_location", location)
    if _CONTROL.search(decoded):
        raise InvalidParameter("'artifact_location' URL can't include control characters.")
    if _has_fragment_or_params(location):
        raise InvalidParameter("'artifact_location' URL can't include fragments or params.")
    path, _, query = decoded.partition("?")
    if ".." in query:
        raise InvalidParameter("Invalid query string")
    if ".." in re.split(r"[/\\:]", path):
        raise InvalidParameter("'artifact_location' URL can't include relative path references.")
    if location.startswith("runs:"):
        raise InvalidParameter(f"Artifact location cannot be a runs:/ URI. Given: '{location}'")
    resolved = _absolute(location, folder)
    _refuse_long(resolved)
    return resolved


def below(location: str, *parts: str) -> str:
    """The place ``parts`` lie at below ``location``; a query stays at the end.

    >>> below("s3://bucket/mine?region=x", "5", "artifacts")
    's3://bucket/mine/5/artifacts?region=x'
    """
    head, mark, query = location.partition("?") if _SCHEME.match(location) else (location, "", "")
    return f"{head.rstrip('/')}/{'/'.join(parts)}{mark}{query}"


def _refuse_long(location: str) -> None:
    if len(location) > limits.ARTIFACT_LOCATION_LENGTH:
        raise InvalidParameter(
            "Invalid artifact path length. The length of the artifact path cannot be greater than "
            f"{limits.ARTIFACT_LOCATION_LENGTH} characters."
        )


def _has_fragment_or_params(location: str) -> bool:
    try:
        parts = urlparse(location)
    except ValueError:
        raise InvalidParameter("'artifact_location' is not a valid URL or path.") from None
    return bool(parts.fragment or parts.params)


def _decoded(location: str) -> str:
    """The location after any number of percent-decodings."""
    for _ in range(_DECODINGS):
        decoded = unquote(location)
        if decoded == location:
            return decoded
        location = decoded
    raise InvalidParameter("'artifact_location' URL is percent-encoded too many times.")


def _absolute(location: str, folder: str) -> str:
    scheme = _SCHEME.match(location)
    if scheme is None:
        return location if location.startswith("/") else posixpath.join(folder, location)
    if scheme[1].lower() != "file":
        return location
    parts = urlsplit(location)
    if parts.netloc or parts.path.startswith("/"):
        return location
    return urlunsplit(("file", "", posixpath.join(folder, parts.path), parts.query, ""))
