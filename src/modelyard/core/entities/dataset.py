"""Datasets as runs record them: what was read, from where, in which version."""

from __future__ import annotations

import msgspec

from modelyard.core.entities.noun import KeyValue, Noun


class InputTag(KeyValue, frozen=True, gc=False):
    """A tag of a run's use of a dataset; ``mlflow.data.context`` says what it was used for."""


class Dataset(Noun, frozen=True):
    """A dataset's identity (name and digest), its source, schema and profile (JSON texts)."""

    name: str
    digest: str
    source_type: str = msgspec.field(default_factory=str)
    source: str = msgspec.field(default_factory=str)
    schema: str | None = None
    profile: str | None = None


class DatasetInput(Noun, frozen=True):
    """A dataset with the tags of one use of it."""

    dataset: Dataset
    tags: list[InputTag] = []


class DatasetSummary(Noun, frozen=True):
    """A dataset of an experiment, as search-datasets lists it."""

    experiment_id: str
    name: str
    digest: str
    context: str | None = None
