"""Which models have a fast path, and the way from a model to its kernel and from arrays to the kernel again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelyard.core.errors import InvalidParameter, ModelyardError
from modelyard.serving.fastpath.boosters import find_booster
from modelyard.serving.fastpath.ensembles import find_ensemble
from modelyard.serving.fastpath.forest import ForestKernel, open_forest
from modelyard.serving.fastpath.kernel import Kernel
from modelyard.serving.fastpath.linear import LinearKernel, find_linear, open_linear
from modelyard.serving.fastpath.packing import pack, unpack
from modelyard.serving.fastpath.steps import Step, Steps, steps_of

_OPEN: dict[str, Callable[[Mapping[str, Any]], Kernel]] = {
    LinearKernel.kind: open_linear,
    ForestKernel.kind: open_forest,
}


def open_kernel(kind: str, arrays: Mapping[str, Any]) -> Kernel:
    """The kernel of a kind that is made of arrays; raises ``InvalidParameter`` where they do not fit together."""
    if kind not in _OPEN:
        raise InvalidParameter(f"There is no fast path {kind!r}.")
    return _OPEN[kind](arrays)


def find_kernel(obj: Any) -> tuple[Kernel | None, str]:
    """The kernel for the method ``predict`` of a model, as its arrays make it again; None and the reason where there is none.

    It is likely to be equal to the model, and not yet known to be: ``certify`` finds out. The model is left as it is.
    """
    try:
        found = _find(obj)
        if isinstance(found, str):
            return None, found
        return open_kernel(found.kind, unpack(pack(found.arrays()))), ""
    except (ModelyardError, AttributeError, TypeError, ValueError, IndexError, KeyError) as error:
        return (
            None,
            f"The numbers of this {type(obj).__name__} are not where they were expected: {type(error).__name__}.",
        )


def _find(obj: Any) -> Kernel | str:
    if not type(obj).__module__.startswith("sklearn."):
        return find_booster(obj) or f"There is no fast path for models of the type {type(obj).__name__}."
    steps = [step for _, step in obj.steps] if type(obj).__name__ == "Pipeline" else [obj]
    columns = next((int(each.n_features_in_) for each in steps if hasattr(each, "n_features_in_")), 0)
    if not columns:
        return "The model does not know how many columns it has."
    before = _prepared(steps[:-1], columns)
    if isinstance(before, str):
        return before
    estimator = steps[-1]
    kernel: Kernel | None = find_linear(estimator, before, columns) or find_ensemble(estimator, before, columns)
    if kernel is None:
        return f"There is no fast path for this {type(estimator).__name__}."
    if not before.is_bounded(columns):
        return "Numbers that requests may hold become too large for the model on their way through its scalers."
    return kernel


def _prepared(transformers: Sequence[Any], columns: int) -> Steps | str:
    """What the first steps of a pipeline do to rows, or which of them is not known."""
    found: list[Step] = []
    for transformer in transformers:
        if transformer is None or (isinstance(transformer, str) and transformer == "passthrough"):
            continue
        steps = steps_of(transformer, columns)
        if steps is None:
            return f"There is no fast path for pipelines with this {type(transformer).__name__}."
        found += steps
        columns = Steps(steps).width(columns)
    return Steps(tuple(found))
