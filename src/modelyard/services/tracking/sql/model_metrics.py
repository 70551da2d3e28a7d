"""Statements about the points that runs logged for a logged model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from modelyard.core.entities import Metric
from modelyard.core.errors import NotFound
from modelyard.db import Connection
from modelyard.services.tracking.sql.lists import rows_in, rows_with
from modelyard.services.tracking.sql.runs import RunState


def add(conn: Connection, run: RunState, linked: Sequence[Metric], keys: Mapping[str, int]) -> None:
    """Store points with the logged model each names; ``NotFound`` for an unknown one. Again is harmless."""
    if not linked:
        return
    models = _models(conn, {point.model_id for point in linked if point.model_id is not None})
    conn.many(
        "INSERT INTO logged_model_metrics"
        " (model, key, step, timestamp, run_id, dataset_name, dataset_digest, experiment, value)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (model, key, step, timestamp, run_id, dataset_name, dataset_digest)"
        " DO UPDATE SET value = excluded.value",
        [
            (
                *(model := models[point.model_id or ""])[:1],
                keys[point.key],
                point.step,
                point.timestamp,
                run.run_id,
                point.dataset_name or "",
                point.dataset_digest or "",
                model[1],
                None if math.isnan(point.value) else point.value,
            )
            for point in linked
        ],
    )


def _models(conn: Connection, model_ids: set[str]) -> dict[str, tuple[int, int]]:
    """Number and experiment of each of the models."""
    wanted = sorted(model_ids)
    rows = rows_with(conn, "SELECT model_id, id, experiment FROM logged_models WHERE model_id IN (?*)", wanted)
    found = {model_id: (number, experiment) for model_id, number, experiment in rows}
    for model_id in wanted:
        if model_id not in found:
            raise NotFound(f"Logged model with ID '{model_id}' not found.")
    return found


def page(conn: Connection, models: Sequence[int], ids: Mapping[int, str]) -> dict[int, list[Metric]]:
    """The points of several models, of each the newest 1,000, by key, step, timestamp; ``ids`` are the models' own ids."""
    found: dict[int, list[Metric]] = {model: [] for model in models}
    rows = rows_in(
        conn,
        "SELECT m.model, n.name, m.value, m.timestamp, m.step, m.run_id, m.dataset_name, m.dataset_digest"
        " FROM (SELECT *, row_number() OVER (PARTITION BY model ORDER BY timestamp DESC, step DESC, key) AS place"
        " FROM logged_model_metrics WHERE model IN (?*)) m"
        " JOIN names n ON n.id = m.key WHERE m.place <= 1000 ORDER BY m.model, n.name, m.step, m.timestamp, m.run_id",
        models,
    )
    for model, key, value, timestamp, step, run_id, dataset, digest in rows:
        found[model].append(
            Metric(
                key,
                math.nan if value is None else value,
                timestamp,
                step,
                model_id=ids[model],
                dataset_name=dataset or None,
                dataset_digest=digest or None,
                run_id=run_id,
            )
        )
    return found
