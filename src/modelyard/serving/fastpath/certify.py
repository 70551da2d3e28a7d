"""Seeing that a kernel answers as its model does, bit by bit, before anybody is answered by it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from modelyard.models.libraries import numpy
from modelyard.models.plain import LARGEST, as_integers, trial_rounds
from modelyard.models.reference import Reference
from modelyard.serving.fastpath.forest import ForestKernel
from modelyard.serving.fastpath.kernel import Kernel

_ROUNDS = 40
_AT_LEAST = 3
_TOGETHER = (2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64)


def certify(
    kernel: Kernel,
    predict_alone: Callable[[Any], Any],
    example_rows: Any = None,
    *,
    integers: Sequence[int] = (),
    seed: int = 20_240_229,
    seconds: float = 0.3,
) -> str:
    """Empty when the kernel's predictions are the model's; else what was different, in a sentence.

    ``predict_alone`` is the model on a matrix of one row, as a request for that row would get it. Rows are those of the
    example, and random ones like them, far from them, at the borders of trees; ``integers`` are the columns that take whole
    numbers only. Rounds of rows go on for some ``seconds``, but there are forty at most, and no fewer than three. Then the same
    rows are given to the kernel in batches of 2 to 64.
    """
    draw = numpy().random.default_rng(seed)
    until = time.perf_counter() + seconds
    rows: list[Any] = []
    alone: list[Any] = []
    for number, batch in enumerate(_rounds(kernel, example_rows, draw)):
        whole = as_integers(batch, integers)
        for row in whole:
            expected = predict_alone(row[None, :].copy())
            found = kernel.predict(row[None, :].copy())
            if why := _difference(found, expected):
                return f"A row is predicted otherwise by its arrays than by the model: {why}."
            rows.append(row)
            alone.append(found)
        if number + 1 >= _AT_LEAST and time.perf_counter() > until:
            break
    batches = (draw.integers(0, len(rows), size) for size in _TOGETHER for _ in range(3))
    return _certify_batches(kernel, numpy().stack(rows), alone, batches)


def certify_by_reference(kernel: Kernel, reference: Reference) -> str:
    """Empty when the kernel predicts the rows of a reference as the model did; else what was different, in a sentence.

    Each row is predicted alone, and then the same rows in batches of 2 to 64, as ``certify`` does with the model at hand.
    """
    library = numpy()
    try:
        rows = library.array(reference.rows, dtype="float64")
        expected = library.array(reference.predictions, dtype=reference.dtype)
    except (ValueError, TypeError, OverflowError) as error:
        return f"The reference cannot be read: {type(error).__name__}."
    if not len(rows) or rows.shape != (len(expected), kernel.columns) or not abs(rows).max() <= LARGEST:
        return f"The reference has rows of the shape {rows.shape}, and the arrays take {kernel.columns} columns."
    alone = [kernel.predict(row[None, :].copy()) for row in rows]
    for place, found in enumerate(alone):
        if why := _difference(found, expected[place : place + 1]):
            return (
                f"A row is predicted otherwise by the arrays than the model predicted it where it was verified: {why}."
            )
    return _certify_batches(kernel, rows, alone, (library.arange(size) % len(rows) for size in _TOGETHER))


def _certify_batches(kernel: Kernel, rows: Any, alone: Sequence[Any], batches: Iterable[Any]) -> str:
    """The same for rows at the places of each batch, and what the kernel predicted for each of them alone."""
    library = numpy()
    for places in batches:
        found = kernel.predict(library.ascontiguousarray(rows[places]))
        expected = library.concatenate([alone[place] for place in places])
        if why := _difference(found, expected):
            return f"A row is predicted otherwise among {len(places)} than alone: {why}."
    return ""


def _difference(found: Any, expected: Any) -> str:
    """In a few words; empty when type, shape and every bit are the same."""
    if type(found) is not type(expected):
        return f"{type(found).__name__} instead of {type(expected).__name__}"
    if found.dtype != expected.dtype:
        return f"{found.dtype} instead of {expected.dtype}"
    if found.shape != expected.shape:
        return f"the shape {found.shape} instead of {expected.shape}"
    are_same = found.tolist() == expected.tolist() if found.dtype.kind == "O" else found.tobytes() == expected.tobytes()
    return "" if are_same else f"{found.tolist()[0]} instead of {expected.tolist()[0]}"


# ----------------------------------------------------------------------------------------------------------------------
# Rows to compare


def _rounds(kernel: Kernel, example: Any, draw: Any) -> Iterator[Any]:
    """Matrices of a few rows of every kind, one after the other."""
    library = numpy()
    borders = _borders(kernel)
    for kinds in islice(trial_rounds(example, kernel.columns, draw), _ROUNDS):
        kinds += [_at_border(kinds[place], borders, draw) for place in (1, 3)] if borders is not None else []
        yield library.stack(kinds).clip(-LARGEST, LARGEST)


def _borders(kernel: Kernel) -> Any:
    """Columns and thresholds of trees whose rows are not scaled first; None where there are none."""
    if not isinstance(kernel, ForestKernel) or kernel.steps.steps:
        return None
    columns, thresholds = kernel.trees.splits()
    return (columns, thresholds) if len(columns) else None


def _at_border(row: Any, borders: Any, draw: Any) -> Any:
    """The row with half its numbers at thresholds, or just beside them, in double or in single precision."""
    library = numpy()
    columns, thresholds = borders
    row = row.copy()
    for place in draw.integers(0, len(columns), max(1, len(row) // 2)):
        value, towards = thresholds[place], draw.choice([-library.inf, library.inf])
        beside = [
            value,
            library.nextafter(value, towards),
            float(library.nextafter(library.float32(value), library.float32(towards))),
            float(library.float32(value)),
        ]
        if library.isfinite(value):
            row[columns[place]] = beside[draw.integers(0, len(beside))]
    return row
