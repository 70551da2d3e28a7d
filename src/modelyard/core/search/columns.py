"""The columns of tables: ``params.alpha``, ``metrics.rmse``, ``min(metrics.rmse)``, ``attributes.duration``.

Behind the dot a key stands as it is, whatever signs it holds, or in backticks or double quotes as in a filter. So
``metrics.loss.min`` is the metric of that name here, and ``min(metrics.loss)`` the least value of ``loss``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.search.fields import FieldTable, OrderKey
from modelyard.core.search.order import check_count, check_unique, parse_order_by
from modelyard.core.search.predicate import Aspect, Field, Kind

ALL_KEYS = "*"

_EXTREME = re.compile(r"(min|max)\((.*)\)", re.DOTALL)
_ORDERED = re.compile(r"\s*(?:min|max)\(.*\)(?:\s+\w+)?\s*", re.DOTALL)


class Column(msgspec.Struct, frozen=True):
    """A column: its name as it was asked for, and what it is; ``every`` stands for all keys of its kind."""

    name: str
    field: Field
    every: bool = False


def parse_column(text: str, table: FieldTable, attributes: Collection[str]) -> Column:
    """The column of a name; ``attributes`` are those a table can show.

    Raises:
        InvalidParameter: there is no such column.

    >>> from modelyard.core.search.fields import RUNS
    >>> parse_column("max(metrics.val loss)", RUNS, ()).field
    Field(kind=<Kind.METRIC: 'metric'>, key='val loss', aspect=<Aspect.MAX: 'max'>)
    """
    extreme = _EXTREME.fullmatch(text.strip())
    prefix, dot, rest = (extreme[2].strip() if extreme else text.strip()).partition(".")
    if not dot:
        prefix, rest = "attributes", prefix
    kind, key = table.kind(prefix), _unquoted(rest)
    if not key:
        raise InvalidParameter(f"Invalid column '{text}': a key is missing behind the dot.")
    if kind is Kind.ATTRIBUTE and key not in attributes:
        raise InvalidParameter(f"Invalid column '{text}'. Valid attributes are {sorted(attributes)}")
    if kind is Kind.DATASET or (extreme and kind is not Kind.METRIC):
        raise InvalidParameter(f"Invalid column '{text}'. Columns are params.*, metrics.*, tags.*, attributes.*")
    if extreme:
        return Column(text, Field(kind, key, Aspect(extreme[1])))
    return Column(text, Field(kind, key), every=rest == ALL_KEYS and kind is not Kind.ATTRIBUTE)


def parse_columns(names: Sequence[str], table: FieldTable, attributes: Collection[str]) -> list[Column]:
    """The columns of some names, each once."""
    return [parse_column(name, table, attributes) for name in dict.fromkeys(names)]


def parse_column_order(clauses: Sequence[str], table: FieldTable) -> tuple[OrderKey, ...]:
    """The keys of an order as `parse_order_by` reads them, which may be columns' extremes too.

    >>> from modelyard.core.search.fields import RUNS
    >>> parse_column_order(["min(metrics.loss) DESC"], RUNS)[0].field.aspect
    <Aspect.MIN: 'min'>
    """
    check_count(clauses)
    keys: list[OrderKey] = []
    for clause in clauses:
        if _ORDERED.fullmatch(clause):
            name, _, direction = clause.strip().rpartition(")")
            words = direction.strip().upper()
            if words not in ("", "ASC", "DESC"):
                raise InvalidParameter(f"Invalid ordering key in order_by clause '{clause}'.")
            keys.append(OrderKey(parse_column(name + ")", table, ()).field, ascending=words != "DESC"))
        else:
            keys += parse_order_by([clause], table)
    check_unique(tuple(keys), clauses)
    return tuple(keys)


def _unquoted(key: str) -> str:
    for quote in '`"':
        inner = key[1:-1]
        if len(key) > 1 and key[0] == key[-1] == quote and quote not in inner.replace(quote * 2, ""):
            return inner.replace(quote * 2, quote)
    return key
