"""What a filter means: a tree of comparisons joined by AND, OR and NOT.

The parser makes it; `evaluate` and `modelyard.db.where` read it. Every comparison is either true or false, never
unknown: a comparison of something a record does not have is false (also with ``!=`` and ``NOT IN``), except
``IS NULL``; ``NOT`` is the complement over all records.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What a field belongs to, by MLflow's words."""

    METRIC = "metric"
    PARAM = "parameter"
    TAG = "tag"
    ATTRIBUTE = "attribute"
    DATASET = "dataset"


class Aspect(StrEnum):
    """Which number of a metric's series is meant."""

    LAST = "last"
    MIN = "min"
    MAX = "max"


class Op(StrEnum):
    """The operators, as they are written."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    LIKE = "LIKE"
    ILIKE = "ILIKE"
    IN = "IN"
    NOT_IN = "NOT IN"
    BETWEEN = "BETWEEN"
    MATCHES = "=~"
    IS_NULL = "IS NULL"
    IS_NOT_NULL = "IS NOT NULL"


Scalar = str | int | float
Value = Scalar | tuple[Scalar, ...] | None


class Field(msgspec.Struct, frozen=True):
    """One column of a search: an attribute, or a metric, parameter, tag or dataset property by its key."""

    kind: Kind
    key: str
    aspect: Aspect = Aspect.LAST


class Compare(msgspec.Struct, frozen=True):
    """A field beside a value: a scalar, the members of a list, the two ends of BETWEEN, or None for IS NULL."""

    field: Field
    op: Op
    value: Value = None


class And(msgspec.Struct, frozen=True):
    """True when all parts are."""

    parts: tuple[Predicate, ...]


class Or(msgspec.Struct, frozen=True):
    """True when at least one part is."""

    parts: tuple[Predicate, ...]


class Not(msgspec.Struct, frozen=True):
    """True when the part is false."""

    part: Predicate


Predicate = Compare | And | Or | Not


def conjuncts(predicate: Predicate | None) -> tuple[Predicate, ...]:
    """The parts that all must hold: those of an AND, else the predicate itself."""
    if predicate is None:
        return ()
    return predicate.parts if isinstance(predicate, And) else (predicate,)


def both(first: Predicate | None, second: Predicate | None) -> Predicate | None:
    """The predicate that holds where both do; None stands for "all records"."""
    parts = conjuncts(first) + conjuncts(second)
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else And(parts)


def comparisons(predicate: Predicate | None) -> Iterator[Compare]:
    """All comparisons of the predicate."""
    match predicate:
        case Compare():
            yield predicate
        case Not(part=part):
            yield from comparisons(part)
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from comparisons(part)
        case None:
            return


def mentions(predicate: Predicate | None, kind: Kind) -> bool:
    """Whether any comparison of the predicate is about a field of this kind."""
    return any(compare.field.kind is kind for compare in comparisons(predicate))
