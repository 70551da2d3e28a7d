"""What the parts of the client share: the stores they talk to, and arguments in the shape the wire wants."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from modelyard.client.connection import Connection
from modelyard.core.entities import RunStatus, ViewType
from modelyard.core.entities.noun import KeyValue
from modelyard.core.errors import InvalidParameter

KV = TypeVar("KV", bound=KeyValue)

VIEWS: Mapping[int, Any] = {view.value: view.name for view in ViewType}


class Calls:
    """A part of the client. Reads of a run first send what this process has queued for it."""

    def __init__(self, tracking: Connection, registry: Connection) -> None:
        self._tracking = tracking
        self._registry = registry

    def _flush(self, run_id: str | None = None) -> None:
        self._tracking.sender.flush(run_id)


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def key_values(kind: type[KV], pairs: Mapping[str, Any] | None) -> list[KV]:
    """A dictionary as a list of keys and texts."""
    return [kind(check_text_key(key), str(value)) for key, value in (pairs or {}).items()]


def check_text_key(key: Any) -> str:
    """A key of a param or tag; anything but a text is refused."""
    if not isinstance(key, str):
        raise InvalidParameter(f"A key must be a text, not {key!r} ({type(key).__name__}).")
    return key


def view_name(view_type: int) -> Any:
    """The wire's name of a view type."""
    if view_type not in VIEWS:
        raise InvalidParameter(f"Invalid view type {view_type!r}. Use ViewType.ACTIVE_ONLY, DELETED_ONLY or ALL.")
    return VIEWS[view_type]


def status_name(status: str | int | None) -> Any:
    """The wire's name of a run's status, from its name or its number.

    >>> status_name("finished"), status_name(RunStatus.KILLED)
    ('FINISHED', 'KILLED')
    """
    if status is None:
        return None
    if isinstance(status, int) and status in {each.value for each in RunStatus}:
        return RunStatus(status).name
    text = str(status).upper()
    if text not in RunStatus.__members__:
        raise InvalidParameter(f"Invalid run status {status!r}. Known: {', '.join(RunStatus.__members__)}.")
    return text


def as_entity(kind: type[Any], value: Any) -> Any:
    """One of our entities from one of ours or MLflow's, by its attributes."""
    if isinstance(value, kind):
        return value
    names = [field.name for field in msgspec.structs.fields(kind)]
    return kind(**{name: getattr(value, name) for name in names if getattr(value, name, None) is not None})


def as_entities(kind: type[Any], values: Sequence[Any] | None) -> list[Any]:
    """The same for many."""
    return [as_entity(kind, value) for value in values or ()]
