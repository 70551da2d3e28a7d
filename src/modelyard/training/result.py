"""What came of a training."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Task = Literal["regression", "classification"]


class Feature(msgspec.Struct, frozen=True):
    """A column a model predicts from: its name and its type, ``double`` or ``string``."""

    name: str
    type: str


class Rows(msgspec.Struct, frozen=True):
    """How many rows were trained and tested with, and a hash of those tested with: equal splits have equal hashes."""

    train: int
    test: int
    test_hash: str


class Training(msgspec.Struct, frozen=True, kw_only=True):
    """A finished training: the run that tracked it, the version that came of it, and how well that predicts.

    ``metrics`` are numbers over all rows tested with; ``classes`` are those of each class, of classifiers.
    """

    run_id: str
    model_id: str
    name: str
    version: str
    model: str
    task: Task
    target: str
    features: list[Feature]
    params: dict[str, Any]
    metrics: dict[str, float | None]
    classes: dict[str, dict[str, float | int]] = {}
    rows: Rows
    test_size: float
    seed: int
    verification: str = "skipped"

    @property
    def model_uri(self) -> str:
        """The address the version is loaded from."""
        return f"models:/{self.name}/{self.version}"
