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

    @staticmethod
    def to_string(view_type: int) -> str:
        """The name of a view type as MLflow's commands spell it.

        >>> ViewType.to_string(ViewType.ACTIVE_ONLY)
        'active_only'
        """
        return ViewType(view_type).name.lower()

    @staticmethod
    def from_string(view_str: str) -> ViewType:
        """The view type of a name."""
        return ViewType[view_str.upper()]


class RunStatus(IntEnum):
    """The states of a run, with MLflow's numbers."""

    RUNNING = 1
    SCHEDULED = 2
    FINISHED = 3
    FAILED = 4
    KILLED = 5

    @staticmethod
    def to_string(status: int) -> str:
        """The name of a status.

        >>> RunStatus.to_string(3), RunStatus.from_string("FAILED") == RunStatus.FAILED
        ('FINISHED', True)
        """
        return RunStatus(status).name

    @staticmethod
    def from_string(status_str: str) -> RunStatus:
        """The status of a name."""
        return RunStatus[status_str]

    @staticmethod
    def is_terminated(status: int) -> bool:
        """Whether a run of this status has ended."""
        return status in (RunStatus.FINISHED, RunStatus.FAILED, RunStatus.KILLED)

    @staticmethod
    def all_status() -> list[RunStatus]:
        """Every status."""
        return list(RunStatus)


class LifecycleStage:
    """The two lifecycle stages, as texts."""

    ACTIVE = "active"
    DELETED = "deleted"
