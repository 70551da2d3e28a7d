"""Keras networks as the last step of a scikit-learn pipeline: they fit, predict and score as estimators do.

Imported where scikit-learn is used already: by ``trainers.keras``, by one's own pipelines, and by what loads a saved one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from modelyard.core.extras import require

_base: Any = require("sklearn.base", what="A Keras step of a pipeline", extra="sklearn")
_Estimator: Any = _base.BaseEstimator  # an extra's classes, whose types may not be there
_Regressor: Any = _base.RegressorMixin
_Classifier: Any = _base.ClassifierMixin

Told = Callable[[int, dict[str, float]], None]
"""Told the number of an epoch and its losses."""


class _KerasStep(_Estimator):  # type: ignore[misc]  # for that reason
    """What both kinds share. ``params`` are those of the constructor; ``network_`` is the Keras model once it is fitted."""

    def __init__(
        self,
        *,
        hidden: Sequence[int] = (64, 32),
        optimizer: str = "adam",
        learning_rate: float = 0.005,
        batch_size: int = 64,
        epochs: int = 60,
        validation: float = 0.15,
        seed: int = 42,
    ) -> None:
        self.hidden = hidden
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.validation = validation
        self.seed = seed

    def _train(self, rows: Any, wanted: Any, outputs: int, told: Told | None) -> None:
        keras = require("keras", what="Training a Keras network", extra="keras")
        keras.utils.set_random_seed(self.seed)
        rows = _numbers(rows)
        layers = [keras.layers.Dense(width, activation="relu") for width in self.hidden]
        last = keras.layers.Dense(outputs or 1, activation="softmax" if outputs else None)
        network = keras.Sequential([keras.Input((rows.shape[1],)), *layers, last])
        network.compile(
            optimizer=_optimizer(keras, self.optimizer)(learning_rate=self.learning_rate),
            loss="sparse_categorical_crossentropy" if outputs else "mse",
        )
        callbacks = [] if told is None else [keras.callbacks.LambdaCallback(on_epoch_end=_teller(told))]
        network.fit(
            rows,
            wanted,
            batch_size=self.batch_size,
            epochs=self.epochs,
            validation_split=self.validation,
            callbacks=callbacks,
            verbose=0,
        )
        self.network_ = network
        self.n_features_in_ = rows.shape[1]

    def _found(self, rows: Any) -> Any:
        return self.network_.predict(_numbers(rows), verbose=0)


class KerasRegressor(_Regressor, _KerasStep):  # type: ignore[misc]  # for that reason
    """A dense network that predicts a number."""

    def fit(self, rows: Any, wanted: Any, told: Told | None = None) -> KerasRegressor:
        """Train; ``told`` hears of every epoch. The target is scaled for the training, and back when predicting."""
        values = _numbers(wanted).reshape(-1)
        self.mean_, self.spread_ = float(values.mean()), float(values.std()) or 1.0
        self._train(rows, (values - self.mean_) / self.spread_, 0, told)
        return self

    def predict(self, rows: Any) -> Any:
        """A number for each row."""
        return self._found(rows).reshape(-1).astype("float64") * self.spread_ + self.mean_


class KerasClassifier(_Classifier, _KerasStep):  # type: ignore[misc]  # for that reason
    """A dense network that predicts a class."""

    def fit(self, rows: Any, wanted: Any, told: Told | None = None) -> KerasClassifier:
        """Train; ``told`` hears of every epoch."""
        numpy = require("numpy", what="Training a Keras network", extra="models")
        self.classes_, places = numpy.unique(wanted, return_inverse=True)
        self._train(rows, places, len(self.classes_), told)
        return self

    def predict_proba(self, rows: Any) -> Any:
        """The share of each class."""
        return self._found(rows)

    def predict(self, rows: Any) -> Any:
        """The class of each row."""
        return self.classes_[self._found(rows).argmax(axis=1)]


def _optimizer(keras: Any, name: str) -> Any:
    return {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW}[name]


def _teller(told: Told) -> Callable[[int, Any], None]:
    def tell(epoch: int, logs: Any) -> None:
        told(epoch + 1, {"train_loss": float(logs["loss"]), "val_loss": float(logs["val_loss"])})

    return tell


def _numbers(values: Any) -> Any:
    return require("numpy", what="A Keras network", extra="models").asarray(values, dtype="float32")
