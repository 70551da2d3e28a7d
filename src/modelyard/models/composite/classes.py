"""Classes of the main script, made anew once per loaded model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Classes:
    """What cloudpickle makes of classes, told apart by the ids it gave them.

    cloudpickle would hand out the class of the running script where the model was saved by the same process, and change
    it to what was saved. A loaded model has its own, and its pickles share them.
    """

    def __init__(self) -> None:
        self._made: dict[Any, Any] = {}
        self._finished: set[int] = set()

    def maker(self, make: Callable[..., Any]) -> Callable[..., Any]:
        """Cloudpickle's function that makes an empty class, its last arguments being an id and what is to come."""

        def made(*given: Any) -> Any:
            *others, number, extra = given
            if number not in self._made:
                self._made[number] = make(*others, None, extra)
            return self._made[number]

        return made

    def finisher(self, finish: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """Cloudpickle's function that fills an empty class."""

        def finished(made: Any, state: Any) -> Any:
            if id(made) in self._finished:
                return made
            self._finished.add(id(made))
            return finish(made, state)

        return finished
