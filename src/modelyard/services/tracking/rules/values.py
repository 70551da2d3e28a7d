"""The checks that all requests share, and MLflow's words for what fails them."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Sequence

from modelyard.core.errors import InvalidParameter
from modelyard.services.tracking.rules import limits

_NAME = re.compile(r"[/\w.\- :]*")
_RUN_ID = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}")
_NEW_RUN_ID = re.compile(r"[0-9a-f]{32}")
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_SHOWN = 1000
_DOCS = " See the API docs for more information about request parameters."
_CHARACTERS = (
    "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:)"
    " and slashes (/)."
)


def missing(path: str) -> InvalidParameter:
    """The error for a value that must be there."""
    return InvalidParameter(f"Missing value for required parameter '{path}'.{_DOCS}")


def invalid(path: str, value: object, reason: str = "") -> InvalidParameter:
    """The error for a value that is not allowed, with the value as JSON."""
    shown = json.dumps(value, sort_keys=True, separators=(",", ":"))
    if len(shown) > _SHOWN:
        shown = f"{shown[:_SHOWN]}..."
    return InvalidParameter(f"Invalid value {shown} for parameter '{path}' supplied{': ' if reason else '.'}{reason}")


def too_long(what: str, limit: int) -> InvalidParameter:
    """The error for a text over its limit."""
    return InvalidParameter(f"'{what}' exceeds the maximum length of {limit} characters")


def require(path: str, value: object) -> None:
    """Refuse what is absent or empty."""
    if value in (None, "", []):
        raise missing(path)


def check_text(path: str, value: str, limit: int) -> None:
    """Refuse a text that is too long or that a database cannot hold."""
    if len(value) > limit:
        raise too_long(path, limit)
    check_storable(path, value)


def check_storable(path: str, value: str) -> None:
    """Refuse what no database can hold: NUL, and halves of surrogate pairs."""
    if "\0" in value:
        raise InvalidParameter(f"Invalid value for parameter '{path}' supplied: it contains a NUL character.")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidParameter(f"Invalid value for parameter '{path}' supplied: it is not valid Unicode.") from None


def check_name(path: str, name: str) -> None:
    """Refuse the key of a metric, param or tag that has other characters, or that as a file would be another one."""
    if _NAME.fullmatch(name) is None:
        raise invalid(path, name, _CHARACTERS)
    normal = posixpath.normpath(name)
    if normal != name or normal == "." or normal.startswith(("..", "/")):
        raise invalid(
            path,
            name,
            "Names may be treated as files in certain cases, and must not resolve to other names when treated as such. "
            f"This name would resolve to {normal!r}",
        )


def check_run_id(run_id: str) -> None:
    """Refuse what cannot be a run's id."""
    require("run_id", run_id)
    if _RUN_ID.fullmatch(run_id) is None:
        raise invalid("run_id", run_id)


def check_new_run_id(run_id: str) -> None:
    """Refuse a client-made id that is not 32 lower-case hexadecimal digits."""
    if _NEW_RUN_ID.fullmatch(run_id) is None:
        raise invalid("run_id", run_id, "A run id has 32 lower-case hexadecimal digits.")


def experiment_number(experiment_id: str) -> int:
    """The whole number an experiment's id stands for."""
    if _INTEGER.fullmatch(experiment_id) is None:
        raise InvalidParameter(f"Invalid experiment ID '{experiment_id}'. Experiment ID must be a valid integer.")
    return min(max(int(experiment_id), limits.SMALLEST), limits.LARGEST)


def check_int64(path: str, value: int | None) -> None:
    """Refuse a whole number that needs more than 64 bits."""
    if value is not None and not limits.SMALLEST <= value <= limits.LARGEST:
        raise invalid(path, value, " Hint: Value was of type 'int'.")


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


def check_count(what: str, values: Sequence[object], largest: int) -> None:
    """Refuse a list that is too long."""
    if len(values) > largest:
        raise InvalidParameter(f"A request can contain at most {largest} {what}. Got {len(values)} {what}.")
