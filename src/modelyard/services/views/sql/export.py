"""All runs of a search as one file: their numbers first, then their cells, some hundred runs at a time.

No transaction is open while a client reads: one that takes its time would hold up the database. So the runs are those of
one moment, and a cell is as it was when its line was written; a run that is purged meanwhile is left out.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.search import Column, Field, Kind, parse_column_order
from modelyard.core.wire.messages import views as view
from modelyard.core.wire.messages.views import Cell
from modelyard.db import Connection, Database
from modelyard.db.fragment import sql
from modelyard.db.page import Search, all_ids, page_of_ids
from modelyard.db.search_schema import SearchSchema
from modelyard.services.tracking.sql import run_names
from modelyard.services.tracking.sql.lists import rows_in
from modelyard.services.views.rules import MAX_EXPORTED
from modelyard.services.views.sql import files
from modelyard.services.views.sql.attributes import SORTABLE
from modelyard.services.views.sql.rows import PREFIXES, TABLES, fill
from modelyard.services.views.sql.search import columns_of, matching

_ATTRIBUTES = (
    "run_id",
    "run_name",
    "experiment_id",
    "status",
    "start_time",
    "end_time",
    "duration",
    "user_id",
    "lifecycle_stage",
    "artifact_uri",
)
_ALL = (*(f"attributes.{name}" for name in _ATTRIBUTES), "params.*", "metrics.*", "tags.*")
_NUMBERED = 10_000  # runs whose numbers are found at once
_AT_ONCE = 500  # runs whose cells are read at once

Table = list[list[Cell]]
Format = Callable[[Sequence[Column], Iterator[Table]], Iterator[bytes]]


class Found(NamedTuple):
    """What an export is made of: eight bytes a run are all of it that grows."""

    db: Database
    schema: SearchSchema
    columns: Sequence[Column]
    numbers: array[int]

    def tables(self) -> Iterator[Table]:
        """The cells by column, of some runs after the other."""
        for start in range(0, len(self.numbers), _AT_ONCE):
            some = self.numbers[start : start + _AT_ONCE].tolist()
            with self.db.read() as conn:
                there = _still_there(conn, some)
                filled = fill(conn, self.schema, self.columns, there)
            yield [[each.cells.get(run) for run in there] for each in filled]


class ExportedRuns(NamedTuple):
    """An `Export`."""

    name: str
    content_type: str
    found: Found
    format: Format

    def pieces(self) -> Iterator[bytes]:
        """See `Export`."""
        return self.format(self.found.columns, self.found.tables())


def begin(db: Database, schema: SearchSchema, request: view.ExportRuns, scope: Sequence[int]) -> ExportedRuns:
    """Find the runs and columns of a file; the rest is done while it is read."""
    write = files.FORMATS[request.format]()
    wanted = msgspec.structs.replace(
        matching(request.filter, request.view_type, scope, schema),
        order=run_names.in_order(parse_column_order(request.order_by, SORTABLE)),
        limit=_NUMBERED,
    )
    columns = columns_of(request.column)
    with db.read() as conn:
        columns = _spelled_out(conn, wanted, columns or columns_of(_ALL))
        numbers = _numbers(conn, wanted)
    found = Found(db, schema, columns, numbers)
    return ExportedRuns(f"runs.{request.format}", files.TYPES[request.format], found, write)


def _spelled_out(conn: Connection, wanted: Search, columns: Sequence[Column]) -> list[Column]:
    """The columns with those for all keys as one a key."""
    spelled: list[Column] = []
    for column in columns:
        spelled += _keys(conn, wanted, column.field.kind) if column.every else [column]
    if len(spelled) > MAX_EXPORTED:
        raise InvalidParameter(
            f"These runs have {len(spelled)} columns; a file holds {MAX_EXPORTED}. Name some of them."
        )
    return spelled


def _keys(conn: Connection, wanted: Search, kind: Kind) -> list[Column]:
    """A column for each key that the runs of a search have."""
    statement = sql(
        f"SELECT name FROM names WHERE id IN (SELECT DISTINCT key FROM {TABLES[kind]} WHERE run IN ({{}})) ORDER BY name",
        all_ids(conn, wanted),
    )
    rows = conn.rows(statement.text, statement.params)
    return [Column(f"{PREFIXES[kind]}.{name}", Field(kind, name)) for (name,) in rows]


def _numbers(conn: Connection, wanted: Search) -> array[int]:
    """The numbers of all runs of a search in order, found in parts: a row of what they are sorted by is much larger."""
    found = array("q")
    token = ""
    while True:
        ids, token = page_of_ids(conn, msgspec.structs.replace(wanted, token=token))
        found.extend(ids)
        if not token:
            return found


def _still_there(conn: Connection, numbers: Sequence[int]) -> list[int]:
    from_db = {row[0] for row in rows_in(conn, "SELECT id FROM runs WHERE id IN (?*)", numbers)}
    return [number for number in numbers if number in from_db]
