"""Statements about experiments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from modelyard.core.entities import Experiment, ExperimentTag
from modelyard.core.errors import AlreadyExists, InvalidState, NotFound
from modelyard.db import Connection, Row
from modelyard.services.tracking.rules.experiments import DEFAULT_ID, DEFAULT_NAME
from modelyard.services.tracking.rules.runs import check_experiment_active
from modelyard.services.tracking.sql import names
from modelyard.services.tracking.sql.lists import rows_in
from modelyard.services.tracking.sql.places import Places

_COLUMNS = "id, name, artifact_location, lifecycle_stage, creation_time, last_update_time"


class ExperimentState(NamedTuple):
    """What a write to an experiment looks at; the location is None for one of our own making."""

    id: int
    stage: str
    location: str | None


def ensure_default(conn: Connection, now: int) -> None:
    """Make the experiment 0, unless it is or was there."""
    conn.run(
        "INSERT INTO experiments (id, name, creation_time, last_update_time) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (DEFAULT_ID, DEFAULT_NAME, now, now),
    )


def is_there(conn: Connection, number: int) -> bool:
    """Whether the experiment exists, deleted or not."""
    return conn.row("SELECT 1 FROM experiments WHERE id = ?", (number,)) is not None


def insert(conn: Connection, name: str, location: str | None, now: int) -> int:
    """Add an experiment; answers its number. ``AlreadyExists`` for a taken name."""
    row = conn.row(
        "INSERT INTO experiments (name, artifact_location, creation_time, last_update_time) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (name) DO NOTHING RETURNING id",
        (name, location, now, now),
    )
    if row is None:
        raise taken(name, _holder(conn, name))
    number: int = row[0]
    return number


def taken(name: str, holder: Row | None = None) -> AlreadyExists:
    """The error for a name that is taken; ``holder`` is the id and stage of who has it, where that is known."""
    message = f"Experiment(name={name}) already exists."
    if holder is not None and holder[1] == "deleted":
        message += f" It is deleted (id {holder[0]}): restore it, or choose another name."
    return AlreadyExists(message)


def _holder(conn: Connection, name: str) -> Row | None:
    return conn.row("SELECT id, lifecycle_stage FROM experiments WHERE name = ?", (name,))


def state(conn: Connection, number: int) -> ExperimentState:
    """The state of an experiment; ``NotFound`` when there is none."""
    row = conn.row("SELECT id, lifecycle_stage, artifact_location FROM experiments WHERE id = ?", (number,))
    if row is None:
        raise missing(number)
    return ExperimentState._make(row)


def active(conn: Connection, number: int) -> ExperimentState:
    """The state of an experiment that may be added to."""
    found = state(conn, number)
    check_experiment_active(found.id, found.stage)
    return found


def missing(number: int) -> NotFound:
    """The error for an experiment that is not there, or not in the state that is asked for."""
    return NotFound(f"No Experiment with id={number} exists")


def move(conn: Connection, number: int, stage: str, now: int) -> None:
    """Move an experiment to the other lifecycle stage; ``NotFound`` when it is there already."""
    moved = conn.run(
        "UPDATE experiments SET lifecycle_stage = ?, last_update_time = ? WHERE id = ? AND lifecycle_stage <> ?",
        (stage, now, number, stage),
    )
    if not moved:
        raise missing(number)


def move_runs(conn: Connection, number: int, stage: str, deleted_time: int | None) -> None:
    """Move all runs of an experiment to a lifecycle stage."""
    conn.run(
        "UPDATE runs SET lifecycle_stage = ?, deleted_time = ? WHERE experiment = ?", (stage, deleted_time, number)
    )


def rename(conn: Connection, number: int, name: str, now: int) -> None:
    """Give an active experiment another name."""
    if state(conn, number).stage != "active":
        raise InvalidState("Cannot rename a non-active experiment.")
    holder = _holder(conn, name)
    if holder is not None and holder[0] != number:
        raise taken(name, holder)
    conn.run("UPDATE experiments SET name = ?, last_update_time = ? WHERE id = ?", (name, now, number))


def touch(conn: Connection, number: int, now: int) -> None:
    """Note that an experiment changed."""
    conn.run("UPDATE experiments SET last_update_time = ? WHERE id = ?", (now, number))


def set_tags(conn: Connection, number: int, tags: Sequence[ExperimentTag]) -> None:
    """Set tags, replacing values."""
    keys = names.interned(conn, [tag.key for tag in tags])
    conn.many(
        "INSERT INTO experiment_tags (experiment, key, value) VALUES (?, ?, ?)"
        " ON CONFLICT (experiment, key) DO UPDATE SET value = excluded.value",
        [(number, keys[tag.key], tag.value) for tag in tags],
    )


def delete_tag(conn: Connection, number: int, key: str) -> None:
    """Remove a tag; ``NotFound`` when there is none."""
    removed = conn.run(
        "DELETE FROM experiment_tags WHERE experiment = ? AND key = (SELECT id FROM names WHERE name = ?)",
        (number, key),
    )
    if not removed:
        raise NotFound(f"No tag with name: {key} in experiment with id {number}")


def by_number(conn: Connection, number: int, places: Places) -> Experiment:
    """The experiment of a number, deleted ones too."""
    found = page(conn, [number], places)
    if not found:
        raise missing(number)
    return found[0]


def by_name(conn: Connection, name: str, places: Places) -> Experiment:
    """The experiment of a name, deleted ones too."""
    row = conn.row("SELECT id FROM experiments WHERE name = ?", (name,))
    if row is None:
        raise NotFound(f"Could not find experiment with name '{name}'")
    return by_number(conn, row[0], places)


def page(conn: Connection, numbers: Sequence[int], places: Places) -> list[Experiment]:
    """The experiments of these numbers, in their order: two statements however many there are."""
    rows = {row[0]: row for row in rows_in(conn, f"SELECT {_COLUMNS} FROM experiments WHERE id IN (?*)", numbers)}
    tags: dict[int, list[ExperimentTag]] = defaultdict(list)
    tag_rows = rows_in(
        conn,
        "SELECT t.experiment, n.name, t.value FROM experiment_tags t JOIN names n ON n.id = t.key"
        " WHERE t.experiment IN (?*) ORDER BY t.experiment, n.name",
        numbers,
    )
    for number, key, value in tag_rows:
        tags[number].append(ExperimentTag(key, value))
    return [_entity(rows[number], tags[number], places) for number in numbers if number in rows]


def _entity(row: Row, tags: list[ExperimentTag], places: Places) -> Experiment:
    number, name, location, stage, created, updated = row
    return Experiment(
        experiment_id=str(number),
        name=name,
        artifact_location=places.experiment(number, location),
        lifecycle_stage=stage,
        last_update_time=updated,
        creation_time=created,
        tag_list=tags,
    )
