"""The order of steps: told by what they read, make and need, and by the order of the file where nothing else does."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from modelyard.core.errors import InvalidParameter
from modelyard.pipelines.spec import Pipeline, Step


class Graph:
    """The steps of a pipeline in an order they can run in.

    Raises ``InvalidParameter`` for a circle, for a dataset that two steps make, and for a step that is needed and not there.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._steps = pipeline.steps
        self.makers = _makers(pipeline.steps)
        self.needs: dict[str, tuple[str, ...]] = {
            name: tuple(dict.fromkeys(_needs(step, self._steps, self.makers))) for name, step in pipeline.steps.items()
        }
        self.order = _ordered(self.needs)

    def maker(self, reference: str) -> str | None:
        """The step that makes what an input names; None for a version of the store."""
        return _maker(reference, self.makers)

    def followers(self, names: Iterable[str]) -> set[str]:
        """Steps with all that follow them."""
        found = set(names)
        for name in self.order:
            if found & {*self.needs[name]}:
                found.add(name)
        return found

    def select(self, only: Sequence[str], start: str) -> tuple[str, ...]:
        """The steps that ``--only`` and ``--from`` leave, in order; raises ``InvalidParameter`` for a name that is no step's."""
        self.check_names([*only, *([start] if start else [])])
        chosen = set(only) if only else set(self.order)
        if start:
            chosen &= self.followers([start])
        if not chosen:
            raise InvalidParameter(
                f"None of the steps {', '.join(only)} is or follows {start!r}: nothing is left to run."
            )
        return tuple(name for name in self.order if name in chosen)

    def check_names(self, names: Iterable[str]) -> None:
        """Raise ``InvalidParameter`` listing the steps there are for a name that is none of theirs."""
        for name in names:
            if name not in self._steps:
                close = difflib.get_close_matches(name, self.order, n=1)
                hint = f" Did you mean {close[0]!r}?" if close else ""
                raise InvalidParameter(f"There is no step {name!r}.{hint} Steps: {', '.join(self.order)}.")


def _makers(steps: Mapping[str, Step]) -> dict[str, str]:
    makers: dict[str, str] = {}
    for name, step in steps.items():
        for output in step.outputs.values():
            first = makers.setdefault(output.dataset, name)
            if first != name or sum(each.dataset == output.dataset for each in step.outputs.values()) > 1:
                who = f"Two steps make the dataset {output.dataset!r}: {first!r} and {name!r}."
                again = f"The step {name!r} makes the dataset {output.dataset!r} twice."
                raise InvalidParameter(f"{who if first != name else again} Give each a name of its own.")
    return makers


def _maker(reference: str, makers: Mapping[str, str]) -> str | None:
    name, colon, version = reference.partition(":")
    return makers.get(name) if not colon or version == "latest" else None


def _needs(step: Step, steps: Mapping[str, Step], makers: Mapping[str, str]) -> Iterable[str]:
    for key, reference in step.inputs.items():
        maker = _maker(reference, makers)
        if maker == step.name:
            raise InvalidParameter(
                f"Step {step.name!r}: its input {key!r} is {reference!r}, which it makes itself. Name a version: {reference}:v0."
            )
        if maker is not None:
            yield maker
    for name in step.needs:
        if name not in steps:
            close = difflib.get_close_matches(name, steps, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else f" Steps: {', '.join(steps)}."
            raise InvalidParameter(f"Step {step.name!r} needs {name!r}, which is no step.{hint}")
        yield name


def _ordered(needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Each after what it needs; of those that could be next, the first of the file."""
    order: list[str] = []
    waiting = dict(needs)
    while waiting:
        ready = next((name for name, after in waiting.items() if not any(each in waiting for each in after)), None)
        if ready is None:
            raise InvalidParameter(f"The steps wait for each other in a circle: {' → '.join(_circle(waiting))}.")
        order.append(ready)
        del waiting[ready]
    return tuple(order)


def _circle(waiting: Mapping[str, Sequence[str]]) -> list[str]:
    path = [next(iter(waiting))]
    while True:
        following = next(each for each in waiting[path[-1]] if each in waiting)
        if following in path:
            return [following, *reversed(path[path.index(following) :])]
        path.append(following)
