"""Which method of a tracking store answers which endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelyard.core.wire.table.tracking import TRACKING
from modelyard.services.tracking.contract import TrackingStore

Handler = Callable[[Any], Any]

READY_MADE = {"search_runs": "search_runs_json"}
"""Methods whose answer a store may also make as the bytes of its JSON, without an object for all that is in it."""


def routes(store: TrackingStore) -> Mapping[str, Handler]:
    """Endpoint name → the method of ``store`` that takes its request and answers its reply, or the reply's JSON."""
    return {endpoint.name: _method(store, endpoint.verb) for endpoint in TRACKING}


def _method(store: TrackingStore, verb: str) -> Handler:
    found: Handler = getattr(store, READY_MADE.get(verb, verb), None) or getattr(store, verb)
    return found
