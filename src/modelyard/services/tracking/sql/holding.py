"""Runs that others need: those whose artifacts hold the files of versions of datasets."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.db import Connection
from modelyard.services.tracking.sql.lists import rows_in

HOLDS = "EXISTS (SELECT 1 FROM dataset_versions v WHERE v.holder = p.run_id AND v.gone = 0)"
"""The condition that the run ``p`` holds a version that is not gone."""

HOLDING = f"SELECT p.id FROM runs p WHERE {HOLDS} AND p.id IN (?*)"
"""Those of some runs that do."""


def mark_gone(conn: Connection, runs: Sequence[int]) -> None:
    """Note that the versions that some runs hold are gone with them."""
    rows_in(
        conn,
        "UPDATE dataset_versions SET gone = 1 WHERE gone = 0 AND holder IN (SELECT run_id FROM runs WHERE id IN (?*))",
        runs,
    )


def held_by(conn: Connection, runs: Sequence[int], experiments: Sequence[int]) -> list[tuple[str, str, int]]:
    """A few versions that some runs, or runs of some experiments, hold: run, name and number."""
    sql = (
        "SELECT p.run_id, d.name, v.version FROM runs p JOIN dataset_versions v ON v.holder = p.run_id AND v.gone = 0"
        " JOIN named_datasets d ON d.id = v.dataset WHERE p.{} IN (?*) ORDER BY p.id, v.id LIMIT 5"
    )
    found = [*rows_in(conn, sql.format("id"), runs), *rows_in(conn, sql.format("experiment"), experiments)]
    return [(run_id, name, version) for run_id, name, version in found]
