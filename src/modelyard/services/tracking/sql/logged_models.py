"""Statements about logged models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from modelyard.core.entities import (
    LoggedModel,
    LoggedModelData,
    LoggedModelInfo,
    LoggedModelParameter,
    LoggedModelRegistrationInfo,
    LoggedModelTag,
)
from modelyard.core.errors import NotFound
from modelyard.core.wire.messages import logged_models as lm
from modelyard.db import Connection, Row
from modelyard.services.tracking.rules.logged_models import VERSIONS_TAG, changed_params
from modelyard.services.tracking.sql import keyvalues, model_metrics, names
from modelyard.services.tracking.sql.keyvalues import Owner
from modelyard.services.tracking.sql.lists import rows_in
from modelyard.services.tracking.sql.places import Places

PARAMS = keyvalues.texts("logged_model_params", "model")
TAGS = keyvalues.texts("logged_model_tags", "model")
_COLUMNS = (
    "id, model_id, experiment, name, model_type, source_run_id, status, status_message, creation_time,"
    " last_update_time, artifact_uri"
)


class NewModel(NamedTuple):
    """A model that is made: its id, its name and its place."""

    model_id: str
    experiment: int
    name: str
    artifact_uri: str | None


class ModelState(NamedTuple):
    """What a write to a model looks at."""

    id: int
    model_id: str
    experiment: int


def missing(model_id: str) -> NotFound:
    """The error for a model that is not there."""
    return NotFound(f"Logged model with ID '{model_id}' not found.")


def insert(conn: Connection, new: NewModel, request: lm.CreateLoggedModel, now: int) -> ModelState:
    """Add a model in state PENDING."""
    row = conn.row(
        "INSERT INTO logged_models (model_id, experiment, name, model_type, source_run_id, status, creation_time,"
        " last_update_time, artifact_uri) VALUES (?, ?, ?, ?, ?, 'LOGGED_MODEL_PENDING', ?, ?, ?) RETURNING id",
        (
            new.model_id,
            new.experiment,
            new.name,
            request.model_type,
            request.source_run_id,
            now,
            now,
            new.artifact_uri,
        ),
    )
    assert row is not None, "an insert without a conflict clause answers its row or raises"
    return ModelState(row[0], new.model_id, new.experiment)


def state(conn: Connection, model_id: str) -> ModelState:
    """The state of a model; a deleted one is not found."""
    row = conn.row(
        "SELECT id, model_id, experiment FROM logged_models WHERE model_id = ? AND lifecycle_stage = 'active'",
        (model_id,),
    )
    if row is None:
        raise missing(model_id)
    return ModelState._make(row)


def finalize(conn: Connection, number: int, status: str, now: int) -> None:
    """Set the status."""
    conn.run("UPDATE logged_models SET status = ?, last_update_time = ? WHERE id = ?", (status, now, number))


def touch(conn: Connection, number: int, now: int) -> None:
    """Note that a model changed."""
    conn.run("UPDATE logged_models SET last_update_time = ? WHERE id = ?", (now, number))


def delete(conn: Connection, model_id: str, now: int) -> None:
    """Mark a model deleted; again is fine."""
    moved = conn.run(
        "UPDATE logged_models SET lifecycle_stage = 'deleted', last_update_time = ? WHERE model_id = ?", (now, model_id)
    )
    if not moved:
        raise missing(model_id)


def add_params(conn: Connection, model: ModelState, params: Sequence[LoggedModelParameter]) -> None:
    """Write params; ``InvalidParameter`` when one is there with another value."""
    wanted = list({param.key: param for param in params}.values())
    if len(wanted) < len(params):
        first: dict[str, str] = {}
        twice = [
            (param.key, first[param.key], param.value)
            for param in params
            if first.setdefault(param.key, param.value) != param.value
        ]
        if twice:
            raise changed_params(model.model_id, twice)
    keys = names.interned(conn, [param.key for param in wanted])
    changes = keyvalues.write_once(conn, PARAMS, Owner(model.id, model.experiment), wanted, keys)
    if changes:
        raise changed_params(model.model_id, changes)


def put_tags(conn: Connection, model: ModelState, tags: Sequence[LoggedModelTag]) -> None:
    """Set tags, replacing values; of equal keys the last counts."""
    wanted = list({tag.key: tag for tag in tags}.values())
    keys = names.interned(conn, [tag.key for tag in wanted])
    keyvalues.overwrite(conn, TAGS, Owner(model.id, model.experiment), wanted, keys)


def remove_tag(conn: Connection, model: ModelState, key: str) -> None:
    """Remove a tag; ``NotFound`` when there is none."""
    if not keyvalues.remove(conn, TAGS, model.id, key):
        raise NotFound(f"No tag with key {key!r} found for model with ID {model.model_id!r}.")


def note_registration(conn: Connection, model: ModelState, name: str, version: str) -> None:
    """Add a registered version to the tag that lists them."""
    row = conn.row(
        "SELECT value FROM logged_model_tags WHERE model = ? AND key = (SELECT id FROM names WHERE name = ?)",
        (model.id, VERSIONS_TAG),
    )
    listed = _versions(row[0] if row else None)
    entry = {"name": name, "version": int(version)}  # a number, as MLflow writes it
    if entry not in listed:
        put_tags(conn, model, [LoggedModelTag(VERSIONS_TAG, json.dumps([*listed, entry]))])


def artifact_uri(conn: Connection, model_id: str, places: Places) -> str:
    """Where a model's files are; ``NotFound`` for an unknown or deleted one."""
    row = conn.row(
        "SELECT experiment, artifact_uri FROM logged_models WHERE model_id = ? AND lifecycle_stage = 'active'",
        (model_id,),
    )
    if row is None:
        raise missing(model_id)
    return places.model(row[0], model_id, row[1])


def page(conn: Connection, models: Sequence[int], places: Places) -> list[LoggedModel]:
    """The models of these numbers, in their order: four statements however many there are."""
    rows = {row[0]: row for row in rows_in(conn, f"SELECT {_COLUMNS} FROM logged_models WHERE id IN (?*)", models)}
    there = [number for number in models if number in rows]
    params = keyvalues.page(conn, PARAMS, there, LoggedModelParameter)
    tags = keyvalues.page(conn, TAGS, there, LoggedModelTag)
    metrics = model_metrics.page(conn, there, {number: rows[number][1] for number in there})
    return [
        LoggedModel(
            info=_info(rows[number], tags[number], places),
            data=LoggedModelData(param_list=params[number], metrics=metrics[number]),
        )
        for number in there
    ]


def _info(row: Row, tags: list[LoggedModelTag], places: Places) -> LoggedModelInfo:
    _, model_id, experiment, name, kind, run_id, status, message, created, updated, uri = row
    return LoggedModelInfo(
        model_id=model_id,
        experiment_id=str(experiment),
        name=name,
        creation_timestamp_ms=created,
        last_updated_timestamp_ms=updated,
        artifact_uri=places.model(experiment, model_id, uri),
        status=status,
        model_type=kind,
        source_run_id=run_id,
        status_message=message,
        tag_list=tags,
        registrations=_registrations(tags),
    )


def _registrations(tags: Sequence[LoggedModelTag]) -> list[LoggedModelRegistrationInfo]:
    listed = next((tag.value for tag in tags if tag.key == VERSIONS_TAG), None)
    return [
        LoggedModelRegistrationInfo(name=str(entry.get("name", "")), version=str(entry.get("version", "")))
        for entry in _versions(listed)
    ]


def _versions(text: str | None) -> list[dict[str, object]]:
    """The entries of the tag; a client may have written anything there."""
    if not text:
        return []
    try:
        listed = json.loads(text)
    except ValueError:
        return []
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
