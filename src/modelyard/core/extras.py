"""Packages that can be used but are not needed, imported when a verb first needs them."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from modelyard.core.errors import MissingExtra


def require(module: str, *, what: str, extra: str) -> ModuleType:
    """The module; raises ``MissingExtra`` naming the command that installs it.

    >>> require("json", what="this", extra="none").__name__
    'json'
    """
    try:
        return loaded(module) or _imported(module)
    except ModuleNotFoundError as error:
        raise MissingExtra(what, extra=extra) from error


def optional(module: str) -> ModuleType | None:
    """The module, or None where it is not installed."""
    try:
        return loaded(module) or _imported(module)
    except ModuleNotFoundError:
        return None


def _imported(module: str) -> ModuleType:
    with uncollected():
        return importlib.import_module(module)


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave garbage where it is while a large package is imported.

    Nearly all that an import makes lasts; looking through it for garbage, again and again, is a sixth of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def loaded(module: str) -> ModuleType | None:
    """The module if somebody imported it: an object of its types can only exist then.

    A module that another thread is importing right now is not there yet.
    """
    found = sys.modules.get(module)
    return None if found is None or getattr(getattr(found, "__spec__", None), "_initializing", False) else found
