"""How much the faults repeat: what a change has time for, or with MODELYARD_TEST_NIGHTLY=1 what a night has."""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")


def size(usual: T, nightly: T) -> T:
    """One or the other."""
    return nightly if os.environ.get("MODELYARD_TEST_NIGHTLY") == "1" else usual
