"""One page of a search: the ids in order, and the token of the next page.

A search is answered in one of three ways, whichever reads least:

* *drive*: some part of the filter finds few records (they are counted, with a bound): take those, check the other parts
  on each, sort.
* *walk*: an index has the order's first key: go along it from the position of the token, check the filter on each
  record, and stop when the page is full. What has no real value comes behind all that do, so it is only looked for when
  the page is not full by then. Several experiments are walked one by one and merged.
* *scan*: no index has the order: check all records, and keep the first.

A walk is long when the filter refuses nearly everything on the way. So the first few records of the way are tried;
when they promise a long walk, and for a scan, comparisons are made by sets, each by one pass over an index, which
bounds what the worst filter costs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from modelyard.core.search.evaluate import DatasetFilter
from modelyard.core.search.fields import OrderKey
from modelyard.core.search.predicate import Aspect, Compare, Kind, Op, Predicate, comparisons, conjuncts, mentions
from modelyard.db.database import Connection, Row
from modelyard.db.fragment import Sql, join, sql
from modelyard.db.page_token import Position, decode_token, encode_token, fingerprint
from modelyard.db.search_dialect import search_dialect
from modelyard.db.search_order import Term, behind, joined, not_before, selected, sorted_by, terms, value_types
from modelyard.db.search_schema import SearchSchema
from modelyard.db.where import Access, Where

_MAX_COUNTED = 8
_MAX_WALKS = 16


class Effort(msgspec.Struct, frozen=True):
    """Where one way of answering becomes cheaper than another, in records; measured with 100,000 runs."""

    few: int = 1_000  # are better sorted than walked to
    some: int = 20_000  # are better sorted than found by a scan
    tried: int = 128  # at the beginning of a walk
    long: int = 10_000  # a walk


class Search(msgspec.Struct, frozen=True):
    """A search: in which tables, for what, in which order, how many from where.

    `order` holds the keys asked for (the table's tie-breakers are added); `scope` the ids to narrow by, None for all;
    `view` the name of one of the schema's views; `datasets` narrow metrics to those measured on them. Where is a token,
    or `offset`, a number of records that are passed over.
    """

    schema: SearchSchema
    limit: int
    predicate: Predicate | None = None
    order: tuple[OrderKey, ...] = ()
    scope: tuple[int, ...] | None = None
    view: str = "ALL"
    token: str = ""
    offset: int = 0
    datasets: tuple[DatasetFilter, ...] = ()
    effort: Effort = Effort()


class Page(NamedTuple):
    """The ids of a page in order, and the token of the next one; empty when there is none."""

    ids: list[int]
    next_token: str


def page_of_ids(connection: Connection, search: Search) -> Page:
    """One page of the search, by a few statements of the connection's snapshot.

    Raises:
        InvalidParameter: the token is broken, or belongs to another search.
    """
    table = search.schema.table
    order = table.whole_order(search.order)
    scope = None if search.scope is None else tuple(sorted(set(search.scope)))
    mark = fingerprint(table.name, search.predicate, order, search.view, search.datasets, scope)
    types = value_types(table, order)
    position = decode_token(search.token, mark, types) if search.token else None
    if scope == () or search.limit < 1:
        return Page([], "")
    rows = _Plan(connection, search, scope, order, position).rows()
    token = encode_token(mark, _position(rows[search.limit - 1])) if len(rows) > search.limit else ""
    return Page([row[0] for row in rows[: search.limit]], token)


def count_of(connection: Connection, search: Search) -> int:
    """How many records the whole search finds, by one statement."""
    scope = None if search.scope is None else tuple(sorted(set(search.scope)))
    if scope == ():
        return 0
    count: int = connection.rows(*_matching(connection, search, scope, "count(*)"))[0][0]
    return count


def all_ids(connection: Connection, search: Search) -> Sql:
    """A statement that lists the ids of all that the search finds, in no order, as `id`."""
    scope = None if search.scope is None else tuple(sorted(set(search.scope)))
    return _matching(connection, search, scope, "base.id AS id")


def _matching(connection: Connection, search: Search, scope: tuple[int, ...] | None, what: str) -> Sql:
    plan = _Plan(connection, search, scope, search.schema.table.whole_order(search.order), None)
    return plan.all(what)


def _position(row: Row) -> Position:
    ranks_and_values = row[1:]
    return tuple(
        (rank, None if rank else value)
        for rank, value in zip(ranks_and_values[::2], ranks_and_values[1::2], strict=True)
    )


class _Part(NamedTuple):
    """A part of the filter, and the statement that lists what it finds with how many that are, counted with a bound."""

    predicate: Predicate
    size: float = math.inf
    ids: Sql | None = None


def _is_equality(predicate: Predicate) -> bool:
    return isinstance(predicate, Compare) and predicate.op in (Op.EQ, Op.IN)


class _Plan:
    def __init__(
        self,
        connection: Connection,
        search: Search,
        scope: tuple[int, ...] | None,
        order: tuple[OrderKey, ...],
        position: Position | None,
    ) -> None:
        self._connection = connection
        self._search = search
        self._schema = search.schema
        self._scope = scope
        size = sum(1 for _ in comparisons(search.predicate))
        self._dialect = search_dialect(connection.dialect)
        self._where = Where(search.schema, self._dialect, scope=scope, datasets=search.datasets, size=size)
        self._first = order[0].field
        self._terms = terms(self._where, order)
        self._position = position
        self._limit = search.limit + 1
        self._skip = search.offset
        # None when no index has the first key of the order; else the experiments to walk one by one.
        self._ways = scope if scope is not None and len(scope) <= _MAX_WALKS and self._is_indexed() else None

    def rows(self) -> list[Row]:
        """The page and one row more, if there is one: id, then rank and value of each key of the order."""
        bound = self._search.effort.some if self._ways is None else self._search.effort.few
        parts = self._counted(bound)
        if parts and parts[0].ids is not None and parts[0].size <= bound:
            return self._run(self._cut(self._drive(parts[0].ids, parts[1:])))
        if self._ways is None:
            return self._run(self._cut(self._scan(parts, Access(sets=True))))
        sets = self._is_long(parts, self._ways)
        if self._terms[0].table is None:
            scans = [self._scan(parts, Access(sets=sets), way) for way in self._ways]
            return self._run(self._merged(scans))
        return self._walked(parts, self._ways, sets=sets)

    def all(self, what: str) -> Sql:
        """A statement over all records that satisfy the filter, in no order."""
        parts = [_Part(each) for each in conjuncts(self._search.predicate)]
        conditions = [*self._narrowed(), *self._filter(parts, Access(sets=True))]
        return sql(f"SELECT {what} FROM {self._schema.source} WHERE {{}}", join(" AND ", conditions))

    def _walked(self, parts: Sequence[_Part], ways: Sequence[int], *, sets: bool) -> list[Row]:
        """What has a real value of the first key, by its index, and then what has none."""
        rows: list[Row] = []
        skip = self._skip
        if self._position is None or self._position[0][0] == 0:
            walks = [self._walk(parts, way, sets=sets) for way in ways]
            rows = self._run(self._merged(walks))
            if rows:
                skip = 0
            elif skip:
                counts = [sql("SELECT count(*) AS walked FROM ({}) AS walk", each) for each in walks]
                skip -= sum(self._run(each)[0][0] for each in counts)
        if len(rows) < self._limit and not self._asks_for_real():
            rows += self._run(self._cut(self._unreal(parts, sets=sets), skip))[: self._limit - len(rows)]
        return rows

    def _cut(self, statement: Sql, skip: int | None = None) -> Sql:
        """An ordered statement's page."""
        skip = self._skip if skip is None else skip
        return sql(f"{{}} LIMIT {self._limit}{f' OFFSET {skip}' if skip else ''}", statement)

    def _run(self, statement: Sql) -> list[Row]:
        return self._connection.rows(statement.text, statement.params)

    def _is_indexed(self) -> bool:
        """Whether an index has the first key of the order."""
        term = self._terms[0]
        if self._first.kind is Kind.ATTRIBUTE:
            return self._schema.attributes[self._first.key].sorted and not term.ascending
        return term.table is not None and term.table.scope is not None and self._first.aspect is Aspect.LAST

    def _asks_for_real(self) -> bool:
        """Whether the filter itself asks for a real value of the first key."""
        none_needed = (Op.NE, Op.NOT_IN, Op.IS_NULL, Op.IS_NOT_NULL)
        return any(
            isinstance(part, Compare) and part.field == self._first and part.op not in none_needed
            for part in conjuncts(self._search.predicate)
        )

    def _bounds_walk(self, predicate: Predicate) -> bool:
        """Whether a part of the filter is about the key whose index is walked, and so only makes the way shorter."""
        walked = self._ways is not None and self._terms[0].table is not None
        return walked and isinstance(predicate, Compare) and predicate.field == self._first

    def _counted(self, bound: int) -> list[_Part]:
        """The parts of the filter, those that find least first."""
        parts: list[_Part] = []
        for predicate in conjuncts(self._search.predicate):
            counts = len(parts) < _MAX_COUNTED and not self._bounds_walk(predicate)
            ids = self._where.few_ids(predicate) if counts else None
            if ids is None:
                parts.append(_Part(predicate))
                continue
            counted = sql(f"SELECT count(*) FROM (SELECT 1 FROM ({{}}) AS found LIMIT {bound + 1}) AS counted", ids)
            parts.append(_Part(predicate, self._run(counted)[0][0], ids))
        return sorted(parts, key=lambda part: (part.size, not _is_equality(part.predicate)))

    def _is_long(self, parts: Sequence[_Part], ways: Sequence[int]) -> bool:
        """Whether the beginning of the walk promises a long one: it is looked at until it is known not to be."""
        effort = self._search.effort
        bounds = [part for part in parts if self._bounds_walk(part.predicate)]
        if len(bounds) == len(parts):
            return False
        each = max(1, effort.tried // len(ways))
        heads = [sql(f"SELECT id FROM ({{}}) AS head{way}", self._head(bounds, way, each)) for way in ways]
        ids = join(" UNION ALL ", heads)
        fits = join(" AND ", [*self._narrowed(), *self._filter(parts, Access())])
        enough = math.ceil(each * len(ways) * self._limit / max(effort.long, 1))
        fitting = f"SELECT 1 FROM {self._schema.source} WHERE base.id IN ({{}}) AND {{}} LIMIT {enough}"
        found = len(self._run(sql(fitting, ids, fits)))
        if found >= enough:
            return False
        ((seen,),) = self._run(sql("SELECT count(*) FROM ({}) AS heads", ids))
        return bool(seen >= each and seen * self._limit > effort.long * max(found, 0.5))

    def _head(self, bounds: Sequence[_Part], way: int, count: int) -> Sql:
        """The ids of the first records of a walk."""
        term = self._terms[0]
        if term.table is None:
            conditions = self._narrowed(way)
            ids, source = "base.id", self._schema.source
        else:
            conditions = [self._in_way(way), Sql(f"{term.value.text} IS NOT NULL")]
            conditions += self._filter(bounds, Access(known={(self._first.kind, self._first.key): term.alias}))
            ids, source = f"{term.alias}.{term.table.owner}", f"{term.table.table} {term.alias}"
        if self._position is not None and self._position[0][0] == 0:
            conditions.append(not_before(self._dialect, term, self._position[0][1]))
        return sql(
            f"SELECT {ids} AS id FROM {source} WHERE {{}} ORDER BY {{}} LIMIT {count}",
            join(" AND ", conditions),
            sorted_by([term._replace(rank=None)]),
        )

    def _drive(self, ids: Sql, parts: Sequence[_Part]) -> Sql:
        source = sql(f"({{}}) AS driver CROSS JOIN {self._schema.source}", ids)
        conditions = [Sql("base.id = driver.id"), *self._filter(parts, Access()), *self._narrowed()]
        return self._statement(source, conditions, self._terms)

    def _scan(self, parts: Sequence[_Part], access: Access, way: int | None = None) -> Sql:
        """All records, or those of one way."""
        conditions = [*self._narrowed(way), *self._filter(parts, access)]
        return self._statement(Sql(self._schema.source), conditions, self._terms)

    def _unreal(self, parts: Sequence[_Part], *, sets: bool) -> Sql:
        """The records that have no real value of the first key."""
        term = self._terms[0]
        assert term.table is not None, "attributes are scanned along"
        unreal = sql("{} > 0", term.rank or Sql("0"))
        if self._dialect.makes_sets:
            owner, table, value = term.table.owner, term.table.table, term.table.value
            real = f"SELECT r.{owner} FROM {table} r WHERE {{}} AND r.{value} IS NOT NULL"
            reals = [sql(real, self._in_way(way, "r")) for way in self._ways or ()]
            unreal = sql("+base.id NOT IN ({})", join(" UNION ALL ", reals))
        access = Access(sets=sets or not self._dialect.makes_sets)
        conditions = [*self._narrowed(), unreal, *self._filter(parts, access)]
        return self._statement(Sql(self._schema.source), conditions, self._terms)

    def _walk(self, parts: Sequence[_Part], way: int, *, sets: bool) -> Sql:
        """The records of one way that have a real value of the first key, by its index."""
        term = self._terms[0]
        assert term.table is not None, "attributes are not walked to but scanned along"
        owner = f"{term.alias}.{term.table.owner}"
        access = Access(owner, {(self._first.kind, self._first.key): term.alias}, sets)
        conditions = [
            self._in_way(way),
            Sql(f"{term.value.text} IS NOT NULL AND base.id = {owner}"),
            *self._filter(parts, access),
            *self._narrowed(way),
        ]
        source = Sql(f"{term.table.table} {term.alias} CROSS JOIN {self._schema.source}")
        return self._statement(source, conditions, (term._replace(rank=None, table=None), *self._terms[1:]))

    def _in_way(self, way: int, alias: str = "") -> Sql:
        """The condition of the rows of the first key's table that belong to one experiment."""
        term = self._terms[0]
        assert term.table is not None, "asked of a metric, param or tag"
        alias = alias or term.alias
        scope = self._dialect.one_of(f"{alias}.{term.table.scope}", (way,))
        return sql("{} AND {}", scope, self._where.key_is(alias, term.table, self._first.key))

    def _filter(self, parts: Sequence[_Part], access: Access) -> list[Sql]:
        conditions = [self._where.condition(part.predicate, access) for part in parts]
        if self._search.datasets and not mentions(self._search.predicate, Kind.METRIC):
            conditions.append(self._where.has_metric_on_datasets(access))
        return conditions

    def _narrowed(self, way: int | None = None) -> list[Sql]:
        """The conditions of scope and view."""
        conditions = []
        if self._schema.scope is not None and self._scope is not None:
            ids = self._scope if way is None else (way,)
            conditions.append(self._dialect.one_of(self._schema.scope, ids))
        if view := self._schema.views.get(self._search.view):
            conditions.append(Sql(view))
        return conditions or [Sql("TRUE")]

    def _statement(self, source: Sql, conditions: Sequence[Sql], order: Sequence[Term]) -> Sql:
        if self._position is not None:
            conditions = [*conditions, behind(self._dialect, order, self._position)]
        return sql(
            "SELECT base.id, {} FROM {}{} WHERE {} ORDER BY {}",
            selected(order),
            source,
            joined(order),
            join(" AND ", conditions),
            sorted_by(order),
        )

    def _merged(self, statements: Sequence[Sql]) -> Sql:
        """The page of several ordered statements in one order."""
        if len(statements) == 1:
            return self._cut(statements[0])
        columns = ["id"]
        keys = []
        for place, term in enumerate(self._terms):
            columns += [f"rank{place}", f"value{place}"]
            keys.append(f"rank{place}, value{place}{'' if term.ascending else ' DESC'}")
        most = self._limit + self._skip
        pages = [
            sql(f"SELECT * FROM ({{}} LIMIT {most}) AS page{place}", each) for place, each in enumerate(statements)
        ]
        best = Sql(f"SELECT * FROM page ORDER BY {', '.join(keys)}")
        return self._cut(sql(f"WITH page ({', '.join(columns)}) AS ({{}}) {{}}", join(" UNION ALL ", pages), best))
