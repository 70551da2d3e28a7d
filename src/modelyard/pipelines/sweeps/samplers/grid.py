"""Every combination, in Hydra's order."""

from __future__ import annotations

from modelyard.core.errors import InvalidParameter
from modelyard.pipelines.sweeps.contract import Plan, Trial
from modelyard.pipelines.sweeps.grammar import Space


class GridSampler:
    """The product of all values; with ``trials``, the first so many of it."""

    def __init__(self, space: Space, plan: Plan) -> None:
        endless = next((each.key for each in space.swept if each.size is None), None)
        size = space.size
        if size is None:
            raise InvalidParameter(
                f"BasicSweeper does not support sweep type : INTERVAL_SWEEP ({endless!r}). An interval has no end of values:"
                " ask for some of them with --sampler tpe --trials 50, or --sampler random."
            )
        self._space = space
        self._size = size if plan.trials is None else min(plan.trials, size)

    def size(self) -> int:
        """How many there are."""
        return self._size

    def ask(self, number: int) -> dict[str, str] | None:
        """The combination of that number."""
        return self._space.at(number) if number < self._size else None

    def tell(self, trial: Trial) -> None:
        """Nothing is learned from it."""
