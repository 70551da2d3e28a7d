"""The trainer contract: how a model of one framework comes of a split table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from modelyard.models.flavor import Flavor
from modelyard.training.data import Split
from modelyard.training.result import Task


class Watch(Protocol):
    """Whoever follows a training. Calls come from the thread that trains, in order."""

    def epoch(self, number: int, of: int, losses: Mapping[str, float]) -> None:
        """An epoch is done, the ``number``-th of at most ``of``."""
        ...

    def checkpoint(self, file: Path) -> None:
        """A file that a training can be resumed from; it may be gone after the call."""
        ...

    def fetch_checkpoint(self, run_id: str, folder: Path) -> Path:
        """The last checkpoint of a run, as a file in ``folder``. Raises ``NotFound``."""
        ...


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """A model that was fitted.

    ``predict`` takes a data frame of the features and answers a value or a label for each row. ``params`` are all the params
    the model was trained with, defaults too.
    """

    obj: Any
    flavor: Flavor
    predict: Callable[[Any], Any]
    params: dict[str, Any]
    requirements: list[str] = []


class Trainer(Protocol):
    """A kind of model that can be trained.

    Guarantees: with equal split, params and seed the fitted model predicts alike on one machine. The framework is imported
    inside the calls.
    """

    @property
    def name(self) -> str:
        """What callers ask for, such as ``LinearRegression``."""
        ...

    @property
    def framework(self) -> str:
        """The package it comes from."""
        ...

    @property
    def task(self) -> Task:
        """What it predicts: numbers or classes."""
        ...

    @property
    def takes(self) -> str:
        """The type of its features: ``double`` or ``string``."""
        ...

    def check(self, params: Mapping[str, Any]) -> None:
        """Raise ``InvalidParameter`` naming a param that this trainer does not take, or ``MissingExtra``."""
        ...

    def fit(self, split: Split, params: Mapping[str, Any], *, seed: int, watch: Watch) -> Fitted:
        """Train on the rows to train with. Raises ``InvalidParameter`` for params that do not fit the data, or each other."""
        ...
