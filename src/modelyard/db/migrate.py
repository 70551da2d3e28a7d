"""Brings a database to this release's schema: numbered steps, each one transaction, each done once whoever starts it.

A step is a pair of files, `migrations/NNNN_name.sqlite.sql` and `migrations/NNNN_name.postgres.sql`. Numbers only
grow; a step that was released is never changed. The table `schema_version` has a row for each step that was done,
written in the step's own transaction, so that a process that dies in the middle leaves the version before or the
version after and nothing between.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

import msgspec

from modelyard.core import failpoints
from modelyard.core.clock import Clock, SystemClock
from modelyard.core.errors import SchemaTooNew, StoreError
from modelyard.core.version import __version__
from modelyard.db.database import Connection, Database
from modelyard.db.dialect import Dialect
from modelyard.db.statements import statements

log = logging.getLogger(__name__)

# Told before each step: its name, how many steps are done, how many there are to do.
Progress = Callable[[str, int, int], None]

_NAME = re.compile(r"(?P<number>\d{4})_(?P<name>\w+)\.(?P<dialect>sqlite|postgres)\.sql")
_VERSIONS = "schema_version"
_CREATE_VERSIONS = (
    "CREATE TABLE IF NOT EXISTS schema_version ("
    "version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, release TEXT NOT NULL, applied_ms BIGINT NOT NULL)"
)


class Step(msgspec.Struct, frozen=True):
    """One migration for one kind of database."""

    version: int
    name: str
    script: str

    @property
    def label(self) -> str:
        """`0001_tracking`, as in the file's name."""
        return f"{self.version:04d}_{self.name}"


def steps(dialect: Dialect, folder: Traversable | None = None) -> list[Step]:
    """All steps of this release for ``dialect``, in order. ``folder`` is for tests."""
    found: dict[int, Step] = {}
    for file in (folder or files("modelyard.db") / "migrations").iterdir():
        named = _NAME.fullmatch(file.name)
        if named and named["dialect"] == dialect.name:
            step = Step(int(named["number"]), named["name"], file.read_text(encoding="utf-8"))
            if step.version in found:
                raise StoreError(f"Two migrations have one number: {found[step.version].label}, {step.label}.")
            found[step.version] = step
    return [found[version] for version in sorted(found)]


def latest_version(dialect: Dialect, known: Sequence[Step] | None = None) -> int:
    """The schema version this release works with."""
    return max((step.version for step in (steps(dialect) if known is None else known)), default=0)


def current_version(database: Database) -> int:
    """The schema version the database has; 0 when it is empty."""
    return max(_done(database), default=0)


def upgrade(
    database: Database,
    *,
    known: Sequence[Step] | None = None,
    progress: Progress | None = None,
    clock: Clock | None = None,
) -> int:
    """Do the steps that are missing, and return how many this call did; one read when there are none.

    Any number of processes may call it at once: each step is done by one of them. A database that holds data is
    copied first, where it copies itself.

    Raises:
        SchemaTooNew: a later release has been here; nothing was changed.
    """
    known = steps(database.dialect) if known is None else known
    missing = _missing(_done(database), known)
    if not missing:
        return 0
    before = current_version(database)
    if before:
        log.info("the database was copied to %s", database.keep_copy(f"v{before}"))
    count = 0
    reach, inside = failpoints.at("between-migrations"), failpoints.at("inside-migration")
    for number, step in enumerate(missing):
        if progress is not None:
            progress(step.label, number, len(missing))
        count += _do(database, step, known, clock or SystemClock(), inside)
        reach()
    return count


def require_current(database: Database, *, known: Sequence[Step] | None = None) -> None:
    """Refuse a database that `upgrade` has not been run on. Raises `SchemaTooNew` or `StoreError`."""
    known = steps(database.dialect) if known is None else known
    missing = _missing(_done(database), known)
    if missing:
        raise StoreError(
            f"The database has schema version {current_version(database)}, and this release needs "
            f"{latest_version(database.dialect, known)}. Upgrade it: modelyard db upgrade"
        )


def check(database: Database, *, known: Sequence[Step] | None = None) -> list[str]:
    """What is wrong with the database and its schema, one sentence each; see `Database.check`."""
    known = steps(database.dialect) if known is None else known
    findings = database.check()
    missing = _missing(_done(database), known)
    return findings + [f"The migration {step.label} has not been done; run: modelyard db upgrade" for step in missing]


def _done(database: Database) -> set[int]:
    with database.read() as connection:
        if connection.row(database.dialect.has_table, (_VERSIONS,)) is None:
            return set()
        return _versions(connection)


def _versions(connection: Connection) -> set[int]:
    return {version for (version,) in connection.rows("SELECT version FROM schema_version")}


def _missing(done: set[int], known: Sequence[Step]) -> list[Step]:
    ours = {step.version for step in known}
    if done - ours:
        raise SchemaTooNew(
            f"The database has schema version {max(done)}, and this release of modelyard ({__version__}) knows "
            f"versions up to {max(ours, default=0)}. Use the release that wrote it or a later one."
        )
    return [step for step in known if step.version not in done]


def _do(database: Database, step: Step, known: Sequence[Step], clock: Clock, reach: failpoints.Reach) -> bool:
    with database.schema_change() as connection:
        connection.run(_CREATE_VERSIONS)
        if step not in _missing(_versions(connection), known):
            return False  # another process did it while we waited
        for statement in statements(step.script):
            connection.rows(statement)
            reach()
        connection.run(
            "INSERT INTO schema_version (version, name, release, applied_ms) VALUES (?, ?, ?, ?)",
            (step.version, step.name, __version__, clock.now_ms()),
        )
    log.info("migration %s is done", step.label)
    return True
