"""Pictures of how well a model predicts, where matplotlib is installed."""

from __future__ import annotations

import functools
import logging
from typing import Any

from modelyard.core.extras import optional
from modelyard.training.data import Split
from modelyard.training.evaluate import confusion

_logger = logging.getLogger(__name__)

MISSING = "matplotlib is not installed: trainings are logged without plots."
_MOST_SHOWN = 40  # classes whose counts can still be read in the squares
_SIZE = (6.0, 5.0)


def plots(split: Split, predicted: Any) -> dict[str, Any]:
    """File name → figure: the fit and the residuals of a regression, the confusion matrix of a classification.

    Without matplotlib there are none, and the log says so once.
    """
    library = figures()
    if library is None:
        return {}
    if split.task == "regression":
        return {"fit.png": _fit(library, split, predicted), "residuals.png": _residuals(library, split, predicted)}
    return {"confusion_matrix.png": _matrix(library, split, predicted)}


@functools.cache
def figures() -> Any:
    """The module that draws, or None where it is not installed; asked for once."""
    found = optional("matplotlib.figure")
    if found is None:
        _logger.warning(MISSING)
    return found


def _fit(figures: Any, split: Split, predicted: Any) -> Any:
    figure = figures.Figure(figsize=_SIZE, layout="constrained")
    axes = figure.subplots()
    low, high = float(min(split.test_y.min(), predicted.min())), float(max(split.test_y.max(), predicted.max()))
    axes.plot([low, high], [low, high], color="0.6", linewidth=1)
    axes.scatter(split.test_y, predicted, s=12, alpha=0.5)
    axes.set(xlabel=split.target, ylabel=f"predicted {split.target}", title=f"Fit on {split.rows.test} rows")
    return figure


def _residuals(figures: Any, split: Split, predicted: Any) -> Any:
    figure = figures.Figure(figsize=_SIZE, layout="constrained")
    axes = figure.subplots()
    axes.axhline(0, color="0.6", linewidth=1)
    axes.scatter(predicted, split.test_y - predicted, s=12, alpha=0.5)
    axes.set(xlabel=f"predicted {split.target}", ylabel="residual (truth less prediction)", title="Residuals")
    return figure


def _matrix(figures: Any, split: Split, predicted: Any) -> Any:
    counts = confusion(split.test_y.tolist(), predicted.tolist(), split.labels)
    figure = figures.Figure(figsize=_SIZE, layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(counts, cmap="Blues")
    figure.colorbar(image, ax=axes)
    if len(split.labels) <= _MOST_SHOWN:
        names, places = [str(label) for label in split.labels], range(len(split.labels))
        axes.set_xticks(places, names, rotation=45)
        axes.set_yticks(places, names)
        for row in places:
            for column in places:
                dark = counts[row, column] > counts.max() / 2
                axes.text(column, row, str(counts[row, column]), ha="center", va="center", color="w" if dark else "k")
    axes.set(xlabel=f"predicted {split.target}", ylabel=split.target, title=f"Confusion on {split.rows.test} rows")
    return figure
