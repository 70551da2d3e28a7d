"""Where artifacts are. Places of our own making are not stored: they follow from the ids and the store's base."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from modelyard.services.tracking.rules.locations import below


class Places(NamedTuple):
    """Places below the store's artifact base, such as ``mlflow-artifacts:/``, unless a client named another."""

    base: str

    def experiment(self, number: int, named: str | None) -> str:
        """Where an experiment's artifacts are."""
        return below(self.base, str(number)) if named is None else named

    def run(self, experiment: int, run_id: str, stored: str | None) -> str:
        """Where a run's artifacts are."""
        if stored is not None:
            return stored
        before, behind = _around(self.base)
        return f"{before}{experiment}/{run_id}/artifacts{behind}"

    def model(self, experiment: int, model_id: str, stored: str | None) -> str:
        """Where a logged model's files are."""
        return below(self.base, str(experiment), "models", model_id, "artifacts") if stored is None else stored


@lru_cache(maxsize=16)
def _around(base: str) -> tuple[str, str]:
    """What stands before and behind the parts of each place below the base: a page of runs asks a thousand times."""
    before, _, behind = below(base, "\0").partition("\0")
    return before, behind


def run_key(experiment: int, run_id: str) -> str:
    """The artifact key of a run's folder in a place of our own making."""
    return f"{experiment}/{run_id}"


def model_key(experiment: int, model_id: str) -> str:
    """The artifact key of a logged model's folder in a place of our own making."""
    return f"{experiment}/models/{model_id}"
