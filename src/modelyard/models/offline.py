"""Whether a model may look others up while it loads."""

from __future__ import annotations

from contextvars import ContextVar

OFFLINE: ContextVar[bool] = ContextVar("modelyard_offline", default=False)
"""True in the clean process a model proves itself in: it knows no store, so a model keeps what it was saved with."""
