"""The whole contract suite of tracking stores."""

from __future__ import annotations

from modelyard.testing.tracking.batches import Batches
from modelyard.testing.tracking.experiments import Experiments, ExperimentSearch
from modelyard.testing.tracking.inputs import Inputs
from modelyard.testing.tracking.logged_models import LoggedModels, LoggedModelSearch
from modelyard.testing.tracking.metrics import Histories, Metrics
from modelyard.testing.tracking.runs import Lifecycle, Runs
from modelyard.testing.tracking.search import Filters, Orders, Pages
from modelyard.testing.tracking.texts import Params, Tags


class TrackingStoreContract(
    Experiments,
    ExperimentSearch,
    Runs,
    Lifecycle,
    Params,
    Tags,
    Metrics,
    Histories,
    Batches,
    Inputs,
    Filters,
    Orders,
    Pages,
    LoggedModels,
    LoggedModelSearch,
):
    """All a tracking store promises. Subclass it with a fixture ``store`` that is new, and so empty, for each test."""
