"""What a model's own code imports while it loads and predicts, told from what its libraries import for themselves."""

from __future__ import annotations

import builtins
import os
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from modelyard.models.requirements import distributions

_READERS = frozenset({"modelyard.models.pickles"})
"""Ours, but what they import is what the model names."""

_PACKAGES = tuple({f"{sysconfig.get_path(name)}{os.sep}" for name in ("purelib", "platlib")})


@contextmanager
def recorded() -> Iterator[set[str]]:
    """A set that collects the top-level modules imported by code that belongs to no installed distribution.

    For a process of its own: it watches every import there is.
    """
    found: set[str] = set()
    real = builtins.__import__

    def watch(name: str, globals: Any = None, *rest: Any, **more: Any) -> Any:  # noqa: A002 - the builtin's own name
        level = more.get("level", rest[2] if len(rest) > 2 else 0)
        if not level and _is_own(globals):
            found.add(name.partition(".")[0])
        return real(name, globals, *rest, **more)

    builtins.__import__ = watch
    try:
        yield found
    finally:
        builtins.__import__ = real


def _is_own(importer: Mapping[str, Any] | None) -> bool:
    name = str((importer or {}).get("__name__") or "")
    top = name.partition(".")[0]
    if name in _READERS or not top:
        return bool(top)
    if top == "modelyard" or top in sys.stdlib_module_names or _is_installed(importer):
        return False
    return top not in distributions()


def _is_installed(importer: Mapping[str, Any] | None) -> bool:
    """Whether a module lies where packages are installed: most do, and need not be looked up."""
    return str((importer or {}).get("__file__") or "").startswith(_PACKAGES)
