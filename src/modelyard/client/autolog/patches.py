"""Replacing functions of other packages so that each can be given back, the very object."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

Wrapper = Callable[..., Any]
"""``(original, *args, **kwargs)``: what is called instead; the first of the args is the object, for a method."""


class _Patch(NamedTuple):
    owner: Any
    name: str
    original: Any
    replacement: Any


class Patches:
    """The replaced attributes of one framework. The caller holds the lock; applying twice changes nothing."""

    def __init__(self) -> None:
        self._applied: dict[tuple[int, str], _Patch] = {}

    def apply(self, owner: type | ModuleType, name: str, wrapper: Wrapper) -> None:
        """Put ``wrapper`` before an attribute that ``owner`` itself defines; one it inherits is its parent's matter."""
        original = vars(owner).get(name)
        known = self._applied.get((id(owner), name))
        if original is None or (known is not None and known.replacement is original):
            return
        if callable(original):
            replacement: Any = _function(original, wrapper, owner)
        elif hasattr(original, "__get__") and not isinstance(original, property | classmethod | staticmethod):
            replacement = _Conditional(original, wrapper)
        else:
            return
        setattr(owner, name, replacement)
        self._applied[id(owner), name] = _Patch(owner, name, original, replacement)

    def restore(self) -> None:
        """Give everything back. What somebody else has replaced since stays theirs: what it calls of ours passes on."""
        for patch in reversed(self._applied.values()):
            if vars(patch.owner).get(patch.name) is patch.replacement:
                setattr(patch.owner, patch.name, patch.original)
        self._applied.clear()


def _function(original: Callable[..., Any], wrapper: Wrapper, owner: type | ModuleType) -> Callable[..., Any]:
    @functools.wraps(original)
    def replacement(*args: Any, **kwargs: Any) -> Any:
        return wrapper(original, *args, **kwargs)

    if isinstance(owner, ModuleType):
        replacement.__module__ = owner.__name__  # where pickle finds this very function
    return replacement


class _Conditional:
    """A method that only some objects of a class have, as scikit-learn's ``available_if`` makes them."""

    def __init__(self, original: Any, wrapper: Wrapper) -> None:
        functools.update_wrapper(self, original)  # type: ignore[arg-type]
        self._original = original
        self._wrapper = wrapper

    def __get__(self, obj: Any, owner: type | None = None) -> Any:
        bound = self._original.__get__(obj, owner)  # AttributeError for an object that does not have it
        if obj is None:
            return bound

        @functools.wraps(getattr(bound, "__func__", bound))
        def unbound(_: Any, *args: Any, **kwargs: Any) -> Any:
            return bound(*args, **kwargs)

        @functools.wraps(bound)
        def replacement(*args: Any, **kwargs: Any) -> Any:
            return self._wrapper(unbound, obj, *args, **kwargs)

        return replacement
