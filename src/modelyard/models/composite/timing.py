"""How long each model of a composite one took, asked for call by call: models stand in the call behind a clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec

from modelyard.models.libraries import kind_of

_FORWARDED = ("__len__", "__iter__", "__contains__", "__getitem__", "__matmul__", "__add__", "__mul__", "__bool__")


class Timed(msgspec.Struct, frozen=True):
    """What a call answered, and the seconds it took: in all, and in each model."""

    result: Any
    seconds: float
    by_model: dict[str, float]


class Clock:
    """The seconds one model has worked, and what stands for it."""

    def __init__(self, model: Any) -> None:
        self.seconds = 0.0
        self._model = model
        self._running = False

    def stand_in(self) -> Any:
        """Something that behaves as the model does and is timed; the model itself where it is only data."""
        clock, model = self, self._model
        if not callable(model) and (type(model).__module__ == "builtins" or kind_of(model) != "python"):
            return model

        def get(_: Any, name: str) -> Any:
            found = getattr(model, name)
            return clock.timed(found) if callable(found) and not isinstance(found, type) else found

        members: dict[str, Any] = {"__getattr__": get, "__class__": property(lambda _: type(model))}
        for name in _FORWARDED:
            if hasattr(type(model), name):
                members[name] = _forward(clock, getattr(model, name))
        if callable(model):
            members["__call__"] = _forward(clock, model)
        return type("Timed", (), members)()

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time counted; a call from inside another one of the same model is not counted twice."""

        def call(*args: Any, **given: Any) -> Any:
            if self._running:
                return function(*args, **given)
            self._running = True
            began = time.perf_counter()
            try:
                return function(*args, **given)
            finally:
                self.seconds += time.perf_counter() - began
                self._running = False

        return call


def _forward(clock: Clock, function: Callable[..., Any]) -> Callable[..., Any]:
    timed = clock.timed(function)
    return lambda _, *args, **given: timed(*args, **given)
