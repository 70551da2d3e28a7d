"""The list of experiments: how many runs each has, and when something last happened in it."""

from __future__ import annotations

from collections import defaultdict

from modelyard.core.entities import ExperimentTag
from modelyard.core.wire.messages import views as view
from modelyard.db import Connection
from modelyard.db.fragment import sql
from modelyard.services.tracking.sql.lists import rows_in
from modelyard.services.tracking.sql.schemas import EXPERIMENT_SEARCH
from modelyard.services.views.sql.scopes import holds

_LAST = "coalesce(end_time, start_time)"
_RUNS = (
    "SELECT +experiment AS experiment, count(*) FILTER (WHERE lifecycle_stage = 'active') AS active,"
    f" max(CASE WHEN heartbeat_time > {_LAST} THEN heartbeat_time ELSE {_LAST} END) AS latest"
    " FROM runs GROUP BY +experiment"  # the sign: a pass over the table, not over an index and then all rows one by one
)


def find(conn: Connection, request: view.ListExperiments) -> view.ExperimentRows:
    """Experiments by their latest activity, and how many there are in all."""
    condition = sql(
        f"{EXPERIMENT_SEARCH.views.get(request.view_type, 'TRUE')} AND {{}}", holds("base.name", request.contains)
    )
    count = conn.rows(f"SELECT count(*) FROM experiments base WHERE {condition.text}", condition.params)[0][0]
    rows = conn.rows(
        "SELECT base.id, base.name, base.lifecycle_stage, base.creation_time, coalesce(r.active, 0),"
        " CASE WHEN r.latest > base.last_update_time THEN r.latest ELSE base.last_update_time END AS activity"
        f" FROM experiments base LEFT JOIN ({_RUNS}) AS r ON r.experiment = base.id"
        f" WHERE {condition.text} ORDER BY activity DESC, base.id DESC LIMIT ? OFFSET ?",
        (*condition.params, request.limit, request.offset),
    )
    tags = _tags(conn, [row[0] for row in rows])
    return view.ExperimentRows(
        total=count,
        experiments=[
            view.ExperimentRow(
                experiment_id=str(number),
                name=name,
                lifecycle_stage=stage,
                creation_time=created,
                last_activity=activity,
                runs=runs,
                tags=tags[number],
            )
            for number, name, stage, created, runs, activity in rows
        ],
    )


def _tags(conn: Connection, numbers: list[int]) -> dict[int, list[ExperimentTag]]:
    found: dict[int, list[ExperimentTag]] = defaultdict(list)
    rows = rows_in(
        conn,
        "SELECT t.experiment, n.name, t.value FROM experiment_tags t JOIN names n ON n.id = t.key"
        " WHERE t.experiment IN (?*) ORDER BY t.experiment, n.name",
        numbers,
    )
    for number, key, value in rows:
        found[number].append(ExperimentTag(key, value))
    return found
