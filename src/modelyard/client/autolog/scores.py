"""The metrics of a scikit-learn estimator on its training data, by MLflow's names."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

from modelyard.client.autolog.counts import counted, log_loss
from modelyard.client.autolog.data import Data
from modelyard.client.autolog.recorder import Recorder
from modelyard.core.extras import require

PREFIX = "training_"
_SUREST = ("sklearn.ensemble._forest", "sklearn.ensemble._hist_gradient_boosting")


class Scores(NamedTuple):
    """An estimator that was fitted, what it was fitted on, and where its metrics go."""

    recorder: Recorder
    estimator: Any
    data: Data

    def log(self) -> None:
        """Log all that can be told. What one metric lacks, the others do not."""
        found = self.recorder.attempt("training metrics", self._special) or {}
        score = self._score(found)
        if score is not None:
            found["score"] = score
        self.recorder.metrics({f"{PREFIX}{name}": value for name, value in found.items()})

    def _special(self) -> dict[str, float]:
        base = require("sklearn.base", what="A score", extra="sklearn")
        if not hasattr(self.estimator, "predict"):
            return {}
        if base.is_classifier(self.estimator):
            return self._of_classifier()
        return self._of_regressor() if base.is_regressor(self.estimator) else {}

    def _of_classifier(self) -> dict[str, float]:
        metrics = require("sklearn.metrics", what="A score", extra="sklearn")
        labels, weights = self.data.labels, self.data.weights
        positive = getattr(self.recorder.options, "pos_label", None)
        predicted, chances = self._predicted()
        found = counted(labels, predicted, weights) if positive is None else None
        found = found or self._of_predictions(metrics, predicted, positive)
        classes = getattr(self.estimator, "classes_", ())
        if chances is not None and len(classes) > 1:
            loss = log_loss(labels, chances, classes, weights)
            by_metric = {"log_loss": loss} if loss is not None else None
            found |= by_metric or self._each("log_loss", metrics.log_loss, labels, chances, sample_weight=weights)
            scores = chances[:, 1] if len(chances[0]) == 2 else chances
            how = {"average": "weighted", "sample_weight": weights, "multi_class": "ovo"}
            found |= self._each("roc_auc", metrics.roc_auc_score, labels, scores, **how)
        return found

    def _of_predictions(self, metrics: Any, predicted: Any, positive: Any) -> dict[str, float]:
        labels, weights = self.data.labels, self.data.weights
        which = {"average": "weighted"} if positive is None else {"average": "binary", "pos_label": positive}
        found = self._each("accuracy_score", metrics.accuracy_score, labels, predicted, sample_weight=weights)
        three = self.recorder.attempt(
            "training precision and recall",
            *(metrics.precision_recall_fscore_support, labels, predicted),
            **{"sample_weight": weights, "zero_division": 0.0, **which},
        )
        found |= zip(("precision_score", "recall_score", "f1_score"), three or (), strict=False)
        return found

    def _predicted(self) -> tuple[Any, Any]:
        """What a classifier predicts, and how sure it is; None where it does not tell.

        Ensembles of trees predict the class they are surest of: they are asked once, for that is what takes long.
        """
        features, kind = self.data.features, type(self.estimator)
        if not hasattr(self.estimator, "predict_proba"):
            return self.estimator.predict(features), None
        chances = self.estimator.predict_proba(features)
        if kind.__module__.startswith(_SUREST) and hasattr(chances, "argmax"):
            return self.estimator.classes_.take(chances.argmax(axis=1), axis=0), chances
        return self.estimator.predict(features), chances

    def _of_regressor(self) -> dict[str, float]:
        metrics = require("sklearn.metrics", what="A score", extra="sklearn")
        labels, weights = self.data.labels, self.data.weights
        predicted = self.estimator.predict(self.data.features)
        found: dict[str, float] = {}
        for name in ("mean_squared_error", "mean_absolute_error", "r2_score"):
            found |= self._each(name, getattr(metrics, name), labels, predicted, sample_weight=weights)
        if "mean_squared_error" in found:
            found["root_mean_squared_error"] = found["mean_squared_error"] ** 0.5
        return found

    def _each(self, name: str, metric: Callable[..., float], *args: Any, **kwargs: Any) -> dict[str, float]:
        value = self.recorder.attempt(f"{PREFIX}{name}", metric, *args, **kwargs)
        return {} if value is None else {name: value}

    def _score(self, found: dict[str, float]) -> Any:
        """What the estimator's own ``score`` says; where that is one of the metrics, it is not computed again."""
        base = require("sklearn.base", what="A score", extra="sklearn")
        method = getattr(type(self.estimator), "score", None)
        if method is base.ClassifierMixin.score and "accuracy_score" in found:
            return found["accuracy_score"]
        if method is base.RegressorMixin.score and "r2_score" in found:
            return found["r2_score"]
        return self.recorder.attempt(f"{PREFIX}score", self._asked)

    def _asked(self) -> Any:
        if not hasattr(self.estimator, "score"):
            return None
        features, labels, weights = self.data
        if "sample_weight" in inspect.signature(self.estimator.score).parameters:
            return self.estimator.score(features, labels, sample_weight=weights)
        return self.estimator.score(features, labels)
