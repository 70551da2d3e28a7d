"""The package skops, for writing its files and for reading those whose types were judged before.

skops imports every module of scikit-learn when it is imported itself, to list the estimators it would trust: more than
a second, and other array libraries are drawn in. Our own frozen list decides what is trusted, so that list is of no
use here, and neither are the names of all ufuncs, each of which it looks for in every module there is. This copy of
``skops.io`` is imported with empty ones, and kept apart: whoever imports skops gets the whole.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import sys
import threading
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder, SourceFileLoader
from types import ModuleType, SimpleNamespace
from typing import Any

from modelyard.core.extras import loaded, require, uncollected

_NAME = "skops.io"
_LISTS = "skops.io._trusted_types"
_UFUNCS = "get_public_type_names"
_LOCK = threading.RLock()


def skops_io() -> Any:
    """``skops.io``; raises ``MissingExtra`` where it is not installed.

    It trusts no type of scikit-learn by itself: name those of a file, judged, as ``trusted``.
    """
    require("skops", what="A skops file", extra="sklearn")
    return loaded(_NAME) or _copy()


@functools.cache
def _copy() -> Any:
    finder = _Finder()
    with _LOCK:
        before = {name for name in sys.modules if _is_part(name)}
        sys.meta_path.insert(0, finder)
        try:
            with uncollected():
                return importlib.import_module(_NAME)
        finally:
            sys.meta_path.remove(finder)
            for name in [name for name in sys.modules if _is_part(name) and name not in before]:
                del sys.modules[name]
            vars(sys.modules["skops"]).pop("io", None)


def _is_part(name: str) -> bool:
    return name == _NAME or name.startswith(f"{_NAME}.")


class _Finder(MetaPathFinder):
    """Finds skops' lists of types, and nothing else."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        spec = PathFinder.find_spec(fullname, path) if fullname == _LISTS else None
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    """Runs the module as if there were no estimators, none of the types that skops knows inside them, and no ufuncs."""

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": _import}
        code = self.get_code(module.__name__)
        if code is not None:
            exec(code, vars(module))  # noqa: S102 - what a loader does


def _import(name: str, *rest: Any) -> Any:
    if name == "sklearn.utils" and len(rest) > 2 and rest[2] == ("all_estimators",):
        return SimpleNamespace(all_estimators=list)
    if name.startswith("sklearn."):
        raise ModuleNotFoundError(f"{name} is not asked for types to trust.", name=name)
    found = builtins.__import__(name, *rest)
    if name == "_utils" and hasattr(found, _UFUNCS):
        return SimpleNamespace(**{**vars(found), _UFUNCS: lambda **_: []})
    return found
