"""The checks that all requests share, and MLflow's words for what fails them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from modelyard.core.checks import check_storable, invalid, missing, too_long
from modelyard.core.errors import InvalidParameter
from modelyard.services.tracking.rules import limits

_RUN_ID = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}")
_NEW_RUN_ID = re.compile(r"[0-9a-f]{32}")
_INTEGER = re.compile(r"-?[0-9]{1,19}")


def require(path: str, value: object) -> None:
    """Refuse what is absent or empty."""
    if value in (None, "", []):
        raise missing(path)


def check_text(path: str, value: str, limit: int) -> None:
    """Refuse a text that is too long or that a database cannot hold."""
    if len(value) > limit:
        raise too_long(path, limit)
    check_storable(path, value)


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


def check_count(what: str, values: Sequence[object], largest: int) -> None:
    """Refuse a list that is too long."""
    if len(values) > largest:
        raise InvalidParameter(f"A request can contain at most {largest} {what}. Got {len(values)} {what}.")
