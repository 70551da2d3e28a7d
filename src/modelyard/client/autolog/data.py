"""Training data: which of the arguments they are, a few rows of them, and the dataset they make."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from modelyard.client.datasets.arrays import from_numpy
from modelyard.client.datasets.dataset import Dataset
from modelyard.client.datasets.frames import from_pandas
from modelyard.core.extras import loaded
from modelyard.models.infer import infer_schema
from modelyard.models.signature import ModelSignature

EXAMPLE_ROWS = 5
SIGNATURE_ROWS = 100
_DENSE_CELLS = 1_000_000
"""As many cells of sparse data are made dense for a record of the dataset, and no more."""


class Data(NamedTuple):
    """What a call trains on."""

    features: Any = None
    labels: Any = None
    weights: Any = None


def data_of(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Data:
    """The data among the arguments of ``function``, a method with its object first, whatever it calls them."""
    given = inspect.signature(function).bind(*args, **kwargs)
    names = list(given.signature.parameters)[1:3]
    labelled = len(names) > 1 and names[1].lower().startswith("y")
    return Data(
        given.arguments.get(names[0]) if names else None,
        given.arguments.get(names[1]) if labelled else None,
        given.arguments.get("sample_weight"),
    )


def head(data: Any, rows: int) -> Any:
    """A copy of the first rows, which training cannot change."""
    if hasattr(data, "iloc"):
        return data.iloc[:rows].copy()
    if hasattr(data, "with_columns"):
        return data.head(rows)  # a polars frame does not change
    return copy.deepcopy(data[:rows])


def thinned(data: Data, rows: int | None) -> tuple[Data, int, int]:
    """At most so many rows, spread evenly over all; how many they are, and how many there were."""
    shape = getattr(data.features, "shape", None)
    count = int(shape[0]) if shape else len(data.features)
    if rows is None or rows >= count:
        return data, count, count
    which = [place * count // rows for place in range(rows)]
    return Data(*(None if part is None else _rows(part, which) for part in data)), rows, count


def _rows(part: Any, which: list[int]) -> Any:
    if hasattr(part, "iloc"):
        return part.iloc[which]
    return [part[place] for place in which] if isinstance(part, list | tuple) else part[which]


def dataset_of(features: Any, labels: Any = None) -> Dataset | None:
    """The dataset of what was trained on; None for a kind of data that has no datasets."""
    numpy, pandas = loaded("numpy"), loaded("pandas")
    if pandas is not None and isinstance(features, pandas.DataFrame):
        return from_pandas(features)
    if hasattr(features, "toarray") and features.shape[0] * features.shape[-1] <= _DENSE_CELLS:
        features = features.toarray()
    if numpy is None or not isinstance(features, numpy.ndarray):
        return None
    return from_numpy(features, targets=None if labels is None else numpy.asarray(labels))


def signature_of(example: Any, predictions: Any) -> ModelSignature:
    """The signature of a model, from rows of its input and what it makes of them."""
    return ModelSignature(infer_schema(example), infer_schema(predictions))
