"""``modelyard.sweeps``: what came of a sweep."""

from modelyard.pipelines.sweeps.contract import Trial
from modelyard.pipelines.sweeps.results import best, trials

__all__ = ["Trial", "best", "trials"]
