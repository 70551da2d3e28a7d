"""Runs in groups of equal values, with aggregates of their metrics, by one statement."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from modelyard.core.errors import InvalidParameter
from modelyard.core.search import Column, Kind, parse_column
from modelyard.core.search.fields import ValueType
from modelyard.core.wire.messages import views as view
from modelyard.core.wire.messages.views import Cell
from modelyard.db import Connection, Row
from modelyard.db.fragment import Sql, join, sql
from modelyard.db.page import Search, all_ids
from modelyard.db.search_dialect import search_dialect
from modelyard.services.views.sql.attributes import SHOWN, SORTABLE
from modelyard.services.views.sql.rows import VALUES, number
from modelyard.services.views.sql.scopes import NAMED

RUNS = "runs"

_AGGREGATE = re.compile(r"\s*(mean|min|max|stddev|count)\((.*)\)\s*", re.DOTALL)
_SQUARED = 1e150  # what is greater cannot be squared
_ADDED = 1e300  # what is greater may not fit a sum


class Aggregate(NamedTuple):
    """What is worked out of a column: ``mean(metrics.rmse)``."""

    name: str
    function: str
    column: Column


class Grouping(NamedTuple):
    """The columns that make groups, the aggregates, and the places and directions of what the groups are sorted by."""

    by: Sequence[Column]
    aggregates: Sequence[Aggregate]
    order: Sequence[tuple[str, bool]]


def grouping(request: view.GroupRuns) -> Grouping:
    """What a request for groups asks for."""
    by = [parse_column(name, SORTABLE, SHOWN) for name in request.by]
    for column in by:
        is_listed = column.field.kind is Kind.ATTRIBUTE and column.field.key not in SORTABLE.attributes
        if column.field.kind is Kind.METRIC or column.every or is_listed:
            raise InvalidParameter(f"Invalid column '{column.name}': groups are made by params, tags and attributes.")
    aggregates = [_aggregate(text) for text in request.aggregates]
    return Grouping(by, aggregates, _order(request))


def find(conn: Connection, wanted: Search, group: Grouping, *, limit: int, offset: int) -> view.RunGroups:
    """Some groups, and how many there are in all."""
    grouped = _grouped(conn, wanted, group)
    rows = conn.rows(
        f"WITH {grouped.text} SELECT *, (SELECT count(*) FROM grouped) FROM grouped g"
        f" ORDER BY {_sorted(group)} LIMIT ? OFFSET ?",
        (*grouped.params, max(1, limit), offset),
    )
    if not rows and offset:
        total = conn.rows(f"WITH {grouped.text} SELECT count(*) FROM grouped", grouped.params)[0][0]
        return view.RunGroups(total=total, groups=[])
    width = len(group.by)
    found = [
        view.RunGroup(
            values=list(row[:width]),
            runs=row[width],
            aggregates=[
                _cell(each.function, row[start : start + 4])
                for each, start in zip(group.aggregates, range(width + 1, len(row) - 1, 4), strict=True)
            ],
        )
        for row in rows[:limit]
    ]
    return view.RunGroups(total=rows[0][-1] if rows else 0, groups=found)


def _aggregate(text: str) -> Aggregate:
    match = _AGGREGATE.fullmatch(text)
    if match is None:
        raise InvalidParameter(
            f"Invalid aggregate '{text}'. Write mean, min, max, stddev or count of a column: mean(metrics.rmse)."
        )
    column = parse_column(match[2], SORTABLE, SHOWN)
    field = column.field
    attribute = SORTABLE.attributes.get(field.key) if field.kind is Kind.ATTRIBUTE else None
    is_number = field.kind is Kind.METRIC or (attribute is not None and attribute.type is ValueType.NUMBER)
    if not is_number or column.every:
        raise InvalidParameter(f"Invalid aggregate '{text}': metrics, times and durations are numbers.")
    return Aggregate(text, match[1], column)


def _order(request: view.GroupRuns) -> list[tuple[str, bool]]:
    """The columns of the statement that groups are sorted by, each with whether it ascends."""
    places = {name: f"v{place}" for place, name in enumerate(request.by)}
    places |= {name: f"a{place}" for place, name in enumerate(request.aggregates)}
    places[RUNS] = "runs"
    order: list[tuple[str, bool]] = []
    for clause in request.order_by:
        name, _, direction = clause.strip().rpartition(" ")
        if direction.upper() not in ("ASC", "DESC"):
            name, direction = clause, "ASC"
        place = places.get(name.strip())
        if place is None:
            raise InvalidParameter(f"Invalid order_by clause '{clause}': groups have {sorted(places)}.")
        order.append((place, direction.upper() == "ASC"))
    return order or [("runs", False)]


def _sorted(group: Grouping) -> str:
    keys = [f"g.{place}{'' if ascends else ' DESC'} NULLS LAST" for place, ascends in group.order]
    ties = [f"g.v{place} NULLS LAST" for place in range(len(group.by)) if f"v{place}" not in dict(group.order)]
    return ", ".join([*keys, *ties])


def _grouped(conn: Connection, wanted: Search, group: Grouping) -> Sql:
    """The two tables that a statement begins with behind WITH, of which `grouped` holds the groups."""
    joins: list[Sql] = []
    keys = [_key(wanted, column, f"k{place}", joins) for place, column in enumerate(group.by)]
    values = [_numbers(conn, wanted, each, place, joins) for place, each in enumerate(group.aggregates)]
    selected = [sql(f"{{}} AS v{place}", key) for place, key in enumerate(keys)]
    # In the order of the table, so that what belongs to a run is not looked for all over it.
    return sql(
        "found AS MATERIALIZED (SELECT id FROM ({}) AS ids ORDER BY id), grouped AS MATERIALIZED"
        " (SELECT {}, count(*) AS runs{} FROM found JOIN runs base ON base.id = found.id{} GROUP BY {})",
        all_ids(conn, wanted),
        join(", ", selected),
        join("", values),
        join("", joins),
        join(", ", keys),
    )


def _key(wanted: Search, column: Column, alias: str, joins: list[Sql]) -> Sql:
    """The expression of a value that groups have in common."""
    field = column.field
    if field.kind is Kind.ATTRIBUTE:
        return Sql(f"CAST({wanted.schema.attributes[field.key].sql} AS TEXT)")
    joins.append(_joined(wanted, column, alias))
    return Sql(f"{alias}.value")


def _joined(wanted: Search, column: Column, alias: str) -> Sql:
    table = wanted.schema.key_values[column.field.kind].table
    on = sql(f"{alias}.run = base.id AND {alias}.key = {{}}", Sql(NAMED, (column.field.key,)))
    return sql(f" LEFT JOIN {table} {alias} ON {{}}", on)


def _numbers(conn: Connection, wanted: Search, aggregate: Aggregate, place: int, joins: list[Sql]) -> Sql:
    """Four columns of an aggregate: its value, how many runs have the column, and its least and greatest number."""
    field, alias = aggregate.column.field, f"m{place}"
    if field.kind is Kind.METRIC:
        joins.append(_joined(wanted, aggregate.column, alias))
        value, there = f"{alias}.{VALUES[field.aspect]}", f"count({alias}.run)"
    else:
        value = f"CAST({wanted.schema.attributes[field.key].sql} AS {conn.dialect.real})"
        there = f"count({value})"
    around = _middle(conn, wanted, aggregate, value) if aggregate.function == "stddev" else 0.0
    worked_out = _worked_out(aggregate.function, value, there, around)
    name = f"a{place}"
    return sql(f", {{}} AS {name}, {there} AS {name}n, min({value}) AS {name}l, max({value}) AS {name}h", worked_out)


def _middle(conn: Connection, wanted: Search, aggregate: Aggregate, value: str) -> float:
    """A number that a column's values lie around."""
    dialect, field = search_dialect(conn.dialect), aggregate.column.field
    if field.kind is Kind.METRIC:
        value = f"o.{VALUES[field.aspect]}"
        source = sql(
            "metric_latest o WHERE {} AND o.key = {}",
            dialect.one_of("o.experiment", wanted.scope or ()),
            Sql(NAMED, (field.key,)),
        )
    else:
        source = sql("runs base WHERE {}", dialect.one_of("base.experiment", wanted.scope or ()))
    statement = sql(f"SELECT avg({value}) FROM {{}} AND abs({value}) < {_SQUARED}", source)
    return conn.rows(statement.text, statement.params)[0][0] or 0.0


def _worked_out(function: str, value: str, there: str, around: float) -> Sql:
    if function == "count":
        return Sql(there)
    if function in ("min", "max"):
        return Sql(f"{function}({value})")
    if function == "mean":
        return Sql(f"avg(CASE WHEN abs({value}) < {_ADDED} THEN {value} END)")
    # The variance, of differences from a number nearby: sums of squares of large numbers would leave nothing of it.
    off = f"(CASE WHEN abs({value}) < {_SQUARED} THEN {value} END - ({around!r}))"
    count = f"count({off})"
    squares = f"sum({off} * {off}) - sum({off}) * sum({off}) / {count}"
    return Sql(f"CASE WHEN {count} > 1 THEN ({squares}) / ({count} - 1) END")


def _cell(function: str, numbers: Row) -> Cell:
    """The cell of an aggregate. NaN is left out, as it is of a series' extremes; what is infinite makes what it makes."""
    value, there, least, most = numbers
    if function == "count":
        count: int = there
        return count
    if not there:
        return None
    if least is None or function in ("min", "max"):
        return number(value)
    largest = _ADDED if function == "mean" else _SQUARED
    if -largest < least and most < largest:
        if function == "mean":
            return number(value)
        return None if value is None else math.sqrt(max(value, 0.0))
    if function == "stddev" or (least <= -largest and most >= largest):
        return number(math.nan)
    return number(least + most)
