"""Experiments: what groups runs."""

from __future__ import annotations

import msgspec

from modelyard.core.entities.noun import KeyValue, Noun, as_dict


class ExperimentTag(KeyValue, frozen=True, gc=False):
    """A tag of an experiment."""


class Experiment(Noun, frozen=True):
    """A named group of runs with one place for their artifacts. Times are milliseconds since the epoch."""

    experiment_id: str
    name: str
    artifact_location: str = msgspec.field(default_factory=str)
    lifecycle_stage: str = msgspec.field(default_factory=lambda: "active")
    last_update_time: int | None = None
    creation_time: int | None = None
    tag_list: list[ExperimentTag] = msgspec.field(name="tags", default_factory=list)
    workspace: str | None = None
    effective_trace_archival_retention: str | None = None

    @property
    def tags(self) -> dict[str, str]:
        """The experiment's tags by key."""
        return as_dict(self.tag_list)
