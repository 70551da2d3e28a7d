"""Orders to SQL: what is selected and sorted by, and the condition of the rows behind a position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from modelyard.core.search.fields import FieldTable, OrderKey, ValueType
from modelyard.core.search.predicate import Kind
from modelyard.db.fragment import Sql, join, sql
from modelyard.db.page_token import Position
from modelyard.db.search_dialect import SearchDialect
from modelyard.db.search_schema import KeyValues
from modelyard.db.where import Where, dataset_is


class Term(NamedTuple):
    """One key of an order in SQL.

    `rank` is 0 for real values, 1 for NaN, 2 for what is missing; None where only real ones occur. `table` has to be
    joined (outer) under `alias` for it, `on` saying how. `presorted` is an expression of the same order that an index
    may hold.
    """

    ascending: bool
    value: Sql
    rank: Sql | None = None
    table: KeyValues | None = None
    alias: str = ""
    on: Sql = Sql("")
    presorted: str = ""


def terms(where: Where, order: Sequence[OrderKey]) -> tuple[Term, ...]:
    """The keys of a total order in SQL."""
    return tuple(_term(where, key, f"o{place}") for place, key in enumerate(order))


def value_types(table: FieldTable, order: Sequence[OrderKey]) -> tuple[type, ...]:
    """What values of each key a page token may hold: `str`, or `float` for numbers."""
    return tuple(str if table.type_of(key.field) is ValueType.TEXT else float for key in order)


def selected(order: Sequence[Term]) -> Sql:
    """Two columns a key: rank and value."""
    return join(", ", [piece for term in order for piece in (term.rank or Sql("0"), term.value)])


def sorted_by(order: Sequence[Term]) -> Sql:
    """What stands behind ORDER BY."""
    pieces: list[Sql] = []
    for term in order:
        direction = "" if term.ascending else " DESC"
        if term.rank is not None:
            pieces.append(term.rank)
        if term.presorted:
            pieces.append(Sql(term.presorted + direction))
        pieces.append(sql(f"{{}}{direction}", term.value))
    return join(", ", pieces)


def joined(order: Sequence[Term]) -> Sql:
    """The outer joins the keys need."""
    return join(
        "", [sql(f" LEFT JOIN {term.table.table} {term.alias} ON {{}}", term.on) for term in order if term.table]
    )


def behind(dialect: SearchDialect, order: Sequence[Term], position: Position) -> Sql:
    """The condition of the rows that come behind a position."""
    steps: list[tuple[Sql, str, Sql]] = []  # a column, the sign that means "behind", and where the position is
    for term, (rank, value) in zip(order, position, strict=True):
        if term.rank is not None:
            steps.append((term.rank, ">", Sql("?", (rank,))))
        if rank == 0:
            steps.append((term.value, ">" if term.ascending else "<", Sql("?", (value,))))
    condition = Sql("FALSE")
    for column, sign, place in reversed(steps):
        condition = sql(f"({{}} {sign} {{}} OR ({{}} = {{}} AND {{}}))", column, place, column, place, condition)
    if not steps:
        return condition
    # The bound says nothing new, but an index over the first key understands it. CASE hides the rest from PostgreSQL's
    # planner, which would count the bound twice and then expect to find next to nothing.
    column, sign, place = steps[0]
    by_value = column is order[0].value
    bound = not_before(dialect, order[0], position[0][1]) if by_value else sql(f"{{}} {sign}= {{}}", column, place)
    return sql("({} AND CASE WHEN {} THEN TRUE ELSE FALSE END)", bound, condition)


def not_before(dialect: SearchDialect, term: Term, value: str | float | None) -> Sql:
    """The condition of the real values that do not come before one, as an index understands it."""
    sign = ">=" if term.ascending else "<="
    if term.presorted:
        return Sql(f"{term.presorted} {sign} ?", (dialect.cut(str(value)),))
    return sql(f"{{}} {sign} {{}}", term.value, Sql("?", (value,)))


def _term(where: Where, key: OrderKey, alias: str) -> Term:
    field = key.field
    if field.kind is Kind.ATTRIBUTE:
        attribute = where.schema.attributes[field.key]
        text = attribute.order_sql or attribute.sql
        missing = Sql(f"CASE WHEN {text} IS NULL THEN 2 ELSE 0 END") if attribute.nullable else None
        return Term(key.ascending, Sql(text), missing)
    table = where.schema.key_values[field.kind]
    if table.newest:
        return _newest(where, key, table)
    column = f"{alias}.{table.column(field.aspect)}"
    on = sql(f"{alias}.{table.owner} = base.id AND {{}}", where.key_is(alias, table, field.key))
    nan = f"WHEN {column} IS NULL THEN 1 " if field.kind is Kind.METRIC else ""
    rank = Sql(f"CASE WHEN {alias}.{table.owner} IS NULL THEN 2 {nan}ELSE 0 END")
    indexed = field.kind is not Kind.METRIC and table.scope is not None
    presorted = where.dialect.indexed_beginning(column) if indexed else ""
    return Term(key.ascending, Sql(column), rank, table, alias, on, presorted)


def _newest(where: Where, key: OrderKey, table: KeyValues) -> Term:
    """A metric with several rows is ordered by the newest one (of the dataset, if one is named)."""
    conditions = [Sql(f"m.{table.owner} = base.id"), where.key_is("m", table, key.field.key)]
    if key.dataset_name is not None:
        conditions.append(dataset_is("m", table, key.dataset_name, key.dataset_digest))
    newest = (table.newest or "").format(t="m")
    rows = sql(f"FROM {table.table} m WHERE {{}} ORDER BY {newest} LIMIT 1", join(" AND ", conditions))
    value = sql(f"(SELECT m.{table.value} {{}})", rows)
    found = sql(f"(SELECT CASE WHEN m.{table.value} IS NULL THEN 1 ELSE 0 END {{}})", rows)
    return Term(key.ascending, value, sql("coalesce({}, 2)", found))
