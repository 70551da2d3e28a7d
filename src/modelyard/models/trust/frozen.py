"""Lists of names that ship with this package and change only with it."""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Mapping


@functools.cache
def frozen(file: str) -> Mapping[str, frozenset[str]]:
    """The list in a file of this folder: section → full names, such as ``numpy.ndarray``.

    >>> "sklearn.svm._classes.SVC" in frozen("skops_types.txt")["ObjectNode"]
    True
    """
    text = (importlib.resources.files(__package__) / file).read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    names: set[str] = set()
    for line in text.splitlines():
        if line.startswith("["):
            names = found.setdefault(line.strip("[]"), set())
        elif line and not line.startswith("#"):
            module, _, words = line.partition(": ")
            names.update(f"{module}.{word}" for word in words.split())
    return {section: frozenset(names) for section, names in found.items()}
