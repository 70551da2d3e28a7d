"""The package skops, for writing its files and for reading those whose types were judged before.

skops imports every module of scikit-learn when it is imported itself, to list the estimators it would trust: more than
a second, and other array libraries are drawn in. Our own frozen list decides what is trusted, so that list is of no
use here. This copy of ``skops.io`` is imported with an empty one, and kept apart: whoever imports skops gets the whole.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.util
import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

from modelyard.core.extras import loaded, require

_NAME = "skops.io"
_LISTS = "skops.io._trusted_types"
_LOCK = threading.RLock()


def skops_io() -> Any:
    """``skops.io``; raises ``MissingExtra`` where it is not installed.

    It trusts no type of scikit-learn by itself: name those of a file, judged, as ``trusted``.
    """
    require("skops", what="A skops file", extra="sklearn")
    return loaded(_NAME) or _copy()


@functools.cache
def _copy() -> Any:
    with _LOCK:
        before = {name for name in sys.modules if _is_part(name)}
        try:
            lists = _without_estimators()
            if lists is not None:
                sys.modules[_LISTS] = lists
            return importlib.import_module(_NAME)
        finally:
            for name in [name for name in sys.modules if _is_part(name) and name not in before]:
                del sys.modules[name]
            vars(sys.modules["skops"]).pop("io", None)


def _is_part(name: str) -> bool:
    return name == _NAME or name.startswith(f"{_NAME}.")


def _without_estimators() -> ModuleType | None:
    """skops' lists of types without scikit-learn's; None where this release of skops has no such module."""
    home = importlib.util.find_spec("skops")
    places = list(home.submodule_search_locations or ()) if home else []
    spec = importlib.machinery.PathFinder.find_spec(_LISTS, [f"{place}/io" for place in places])
    code = spec.loader.get_code(_LISTS) if spec and spec.loader and hasattr(spec.loader, "get_code") else None
    if spec is None or code is None:
        return None
    module = importlib.util.module_from_spec(spec)
    vars(module)["__builtins__"] = {**vars(builtins), "__import__": _import}
    exec(code, vars(module))  # noqa: S102 - skops' own code, with one function of scikit-learn's answered by us
    return module


def _import(name: str, *rest: Any) -> Any:
    wanted = rest[2] if len(rest) > 2 else ()
    if name == "sklearn.utils" and wanted and tuple(wanted) == ("all_estimators",):
        return SimpleNamespace(all_estimators=list)
    return builtins.__import__(name, *rest)
