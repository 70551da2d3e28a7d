"""The meaning of filters and orders, computed on plain records.

This is the reference: `modelyard.db.where` has to find the same records in the same order, and a test compares the two
on random records, filters and orders.

* What a record does not have satisfies no comparison, also not ``!=`` and ``NOT IN``; only ``IS NULL`` is true of it.
* NaN satisfies ``!=`` and ``NOT IN`` and nothing else. A metric whose values were all NaN has no min and no max.
* ``NOT`` is the complement: true for exactly the records its part is false for.
* A comparison of a dataset property, or of a metric with several values, holds if it holds for one of them.
* In an order come real values first, then NaN (and a min or max that is not there), then what is missing, in either
  direction. Texts are ordered by code points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cmp_to_key
from operator import eq, ge, gt, le, lt, ne

import msgspec

from modelyard.core.search.fields import FieldTable, OrderKey, ValueType
from modelyard.core.search.like import ilike, like
from modelyard.core.search.predicate import (
    And,
    Aspect,
    Compare,
    Field,
    Kind,
    Not,
    Op,
    Or,
    Predicate,
    Scalar,
    Value,
    mentions,
)
from modelyard.core.search.regex import compile_regex


class Measured(msgspec.Struct, frozen=True):
    """A metric of a record: its last value, the least and the greatest real one, and the dataset it was measured on."""

    value: float
    min: float | None = None
    max: float | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class DatasetUse(msgspec.Struct, frozen=True):
    """A dataset a run read."""

    name: str
    digest: str
    context: str | None = None


class DatasetFilter(msgspec.Struct, frozen=True):
    """Narrows the metrics of logged models to those measured on a dataset."""

    dataset_name: str
    dataset_digest: str | None = None


class Record(msgspec.Struct, frozen=True):
    """One searchable thing. A run has one `Measured` a metric; a logged model one per dataset and run, newest first."""

    attributes: Mapping[str, str | int | None]
    metrics: Mapping[str, Sequence[Measured]] = {}
    params: Mapping[str, str] = {}
    tags: Mapping[str, str] = {}
    datasets: Sequence[DatasetUse] = ()


Datasets = tuple[DatasetFilter, ...]


def matches(predicate: Predicate | None, record: Record, *, datasets: Datasets = ()) -> bool:
    """Whether a record satisfies a filter; with datasets, only metrics measured on one of them count.

    If datasets are given and the filter names no metric, a record must have some metric on one of them.
    """
    measured_there = not datasets or any(_on(one, datasets) for each in record.metrics.values() for one in each)
    if not measured_there and not mentions(predicate, Kind.METRIC):
        return False
    return predicate is None or _holds(predicate, record, datasets)


def order_records(records: Iterable[Record], keys: Sequence[OrderKey], table: FieldTable) -> list[Record]:
    """The records in the order of the keys, followed by the table's tie-breakers."""
    order = table.whole_order(tuple(keys))

    def compare(first: Record, second: Record) -> int:
        for key in order:
            one, other = _rank(first, key, table), _rank(second, key, table)
            if one[0] != other[0]:
                return -1 if one[0] < other[0] else 1
            if one[1] != other[1]:
                return -1 if (one[1] < other[1]) == key.ascending else 1  # type: ignore[operator]  # same type by rank
        return 0

    return sorted(records, key=cmp_to_key(compare))


def _holds(predicate: Predicate, record: Record, datasets: Datasets) -> bool:
    match predicate:
        case And(parts=parts):
            return all(_holds(part, record, datasets) for part in parts)
        case Or(parts=parts):
            return any(_holds(part, record, datasets) for part in parts)
        case Not(part=part):
            return not _holds(part, record, datasets)
        case Compare(field=field, op=op, value=value):
            found = _values(field, record, datasets)
            if op is Op.IS_NULL:
                return not found
            if op is Op.IS_NOT_NULL:
                return bool(found)
            return any(_compare(each, op, value) for each in found)


def _values(field: Field, record: Record, datasets: Datasets) -> list[Scalar]:
    """What the record has in a field; nothing, one value, or several."""
    found: list[Scalar | None]
    match field.kind:
        case Kind.METRIC:
            measured = [each for each in record.metrics.get(field.key, ()) if not datasets or _on(each, datasets)]
            found = [_aspect(each, field.aspect) for each in measured]
        case Kind.DATASET:
            found = [getattr(use, field.key) for use in record.datasets]
        case Kind.PARAM:
            found = [record.params.get(field.key)]
        case Kind.TAG:
            found = [record.tags.get(field.key)]
        case Kind.ATTRIBUTE:
            found = [record.attributes.get(field.key)]
    return [each for each in found if each is not None]


def _on(measured: Measured, datasets: Datasets) -> bool:
    return any(
        measured.dataset_name == each.dataset_name and each.dataset_digest in (None, measured.dataset_digest)
        for each in datasets
    )


def _aspect(measured: Measured, aspect: Aspect) -> float | None:
    if aspect is Aspect.LAST:
        return measured.value
    return measured.min if aspect is Aspect.MIN else measured.max


_BY_ORDER: dict[Op, Callable[[Scalar, Scalar], bool]] = {
    Op.EQ: eq,
    Op.NE: ne,
    Op.LT: lt,
    Op.LE: le,
    Op.GT: gt,
    Op.GE: ge,
}


def _compare(found: Scalar, op: Op, value: Value) -> bool:
    if isinstance(value, tuple):
        if op is Op.BETWEEN:
            low, high = value
            return low <= found <= high  # type: ignore[operator]  # the parser made all three numbers
        return (found in value) == (op is Op.IN)
    assert value is not None
    if op in _BY_ORDER:
        return _BY_ORDER[op](found, value)
    text, pattern = str(found), str(value)
    if op is Op.MATCHES:
        return compile_regex(pattern).search(text)
    return like(text, pattern) if op is Op.LIKE else ilike(text, pattern)


def _rank(record: Record, key: OrderKey, table: FieldTable) -> tuple[int, Scalar]:
    """Where a record stands: 0 and its value, 1 for NaN, 2 for missing."""
    field = key.field
    if field.kind is Kind.METRIC:
        return _metric_rank(record, key)
    found = _values(field, record, ())
    if not found:
        return 2, 0
    return 0, int(found[0]) if table.type_of(field) is ValueType.DIGITS else found[0]


def _metric_rank(record: Record, key: OrderKey) -> tuple[int, Scalar]:
    for measured in record.metrics.get(key.field.key, ()):
        on_dataset = key.dataset_name in (None, measured.dataset_name)
        if on_dataset and key.dataset_digest in (None, measured.dataset_digest):
            value = _aspect(measured, key.field.aspect)
            return (1, 0) if value is None or math.isnan(value) else (0, value)
    return 2, 0
