"""Pickles of a composite model: code of the main script goes along, stripped, and names of the model's modules stay.

It is for the predict function, and for models that no flavor handles. What is read here was admitted by ``models/trust``.
"""

from __future__ import annotations

import functools
import io
import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import require
from modelyard.models.composite.classes import Classes
from modelyard.models.composite.imports import imported
from modelyard.models.composite.namespace import Namespace
from modelyard.models.composite.sources import compiled_from, source_of
from modelyard.models.composite.stored import bytes_of, code_of
from modelyard.models.composite.strip import stripped

_FAILURES = (pickle.PicklingError, TypeError, AttributeError, NotImplementedError, RecursionError)
_WHERE = ("__file__", "__path__")
_CLASS = "_make_skeleton_class"
_ENUM = "_make_skeleton_enum"


def write(obj: Any, file: Path, *, source: bool = False) -> set[str]:
    """Write ``obj``; answers the dotted names it leads to, of modules and of what its code imports.

    Functions and classes of the main script are written as code, compiled or as source, all others as names; which is
    which is cloudpickle's to say, and nothing is registered with it. Raises ``InvalidParameter`` saying what cannot be
    pickled.
    """
    cloudpickle = require("cloudpickle", what="Saving this model", extra="models")
    found: set[str] = set()
    with open(file, "wb") as content:
        pickler = cloudpickle.Pickler(content)
        pickler.reducer_override = partial(_reduce, pickler.reducer_override, found, source)
        try:
            pickler.dump(obj)
        except _FAILURES as error:
            raise InvalidParameter(f"{type(error).__name__}: {error}") from error
    return found


class Reading:
    """Reads the pickles of one model, with the model's own modules behind the names, and its classes shared."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._classes = Classes()

    def read(self, file: Path) -> Any:
        """The object in a file."""
        with open(file, "rb") as content:
            return _Reader(content, self._namespace, self._classes).load()


def _reduce(theirs: Callable[[Any], Any], found: set[str], source: bool, obj: Any) -> Any:
    if isinstance(obj, CodeType):
        if source:
            return compiled_from, (source_of(obj), obj.co_name, obj.co_freevars)
        return code_of, (bytes_of(stripped(obj)),)
    if isinstance(obj, ModuleType):
        found.add(obj.__name__)
        return NotImplemented
    if type(obj) is property:
        return property, (obj.fget, obj.fset, obj.fdel)
    reduced = theirs(obj)
    if not isinstance(obj, FunctionType | type):
        return reduced
    if reduced is NotImplemented or isinstance(reduced, str):
        found.add(f"{obj.__module__}.{obj.__qualname__}")
        return reduced
    if isinstance(obj, FunctionType):
        found.update(imported(obj.__code__, str(obj.__globals__.get("__package__") or "")))
        _forget_function(reduced)
    else:
        _forget_class(reduced)
    return reduced


def _forget_function(reduced: Any) -> None:
    """Take the docstring and the place of the script out of what cloudpickle writes of a function."""
    if len(reduced) < 3 or len(reduced[1]) < 2:
        return
    slots = reduced[2][1]
    slots["__doc__"] = None
    for name in _WHERE:
        reduced[1][1].pop(name, None)
        slots["__globals__"].pop(name, None)


def _forget_class(reduced: Any) -> None:
    if len(reduced) > 2 and reduced[2] and isinstance(reduced[2][0], dict) and "__doc__" in reduced[2][0]:
        reduced[2][0]["__doc__"] = None


class _Reader(pickle.Unpickler):
    def __init__(self, content: io.BufferedReader, namespace: Namespace, classes: Classes) -> None:
        super().__init__(content)
        self._namespace = namespace
        self._classes = classes

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        """What a name of the pickle stands for in this model."""
        if module_name.partition(".")[0] == "cloudpickle":
            if global_name == "_make_function":
                return self._namespace.make_function
            if global_name == "subimport":
                return self._namespace.subimport
            if global_name in (_CLASS, _ENUM):
                return self._classes.maker(super().find_class(module_name, global_name))
            if global_name == "_class_setstate":
                return self._classes.finisher(super().find_class(module_name, global_name))
        if self._namespace.holds(module_name):
            return functools.reduce(getattr, global_name.split("."), self._namespace.module(module_name))
        return super().find_class(module_name, global_name)
