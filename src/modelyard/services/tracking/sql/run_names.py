"""The name of a run, searched for where an index has it: in the tag that repeats it.

MLflow finds runs by name in the same way: a run whose tag was deleted is not found by its name.
"""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.core.search import Kind, OrderKey
from modelyard.core.search.predicate import And, Compare, Field, Not, Or, Predicate
from modelyard.services.tracking.rules.runs import RUN_NAME_TAG

_NAME = Field(Kind.ATTRIBUTE, "run_name")
_TAG = Field(Kind.TAG, RUN_NAME_TAG)


def in_filter(predicate: Predicate | None) -> Predicate | None:
    """The filter with the tag in place of the name."""
    return None if predicate is None else _in_part(predicate)


def in_order(order: Sequence[OrderKey]) -> tuple[OrderKey, ...]:
    """The order with the tag in place of the name."""
    return tuple(OrderKey(_TAG, key.ascending) if key.field == _NAME else key for key in order)


def _in_part(predicate: Predicate) -> Predicate:
    match predicate:
        case And(parts=parts):
            return And(tuple(map(_in_part, parts)))
        case Or(parts=parts):
            return Or(tuple(map(_in_part, parts)))
        case Not(part=part):
            return Not(_in_part(part))
        case Compare(field=field, op=op, value=value):
            return Compare(_TAG, op, value) if field == _NAME else predicate
