"""The one place that writes and reads pickles. What is read here was admitted by ``models/trust`` before."""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import require

UNPICKLABLE = (pickle.PicklingError, TypeError, AttributeError, NotImplementedError, RecursionError, ValueError)
"""What is raised for objects that cannot be pickled."""

_OPEN: Mapping[str | None, Callable[[Path, str], Any]] = {
    None: open,
    "bzip2": bz2.open,
    "gzip": gzip.open,
    "lzma": lzma.open,
}


def write_pickle(obj: Any, file: Path) -> None:
    """Write ``obj`` with cloudpickle, which takes functions and classes of the main script along.

    Raises ``InvalidParameter`` naming the object's type when it cannot be pickled.
    """
    cloudpickle = require("cloudpickle", what="Saving this model", extra="models")
    try:
        with open(file, "wb") as out:
            cloudpickle.dump(obj, out)
    except UNPICKLABLE as error:
        kind = type(obj)
        raise InvalidParameter(f"This {kind.__module__}.{kind.__qualname__} cannot be pickled: {error}") from error


def read_pickle(file: Path, compression: str | None = None) -> Any:
    """The object in a file, which may be compressed as MLflow names it: ``bzip2``, ``gzip`` or ``lzma``."""
    if compression not in _OPEN:
        raise InvalidParameter(f"{compression!r} is no compression of pickles. Known: bzip2, gzip, lzma.")
    with _OPEN[compression](file, "rb") as content:
        return pickle.load(content)
