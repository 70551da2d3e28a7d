"""Metrics of a classifier that a table of counts tells: scikit-learn takes a hundred times as long to look at its input."""

from __future__ import annotations

from typing import Any

from modelyard.core.extras import require

_KINDS = frozenset("biuUS")
_MOST_CLASSES = 1_000


def counted(labels: Any, predicted: Any, weights: Any) -> dict[str, float] | None:
    """Accuracy, and precision, recall and F1 averaged by how often each class is a label, as scikit-learn defines them.

    None for data this cannot tell of: several labels a row, objects or fractions as labels, a great many classes.
    """
    numpy = require("numpy", what="A score", extra="sklearn")
    labels, predicted = numpy.asarray(labels), numpy.asarray(predicted)
    if not _is_plain(labels) or not _is_plain(predicted) or len(labels) != len(predicted):
        return None
    classes, codes = numpy.unique(numpy.concatenate([labels, predicted]), return_inverse=True)
    many, rows = len(classes), len(labels)
    if many > _MOST_CLASSES or (weights is not None and numpy.ndim(weights) != 1):
        return None
    counts = numpy.bincount(codes[:rows] * many + codes[rows:], weights=weights, minlength=many * many)
    table = counts.reshape(many, many).astype(float)
    right, there, told = table.diagonal(), table.sum(axis=1), table.sum(axis=0)
    total = there.sum()
    if not total > 0:
        return None
    shares = {"precision_score": (right, told), "recall_score": (right, there), "f1_score": (2 * right, told + there)}
    found = {
        name: numpy.divide(part, whole, out=numpy.zeros(many), where=whole != 0)
        for name, (part, whole) in shares.items()
    }
    averages = {name: float((values * there).sum() / total) for name, values in found.items()}
    return {"accuracy_score": float(right.sum() / total), **averages}


def log_loss(labels: Any, chances: Any, classes: Any, weights: Any) -> float | None:
    """The mean of minus the logarithm of the chance that each row's label was given; None as above."""
    numpy = require("numpy", what="A score", extra="sklearn")
    labels, classes = numpy.asarray(labels), numpy.asarray(classes)
    if not isinstance(chances, numpy.ndarray) or chances.dtype.kind != "f" or not _is_plain(labels):
        return None
    there, codes = numpy.unique(labels, return_inverse=True)
    if chances.ndim != 2 or not numpy.array_equal(there, classes) or chances.shape != (len(labels), len(there)):
        return None
    least = numpy.finfo(chances.dtype).eps
    given = numpy.clip(chances[numpy.arange(len(labels)), codes], least, 1 - least)
    return float(-numpy.average(numpy.log(given), weights=weights))


def _is_plain(values: Any) -> bool:
    return values.ndim == 1 and len(values) > 0 and values.dtype.kind in _KINDS
