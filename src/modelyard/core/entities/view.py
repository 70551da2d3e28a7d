"""MLflow's small enumerations."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

ViewTypeName = Literal["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]


class ViewType(IntEnum):
    """Which lifecycle stages a search looks at."""

    ACTIVE_ONLY = 1
    DELETED_ONLY = 2
    ALL = 3


class RunStatus(IntEnum):
    """The states of a run, with MLflow's numbers."""

    RUNNING = 1
    SCHEDULED = 2
    FINISHED = 3
    FAILED = 4
    KILLED = 5


class LifecycleStage:
    """The two lifecycle stages, as texts."""

    ACTIVE = "active"
    DELETED = "deleted"
