"""Data in the form a tabular model was trained on: columns found by name, in the order the model knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import optional
from modelyard.models.libraries import kind_of, pandas

_MOST_SHOWN = 10


def as_frame(data: Any) -> Any:
    """Tables, and rows and columns with names, as a pandas data frame; arrays and lists of lists as they are.

    >>> list(as_frame([{"age": 31, "city": "Bern"}]).columns)
    ['age', 'city']
    """
    match kind_of(data):
        case "polars":
            return data.to_pandas() if optional("pyarrow") else pandas().DataFrame(data.to_dict(as_series=False))
        case "arrow":
            return data.to_pandas()
        case "series" | "polars-series":
            return data.to_frame()
        case "python":
            return _named(data)
    return data


def _named(data: Any) -> Any:
    if isinstance(data, Mapping):
        is_row = not any(isinstance(value, Sequence) and not isinstance(value, str | bytes) for value in data.values())
        is_row = is_row and not any(hasattr(value, "shape") and value.shape for value in data.values())
        return pandas().DataFrame([data] if is_row else dict(data))
    if isinstance(data, list) and data and isinstance(data[0], Mapping):
        return pandas().DataFrame(data)
    return data


def by_name(data: Any, names: Sequence[str]) -> Any:
    """The columns a model was trained on, in its order, when both it and the data have names; else the data as it is.

    Place never decides where there are names: ``InvalidParameter`` names the columns that are missing.

    >>> by_name(as_frame([{"b": 2, "a": 1, "c": 3}]), ["a", "b"]).values.tolist()
    [[1, 2]]
    """
    if (
        not names
        or kind_of(data) not in ("pandas", "polars")
        or not any(isinstance(each, str) for each in data.columns)
    ):
        return data
    given, wanted = list(data.columns), list(names)
    if given == wanted:
        return data
    missing = [name for name in wanted if name not in given]
    if missing:
        raise InvalidParameter(
            f"The data has no column {_shown(missing)}, which the model was trained on; its columns are {_shown(given)}."
        )
    twice = [name for name in wanted if given.count(name) > 1]
    if twice:
        raise InvalidParameter(f"The data has several columns {_shown(twice)}; rename or drop all but one.")
    return data[wanted]


def as_categories(data: Any, names: Sequence[str]) -> Any:
    """The frame with these columns categorical; one that is already stays as it is."""
    casts = {name: "category" for name in names if str(data[name].dtype) != "category"}
    return data.astype(casts) if casts else data


def _shown(names: Sequence[Any]) -> str:
    listed = ", ".join(map(repr, names[:_MOST_SHOWN]))
    return listed if len(names) <= _MOST_SHOWN else f"{listed} and {len(names) - _MOST_SHOWN} more"
