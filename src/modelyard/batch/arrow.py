"""Arrow, in which tables are read, held and written: imported when the first of them is needed."""

from __future__ import annotations

from typing import Any

from modelyard.core.extras import require
from modelyard.models.libraries import numpy

_WHAT = "Scoring files"


def arrow() -> Any:
    """pyarrow; ``MissingExtra`` where it is not installed."""
    return require("pyarrow", what=_WHAT, extra="arrow")


def as_numpy(array: Any) -> Any:
    """The numbers of an Arrow array without gaps, not copied. Its own ``to_numpy`` would import pandas, where there is one."""
    return numpy().from_dlpack(array)


def from_numpy(array: Any) -> Any:
    """The Arrow array of a numpy array of numbers, not copied; without pandas, as above."""
    library = arrow()
    return library.Array.from_buffers(
        library.from_numpy_dtype(array.dtype), len(array), [None, library.py_buffer(array)]
    )


def text(value: str) -> Any:
    """An Arrow scalar of a text; without pandas, as above."""
    library, content = arrow(), value.encode()
    offsets = numpy().array([0, len(content)], dtype="int32")
    return library.StringArray.from_buffers(1, library.py_buffer(offsets), library.py_buffer(content))[0]


def compute() -> Any:
    """pyarrow.compute."""
    return require("pyarrow.compute", what=_WHAT, extra="arrow")


def arrow_csv() -> Any:
    """pyarrow.csv."""
    return require("pyarrow.csv", what=_WHAT, extra="arrow")


def arrow_ipc() -> Any:
    """pyarrow.ipc."""
    return require("pyarrow.ipc", what=_WHAT, extra="arrow")


def parquet() -> Any:
    """pyarrow.parquet."""
    return require("pyarrow.parquet", what=_WHAT, extra="arrow")
