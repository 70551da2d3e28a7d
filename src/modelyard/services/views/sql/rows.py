"""The cells of runs: only the columns asked for are read, each kind of them by one statement."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from modelyard.core.search import Column, Kind
from modelyard.core.search.predicate import Aspect, Field
from modelyard.core.wire.messages.views import Cell
from modelyard.db import Connection, Row
from modelyard.db.fragment import sql
from modelyard.db.search_dialect import search_dialect
from modelyard.db.search_schema import SearchSchema
from modelyard.services.tracking.sql import names
from modelyard.services.tracking.sql.lists import rows_in
from modelyard.services.views.sql.attributes import LISTED, expression

TABLES = {Kind.PARAM: "params", Kind.TAG: "tags", Kind.METRIC: "metric_latest"}
PREFIXES = {Kind.PARAM: "params", Kind.TAG: "tags", Kind.METRIC: "metrics"}
VALUES = {Aspect.LAST: "value", Aspect.MIN: "min_value", Aspect.MAX: "max_value"}

Cells = Mapping[int, Cell]


class Filled(NamedTuple):
    """A column with the cells of the runs that have one."""

    column: Column
    cells: Cells


def number(value: float | None) -> Cell:
    """A metric's value as a cell: NULL is NaN, and what JSON cannot hold is a text.

    >>> number(None), number(-math.inf), number(0.5)
    ('NaN', '-Infinity', 0.5)
    """
    if value is None or math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def fill(conn: Connection, schema: SearchSchema, columns: Sequence[Column], runs: Sequence[int]) -> list[Filled]:
    """The columns with their cells, in the order asked for; one for all keys becomes one a key, by key."""
    of_runs = _attributes(conn, schema, columns, runs)
    of_keys = {
        kind: _of_kind(conn, kind, [each for each in columns if each.field.kind is kind], runs) for kind in TABLES
    }
    filled: list[Filled] = []
    for column in columns:
        kind = column.field.kind
        if kind is Kind.ATTRIBUTE:
            filled.append(Filled(column, of_runs[column.field.key]))
        elif column.every:
            filled += _every(kind, of_keys[kind])
        else:
            filled.append(Filled(column, of_keys[kind].get((column.field.key, column.field.aspect), {})))
    return filled


def by_column(filled: Iterable[Filled], runs: Sequence[int]) -> dict[str, list[Cell]]:
    """Lists of the cells in the order of the runs, by the names of the columns."""
    return {each.column.name: [each.cells.get(run) for run in runs] for each in filled}


def _attributes(
    conn: Connection, schema: SearchSchema, columns: Sequence[Column], runs: Sequence[int]
) -> dict[str, Cells]:
    wanted = [column.field.key for column in columns if column.field.kind is Kind.ATTRIBUTE]
    found: dict[str, Cells] = {name: LISTED[name](conn, runs) for name in wanted if name in LISTED}
    selected = {name: text for name in wanted if (text := expression(schema, name)) is not None}
    if selected:
        rows = rows_in(
            conn, f"SELECT base.id, {', '.join(selected.values())} FROM {schema.source} WHERE base.id IN (?*)", runs
        )
        for place, name in enumerate(selected, 1):
            found[name] = {row[0]: row[place] for row in rows}
    return found


def _of_kind(
    conn: Connection, kind: Kind, columns: Sequence[Column], runs: Sequence[int]
) -> dict[tuple[str, Aspect], dict[int, Cell]]:
    """The cells of params, tags or metrics by key and aspect."""
    if not columns or not runs:
        return {}
    every = any(column.every for column in columns)
    wanted = {column.field.key for column in columns}
    aspects = sorted({column.field.aspect for column in columns}) if kind is Kind.METRIC else [Aspect.LAST]
    rows, keys = _select(conn, kind, aspects, None if every else wanted, runs)
    found: dict[tuple[str, Aspect], dict[int, Cell]] = {}
    clean: Callable[[float | None], Cell] = number if kind is Kind.METRIC else _as_it_is
    for row in rows:
        key = keys[row[1]]
        for aspect, value in zip(aspects, row[2:], strict=True):
            found.setdefault((key, aspect), {})[row[0]] = clean(value)
    return found


def _as_it_is(value: Cell) -> Cell:
    return value


def _select(
    conn: Connection, kind: Kind, aspects: Sequence[Aspect], keys: Collection[str] | None, runs: Sequence[int]
) -> tuple[list[Row], Mapping[int, str]]:
    """Rows of run, key's number and values, and the keys of the numbers; all keys when none are named."""
    values = ", ".join(f"t.{VALUES[aspect]}" for aspect in aspects)
    if keys is None:
        named = f"SELECT t.run, t.key, {values}, n.name FROM {TABLES[kind]} t JOIN names n ON n.id = t.key"
        rows = rows_in(conn, f"{named} WHERE t.run IN (?*)", runs)
        return [row[:-1] for row in rows], {row[1]: row[-1] for row in rows}
    known = names.known(conn, keys)
    if not known:
        return [], {}
    dialect = search_dialect(conn.dialect)
    owners, wanted = dialect.one_of("t.run", runs), dialect.one_of("t.key", sorted(known.values()))
    found = sql(f"SELECT t.run, t.key, {values} FROM {TABLES[kind]} t WHERE {{}} AND {{}}", owners, wanted)
    return conn.rows(*found), {number: name for name, number in known.items()}


def _every(kind: Kind, found: Mapping[tuple[str, Aspect], Cells]) -> list[Filled]:
    keys = sorted(key for key, aspect in found if aspect is Aspect.LAST)
    return [Filled(Column(f"{PREFIXES[kind]}.{key}", Field(kind, key)), found[key, Aspect.LAST]) for key in keys]
