"""Rows of several callers as one table, and its predictions as theirs again."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from modelyard.models.libraries import kind_of, numpy, pandas
from modelyard.serving.protocols.protocol import Payload


def likeness(payload: Payload) -> Hashable | None:
    """What the payloads have in common that may be predicted together; None for one that is predicted by itself.

    Parameters are the caller's own. Data of different types, or with other columns, would change each other when joined.
    """
    if payload.params or not payload.rows:
        return None
    data = payload.data
    kind = kind_of(data)
    if kind == "pandas" and type(data.index).__name__ == "RangeIndex":
        return ("pandas", tuple(data.columns.tolist()), tuple(map(str, data.dtypes)))
    if kind == "ndarray" and data.ndim and len(data) == payload.rows and data.dtype.kind != "O":
        return ("ndarray", str(data.dtype), data.shape[1:])
    return None


def join(tables: Sequence[Any]) -> Any:
    """Data of one likeness, one below the other."""
    if len(tables) == 1:
        return tables[0]
    if kind_of(tables[0]) == "ndarray":
        return numpy().concatenate(tables)
    return pandas().concat(tables, ignore_index=True)


def split(predictions: Any, rows: Sequence[int]) -> list[Any] | None:
    """The predictions of each caller, who sent so many rows; None when there is not one for each row."""
    whole = sum(rows)
    kind = kind_of(predictions)
    if kind == "ndarray" and predictions.ndim and len(predictions) == whole:
        return _sliced(predictions, rows)
    if kind in ("pandas", "series") and len(predictions) == whole:
        return [part.reset_index(drop=True) for part in _sliced(predictions.iloc, rows)]
    if isinstance(predictions, list) and len(predictions) == whole:
        return _sliced(predictions, rows)
    if isinstance(predictions, Mapping) and predictions:
        parts = {name: split(each, rows) for name, each in predictions.items()}
        if all(part is not None for part in parts.values()):
            return [{name: part[place] for name, part in parts.items() if part} for place in range(len(rows))]
    return None


def _sliced(sequence: Any, rows: Sequence[int]) -> list[Any]:
    parts, at = [], 0
    for count in rows:
        parts.append(sequence[at : at + count])
        at += count
    return parts


def same(one: Any, other: Any) -> bool:
    """Whether two predictions are the same, bit by bit."""
    kind = kind_of(one)
    if kind != kind_of(other) or type(one) is not type(other):
        return False
    if kind == "ndarray":
        return _same_arrays(one, other)
    if kind == "pandas":
        return one.columns.tolist() == other.columns.tolist() and all(
            _same_arrays(one[name].to_numpy(), other[name].to_numpy()) for name in one.columns
        )
    if kind == "series":
        return _same_arrays(one.to_numpy(), other.to_numpy())
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _same_arrays(one: Any, other: Any) -> bool:
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    return one.tolist() == other.tolist() if one.dtype.kind == "O" else bool(one.tobytes() == other.tobytes())
