"""Statements about who made and who used versions of datasets."""

from __future__ import annotations

from typing import NamedTuple

from modelyard.core.entities.dataset_version import DatasetRole, DatasetUse
from modelyard.core.errors import NotFound
from modelyard.db.database import Connection


class Scope(NamedTuple):
    """Whose uses are asked for: a column of the table ``d``, ``v``, or the run, and its value."""

    recorded: str
    read: str
    value: int | str


def of_dataset(dataset: int) -> Scope:
    """Of all versions of a dataset."""
    return Scope("v.dataset", "v.dataset", dataset)


def of_version(version: int) -> Scope:
    """Of one version."""
    return Scope("v.id", "v.id", version)


def of_run(run_id: str) -> Scope:
    """Of a run."""
    return Scope("u.run_id", "r.run_id", run_id)


def check_run(conn: Connection, run_id: str) -> None:
    """Refuse a run that is not there; it is not removed for good before the commit."""
    if conn.row(f"SELECT 1 FROM runs WHERE run_id = ?{conn.dialect.row_lock}", (run_id,)) is None:
        raise NotFound(f"Run with id={run_id} not found")


def record(conn: Connection, version: int, run_id: str, role: DatasetRole, now: int) -> None:
    """Note a use; the first one stays."""
    conn.run(
        "INSERT INTO dataset_uses (version, run_id, role, at_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (version, run_id, role, now),
    )


def find(conn: Connection, scope: Scope, most: int) -> list[DatasetUse]:
    """The newest uses, oldest first: those that were recorded, and the inputs of runs that are versions."""
    found = [*_recorded(conn, scope, most), *_read(conn, scope, most)]
    found.sort(key=lambda use: (use.at, use.name, use.version, use.role == "consumer", use.run_id))
    return found[-most:]


def _recorded(conn: Connection, scope: Scope, most: int) -> list[DatasetUse]:
    rows = conn.rows(
        "SELECT d.name, v.version, u.run_id, u.role, u.at_ms FROM dataset_uses u"
        " JOIN dataset_versions v ON v.id = u.version JOIN named_datasets d ON d.id = v.dataset"
        f" WHERE {scope.recorded} = ? ORDER BY u.at_ms DESC, v.id DESC, u.run_id DESC LIMIT ?",
        (scope.value, most),
    )
    return [_use(*row) for row in rows]


def _read(conn: Connection, scope: Scope, most: int) -> list[DatasetUse]:
    """The inputs of runs by ``log_input`` whose name and digest are a version's: of equal ones, the newest.

    What a run that recorded its use reads is known better than by a digest, which several versions may have.
    """
    rows = conn.rows(
        "SELECT d.name, v.version, r.run_id, 'consumer', r.start_time FROM dataset_versions v"
        " JOIN named_datasets d ON d.id = v.dataset"
        " JOIN datasets k ON k.name = d.name AND k.digest = v.input_digest"
        " JOIN inputs i ON i.dataset = k.id JOIN runs r ON r.id = i.run"
        f" WHERE {scope.read} = ?"
        " AND NOT EXISTS (SELECT 1 FROM dataset_versions w"
        " WHERE w.dataset = v.dataset AND w.digest = v.digest AND w.version > v.version)"
        " AND NOT EXISTS (SELECT 1 FROM dataset_uses u JOIN dataset_versions w ON w.id = u.version"
        " WHERE u.run_id = r.run_id AND u.role = 'consumer' AND w.dataset = v.dataset AND w.digest = v.digest)"
        " ORDER BY r.start_time DESC, v.id DESC, r.run_id DESC LIMIT ?",
        (scope.value, most),
    )
    return list({(row[:3]): _use(*row) for row in rows}.values())


def _use(name: str, version: int, run_id: str, role: DatasetRole, at: int) -> DatasetUse:
    return DatasetUse(name=name, version=version, run_id=run_id, role=role, at=at)
