"""How a call of a composite model becomes a call of its predict function."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from modelyard.core.errors import InvalidParameter

_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_NAMED = (*_BY_PLACE, inspect.Parameter.KEYWORD_ONLY)


class WrongArguments(InvalidParameter, TypeError):
    """The arguments do not fit the predict function: a TypeError, as with any call."""


class Binder:
    """The signature of a predict function without the parameters that are models.

    Raises ``InvalidParameter`` when a model has the name of no parameter.

    >>> def predict(text, model, *, limit=3): ...
    >>> Binder(predict, ["model"]).names
    ['text', 'limit']
    """

    def __init__(self, function: Callable[..., Any], models: Iterable[str]) -> None:
        self._called = getattr(function, "__name__", type(function).__name__)
        self._all = _signature(function).parameters.values()
        self._models = tuple(models)
        named = [each.name for each in self._all if each.kind in _NAMED]
        for name in self._models:
            if name not in named:
                raise InvalidParameter(
                    f"There is a model {name!r}, but {self._called}() has no parameter of that name{_closest(name, named)}"
                )
        self.names = [name for name in named if name not in self._models]
        self.optional = {each.name for each in self._all if each.default is not each.empty} - set(self._models)
        self.takes_any_name = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in self._all)
        self._own = inspect.Signature([_nameable(each) for each in self._all if each.name not in self._models])

    def call(
        self, args: tuple[Any, ...], given: Mapping[str, Any], models: Mapping[str, Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        """The arguments, by place and by name, to call the function with.

        Raises ``WrongArguments`` naming what is missing, unknown or given twice.
        """
        self._refuse_unknown(given)
        try:
            bound = self._own.bind(*args, **given).arguments
        except TypeError as error:
            raise WrongArguments(f"{self._called}(): {error}") from None
        by_place: list[Any] = []
        by_name: dict[str, Any] = {}
        rest = next((bound.get(each.name, ()) for each in self._all if each.kind is each.VAR_POSITIONAL), ())
        for each in self._all:
            value = models[each.name] if each.name in self._models else bound.get(each.name, each.default)
            if each.kind is each.VAR_KEYWORD:
                by_name.update(bound.get(each.name, {}))
            elif each.kind is each.VAR_POSITIONAL:
                by_place.extend(rest)
            elif each.kind is each.POSITIONAL_ONLY or (rest and each.kind in _BY_PLACE):
                by_place.append(value)
            else:
                by_name[each.name] = value
        return by_place, by_name

    def names_only_its_own(self, names: Collection[Any]) -> bool:
        """Whether all names are parameters, so that a row or a request can be a call."""
        return all(isinstance(name, str) and (self.takes_any_name or name in self.names) for name in names)

    def _refuse_unknown(self, given: Mapping[str, Any]) -> None:
        for name in given:
            if name in self._models:
                raise WrongArguments(f"{self._called}(): {name!r} is one of its models; it is not given in a call.")
            if name not in self.names and not self.takes_any_name:
                raise WrongArguments(f"{self._called}() has no parameter {name!r}{_closest(name, self.names)}")


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(function)
    except ValueError:
        raise InvalidParameter(
            f"{function!r} does not tell its parameters, as some built-in functions do not: wrap it in a function of your own."
        ) from None


def _nameable(parameter: inspect.Parameter) -> inspect.Parameter:
    """A parameter that can be given by its name, too: predictions are asked for by name."""
    if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
        return parameter.replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return parameter


def _closest(name: str, names: Collection[str]) -> str:
    near = difflib.get_close_matches(name, names, 1, 0.5)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f". It has: {', '.join(names)}." if names else ": it has none."
