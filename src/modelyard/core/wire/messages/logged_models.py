"""Requests and replies about logged models."""

from __future__ import annotations

from modelyard.core.entities import LoggedModel, LoggedModelParameter, LoggedModelStatusName, LoggedModelTag
from modelyard.core.entities.noun import Int64
from modelyard.core.wire.messages.message import Message


class CreateLoggedModel(Message, frozen=True, kw_only=True):
    """Make a logged model, in state PENDING until it is finalized."""

    experiment_id: str
    name: str = ""
    model_type: str | None = None
    source_run_id: str | None = None
    params: list[LoggedModelParameter] = []
    tags: list[LoggedModelTag] = []


class LoggedModelReply(Message, frozen=True, kw_only=True):
    """One logged model."""

    model: LoggedModel


class GetLoggedModel(Message, frozen=True, kw_only=True):
    """Look a logged model up."""

    model_id: str


class FinalizeLoggedModel(Message, frozen=True, kw_only=True):
    """Say that a model's files are complete, or that their upload failed."""

    model_id: str
    status: LoggedModelStatusName


class DeleteLoggedModel(Message, frozen=True, kw_only=True):
    """Mark a logged model deleted."""

    model_id: str


class SetLoggedModelTags(Message, frozen=True, kw_only=True):
    """Set tags, replacing values."""

    model_id: str
    tags: list[LoggedModelTag] = []


class DeleteLoggedModelTag(Message, frozen=True, kw_only=True):
    """Remove a tag."""

    model_id: str
    tag_key: str


class LogLoggedModelParams(Message, frozen=True, kw_only=True):
    """Log parameters of a model; they are written once."""

    model_id: str
    params: list[LoggedModelParameter] = []


class DatasetChoice(Message, frozen=True, kw_only=True):
    """A dataset that metrics in a filter or an order are bound to."""

    dataset_name: str
    dataset_digest: str | None = None


class LoggedModelOrder(Message, frozen=True, kw_only=True):
    """One key of an order: an attribute or ``metrics.x``, the latter bound to a dataset if one is named."""

    field_name: str
    ascending: bool = True
    dataset_name: str | None = None
    dataset_digest: str | None = None


class SearchLoggedModels(Message, frozen=True, kw_only=True):
    """Find logged models of some experiments by filter, in an order, a page at a time."""

    experiment_ids: list[str] = []
    filter: str = ""
    datasets: list[DatasetChoice] = []
    max_results: Int64 = 100
    order_by: list[LoggedModelOrder] = []
    page_token: str = ""


class LoggedModelsPage(Message, frozen=True, kw_only=True):
    """A page of logged models; a token only when there are more."""

    models: list[LoggedModel] = []
    next_page_token: str = ""
