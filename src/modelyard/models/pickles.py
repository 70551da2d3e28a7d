"""The one place that writes and reads pickles. What is read here was admitted by ``models/trust`` before."""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import require
from modelyard.models.libraries import numpy

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


def read_arrays(file: Path, *, others: Callable[[str, str], type]) -> Any:
    """The object in a file, made of numpy's arrays and of types that ``others`` gives for a module and a name.

    Nothing that the file names is imported or called, but for the few functions of numpy's that make an array of its bytes.
    """
    with open(file, "rb") as content:
        return _Arrays(content, others).load()


class _Arrays(pickle.Unpickler):
    def __init__(self, content: BinaryIO, others: Callable[[str, str], type]) -> None:
        super().__init__(content)
        self._others = others
        library = numpy()
        array = library.zeros(1)
        self._known = {
            "ndarray": library.ndarray,
            "dtype": library.dtype,
            "scalar": array[0].__reduce__()[0],
            "_reconstruct": array.__reduce__()[0],
            "_frombuffer": array.__reduce_ex__(5)[0],
        }

    def find_class(self, module: str, name: str) -> Any:
        if name in self._known and module.partition(".")[0] == "numpy":
            return self._known[name]
        return self._others(module, name)
