"""What the suite of named datasets does and asks over and over."""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

from modelyard.core.entities.dataset_version import DatasetVersion
from modelyard.core.wire.messages import datasets as data
from modelyard.services.datasets.contract import DatasetStore

NAME = "raw_data.parquet"


class Runs(Protocol):
    """What the suite needs of tracking: runs that make and use datasets."""

    def new_run(self) -> str:
        """A new run's id."""
        ...

    def log_input(self, run_id: str, name: str, digest: str) -> None:
        """Record an MLflow dataset as an input of a run."""
        ...


def digest_of(content: str) -> str:
    """The digest of a text."""
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


def request_of(run_id: str, content: str = "one", name: str = NAME, **more: Any) -> data.CreateDatasetVersion:
    """A request for a stored version."""
    return data.CreateDatasetVersion(
        name=name,
        digest=digest_of(content),
        uri=f"runs:/{run_id}/datasets/{name}/{digest_of(content)[7:23]}/raw.parquet",
        size=len(content),
        run_id=run_id,
        **more,
    )


def reference_of(
    run_id: str, content: str = "one", place: str = "file:///data/raw.parquet"
) -> data.CreateDatasetVersion:
    """A request for a version that stays where it is."""
    return data.CreateDatasetVersion(
        name=NAME, digest=digest_of(content), kind="reference", uri=place, size=len(content), run_id=run_id
    )


def make(store: DatasetStore, run_id: str, content: str = "one", name: str = NAME, **more: Any) -> DatasetVersion:
    """A version."""
    return store.create_version(request_of(run_id, content, name, **more)).version


def get(store: DatasetStore, reference: str = NAME) -> DatasetVersion:
    """The version of a reference."""
    return store.get_version(data.GetDatasetVersion(reference=reference)).version


def lineage(store: DatasetStore, reference: str = "", run_id: str = "") -> list[tuple[str, str, str]]:
    """Version, role and run of each use."""
    found = store.lineage(data.GetDatasetLineage(reference=reference, run_id=run_id)).uses
    return [(f"{use.name}:v{use.version}", use.role, use.run_id) for use in found]
