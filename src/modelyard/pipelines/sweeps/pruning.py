"""Giving up trials that do worse than the others did at the same step, by Optuna's median rule."""

from __future__ import annotations

import math
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.pipelines.sweeps.contract import Plan, Series, Trial
from modelyard.pipelines.sweeps.samplers.tpe import library

STARTUP = 4
"""Trials that end before any is given up."""


class Pruner:
    """The series of all trials so far. Called by one thread."""

    def __init__(self, plan: Plan) -> None:
        if not plan.metric:
            raise InvalidParameter("--prune goes by a metric: say which with --metric NAME.")
        self._optuna = library()
        self._study = self._optuna.create_study(
            direction=plan.direction, pruner=self._optuna.pruners.MedianPruner(n_startup_trials=STARTUP)
        )
        self._trials: dict[int, tuple[Any, int]] = {}

    def should_prune(self, trial: Trial, series: Series) -> bool:
        """Whether a running trial can be given up, by its metric so far."""
        return self._report(trial, series) and bool(self._trials[trial.number][0].should_prune())

    def tell(self, trial: Trial, series: Series) -> None:
        """A trial ended: what it reported is what others are measured by."""
        self._report(trial, series)
        asked, _ = self._trials.pop(trial.number)
        states = self._optuna.trial.TrialState
        good = trial.state == "FINISHED" and trial.value is not None and math.isfinite(trial.value)
        pruned = trial.state == "PRUNED"
        self._study.tell(
            asked,
            trial.value if good else None,
            state=states.COMPLETE if good else states.PRUNED if pruned else states.FAIL,
        )

    def _report(self, trial: Trial, series: Series) -> bool:
        """Hand over what is new of a series; whether there was anything."""
        asked, last = self._trials.get(trial.number) or (self._study.ask(), -1)
        new = [(step, value) for step, value in sorted(series) if step > last and math.isfinite(value)]
        for step, value in new:
            asked.report(value, step)
        self._trials[trial.number] = (asked, new[-1][0] if new else last)
        return bool(new)
