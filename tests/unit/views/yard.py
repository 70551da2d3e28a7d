"""A store with a tracking store, a registry and views over one database, and what the tests do with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from modelyard.core.clock import FixedClock
from modelyard.core.wire.messages import views as view
from modelyard.db.database import Connection, Database, Row
from modelyard.services.registry.sql.store import SqlRegistryStore
from modelyard.services.tracking.sql.store import SqlTrackingStore
from modelyard.services.views.sql.store import SqlViewStore


class CountingConnection:
    """A connection that notes its statements."""

    def __init__(self, connection: Connection, noted: list[str]) -> None:
        self._connection = connection
        self._noted = noted
        self.dialect = connection.dialect

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        self._noted.append(sql)
        return self._connection.rows(sql, params)

    def row(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        self._noted.append(sql)
        return self._connection.row(sql, params)


class CountingDatabase:
    """A database whose readers note their statements."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.statements: list[str] = []
        self.dialect = database.dialect
        self.write = database.write

    @contextmanager
    def read(self) -> Iterator[CountingConnection]:
        with self._database.read() as connection:
            yield CountingConnection(connection, self.statements)


class Folders:
    """Artifacts of which only their removal is noted."""

    def __init__(self) -> None:
        self.removed: list[str] = []

    def delete(self, key: str) -> None:
        self.removed.append(key)


class Yard:
    """All that shares a database."""

    def __init__(self, database: Database) -> None:
        self.clock = FixedClock(1_000)
        self.counting = CountingDatabase(database)
        self.tracking = SqlTrackingStore(database, clock=self.clock)
        self.tracking.ensure_default()
        self.registry = SqlRegistryStore(database, resolver=self.tracking, artifact_base="mlflow-artifacts:/")
        self.folders = Folders()
        self.database = database
        self.views = SqlViewStore(self.counting, clock=self.clock, artifacts=self.folders)  # type: ignore[arg-type]

    def runs(self, **request: Any) -> view.RunRows:
        """A table of the runs of experiment 0."""
        asked = request if "run_ids" in request else {"experiment_ids": ["0"], **request}
        return self.views.list_runs(view.ListRuns(**asked))

    def cells(self, column: str, **request: Any) -> list[view.Cell]:
        """One column of it."""
        return self.runs(columns=[column], **request).columns[column]

    def names(self, **request: Any) -> list[view.Cell]:
        """The names of the runs in it."""
        return self.cells("attributes.run_name", **request)
