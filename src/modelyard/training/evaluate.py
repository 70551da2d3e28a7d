"""How well a model predicts: one answer for every framework."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from modelyard.models.libraries import numpy
from modelyard.training.result import Task


class Evaluation(msgspec.Struct, frozen=True):
    """Metrics over all rows, and those of each class; None stands for what cannot be told of these rows.

    Regression has ``r2``, ``rmse`` and ``mae``; classification ``accuracy``, and ``precision``, ``recall`` and ``f1`` weighted
    by how many rows each class has, and as plain averages (``…_macro``).
    """

    metrics: dict[str, float | None]
    classes: dict[str, dict[str, float | int]] = {}


def evaluate(task: Task, truth: Any, predicted: Any, labels: Sequence[Any] = ()) -> Evaluation:
    """Compare predictions with the truth.

    >>> evaluate("regression", [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]).metrics
    {'r2': 1.0, 'rmse': 0.0, 'mae': 0.0}
    """
    if task == "regression":
        return _regression(truth, predicted)
    return _classification(truth, predicted, labels)


def _regression(truth: Any, predicted: Any) -> Evaluation:
    np = numpy("Evaluating")
    wanted, found = np.asarray(truth, dtype="float64"), np.asarray(predicted, dtype="float64").reshape(-1)
    errors = wanted - found
    spread = float(((wanted - wanted.mean()) ** 2).sum())
    r2 = 1.0 - float((errors**2).sum()) / spread if spread > 0 else None
    metrics = {"r2": r2, "rmse": math.sqrt(float((errors**2).mean())), "mae": float(abs(errors).mean())}
    return Evaluation({name: _finite(value) for name, value in metrics.items()})


def _classification(truth: Any, predicted: Any, labels: Sequence[Any]) -> Evaluation:
    np = numpy("Evaluating")
    wanted, found = np.asarray(truth).tolist(), np.asarray(predicted).tolist()
    matrix = confusion(wanted, found, labels)
    right, given, there = matrix.diagonal(), matrix.sum(axis=0), matrix.sum(axis=1)
    precision, recall = right / np.maximum(given, 1), right / np.maximum(there, 1)
    both = precision + recall
    f1 = 2 * precision * recall / np.where(both > 0, both, 1)
    metrics: dict[str, float | None] = {"accuracy": float(right.sum() / matrix.sum())}
    weights, seen = there / there.sum(), (given + there) > 0
    for name, values in (("precision", precision), ("recall", recall), ("f1", f1)):
        metrics[name] = float((values * weights).sum())
        metrics[f"{name}_macro"] = float(values[seen].mean())
    metrics["support"] = float(there.sum())
    classes = {
        str(label): {
            "precision": float(precision[place]),
            "recall": float(recall[place]),
            "f1": float(f1[place]),
            "support": int(there[place]),
        }
        for place, label in enumerate(labels)
    }
    return Evaluation(metrics, classes)


def confusion(truth: Sequence[Any], predicted: Sequence[Any], labels: Sequence[Any]) -> Any:
    """How often each class (a row) was taken for each class (a column)."""
    np = numpy("Evaluating")
    place = {label: at for at, label in enumerate(labels)}
    matrix = np.zeros((len(labels), len(labels)), dtype="int64")
    np.add.at(matrix, ([place[each] for each in truth], [place[each] for each in predicted]), 1)
    return matrix


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
