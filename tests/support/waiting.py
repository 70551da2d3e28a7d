"""Waiting for what another thread or process does in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

LIMIT = 60.0  # nothing takes that long unless it hangs, however busy the machine is


def wait_for(condition: Callable[[], Any], seconds: float = LIMIT) -> float:
    """Wait until it holds; how long that took. Fails after ``seconds``."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"it did not happen within {seconds:g} s"
        time.sleep(0.01)
    return time.monotonic() - began
