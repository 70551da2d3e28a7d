"""Dense networks of Keras, as the last step of a pipeline that scales."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter, first_line
from modelyard.core.extras import require
from modelyard.core.version import __version__
from modelyard.models import catalog
from modelyard.training.data import NUMBER, Split
from modelyard.training.result import Task
from modelyard.training.trainers.checks import NETWORK, checked
from modelyard.training.trainers.contract import Fitted, Watch

_STEPS = "modelyard.training.trainers.kerasnet"


class KerasTrainer(msgspec.Struct, frozen=True):
    """``StandardScaler`` and a ``KerasRegressor`` or ``KerasClassifier``."""

    name: str
    task: Task
    framework: str = "keras"
    takes: str = NUMBER

    def check(self, params: Mapping[str, Any]) -> None:
        """Refuse params that no network takes."""
        require("keras", what=f"Training a {self.name}", extra="keras")
        checked(self.name, NETWORK, params)

    def fit(self, split: Split, params: Mapping[str, Any], *, seed: int, watch: Watch) -> Fitted:
        """Train the pipeline; a point of ``train_loss`` and ``val_loss`` for each epoch."""
        chosen = checked(self.name, NETWORK, params)
        step = getattr(require(_STEPS, what=f"Training a {self.name}", extra="sklearn"), self.name)
        scaler = require("sklearn.preprocessing", what="Training", extra="sklearn").StandardScaler()
        pipeline = require("sklearn.pipeline", what="Training", extra="sklearn").Pipeline(
            [("scale", scaler), ("net", step(**chosen, seed=seed))]
        )

        def told(number: int, losses: Mapping[str, float]) -> None:
            watch.epoch(number, chosen["epochs"], losses)

        try:
            pipeline.fit(split.train_x, split.train_y, net__told=told)
        except ValueError as error:  # what Keras raises for a split it cannot make
            raise InvalidParameter(f"{self.name} cannot be trained like that: {first_line(error)}.") from None
        return Fitted(
            obj=pipeline,
            flavor=catalog.flavor("sklearn"),
            predict=pipeline.predict,
            params=chosen,
            requirements=[f"modelyard[keras,sklearn]=={__version__}"],
        )


TRAINERS = (KerasTrainer("KerasRegressor", "regression"), KerasTrainer("KerasClassifier", "classification"))
