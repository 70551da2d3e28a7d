"""Estimators read as data: their attributes, out of the files they are saved in, without the code they belong to.

Their framework need not be imported for that. What is read here was admitted before, as for whoever loads it.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from modelyard.models.libraries import numpy
from modelyard.models.pickles import read_arrays
from modelyard.models.trust.archives import archive
from modelyard.models.trust.skops_types import schema_of

MOST = 64_000_000
"""Bytes of a file that is read; a larger one would keep its server from answering for too long."""


class Outline:
    """An object's attributes. Its type has the name and the module of the object's own, and none of its code."""

    def __new__(cls, *_: Any, **__: Any) -> Outline:
        """Whatever the object was made of."""
        return object.__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, dict):
            self.__dict__.update(state)


class _Tree(Outline):
    """The tree of scikit-learn, whose attributes are columns of the table of nodes that it is saved as."""

    def __setstate__(self, state: Any) -> None:
        nodes = state["nodes"]
        self.children_left, self.children_right = nodes["left_child"], nodes["right_child"]
        self.feature, self.threshold, self.value = nodes["feature"], nodes["threshold"], state["values"]


_KNOWN: Mapping[tuple[str, str], type[Outline]] = {("sklearn.tree._tree", "Tree"): _Tree}


def outline(file: Path, form: str, *, most: int = MOST) -> Any:
    """The estimator in a file of the format ``skops``, ``pickle`` or ``cloudpickle``; None for what is not read as data.

    Neither the file nor anything that is packed into it is read where it is larger than ``most`` bytes.
    """
    read = _READERS.get(form)
    try:
        return read(file, most) if read is not None and file.stat().st_size <= most else None
    except Exception:  # noqa: BLE001 - whatever is strange about a file, loading it will tell
        return None


def _type(module: str, name: str) -> type[Outline]:
    return type(name, (_KNOWN.get((module, name), Outline),), {"__module__": module})


def _pickled(file: Path, _: int) -> Any:
    return read_arrays(file, others=_type)


# ----------------------------------------------------------------------------------------------------------------------
# skops


def _of_skops(file: Path, most: int) -> Any:
    with archive(file, "a skops file") as inside:
        if any(each.file_size > most for each in inside.infolist()):
            return None
        return _Nodes(inside).made(schema_of(inside, file.name))


class _Nodes:
    """Makes the objects that the nodes of a file's tree describe. Of those that are none of the plain kinds, outlines."""

    def __init__(self, inside: zipfile.ZipFile) -> None:
        self._inside = inside
        self._kinds: dict[str, Callable[[Any], Any]] = {
            "JsonNode": lambda node: json.loads(node["content"]),
            "ListNode": lambda node: [self.made(each) for each in node["content"]],
            "TupleNode": lambda node: tuple(self.made(each) for each in node["content"]),
            "DictNode": lambda node: {key: self.made(each) for key, each in node["content"].items()},
            "NdArrayNode": self._array,
            "SliceNode": lambda node: slice(*(node["content"][name] for name in ("start", "stop", "step"))),
        }

    def made(self, node: Any) -> Any:
        """The object of a node."""
        make = self._kinds.get(node["__loader__"], self._outline)
        return make(node)

    def _array(self, node: Any) -> Any:
        library = numpy()
        if node["type"] == "numpy":
            content = io.BytesIO(self._inside.read(node["file"]))
            return library.lib.format.read_array(content, allow_pickle=False)
        shape = self.made(node["shape"])
        found = library.empty(len(node["content"]), dtype="object")
        found[:] = [self.made(each) for each in node["content"]]
        return found.reshape(shape)

    def _outline(self, node: Any) -> Any:
        found = _type(node["__module__"], node["__class__"])()
        content = node.get("content")
        if isinstance(content, dict) and "__loader__" in content:
            found.__setstate__(self.made(content))
        return found


_READERS: Mapping[str, Callable[[Path, int], Any]] = {"skops": _of_skops, "pickle": _pickled, "cloudpickle": _pickled}
