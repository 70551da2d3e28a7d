"""Whether rows of several callers may be predicted together: seen with this model, and not believed of its kind."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from modelyard.models.libraries import kind_of
from modelyard.models.pyfunc import PyFuncModel
from modelyard.serving.worker.groups import same, split
from modelyard.serving.worker.rows import trial_rows

ROW_BY_ROW = frozenset({"sklearn", "xgboost", "lightgbm", "catboost", "onnx", "pytorch", "keras", "tensorflow"})
"""Flavors whose models answer each row for itself. A Python function may look at all rows at once, or remember them."""

MOST = 64
_SIZES = (*range(2, 18), 24, 31, 32, 33, 47, 48, 63, MOST)
_SECONDS = 1.0


class Finding(NamedTuple):
    """How many rows may be predicted together, at most; 0 and a reason where none may."""

    rows: int
    reason: str = ""


def find(model: PyFuncModel, flavor: str, wanted: str) -> Finding:
    """Predict rows alone and together; ``wanted`` is the option ``batching``."""
    if wanted == "never":
        return Finding(0, "It is switched off.")
    if wanted == "always":
        return Finding(MOST)
    if flavor not in ROW_BY_ROW:
        return Finding(0, f"Models of the flavor {flavor} may look at all rows they are given.")
    reason = "The model has neither an example nor a signature that says what a row is."
    for rows in trial_rows(model, MOST):
        try:
            return _compare(model, rows)
        except Exception as error:  # noqa: BLE001 - random rows may be what the model rightly refuses
            reason = f"The model could not be tried: {type(error).__name__}."
    return Finding(0, reason)


def _compare(model: PyFuncModel, rows: Any) -> Finding:
    until = time.perf_counter() + _SECONDS
    alone: list[Any] = []
    largest = 0
    for size in _SIZES:
        while len(alone) < size:
            alone.append(_predicted(model, rows, len(alone), len(alone) + 1, [1])[0])
        parts = _predicted(model, rows, 0, size, [1] * size)
        if not all(map(same, parts, alone)):
            return Finding(0, f"{size} rows predicted together differ from the same rows predicted alone.")
        largest = size
        if time.perf_counter() > until:
            break
    return Finding(largest)


def _predicted(model: PyFuncModel, rows: Any, start: int, end: int, counts: Sequence[int]) -> list[Any]:
    part = rows[start:end] if kind_of(rows) == "ndarray" else rows.iloc[start:end].reset_index(drop=True)
    found = split(model.predict(part), counts)
    if found is None:
        raise ValueError("not one prediction for each row")
    return found
