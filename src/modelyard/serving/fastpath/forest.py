"""Ensembles of trees: every row walks through all trees, and what it finds at their leaves is added up in their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.models.libraries import numpy
from modelyard.serving.fastpath.labels import Labels, open_labels
from modelyard.serving.fastpath.steps import Steps, open_steps
from modelyard.serving.fastpath.trees import Trees, open_trees

Rule = Literal["mean", "sum"]
Choice = Literal["values", "largest", "positive", "not negative"]
_RULES: tuple[Rule, ...] = ("mean", "sum")
_CHOICES: tuple[Choice, ...] = ("values", "largest", "positive", "not negative")


class ForestKernel(msgspec.Struct, frozen=True):
    """Trees and the values of their nodes, (nodes, outputs).

    The rule ``mean`` adds the values of all trees to zero and divides by their number; ``sum`` adds them to ``start``, a
    number for each output, and the trees take turns at the outputs. ``choice`` says what the answer is: the values
    themselves, or the label of the largest, or of the sign of the only one. ``single`` rounds rows to single precision before
    they are compared, as scikit-learn does.
    """

    kind: ClassVar[str] = "forest"
    columns: int
    steps: Steps
    trees: Trees
    values: Any
    start: Any
    rule: Rule = "mean"
    choice: Choice = "values"
    single: bool = True
    flat: bool = True
    labels: Labels | None = None

    def predict(self, rows: Any) -> Any:
        """Predictions, (rows,) or (rows, outputs)."""
        rows = self.steps.apply(rows)
        leaves = self.trees.leaves(rows.astype("float32").astype("float64") if self.single else rows)
        scores = self._mean(leaves) if self.rule == "mean" else self._sum(leaves)
        if self.labels is None:
            return scores.reshape(-1) if self.flat else scores
        if self.choice == "largest":
            return self.labels.of(scores.argmax(axis=1))
        only = scores[:, 0]
        return self.labels.of((only > 0 if self.choice == "positive" else only >= 0).astype("int64"))

    def _mean(self, leaves: Any) -> Any:
        found = self.values.take(leaves, axis=0)  # (trees, rows, outputs)
        return (_total(found) + 0.0) / self.trees.count

    def _sum(self, leaves: Any) -> Any:
        turns, outputs = self.trees.count // len(self.start), len(self.start)
        found = self.values.take(leaves).reshape(turns, outputs, -1)
        start = self.start[None, :, None].repeat(found.shape[2], axis=2)
        return _total(numpy().concatenate([start, found])).T

    def arrays(self) -> Mapping[str, Any]:
        """What it is made of."""
        facts = [self.columns, _RULES.index(self.rule), _CHOICES.index(self.choice), self.single, self.flat]
        numbers = {"facts": numpy().array(facts, dtype="int64"), "values": self.values, "start": self.start}
        labels = self.labels.arrays() if self.labels is not None else {}
        return {**numbers, **self.trees.arrays(), **labels, **self.steps.arrays()}


def _total(values: Any) -> Any:
    """The sum over the first axis, one after the other: ``sum`` would add up in pairs."""
    return numpy().add.accumulate(values, axis=0)[-1]


def open_forest(arrays: Mapping[str, Any]) -> ForestKernel:
    """The kernel of its arrays; raises ``InvalidParameter`` where they do not fit together."""
    try:
        columns, rule, choice, single, flat = (int(each) for each in arrays["facts"])
        trees, values, start, steps = open_trees(arrays), arrays["values"], arrays["start"], open_steps(arrays)
        outputs = values.shape[1] if rule == 0 else len(start)
        trees.check(steps.width(columns))
        labels = open_labels(arrays, max(outputs, 2))
        fits = values.ndim == 2 and len(values) == len(trees.nodes) and values.dtype.kind == start.dtype.kind == "f"
        if not fits or not outputs or (rule == 1 and (values.shape[1] != 1 or trees.count % outputs)):
            raise InvalidParameter("The values of a forest do not fit its trees.")
        kernel = ForestKernel(
            columns, steps, trees, values, start, _RULES[rule], _CHOICES[choice], bool(single), bool(flat), labels
        )
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise InvalidParameter(f"These are no arrays of a forest: {type(error).__name__}.") from error
    if (kernel.choice == "values") != (labels is None) or (kernel.choice not in ("values", "largest") and outputs != 1):
        raise InvalidParameter("The labels of a forest do not fit what it chooses.")
    return kernel
