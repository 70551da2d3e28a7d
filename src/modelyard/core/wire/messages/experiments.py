"""Requests and replies about experiments."""

from __future__ import annotations

import msgspec

from modelyard.core.entities import DatasetSummary, Experiment, ExperimentTag, ViewTypeName
from modelyard.core.entities.noun import Int64
from modelyard.core.wire.messages.message import Message


class CreateExperiment(Message, frozen=True, kw_only=True):
    """Make an experiment; without a location its artifacts go below the store's own root."""

    name: str
    artifact_location: str = ""
    tags: list[ExperimentTag] = []


class ExperimentCreated(Message, frozen=True, kw_only=True):
    """The id of a new experiment: an integer as text."""

    experiment_id: str


class GetExperiment(Message, frozen=True, kw_only=True):
    """Look an experiment up by id, deleted ones too."""

    experiment_id: str


class GetExperimentByName(Message, frozen=True, kw_only=True):
    """Look an experiment up by name, deleted ones too."""

    experiment_name: str


class ExperimentReply(Message, frozen=True, kw_only=True):
    """One experiment."""

    experiment: Experiment


class SearchExperiments(Message, frozen=True, kw_only=True):
    """Find experiments by filter, in an order, a page at a time."""

    max_results: Int64 = msgspec.field(default_factory=lambda: 1000)  # always sent: mlflow's server takes none for 0
    page_token: str = ""
    filter: str = ""
    order_by: list[str] = []
    view_type: ViewTypeName = "ACTIVE_ONLY"


class ExperimentsPage(Message, frozen=True, kw_only=True):
    """A page of experiments; a token only when there are more."""

    experiments: list[Experiment] = []
    next_page_token: str = ""


class DeleteExperiment(Message, frozen=True, kw_only=True):
    """Mark an experiment and all its runs deleted."""

    experiment_id: str


class RestoreExperiment(Message, frozen=True, kw_only=True):
    """Bring a deleted experiment and all its runs back."""

    experiment_id: str


class UpdateExperiment(Message, frozen=True, kw_only=True):
    """Rename an experiment."""

    experiment_id: str
    new_name: str = ""


class SetExperimentTag(Message, frozen=True, kw_only=True):
    """Set a tag of an experiment, replacing its value."""

    experiment_id: str
    key: str
    value: str = ""


class DeleteExperimentTag(Message, frozen=True, kw_only=True):
    """Remove a tag of an experiment."""

    experiment_id: str
    key: str


class SearchDatasets(Message, frozen=True, kw_only=True):
    """The datasets that the runs of at most 20 experiments read."""

    experiment_ids: list[str] = []


class DatasetsReply(Message, frozen=True, kw_only=True):
    """At most 1,000 datasets."""

    dataset_summaries: list[DatasetSummary] = []
