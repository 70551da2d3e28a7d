"""Which keys and values there are, and how many runs have each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from modelyard.core.errors import InvalidParameter
from modelyard.core.search import Column, Field, Kind
from modelyard.core.search.fields import ValueType
from modelyard.core.wire.messages import views as view
from modelyard.db import Connection, Row
from modelyard.db.fragment import Sql, sql
from modelyard.db.page import Search, all_ids
from modelyard.db.search_dialect import search_dialect
from modelyard.db.search_schema import SearchSchema
from modelyard.services.tracking.sql.lists import rows_with
from modelyard.services.views.sql.attributes import SORTABLE
from modelyard.services.views.sql.scopes import NAMED, holds

TABLES = {"params": "params", "metrics": "metric_latest", "tags": "tags"}
_SOURCE = Field(Kind.TAG, "mlflow.source.name")


def in_experiments(conn: Connection, request: view.FindKeys, scope: Sequence[int]) -> view.KeysFound:
    """The keys that active runs of experiments have."""
    return _found(conn, _of_all(_runs_of(conn, scope), TABLES[request.kind]), request)


def of_runs(conn: Connection, request: view.FindKeys, run_ids: Sequence[str]) -> view.KeysFound:
    """The keys that some runs have."""
    numbers = [number for (number,) in rows_with(conn, "SELECT id FROM runs WHERE run_id IN (?*)", run_ids)]
    if not numbers:
        return view.KeysFound(total=0, keys=[])
    within = search_dialect(conn.dialect).one_of("run", numbers)
    used = sql(f"SELECT key, count(*) AS runs FROM {TABLES[request.kind]} WHERE {{}} GROUP BY key", within)
    return _found(conn, used, request)


def _found(conn: Connection, used: Sql, request: view.FindKeys) -> view.KeysFound:
    counted = sql("SELECT key, sum(runs) AS runs FROM ({}) AS used GROUP BY key HAVING sum(runs) > 0", used)
    named = sql(
        "SELECT n.name AS name, u.runs AS runs FROM ({}) AS u JOIN names n ON n.id = u.key WHERE {}",
        counted,
        holds("n.name", request.contains),
    )
    return _best(conn, named, request.limit)


def _best(conn: Connection, named: Sql, limit: int) -> view.KeysFound:
    """The names most runs have, and how many there are in all."""
    rows = _run(
        conn,
        sql(
            "WITH found AS MATERIALIZED ({}) SELECT f.name, f.runs, (SELECT count(*) FROM found) FROM found f"
            f" ORDER BY f.runs DESC, f.name LIMIT {max(1, limit)}",
            named,
        ),
    )
    keys = [view.KeyCount(key=name, runs=runs) for name, runs, _ in rows[:limit]]
    return view.KeysFound(total=rows[0][2] if rows else 0, keys=keys)


def values(
    conn: Connection, schema: SearchSchema, request: view.FindValues, column: Column, scope: Sequence[int]
) -> view.KeysFound:
    """The distinct values of a column in the active runs of experiments."""
    text, rows = _values_of(conn, schema, column, scope)
    live = "base.lifecycle_stage = 'active'"
    named = sql(
        f"SELECT {text} AS name, count(*) AS runs FROM {{}} AND {live} AND {{}} GROUP BY {text}",
        rows,
        holds(text, request.contains),
    )
    return _best(conn, named, request.limit)


def _values_of(conn: Connection, schema: SearchSchema, column: Column, scope: Sequence[int]) -> tuple[str, Sql]:
    """The expression of a column's values, and where they are."""
    field = _SOURCE if column.field.key == "source" and column.field.kind is Kind.ATTRIBUTE else column.field
    dialect = search_dialect(conn.dialect)
    if field.kind in (Kind.PARAM, Kind.TAG):
        source = (
            f"{schema.key_values[field.kind].table} t JOIN runs base ON base.id = t.run WHERE {{}} AND t.key = {{}}"
        )
        return "t.value", sql(source, dialect.one_of("t.experiment", scope), Sql(NAMED, (field.key,)))
    if field.kind is Kind.ATTRIBUTE and field.key == "datasets":
        source = "inputs i JOIN datasets d ON d.id = i.dataset JOIN runs base ON base.id = i.run WHERE {}"
        return "d.name", sql(source, dialect.one_of("d.experiment", scope))
    attribute = SORTABLE.attributes.get(field.key) if field.kind is Kind.ATTRIBUTE else None
    if attribute is None or attribute.type is ValueType.NUMBER:
        raise InvalidParameter(f"Invalid column '{column.name}': the values of params, tags and texts can be listed.")
    return schema.attributes[field.key].sql, sql("runs base WHERE {}", dialect.one_of("base.experiment", scope))


def varying(conn: Connection, wanted: Search, limit: int) -> view.VaryingFound:
    """The params that have more than one value among the runs of a search, and the metrics that most of them have."""
    some = _runs_of(conn, wanted.scope or ())
    if wanted.predicate is None:
        params, metrics = _of_all(some, "params", ends=True), _of_all(some, "metric_latest")
    else:
        ids = all_ids(conn, wanted)
        params, metrics = _of_some(some, "params", ids, ends=True), _of_some(some, "metric_latest", ids)
    return view.VaryingFound(
        params=_counted(conn, params, "HAVING min(u.least) <> max(u.most)", limit),
        metrics=_counted(conn, metrics, "HAVING sum(u.runs) > 0", limit),
    )


class _Runs(NamedTuple):
    """The conditions that rows of keys, and runs, are of some experiments."""

    rows: Sql
    runs: Sql


def _runs_of(conn: Connection, scope: Sequence[int]) -> _Runs:
    dialect = search_dialect(conn.dialect)
    return _Runs(dialect.one_of("t.experiment", scope), dialect.one_of("base.experiment", scope))


def _of_some(scope: _Runs, table: str, ids: Sql, *, ends: bool = False) -> Sql:
    """The keys of some runs with how many have each, and the ends of their values."""
    columns = ", min(t.value) AS least, max(t.value) AS most" if ends else ""
    return sql(
        f"SELECT t.key AS key, count(*) AS runs{columns} FROM {table} t WHERE {{}} AND t.run IN ({{}})"
        " GROUP BY t.experiment, t.key",
        scope.rows,
        ids,
    )


def _of_all(scope: _Runs, table: str, *, ends: bool = False) -> Sql:
    """The same of all active runs: counted without a look at which they are, and then the few others are taken off.

    The ends of the values are looked up at the ends of an index.
    """
    others = sql("SELECT base.id FROM runs base WHERE {} AND base.lifecycle_stage <> 'active'", scope.runs)
    end = f"SELECT t.value FROM {table} t WHERE t.experiment = c.experiment AND t.key = c.key AND t.run NOT IN ({{}})"
    first, last = (sql(f"{end} ORDER BY t.value{order} LIMIT 1", others) for order in ("", " DESC"))
    counted = sql(
        f"SELECT t.experiment AS experiment, t.key AS key, count(*) AS runs FROM {table} t WHERE {{}}"
        " GROUP BY t.experiment, t.key",
        scope.rows,
    )
    gone = sql(f"FROM {table} t WHERE t.run IN ({{}}) GROUP BY t.key", others)
    if not ends:
        return sql(
            "SELECT c.key AS key, c.runs AS runs FROM ({}) AS c UNION ALL SELECT t.key, -count(*) {}", counted, gone
        )
    return sql(
        "SELECT c.key AS key, c.runs AS runs, ({}) AS least, ({}) AS most FROM ({}) AS c"
        " UNION ALL SELECT t.key, -count(*), CAST(NULL AS TEXT), CAST(NULL AS TEXT) {}",
        first,
        last,
        counted,
        gone,
    )


def _counted(conn: Connection, used: Sql, having: str, limit: int) -> list[view.KeyCount]:
    rows = _run(
        conn,
        sql(
            "SELECT n.name, v.runs FROM"
            f" (SELECT u.key AS key, sum(u.runs) AS runs FROM ({{}}) AS u GROUP BY u.key {having}) AS v"
            f" JOIN names n ON n.id = v.key ORDER BY v.runs DESC, n.name LIMIT {limit}",
            used,
        ),
    )
    return [view.KeyCount(key=name, runs=runs) for name, runs in rows]


def _run(conn: Connection, statement: Sql) -> list[Row]:
    return conn.rows(statement.text, statement.params)
