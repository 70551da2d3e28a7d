"""Combinations by chance, of a seed: the same ones however often a sweep is resumed."""

from __future__ import annotations

import math
from random import Random

from modelyard.core.errors import InvalidParameter
from modelyard.pipelines.sweeps.contract import Plan, Trial
from modelyard.pipelines.sweeps.grammar import Dimension, Space


class RandomSampler:
    """As many draws as ``trials`` says; no combination twice where they can be counted."""

    def __init__(self, space: Space, plan: Plan) -> None:
        size = space.size
        if plan.trials is None and size is None:
            raise InvalidParameter("How many trials? There is no end of them: say --trials 50.")
        self._space = space
        self._seed = plan.seed
        self._size = min(each for each in (plan.trials, size) if each is not None)
        self._numbers = None if size is None else Random(f"{plan.seed}").sample(range(size), self._size)  # noqa: S311 - no secret

    def size(self) -> int:
        """How many there will be."""
        return self._size

    def ask(self, number: int) -> dict[str, str] | None:
        """The draw of that number."""
        if number >= self._size:
            return None
        if self._numbers is not None:
            return self._space.at(self._numbers[number])
        chance = Random(f"{self._seed} {number}")  # noqa: S311 - no secret
        return {each.key: _draw(each, chance) for each in self._space.swept}

    def tell(self, trial: Trial) -> None:
        """Nothing is learned from it."""


def _draw(each: Dimension, chance: Random) -> str:
    if each.kind != "interval":
        return each.text(chance.randrange(len(each.values)))
    if each.integer:
        drawn = each.low + chance.random() * (each.high + 1 - each.low)
        if each.log:
            drawn = math.exp(chance.uniform(math.log(each.low), math.log(each.high + 1)))
        return str(min(int(each.high), math.floor(drawn)))
    if each.log:
        return repr(min(each.high, math.exp(chance.uniform(math.log(each.low), math.log(each.high)))))
    return repr(chance.uniform(each.low, each.high))
