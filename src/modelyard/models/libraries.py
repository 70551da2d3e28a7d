"""Array and table libraries, met only where somebody already uses them: importing modelyard imports none of them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from modelyard.core.extras import loaded, require


def numpy(what: str = "Tensors") -> ModuleType:
    """numpy; ``MissingExtra`` where it is not installed."""
    return loaded("numpy") or require("numpy", what=what, extra="models")


def pandas(what: str = "Data frames") -> ModuleType:
    """pandas; ``MissingExtra`` where it is not installed."""
    return loaded("pandas") or require("pandas", what=what, extra="pandas")


def kind_of(data: Any) -> str:
    """What holds the data: "pandas", "series", "polars", "polars-series", "arrow", "ndarray", "sparse" or "python".

    >>> kind_of([1, 2])
    'python'
    """
    for module, of in _KINDS:
        library = loaded(module)
        if library is not None and (found := of(library, data)):
            return found
    return "python"


def _of_pandas(pandas: Any, data: Any) -> str:
    return "pandas" if isinstance(data, pandas.DataFrame) else "series" if isinstance(data, pandas.Series) else ""


def _of_numpy(numpy: Any, data: Any) -> str:
    return "ndarray" if isinstance(data, numpy.ndarray) else ""


def _of_polars(polars: Any, data: Any) -> str:
    return (
        "polars" if isinstance(data, polars.DataFrame) else "polars-series" if isinstance(data, polars.Series) else ""
    )


def _of_arrow(arrow: Any, data: Any) -> str:
    return "arrow" if isinstance(data, arrow.Table | arrow.RecordBatch) else ""


def _of_scipy(sparse: Any, data: Any) -> str:
    return "sparse" if sparse.issparse(data) else ""


# In the order of how often each is met in serving.
_KINDS = (
    ("pandas", _of_pandas),
    ("numpy", _of_numpy),
    ("polars", _of_polars),
    ("pyarrow", _of_arrow),
    ("scipy.sparse", _of_scipy),
)
