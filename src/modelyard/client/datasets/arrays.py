"""Datasets of numpy arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from modelyard.client.datasets.dataset import Dataset
from modelyard.client.datasets.digest import digest_of_arrays
from modelyard.client.datasets.schema import tensors_of
from modelyard.client.datasets.source import DatasetSource, resolve_source


class NumpyDataset(Dataset):
    """Arrays of features and perhaps targets, each one array or a dictionary of arrays."""

    def __init__(
        self,
        features: Any,
        source: DatasetSource,
        targets: Any = None,
        name: str | None = None,
        digest: str | None = None,
    ) -> None:
        self._features = features
        self._targets = targets
        super().__init__(source, name, digest)

    def _compute_digest(self) -> str:
        return digest_of_arrays(self._features, self._targets)

    @property
    def features(self) -> Any:
        """The features."""
        return self._features

    @property
    def targets(self) -> Any:
        """The targets, or None."""
        return self._targets

    @property
    def profile(self) -> dict[str, Any]:
        """Shapes, numbers of elements and bytes."""
        told = _profile("features", self._features)
        return told if self._targets is None else {**told, **_profile("targets", self._targets)}

    @property
    def schema(self) -> Any:
        """The tensors."""
        targets = None if self._targets is None else json.dumps(tensors_of(self._targets))
        return {"mlflow_tensorspec": {"features": json.dumps(tensors_of(self._features)), "targets": targets}}


def from_numpy(
    features: Any, source: Any = None, targets: Any = None, name: str | None = None, digest: str | None = None
) -> NumpyDataset:
    """A dataset of numpy arrays. ``source`` is a path or an address; without it, it is this program."""
    return NumpyDataset(features, resolve_source(source), targets, name, digest)


def _profile(what: str, data: Any) -> dict[str, Any]:
    return {f"{what}_{name}": _each(data, name) for name in ("shape", "size", "nbytes")}


def _each(data: Any, name: str) -> Any:
    return (
        {key: getattr(array, name) for key, array in data.items()} if isinstance(data, Mapping) else getattr(data, name)
    )
