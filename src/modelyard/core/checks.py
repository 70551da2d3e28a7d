"""What requests of every service are held to, and MLflow's words for what fails."""

from __future__ import annotations

import json
import posixpath
import re

from modelyard.core.errors import InvalidParameter

SEE_DOCS = " See the API docs for more information about request parameters."

_NAME = re.compile(r"[/\w.\- :]*")
_SHOWN = 1000
_CHARACTERS = (
    "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:)"
    " and slashes (/)."
)


def missing(path: str) -> InvalidParameter:
    """The error for a value that must be there."""
    return InvalidParameter(f"Missing value for required parameter '{path}'.{SEE_DOCS}")


def invalid(path: str, value: object, reason: str = "") -> InvalidParameter:
    """The error for a value that is not allowed, with the value as JSON."""
    shown = json.dumps(value, sort_keys=True, separators=(",", ":"))
    if len(shown) > _SHOWN:
        shown = f"{shown[:_SHOWN]}..."
    return InvalidParameter(f"Invalid value {shown} for parameter '{path}' supplied{': ' if reason else '.'}{reason}")


def too_long(what: str, limit: int) -> InvalidParameter:
    """The error for a text over its limit."""
    return InvalidParameter(f"'{what}' exceeds the maximum length of {limit} characters")


def check_name(path: str, name: str) -> None:
    """Refuse a key (of a metric, param or tag) that has other characters, or that as a file would be another one."""
    if _NAME.fullmatch(name) is None:
        raise invalid(path, name, _CHARACTERS)
    check_unique_path(path, name)


def check_unique_path(path: str, name: str) -> None:
    """Refuse a name that as a file would be another one."""
    normal = posixpath.normpath(name)
    if normal != name or normal == "." or normal.startswith(("..", "/")):
        raise invalid(
            path,
            name,
            "Names may be treated as files in certain cases, and must not resolve to other names when treated as such. "
            f"This name would resolve to {normal!r}",
        )


def check_storable(path: str, value: str) -> None:
    """Refuse what no database can hold: NUL, and halves of surrogate pairs."""
    if "\0" in value:
        raise InvalidParameter(f"Invalid value for parameter '{path}' supplied: it contains a NUL character.")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidParameter(f"Invalid value for parameter '{path}' supplied: it is not valid Unicode.") from None


def check_max_results(value: int, largest: int) -> None:
    """Refuse a page of nothing, and one that is too large."""
    if value < 1:
        raise InvalidParameter(
            f"Invalid value {value} for parameter 'max_results' supplied. It must be a positive integer"
        )
    if value > largest:
        raise InvalidParameter(
            f"Invalid value {value} for parameter 'max_results' supplied. It must be at most {largest}"
        )
