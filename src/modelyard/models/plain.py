"""Models that take plain rows of numbers: which ones they are, and the way from a matrix to what they predict on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from typing import Any

import msgspec

from modelyard.models.libraries import kind_of, numpy, pandas
from modelyard.models.signature import ModelSignature
from modelyard.models.types import DataType

LARGEST = float(2**53)
"""Plain rows hold finite numbers up to this, positive or negative: those that float64 and whole numbers have in common."""

_KINDS = frozenset({"double", "long", "integer"})
_TENSORS = {"float64": "double", "int64": "long"}


class PlainColumn(msgspec.Struct, frozen=True):
    """A column of numbers: its name, if columns have names, and ``double``, ``long`` or ``integer``."""

    name: str | None
    kind: str


def columns_of(signature: Mapping[str, Any] | None) -> list[PlainColumn]:
    """The columns of a signature as the MLmodel file has it; none where rows are not plain.

    Plain is: every column a required double, long or integer, or one unnamed tensor of float64 or int64 with a row for each
    sample; no parameters, no constraints.
    """
    if not signature or signature.get("params") or signature.get("constraints") or not signature.get("inputs"):
        return []
    specs = json.loads(signature["inputs"])
    if specs[0]["type"] == "tensor":
        return _of_tensor(specs[0]) if len(specs) == 1 else []
    if not all(each["type"] in _KINDS and each.get("required") is not False for each in specs):
        return []
    names = {each.get("name") for each in specs}
    if names != {None} and not (len(names) == len(specs) and all(type(name) is str for name in names)):
        return []
    return [PlainColumn(each.get("name"), each["type"]) for each in specs]


def _of_tensor(spec: Mapping[str, Any]) -> list[PlainColumn]:
    shape, kind = spec["tensor-spec"]["shape"], _TENSORS.get(spec["tensor-spec"]["dtype"])
    if kind is None or spec.get("name") is not None or len(shape) != 2 or shape[0] != -1 or shape[1] < 1:
        return []
    return [PlainColumn(None, kind)] * int(shape[1])


def plain_columns(signature: Mapping[str, Any] | None) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The names of the columns of ``columns_of``, and the places of those that take whole numbers only.

    Columns without names are called by their place.

    >>> plain_columns({"inputs": '[{"type": "double", "name": "age"}, {"type": "long", "name": "children"}]'})
    (('age', 'children'), (1,))
    """
    found = columns_of(signature)
    names = tuple(str(place) if each.name is None else each.name for place, each in enumerate(found))
    return names, tuple(place for place, each in enumerate(found) if each.kind != "double")


class PlainRows:
    """Turns a matrix into what the signature of a model with plain columns asks for, and back."""

    def __init__(self, signature: ModelSignature | None, width: int) -> None:
        self.width = width
        """How many numbers a row has; 0 where the model takes no plain rows."""
        self._tensor: Any = None
        self._names: list[Any] = []
        self._whole: dict[Any, Any] = {}
        if not width or signature is None:
            return
        schema = signature.inputs
        if schema.is_tensor_spec():
            self._tensor = schema.inputs[0].type
        else:
            self._names = schema.input_names()
            types = dict(zip(self._names, schema.inputs, strict=True))
            self._whole = {name: of.type.to_numpy() for name, of in types.items() if of.type is not DataType.double}

    def table(self, rows: Any) -> Any:
        """What to predict on, of a matrix."""
        if self._tensor is not None:
            return rows.astype(self._tensor)
        frame = pandas().DataFrame(rows, columns=self._names)
        return frame.astype(self._whole) if self._whole else frame

    def rows_of(self, data: Any) -> Any:
        """A table or tensor the model takes as a matrix of the same columns, or None for what is none."""
        if self._tensor is None and kind_of(data) == "pandas":
            known = all(name in data.columns for name in self._names)
            data = data[self._names].to_numpy("float64") if known else None
        if kind_of(data) != "ndarray" or data.ndim != 2 or data.shape[1] != self.width or data.dtype.kind not in "iuf":
            return None
        return data


# ----------------------------------------------------------------------------------------------------------------------
# Rows to try a model on


def trial_rounds(example: Any, columns: int, draw: Any) -> Iterator[list[Any]]:
    """Rounds of a row of every kind, without end: one of the example, and random ones like it, near it and far from it.

    ``draw`` is a generator of numpy's. Before they are asked for, rows are to be clipped to what plain rows hold.
    """
    library = numpy()
    known = _known(example, columns)
    middle, spread = known.mean(axis=0), known.std(axis=0)
    spread = library.where(spread > 0, spread, library.maximum(abs(middle), 1.0))
    low, high = known.min(axis=0), known.max(axis=0)
    for row in cycle(known):
        yield [
            row,
            draw.normal(middle, spread),
            draw.normal(middle, spread).round(draw.integers(0, 4)),
            draw.uniform(low - spread, high + spread),
            draw.normal(middle, spread * 100),
            draw.normal(size=columns) * 10.0 ** draw.integers(-12, 15, columns),
            library.where(draw.random(columns) < 0.5, 0.0, draw.normal(middle, spread)),
            -abs(draw.normal(middle, spread)),
            draw.choice([0.0, -0.0, 1.0, -1.0, 1e-300, -5e-324, LARGEST, -LARGEST, 0.1, 1 / 3], columns),
        ]


def _known(example: Any, columns: int) -> Any:
    """The finite rows of an example, a thousand at most, or a few that nobody gave: (rows, columns), float64."""
    library = numpy()
    if example is not None:
        rows = library.asarray(example, dtype="float64").reshape(-1, columns)
        rows = rows[library.isfinite(rows).all(axis=1)]
        if len(rows):
            return rows[:1000]
    return library.array([[0.0], [1.0], [10.0]]).repeat(columns, axis=1)


def as_integers(rows: Any, integers: Sequence[int]) -> Any:
    """The matrix with whole numbers at the places of columns that take no others."""
    if integers:
        rows = rows.copy()
        places = list(integers)
        rows[:, places] = rows[:, places].round().clip(-(2.0**31), 2.0**31 - 1) + 0.0
    return rows
