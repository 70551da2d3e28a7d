"""Optuna as a library: what it learns from is rebuilt from the trials told, and no storage of its own is kept."""

from __future__ import annotations

import math
import warnings
from random import Random
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import require
from modelyard.pipelines.sweeps.contract import Plan, Trial
from modelyard.pipelines.sweeps.grammar import Dimension, Space

_TRIES = 20
"""To think of a combination that was not tried yet."""


class TpeSampler:
    """Tree-structured Parzen estimators: values near those of good trials. Trials that run count as bad ones meanwhile."""

    def __init__(self, space: Space, plan: Plan) -> None:
        if plan.trials is None and space.size is None:
            raise InvalidParameter("How many trials? There is no end of them: say --trials 50.")
        if not plan.metric:
            raise InvalidParameter(
                f"The sampler {plan.sampler} learns from a metric: say which with --metric NAME (and --minimize)."
            )
        self._size = min(each for each in (plan.trials, space.size) if each is not None)
        self._space = space
        self._plan = plan
        self._told: dict[int, Trial] = {}

    def size(self) -> int:
        """How many there will be."""
        return self._size

    def ask(self, number: int) -> dict[str, str] | None:
        """The next values, by all that was told."""
        if number >= self._size:
            return None
        tried = {tuple(sorted(trial.values.items())) for trial in self._told.values()}
        chance = Random(f"{self._plan.seed} {number}")  # noqa: S311 - no secret
        study = study_of(self._space, self._plan, self._told)
        values: dict[str, str] = {}
        for _ in range(_TRIES):
            values = self._suggested(study, chance.randrange(1 << 31))
            if self._space.size is None or tuple(sorted(values.items())) not in tried:
                break
        return values

    def tell(self, trial: Trial) -> None:
        """Keep how it stands."""
        self._told[trial.number] = trial

    def _suggested(self, study: Any, seed: int) -> dict[str, str]:
        optuna = library()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study.sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True, multivariate=True)
        asked = study.ask({each.key: distribution(each) for each in self._space.swept})
        values = {each.key: text_of(each, asked.params[each.key]) for each in self._space.swept}
        study.tell(asked, state=optuna.trial.TrialState.FAIL)
        return values


def library() -> Any:
    """Optuna, which says nothing by itself."""
    optuna = require("optuna", what="This sampler", extra="pipelines")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def study_of(space: Space, plan: Plan, trials: dict[int, Trial]) -> Any:
    """A study in memory of the trials there are."""
    optuna = library()
    study = optuna.create_study(direction=plan.direction)
    states = optuna.trial.TrialState
    for _, trial in sorted(trials.items()):
        values = {each.key: _value_of(each, trial.values.get(each.key)) for each in space.swept}
        if None in values.values():
            continue
        good = trial.state == "FINISHED" and trial.value is not None and math.isfinite(trial.value)
        running = trial.state == "RUNNING"
        study.add_trial(
            optuna.trial.create_trial(
                state=states.COMPLETE if good else states.RUNNING if running else states.FAIL,
                value=trial.value if good else None,
                params=values,
                distributions={each.key: distribution(each) for each in space.swept},
            )
        )
    return study


def distribution(each: Dimension) -> Any:
    """A choice is a category, a range its places in order, an interval what it says."""
    kinds = library().distributions
    if each.kind == "choice":
        return kinds.CategoricalDistribution([each.text(index) for index in range(len(each.values))])
    if each.kind == "steps":
        return kinds.IntDistribution(0, len(each.values) - 1)
    if each.integer:
        return kinds.IntDistribution(int(each.low), int(each.high), log=each.log)
    return kinds.FloatDistribution(each.low, each.high, log=each.log)


def text_of(each: Dimension, value: Any) -> str:
    """What an override has for a value of Optuna's."""
    if each.kind == "steps":
        return each.text(int(value))
    return str(value) if each.kind == "choice" else repr(value)


def _value_of(each: Dimension, text: str | None) -> Any:
    """The other way round; None for a text that is none of the dimension's values."""
    if text is None:
        return None
    places = range(len(each.values))
    if each.kind == "choice":
        return text if any(each.text(place) == text for place in places) else None
    if each.kind == "steps":
        return next((place for place in places if each.text(place) == text), None)
    return int(text) if each.integer else float(text)
