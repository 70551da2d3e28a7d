"""The composite model: a predict function with the models it works with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.models.addresses import fetch
from modelyard.models.composite.bind import Binder
from modelyard.models.composite.timing import Clock, Timed
from modelyard.models.load import load_pyfunc
from modelyard.models.options import PathLike


class CompositeModel:
    """A predict function and the models that are some of its parameters.

    ``models`` is by the names of the parameters. A model that is an address (``models:/wine@champion``, ``runs:/…``) is
    looked up when the model is saved, kept as it is then, and given to the function as ``pyfunc.load_model`` loads it;
    ``follow`` (True, or names of models) asks that it is looked up again whenever the composite model is loaded.
    ``extra_files`` are files that the code reads beside itself. ``source`` keeps the code as source.

    Raises ``InvalidParameter`` for a model that is no parameter, naming the closest.

    >>> def predict(number, doubler, *, plus=0):
    ...     return doubler(number) + plus
    >>> model = CompositeModel(predict, {"doubler": lambda number: 2 * number})
    >>> model.predict(number=4, plus=1)
    9
    >>> model.predict(numbr=4)
    Traceback (most recent call last):
    ...
    modelyard.models.composite.bind.WrongArguments: predict() has no parameter 'numbr'; did you mean 'number'?
    """

    def __init__(
        self,
        predict_fn: Callable[..., Any],
        models: Mapping[str, Any] | None = None,
        *,
        extra_files: Sequence[PathLike] | PathLike = (),
        source: bool = False,
        follow: bool | Sequence[str] = False,
    ) -> None:
        if not callable(predict_fn):
            raise InvalidParameter(f"The predict function is a {type(predict_fn).__name__}, which cannot be called.")
        if not isinstance(models or {}, Mapping):
            raise InvalidParameter(f"The models are given by name, as a dict, not as a {type(models).__name__}.")
        self.predict_fn = predict_fn
        self.models = dict(models or {})
        self.extra_files = (extra_files,) if isinstance(extra_files, str | os.PathLike) else tuple(extra_files)
        self.source = source
        self.follow = (follow,) if isinstance(follow, str) else follow
        self._check_followed()
        self.binder = Binder(predict_fn, self.models)

    was_loaded = False
    """Whether it came out of a folder. Its code is then its own alone, and cannot be taken along once more."""

    def predict(self, /, *args: Any, **given: Any) -> Any:
        """What the function answers, unchanged; its exceptions pass as they are.

        Arguments are those of the function without its models, as in any call of it; one that can only be given by its
        place can be given by name, too. Raises ``WrongArguments``, a ``TypeError``, naming the argument.
        """
        by_place, by_name = self.binder.call(args, given, self._parts)
        return self.predict_fn(*by_place, **by_name)

    def predict_timed(self, /, *args: Any, **given: Any) -> Timed:
        """What ``predict`` answers, with the seconds each model took."""
        clocks = {name: Clock(part) for name, part in self._parts.items()}
        stand_ins = {name: clock.stand_in() for name, clock in clocks.items()}
        by_place, by_name = self.binder.call(args, given, stand_ins)
        began = time.perf_counter()
        result = self.predict_fn(*by_place, **by_name)
        seconds = time.perf_counter() - began
        return Timed(result, seconds, {name: clock.seconds for name, clock in clocks.items()})

    @cached_property
    def _parts(self) -> dict[str, Any]:
        return {name: load_pyfunc(fetch(part)) if is_address(part) else part for name, part in self.models.items()}

    def _check_followed(self) -> None:
        for name in () if isinstance(self.follow, bool) else self.follow:
            if not is_address(self.models.get(name)):
                raise InvalidParameter(f"follow={name!r}: there is no model of that name that is given by its address.")

    def follows(self, name: str) -> bool:
        """Whether a model that is an address is looked up anew at each load."""
        return self.follow if isinstance(self.follow, bool) else name in self.follow

    def __repr__(self) -> str:
        called = getattr(self.predict_fn, "__name__", type(self.predict_fn).__name__)
        return f"<CompositeModel {called}({', '.join(self.binder.names)}) with {', '.join(self.models) or 'no models'}>"


def is_address(part: Any) -> bool:
    """Whether a model is given by its address."""
    return isinstance(part, str) and part.startswith(("models:/", "runs:/", "mlflow-artifacts:/", "s3://"))
