"""How a kind of thing is laid out in tables, told to the search.

`modelyard.db.where` and `modelyard.db.page` know no table; the SQL of a service describes its own. In every expression
the searched table has the alias ``base``.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from modelyard.core.search.fields import FieldTable
from modelyard.core.search.predicate import Aspect, Kind


class Column(msgspec.Struct, frozen=True):
    """An attribute: its expression, and the one it is ordered by where that is another."""

    sql: str
    nullable: bool = False
    unique: bool = False  # an index leads from a value to its one row
    sorted: bool = False  # an index over the scope, what the views ask, this and the tie-breakers: descending
    order_sql: str | None = None


class KeyValues(msgspec.Struct, frozen=True):
    """A table of keys and values: metrics, params or tags.

    With a `scope` column the table is expected to have an index over (scope, key, value, owner): on PostgreSQL, where
    an index entry has a greatest size, over (scope, key, left(value, 256), owner) for texts. Owner and key are unique,
    unless `newest` is given. NaN is a value that is NULL.
    """

    table: str
    owner: str  # the column that holds base's id
    scope: str | None = None
    index: str = ""  # the name of that index, if records are to be asked by it whether they hold a text
    value: str = "value"
    least: str = "min_value"  # of metrics
    greatest: str = "max_value"
    interned: bool = True  # `key` holds the id of a row of `names`, not the text
    newest: str | None = None  # a key may have several rows; this orders them, the newest first ({t} is the table)
    dataset_name: str | None = None
    dataset_digest: str | None = None

    def column(self, aspect: Aspect) -> str:
        """The column of the last, the least or the greatest value."""
        return {Aspect.LAST: self.value, Aspect.MIN: self.least, Aspect.MAX: self.greatest}[aspect]


class DatasetRows(msgspec.Struct, frozen=True):
    """The datasets a thing read, as a FROM clause with the columns to be found in it."""

    source: str
    owner: str
    columns: Mapping[str, str]
    scope: str | None = None


class SearchSchema(msgspec.Struct, frozen=True):
    """The tables of one kind of thing.

    `source` is what stands behind FROM and gives the alias ``base``; it may join what attributes need. `scope` is the
    column the search is always narrowed by, as an experiment's id. `views` are the conditions of the lifecycle views by
    name.
    """

    table: FieldTable
    source: str
    attributes: Mapping[str, Column]
    scope: str | None = None
    key_values: Mapping[Kind, KeyValues] = {}
    datasets: DatasetRows | None = None
    views: Mapping[str, str] = {}
