"""What happens to rows before a model's own numbers meet them: scaling, column by column."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.models.libraries import numpy
from modelyard.models.plain import LARGEST

_SINGLE = 3.4e38


class Step(NamedTuple):
    """An operation and its operand, a number for each column; the two bounds for ``clip``, places for ``take``."""

    name: str
    value: Any


def _clip(rows: Any, bounds: Any) -> Any:
    return rows.clip(bounds[0], bounds[1])


def _take(rows: Any, places: Any) -> Any:
    return rows.take(places, axis=1)


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "subtract": operator.sub,
    "divide": operator.truediv,
    "multiply": operator.mul,
    "add": operator.add,
    "clip": _clip,
    "take": _take,
}


class Steps(msgspec.Struct, frozen=True):
    """Steps in their order. Each number that comes out depends on one that goes in, so a row stays what it is among others."""

    steps: tuple[Step, ...] = ()

    def apply(self, rows: Any) -> Any:
        """New rows, or the same where there is nothing to do."""
        for name, value in self.steps:
            rows = _OPERATIONS[name](rows, value)
        return rows

    def width(self, columns: int) -> int:
        """How many columns come out of so many; raises ``InvalidParameter`` where they do not fit."""
        for name, value in self.steps:
            wanted = (2,) if name == "clip" else value.shape if name == "take" else (columns,)
            if value.shape != wanted or value.dtype.kind not in ("i" if name == "take" else "fi"):
                raise InvalidParameter(f"The step {name!r} does not fit {columns} columns.")
            if name == "take":
                if not len(value) or value.min() < 0 or value.max() >= columns:
                    raise InvalidParameter("A step takes columns that are not there.")
                columns = len(value)
        return columns

    def is_bounded(self, columns: int) -> bool:
        """Whether every row becomes finite numbers, also in single precision: frameworks refuse what does not."""
        library = numpy()
        with library.errstate(all="ignore"):
            rows = self.apply(library.array([[LARGEST] * columns, [-LARGEST] * columns]))
        return bool((abs(rows) < _SINGLE).all())

    def arrays(self) -> dict[str, Any]:
        """The operands, named by place and operation."""
        return {f"step.{place}.{name}": value for place, (name, value) in enumerate(self.steps)}


def open_steps(arrays: Mapping[str, Any]) -> Steps:
    """The steps that ``Steps.arrays`` wrote."""
    found: list[tuple[int, Step]] = []
    for key, value in arrays.items():
        if key.startswith("step."):
            _, place, name = key.split(".")
            if name not in _OPERATIONS:
                raise InvalidParameter(f"There is no step {name!r}.")
            found.append((int(place), Step(name, value)))
    return Steps(tuple(step for _, step in sorted(found, key=lambda each: each[0])))


# ----------------------------------------------------------------------------------------------------------------------
# The transformers of scikit-learn that are such steps


def steps_of(transformer: Any, columns: int) -> tuple[Step, ...] | None:
    """The steps a fitted transformer of scikit-learn is made of, for rows without gaps; None where it is something else."""
    kind = type(transformer)
    read = _READERS.get(kind.__name__) if kind.__module__.startswith("sklearn.") else None
    return None if read is None else read(transformer, columns)


def _standard(scaler: Any, _: int) -> tuple[Step, ...]:
    found = [Step("subtract", scaler.mean_)] if scaler.with_mean else []
    return (*found, Step("divide", scaler.scale_)) if scaler.with_std else tuple(found)


def _min_max(scaler: Any, _: int) -> tuple[Step, ...]:
    found = (Step("multiply", scaler.scale_), Step("add", scaler.min_))
    return (*found, _bounds(*scaler.feature_range)) if scaler.clip else found


def _max_abs(scaler: Any, _: int) -> tuple[Step, ...]:
    found = (Step("divide", scaler.scale_),)
    return (*found, _bounds(-1.0, 1.0)) if getattr(scaler, "clip", False) else found


def _robust(scaler: Any, _: int) -> tuple[Step, ...]:
    found = [Step("subtract", scaler.center_)] if scaler.with_centering else []
    return (*found, Step("divide", scaler.scale_)) if scaler.with_scaling else tuple(found)


def _imputer(imputer: Any, columns: int) -> tuple[Step, ...] | None:
    """Nothing is missing in the rows that come here; a column without any value in training would be dropped."""
    statistics, missing = imputer.statistics_, imputer.missing_values
    is_plain = isinstance(missing, float) and math.isnan(missing) and not imputer.add_indicator
    if not is_plain or statistics.dtype.kind != "f" or len(statistics) != columns:
        return None
    return None if bool(numpy().isnan(statistics).any()) else ()


def _function(transformer: Any, _: int) -> tuple[Step, ...] | None:
    """What scikit-learn makes of "passthrough"."""
    return () if transformer.func is None else None


def _selector(selector: Any, columns: int) -> tuple[Step, ...] | None:
    places = selector.get_support(indices=True)
    return (Step("take", places),) if len(places) and selector.n_features_in_ == columns else None


def _chosen(transformer: Any, columns: int) -> tuple[Step, ...] | None:
    """A ColumnTransformer whose parts are scalers: all columns are taken at once, then scaled part by part."""
    parts: list[tuple[list[int], tuple[Step, ...]]] = []
    names = list(getattr(transformer, "feature_names_in_", ()))
    for _, part, chosen in transformer.transformers_:
        places = _places(chosen, names, columns)
        if places is None:
            return None
        if (isinstance(part, str) and part == "drop") or not places:
            continue
        steps = () if isinstance(part, str) else steps_of(part, len(places))
        if steps is None or any(step.name in ("take", "clip") for step in steps):
            return None
        parts.append((places, steps))
    return _merged(parts) if parts else None


def _merged(parts: Sequence[tuple[list[int], tuple[Step, ...]]]) -> tuple[Step, ...]:
    library = numpy()
    width = sum(len(places) for places, _ in parts)
    found = [Step("take", library.array([place for places, _ in parts for place in places], dtype="int64"))]
    at = 0
    for places, steps in parts:
        for name, value in steps:
            whole = library.full(width, _NOTHING[name])
            whole[at : at + len(places)] = value
            found.append(Step(name, whole))
        at += len(places)
    return tuple(found)


_NOTHING = {"subtract": 0.0, "divide": 1.0, "multiply": 1.0, "add": -0.0}
"""The operand that leaves every number as it is, the sign of zero too."""


def _places(chosen: Any, names: list[str], columns: int) -> list[int] | None:
    if isinstance(chosen, slice):
        return list(range(columns))[chosen] if not isinstance(chosen.start or chosen.stop, str) else None
    found = numpy().asarray(chosen).reshape(-1)
    listed = found.nonzero()[0].tolist() if found.dtype.kind == "b" else found.tolist()
    return [_place(each, names, columns) for each in listed]


def _place(chosen: Any, names: list[str], columns: int) -> int:
    """Raises ``ValueError`` for a name that is not there."""
    return names.index(chosen) if isinstance(chosen, str) else int(chosen) % columns


def _bounds(low: float, high: float) -> Step:
    return Step("clip", numpy().array([low, high], dtype="float64"))


_READERS: dict[str, Callable[[Any, int], tuple[Step, ...] | None]] = {
    "StandardScaler": _standard,
    "MinMaxScaler": _min_max,
    "MaxAbsScaler": _max_abs,
    "RobustScaler": _robust,
    "SimpleImputer": _imputer,
    "VarianceThreshold": _selector,
    "FunctionTransformer": _function,
    "SelectKBest": _selector,
    "SelectFromModel": _selector,
    "ColumnTransformer": _chosen,
}
