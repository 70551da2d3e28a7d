"""A dataset: name, digest, source, and what its kind knows of schema and profile."""

from __future__ import annotations

import json
from typing import Any

from modelyard.client.datasets.source import DatasetSource
from modelyard.core import entities
from modelyard.core.errors import InvalidParameter


class Dataset:
    """A dataset a run can record with ``log_input``. A kind of data is a class below it."""

    def __init__(self, source: DatasetSource, name: str | None = None, digest: str | None = None) -> None:
        self._source = source
        self._name = name
        self._digest = digest or self._compute_digest()

    def _compute_digest(self) -> str:
        """A fingerprint of the data, eight characters."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The name."""
        return self._name if self._name is not None else "dataset"

    @property
    def digest(self) -> str:
        """The fingerprint of the data."""
        return self._digest

    @property
    def source(self) -> DatasetSource:
        """Where the data came from."""
        return self._source

    @property
    def profile(self) -> dict[str, Any] | None:
        """How large it is."""
        return None

    @property
    def schema(self) -> Any:
        """What columns or shape it has, as plain values; None where it cannot be told."""
        return None

    def to_dict(self) -> dict[str, str | None]:
        """The dataset as texts, in MLflow's form."""
        schema = self.schema
        return {
            "name": self.name,
            "digest": self.digest,
            "source": self.source.to_json(),
            "source_type": self.source.kind,
            "schema": json.dumps(schema) if schema is not None else None,
            "profile": json.dumps(self.profile),
        }

    def to_json(self) -> str:
        """The same as JSON."""
        return json.dumps(self.to_dict())

    def _to_mlflow_entity(self) -> entities.Dataset:
        """The record of it, by the name MLflow's functions ask for."""
        return entity_of(self)


def entity_of(dataset: Any) -> entities.Dataset:
    """The record of a dataset: of ours, of MLflow's, or a record already."""
    if isinstance(dataset, entities.Dataset):
        return dataset
    if hasattr(dataset, "to_dict"):
        told = dataset.to_dict()
    elif all(hasattr(dataset, name) for name in ("name", "digest", "source", "source_type")):
        told = {
            name: getattr(dataset, name) for name in ("name", "digest", "source", "source_type", "schema", "profile")
        }
    else:
        raise InvalidParameter(
            f"{type(dataset).__name__} is no dataset. Make one with modelyard.data.from_pandas or from_numpy."
        )
    return entities.Dataset(
        name=told["name"],
        digest=told["digest"],
        source_type=told["source_type"],
        source=told["source"],
        schema=told.get("schema"),
        profile=told.get("profile"),
    )
