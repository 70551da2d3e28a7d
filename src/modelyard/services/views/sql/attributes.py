"""The attributes of runs that tables show and sort by: those of the search, and what follows from other tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from modelyard.core.search import RUNS
from modelyard.core.search.fields import Attribute, ValueType
from modelyard.db import Connection
from modelyard.db.search_schema import Column, SearchSchema
from modelyard.services.tracking.sql.lists import rows_in
from modelyard.services.tracking.sql.schemas import run_search

Listed = Callable[[Connection, Sequence[int]], Mapping[int, str]]

_SORTED_ONLY = Attribute(ValueType.NUMBER, filterable=False)
_DURATION = Column("(base.end_time - base.start_time)", nullable=True)
_LAST_HEARD = Column("base.heartbeat_time", nullable=True)

SORTABLE = msgspec.structs.replace(
    RUNS, attributes={**RUNS.attributes, "duration": _SORTED_ONLY, "last_heard": _SORTED_ONLY}
)
"""What a table of runs is filtered and sorted by: MLflow's fields, and two more to sort by."""


def view_search(artifact_base: str) -> SearchSchema:
    """The tables of runs with the attributes that only tables have."""
    schema = run_search(artifact_base)
    attributes = {**schema.attributes, "duration": _DURATION, "last_heard": _LAST_HEARD}
    return msgspec.structs.replace(schema, table=SORTABLE, attributes=attributes)


def expression(schema: SearchSchema, name: str) -> str | None:
    """The expression of an attribute over `base`; None for one that is listed from other tables."""
    if name == "lifecycle_stage":
        return "base.lifecycle_stage"
    column = schema.attributes.get(name)
    return None if column is None else column.sql


def datasets(conn: Connection, runs: Sequence[int]) -> Mapping[int, str]:
    """The names of the datasets that runs read."""
    return _joined(
        conn,
        "SELECT i.run, d.name FROM inputs i JOIN datasets d ON d.id = i.dataset WHERE i.run IN (?*) ORDER BY i.id",
        runs,
    )


def models(conn: Connection, runs: Sequence[int]) -> Mapping[int, str]:
    """The names of the logged models that runs wrote."""
    return _joined(
        conn,
        "SELECT r.id, m.name, m.id FROM runs r JOIN logged_models m ON m.source_run_id = r.run_id"
        " WHERE r.id IN (?*) AND m.lifecycle_stage = 'active'"
        " UNION SELECT o.run, m.name, m.id FROM model_outputs o JOIN logged_models m ON m.model_id = o.model_id"
        " WHERE o.run IN (?*) AND m.lifecycle_stage = 'active' ORDER BY 3",
        runs,
    )


def registered(conn: Connection, runs: Sequence[int]) -> Mapping[int, str]:
    """The versions of registered models that were made from runs."""
    return _joined(
        conn,
        "SELECT r.id, g.name || ' v' || CAST(v.version AS TEXT) FROM runs r"
        " JOIN model_versions v ON v.run_id = r.run_id JOIN registered_models g ON g.id = v.model"
        " WHERE r.id IN (?*) ORDER BY g.name, v.version",
        runs,
    )


def sources(conn: Connection, runs: Sequence[int]) -> Mapping[int, str]:
    """What runs were started from."""
    return _joined(
        conn,
        "SELECT run, value FROM tags WHERE run IN (?*)"
        " AND key = (SELECT id FROM names WHERE name = 'mlflow.source.name')",
        runs,
    )


def _joined(conn: Connection, sql: str, runs: Sequence[int]) -> Mapping[int, str]:
    found: dict[int, dict[str, None]] = {}
    for row in rows_in(conn, sql, runs):
        found.setdefault(row[0], {})[row[1]] = None
    return {run: ", ".join(texts) for run, texts in found.items()}


LISTED: Mapping[str, Listed] = {"datasets": datasets, "models": models, "registered": registered, "source": sources}

SHOWN = frozenset({*SORTABLE.attributes, *LISTED, "lifecycle_stage"})
"""The attributes that a table can show."""
