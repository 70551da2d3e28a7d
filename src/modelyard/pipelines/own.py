"""The run a process is in, for a pipeline that is a program: a sweep's trial of one step is that step."""

from __future__ import annotations

import os
from collections.abc import Sequence

from modelyard.core.settings import Settings
from modelyard.pipelines.sweeps.hold import TRIAL


def own_run(steps: Sequence[str]) -> str | None:
    """The run for the one step of a sweep's trial: the trial's own; None for all else, where a step gets a run of its own.

    >>> own_run(["train"]) is None  # in no sweep
    True
    """
    names = steps.split(",") if isinstance(steps, str) else list(steps)
    if TRIAL not in os.environ or len(names) != 1:
        return None
    return Settings.read().run_id or None
