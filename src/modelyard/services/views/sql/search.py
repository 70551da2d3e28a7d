"""Tables of runs: a page of ids and the true total, then the cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelyard.core.entities import ViewTypeName
from modelyard.core.search import Column, Compare, Field, Kind, Op, Predicate, both, parse_column_order, parse_columns
from modelyard.core.search import parse_filter as read_filter
from modelyard.core.wire.messages import views as view
from modelyard.db import Connection
from modelyard.db.fragment import Sql, listed, sql
from modelyard.db.page import Search, count_of, page_of_ids
from modelyard.db.search_dialect import search_dialect
from modelyard.db.search_schema import SearchSchema
from modelyard.services.tracking.sql import run_names
from modelyard.services.tracking.sql.lists import rows_in, rows_with
from modelyard.services.views.sql.attributes import SHOWN, SORTABLE
from modelyard.services.views.sql.rows import by_column, fill

_PARENT = Field(Kind.TAG, "mlflow.parentRunId")


def columns_of(names: Sequence[str]) -> list[Column]:
    """The columns of runs by these names."""
    return parse_columns(names, SORTABLE, SHOWN)


def parse_filter(text: str) -> Predicate | None:
    """The filter of a table of runs; nothing but spaces is none."""
    return run_names.in_filter(read_filter(text, SORTABLE)) if text.strip() else None


def runs_wanted(request: view.ListRuns, scope: Sequence[int], schema: SearchSchema) -> Search:
    """The search a request for a table of runs asks for."""
    predicate = parse_filter(request.filter)
    if request.roots_only:
        predicate = both(predicate, Compare(_PARENT, Op.IS_NULL))
    if request.parent_run_id:
        predicate = both(predicate, Compare(_PARENT, Op.EQ, request.parent_run_id))
    return Search(
        schema=schema,
        limit=request.limit,
        predicate=predicate,
        order=run_names.in_order(parse_column_order(request.order_by, SORTABLE)),
        scope=tuple(scope),
        view=request.view_type,
        offset=request.offset,
    )


def matching(text: str, stages: ViewTypeName, scope: Sequence[int], schema: SearchSchema) -> Search:
    """The search for all runs that satisfy a filter."""
    return Search(schema=schema, limit=1, predicate=parse_filter(text), scope=tuple(scope), view=stages)


def find_runs(conn: Connection, wanted: Search, columns: Sequence[Column]) -> view.RunRows:
    """Some runs of a search, and how many there are in all."""
    ids = page_of_ids(conn, wanted).ids
    return _table(conn, wanted.schema, columns, ids, total=count_of(conn, wanted), stage=wanted.view)


def runs_of(conn: Connection, schema: SearchSchema, run_ids: Sequence[str], columns: Sequence[Column]) -> view.RunRows:
    """The runs of some ids, in their order, deleted ones too; unknown ids are passed over."""
    numbers: dict[str, int] = dict(rows_with(conn, "SELECT run_id, id FROM runs WHERE run_id IN (?*)", run_ids))
    ids = [numbers[run_id] for run_id in run_ids if run_id in numbers]
    return _table(conn, schema, columns, ids, total=len(ids), stage="ALL")


def _table(
    conn: Connection, schema: SearchSchema, columns: Sequence[Column], ids: Sequence[int], *, total: int, stage: str
) -> view.RunRows:
    rows = rows_in(conn, "SELECT id, run_id, experiment FROM runs WHERE id IN (?*)", ids)
    run_ids = {number: run_id for number, run_id, _ in rows}
    there = [number for number in ids if number in run_ids]
    children = _children(conn, schema.views.get(stage), [run_ids[each] for each in there], {row[2] for row in rows})
    return view.RunRows(
        total=total,
        run_ids=[run_ids[number] for number in there],
        children=[children.get(run_ids[number], 0) for number in there],
        columns=by_column(fill(conn, schema, columns, there), there),
    )


def _children(conn: Connection, stage: str | None, run_ids: Sequence[str], scope: set[int]) -> Mapping[str, int]:
    """How many direct children runs have in their experiments, of those a view shows."""
    if not run_ids:
        return {}
    dialect = search_dialect(conn.dialect)
    beginning = dialect.indexed_beginning("t.value") or "t.value"
    size = 1 << (len(run_ids) - 1).bit_length()  # few statements for all lengths
    found = sql(
        f"SELECT t.value, count(*) FROM tags t JOIN runs base ON base.id = t.run WHERE {{}} AND t.key = {{}}"
        f" AND {beginning} IN {{}} AND {stage or 'TRUE'} GROUP BY t.value",
        dialect.one_of("t.experiment", sorted(scope)),
        Sql("(SELECT id FROM names WHERE name = ?)", (_PARENT.key,)),
        listed([*run_ids, *([run_ids[-1]] * (size - len(run_ids)))]),
    )
    return dict(conn.rows(found.text, found.params))
