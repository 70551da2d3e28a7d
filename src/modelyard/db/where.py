"""Predicate to SQL: conditions of one record, and the statements that list the records an index finds.

Every condition is true or false, never NULL, so that NOT and OR mean what `modelyard.core.search.evaluate` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from modelyard.core.search.evaluate import DatasetFilter
from modelyard.core.search.like import literal_prefix
from modelyard.core.search.predicate import And, Aspect, Compare, Kind, Not, Op, Or, Predicate, Scalar
from modelyard.db.fragment import Sql, join, listed, sql
from modelyard.db.search_dialect import SQL_FUNCTIONS, SearchDialect, begins_with
from modelyard.db.search_schema import Column, KeyValues, SearchSchema

__all__ = ["SQL_FUNCTIONS", "Access", "Where", "dataset_is"]

_SHORT = 256  # a longer text in an index lies on pages of its own
_INDEXABLE = (Op.EQ, Op.LT, Op.LE, Op.GT, Op.GE, Op.BETWEEN, Op.IN, Op.IS_NOT_NULL)


class Access(NamedTuple):
    """How the conditions of a statement get at a record.

    `owner` is the expression of its id. `known` are tables the statement has joined already, one row a record: kind and
    key to alias. With `sets` a comparison asks whether the id is in the set of all ids it holds for, made by one pass
    over an index, instead of looking into the record's own rows: the better way when nearly all records are asked.
    """

    owner: str = "base.id"
    known: Mapping[tuple[Kind, str], str] = {}
    sets: bool = False


class Where:
    """Conditions for one schema, dialect and scope.

    Args:
        schema: the tables.
        dialect: the engine.
        scope: the ids the search is narrowed to; None for all.
        datasets: only metrics measured on one of these count.
        size: how many comparisons a statement will hold.
    """

    def __init__(
        self,
        schema: SearchSchema,
        dialect: SearchDialect,
        *,
        scope: Sequence[int] | None = None,
        datasets: Sequence[DatasetFilter] = (),
        size: int = 0,
    ) -> None:
        self.schema = schema
        self.dialect = dialect
        self._scope = scope
        self._datasets = datasets
        self._size = size

    def condition(self, predicate: Predicate, access: Access) -> Sql:
        """The condition that a record satisfies the predicate."""
        match predicate:
            case And(parts=parts):
                return sql("({})", join(" AND ", [self.condition(each, access) for each in parts]))
            case Or(parts=parts):
                return sql("({})", join(" OR ", [self.condition(each, access) for each in parts]))
            case Not(part=part):
                return sql("(NOT {})", self.condition(part, access))
            case Compare():
                return self._comparison(predicate, access)

    def few_ids(self, predicate: Predicate) -> Sql | None:
        """A statement that lists the ids of all records in scope that satisfy the predicate, fast if they are few.

        None where no index leads to them.
        """
        if isinstance(predicate, Or):
            scans = [self.few_ids(part) for part in predicate.parts]
            found = [scan for scan in scans if scan is not None]
            return join(" UNION ", found) if len(found) == len(scans) else None
        if not isinstance(predicate, Compare) or predicate.field.aspect is not Aspect.LAST:
            return None
        if predicate.field.kind is Kind.ATTRIBUTE:
            column = self.schema.attributes[predicate.field.key]
            indexed = column.unique and predicate.op in (Op.EQ, Op.IN)
        else:
            indexed = predicate.op in _INDEXABLE or (
                predicate.op is Op.LIKE and literal_prefix(str(predicate.value)) != ""
            )
        return self._all_ids(predicate) if indexed else None

    def _set(self, compare: Compare, access: Access) -> Sql | None:
        """The ids a comparison holds for, where a set of them is the better way."""
        at_hand = compare.field.kind is Kind.ATTRIBUTE and access.owner == "base.id"
        return self._all_ids(compare) if self.dialect.makes_sets and not at_hand else None

    def _all_ids(self, compare: Compare) -> Sql | None:
        """A statement that lists the ids of all records in scope that a comparison holds for, by one pass."""
        if self._scope is None or compare.op is Op.IS_NULL:
            return None
        if compare.field.kind is Kind.ATTRIBUTE:
            column = self.schema.attributes[compare.field.key]
            return self._listed("base.id", self.schema.source, self.schema.scope, self._attribute(compare, column))
        if compare.field.kind is Kind.DATASET:
            rows = self.schema.datasets
            assert rows is not None, "a table with dataset fields describes them"
            return self._listed(f"DISTINCT {rows.owner}", rows.source, rows.scope, self._dataset_row(compare))
        table = self.schema.key_values[compare.field.kind]
        ids = f"DISTINCT f.{table.owner}" if table.newest else f"f.{table.owner}"
        scope = f"f.{table.scope}" if table.scope else None
        return self._listed(ids, f"{table.table} f", scope, self._rows_of(compare, table, by_index=True))

    def _listed(self, ids: str, source: str, scope: str | None, condition: Sql) -> Sql | None:
        if scope is None or self._scope is None:
            return None
        in_scope = self.dialect.one_of(scope, self._scope)
        return sql(f"SELECT {ids} AS id FROM {source} WHERE {{}} AND {{}}", in_scope, condition)

    def has_metric_on_datasets(self, access: Access) -> Sql:
        """The condition that a record has any metric on one of the datasets."""
        table = self.schema.key_values[Kind.METRIC]
        rows = f"FROM {table.table} f WHERE f.{table.owner} = {access.owner} AND {{}}"
        return self._exists(sql(rows, self._on_datasets(table)), access)

    def key_is(self, alias: str, table: KeyValues, key: str) -> Sql:
        """The condition that a row of a table of keys and values is about a key."""
        if table.interned:
            return Sql(f"{alias}.key = (SELECT id FROM names WHERE name = ?)", (key,))
        return Sql(f"{alias}.key = ?", (key,))

    def _exists(self, rows: Sql, access: Access) -> Sql:
        return self.dialect.exists(rows, for_all=access.sets, of=self._size)

    def _comparison(self, compare: Compare, access: Access) -> Sql:
        field = compare.field
        presence = compare.op in (Op.IS_NULL, Op.IS_NOT_NULL)
        if (alias := access.known.get((field.kind, field.key))) and not presence:
            return self._key_value(compare, alias)
        if compare.op is Op.IS_NULL and field.kind is not Kind.ATTRIBUTE:
            return sql("(NOT {})", self._comparison(Compare(field, Op.IS_NOT_NULL), access))
        if access.sets and (ids := self._set(compare, access)) is not None:
            # The sign keeps SQLite from looking up base by this list, which would undo the order.
            return sql(f"(+{access.owner} IN ({{}}))", ids)
        if field.kind is Kind.ATTRIBUTE:
            return self._attribute(compare, self.schema.attributes[field.key])
        if field.kind is Kind.DATASET:
            rows = self.schema.datasets
            assert rows is not None, "a table with dataset fields describes them"
            its_rows = sql(
                f"FROM {rows.source} WHERE {rows.owner} = {access.owner} AND {{}}", self._dataset_row(compare)
            )
            return self._exists(its_rows, access)
        table = self.schema.key_values[field.kind]
        if (way := self._by_value(compare, table)) is not None:
            its_rows = sql(f"{{}} AND f.{table.owner} = {access.owner} AND {{}}", way, self._rows_of(compare, table))
        else:
            its_rows = sql(
                f"FROM {table.table} f WHERE f.{table.owner} = {access.owner} AND {{}}", self._rows_of(compare, table)
            )
        return self._exists(its_rows, access)

    def _by_value(self, compare: Compare, table: KeyValues) -> Sql | None:
        """Where a walk best asks for a text: in the index over values, which has all that are equal side by side.

        The engine would take the primary key, which leads to another page for each record: that takes twice as long.
        """
        told = self.dialect.names_indexes and table.index and table.scope
        if not told or self._scope is None or len(self._scope) != 1 or compare.field.kind is Kind.METRIC:
            return None
        if compare.op is not Op.EQ or len(str(compare.value)) > _SHORT:
            return None
        in_scope = self.dialect.one_of(f"f.{table.scope}", self._scope)
        return sql(f"FROM {table.table} f INDEXED BY {table.index} WHERE {{}}", in_scope)

    def _rows_of(self, compare: Compare, table: KeyValues, *, by_index: bool = False) -> Sql:
        """The condition of rows `f` that are about the field and satisfy the comparison, unless that is about NULL."""
        conditions = [self.key_is("f", table, compare.field.key)]
        if compare.op not in (Op.IS_NULL, Op.IS_NOT_NULL):
            beginning = self.dialect.indexed_beginning(f"f.{table.value}")
            if by_index and beginning and compare.field.kind is not Kind.METRIC:
                conditions.append(self._fits_beginning(beginning, compare))
            conditions.append(self._key_value(compare, "f"))
        if self._datasets and compare.field.kind is Kind.METRIC:
            conditions.append(self._on_datasets(table))
        return join(" AND ", conditions)

    def _key_value(self, compare: Compare, alias: str) -> Sql:
        table = self.schema.key_values[compare.field.kind]
        column = f"{alias}.{table.column(compare.field.aspect)}"
        if compare.field.kind is not Kind.METRIC:
            return self._text(column, compare)
        condition = _number(column, compare)
        if compare.field.aspect is Aspect.LAST and compare.op in (Op.NE, Op.NOT_IN):
            return sql(f"({column} IS NULL OR {{}})", condition)  # NaN differs from every number
        return sql(f"({column} IS NOT NULL AND {{}})", condition)

    def _on_datasets(self, table: KeyValues) -> Sql:
        return sql(
            "({})",
            join(" OR ", [dataset_is("f", table, each.dataset_name, each.dataset_digest) for each in self._datasets]),
        )

    def _attribute(self, compare: Compare, column: Column) -> Sql:
        if compare.op in (Op.IS_NULL, Op.IS_NOT_NULL):
            return Sql(f"({column.sql} {compare.op})")
        numeric = not isinstance(_sample(compare), str)
        condition = _number(column.sql, compare) if numeric else self._text(column.sql, compare)
        return sql(f"({column.sql} IS NOT NULL AND {{}})", condition) if column.nullable else condition

    def _dataset_row(self, compare: Compare) -> Sql:
        assert self.schema.datasets is not None
        column = self.schema.datasets.columns[compare.field.key]
        return sql(f"({column} IS NOT NULL AND {{}})", self._text(column, compare))

    def _text(self, column: str, compare: Compare) -> Sql:
        if isinstance(compare.value, tuple):
            return sql(f"{column} {compare.op} {{}}", listed(compare.value))
        return self.dialect.text(column, compare.op, str(compare.value))

    def _fits_beginning(self, beginning: str, compare: Compare) -> Sql:
        """What an index over the beginning of texts can answer; a consequence of the comparison."""
        if compare.op is Op.IN and isinstance(compare.value, tuple):
            return sql(f"{beginning} IN {{}}", listed([self.dialect.cut(str(each)) for each in compare.value]))
        if compare.op is Op.EQ:
            return Sql(f"{beginning} = ?", (self.dialect.cut(str(compare.value)),))
        if compare.op is Op.LIKE:
            return begins_with(beginning, self.dialect.cut(literal_prefix(str(compare.value))))
        return Sql("TRUE")


def dataset_is(alias: str, table: KeyValues, name: str, digest: str | None) -> Sql:
    """The condition that a row of metrics was measured on a dataset."""
    by_name = Sql(f"{alias}.{table.dataset_name} = ?", (name,))
    if digest is None:
        return by_name
    return sql("({} AND {})", by_name, Sql(f"{alias}.{table.dataset_digest} = ?", (digest,)))


def _sample(compare: Compare) -> Scalar | None:
    return compare.value[0] if isinstance(compare.value, tuple) else compare.value


def _number(column: str, compare: Compare) -> Sql:
    value = compare.value
    if not isinstance(value, tuple):
        return Sql(f"{column} {compare.op} ?", (value,))
    if compare.op is Op.BETWEEN:
        return Sql(f"{column} BETWEEN ? AND ?", value)
    return sql(f"{column} {compare.op} {{}}", listed(value))
