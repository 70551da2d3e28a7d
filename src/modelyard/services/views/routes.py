"""The endpoints of views: each row of the table is the method of its name, of whichever part has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelyard.core.wire.table.views import VIEWS


def routes(*parts: object) -> Mapping[str, Callable[[Any], Any]]:
    """Endpoint name → the method that answers it. What streams is answered by the server, which may have no method."""
    return {
        endpoint.name: getattr(part, endpoint.verb)
        for part in parts
        for endpoint in VIEWS
        if hasattr(part, endpoint.verb)
    }
