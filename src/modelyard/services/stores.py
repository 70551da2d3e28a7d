"""Puts the services of one store together: the composition root below the server and the client."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from modelyard.core import plugins
from modelyard.core.clock import Clock, SystemClock
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.settings import Settings
from modelyard.core.wire.messages.registry import GetModelVersionDownloadUri
from modelyard.db.database import Database
from modelyard.db.files import private_folder
from modelyard.db.migrate import upgrade
from modelyard.db.store_lock import StoreLock
from modelyard.services.artifacts.contract import ArtifactStore
from modelyard.services.datasets.contract import DatasetStore
from modelyard.services.registry.contract import RegistryStore, SourceResolver
from modelyard.services.requests.contract import RequestLog
from modelyard.services.tracking.contract import TrackingStore
from modelyard.services.tracking.rules.limits import Limits
from modelyard.services.views.contract import ViewStore

MEMORY = ":memory:"
DATABASE = "yard.db"
ARTIFACTS = "artifacts"
TMP = "tmp"
SERVED = "mlflow-artifacts:/"
"""Where runs are told their artifacts are, unless an operator says otherwise: below the server they talk to."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_POSTGRES = ("postgresql", "postgres")


class KeptTracking(TrackingStore, SourceResolver, Protocol):
    """A tracking store that keeps its data itself, with what its owner asks of it beyond the contract."""

    def ensure_default(self) -> None:
        """Make the experiment ``Default`` unless it is there."""
        ...

    def log_batches(self, requests: Sequence[Any]) -> Sequence[Any]:
        """Many log requests in one transaction, with an outcome for each, an ``Empty`` or an error."""
        ...

    def purge(self, deleted_before_ms: int, *, with_datasets: bool = False) -> Purged:
        """Remove for good what was deleted by then; the files that are left over are the caller's to remove.

        Runs that hold the files of versions of datasets stay, unless it is ``with_datasets``.
        """
        ...

    def leftovers(self) -> list[str]:
        """The artifact keys of folders of what was removed, by whichever call, and that are not known to be gone."""
        ...

    def forget_leftovers(self, keys: Sequence[str]) -> None:
        """Note that these folders are gone. Idempotent."""
        ...


class Purged(Protocol):
    """The ids of what was removed for good, and of the runs that stay for the versions of datasets they hold."""

    experiments: list[str]
    runs: list[str]
    models: list[str]
    kept: list[str]


class Compactor(Protocol):
    """What puts metrics in their compact form, beside whoever reads and writes."""

    def compact_some(self, budget_ms: float) -> bool:
        """Work for about ``budget_ms``; whether there is more to do."""
        ...

    def compact_all(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Do all there is; ``progress`` is told how many runs are done, of how many."""
        ...


class MetricCompactor(Protocol):
    """Brings what was logged into its compact form; one thread at a time."""

    def compact_some(self, budget_ms: float) -> bool:
        """Work for about so long; whether there is more to do."""
        ...

    def compact_all(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Do all of it."""
        ...


class Kept(NamedTuple):
    """What all services of a store share: its place, its database, its files, and the lock on it if it is ours alone."""

    location: str
    database: Database
    artifacts: ArtifactStore
    artifact_base: str
    lock: StoreLock | None


class Stores:
    """All services over one store. Close them when done."""

    def __init__(
        self,
        kept: Kept,
        tracking: KeptTracking,
        registry: RegistryStore,
        requests: RequestLog,
        compactor: Compactor,
        make_views: Callable[[], ViewStore],
        make_datasets: Callable[[], DatasetStore],
    ) -> None:
        self.location = kept.location
        self.database = kept.database
        self.artifacts = kept.artifacts
        self.artifact_base = kept.artifact_base
        self.tracking = tracking
        self.registry = registry
        self.requests = requests
        self.compactor = compactor
        self._make_views = make_views
        self._make_datasets = make_datasets
        self.lock = kept.lock

    @cached_property
    def views(self) -> ViewStore:
        """What the pages show. Only servers ask for it, so that a client with a folder starts without it."""
        return self._make_views()

    @cached_property
    def datasets(self) -> DatasetStore:
        """Named datasets: opened when first asked for, as few do."""
        return self._make_datasets()

    def close(self) -> None:
        """Close the database and let others have the store. Idempotent."""
        self.database.close()
        if self.lock is not None:
            self.lock.release()


class Locator:
    """Where the files of runs, models and versions are: what artifacts ask of tracking and the registry."""

    def __init__(self, tracking: SourceResolver, registry: RegistryStore) -> None:
        self._tracking = tracking
        self._registry = registry

    def run_artifact_uri(self, run_id: str) -> str:
        """See `ArtifactLocator`."""
        return self._tracking.run_artifact_uri(run_id)

    def model_artifact_uri(self, model_id: str) -> str:
        """See `ArtifactLocator`."""
        return self._tracking.model_artifact_uri(model_id)

    def version_artifact_uri(self, name: str, version: str) -> str:
        """See `ArtifactLocator`."""
        request = GetModelVersionDownloadUri(name=name, version=version)
        return self._registry.get_model_version_download_uri(request).artifact_uri


class StoreOptions(NamedTuple):
    """How a store is opened, apart from where it is.

    ``artifacts`` is the folder or address of the files (empty: inside the store's folder), ``artifact_base`` the URI by
    which runs and models name it. ``exclusive`` takes the store for this process alone, as servers do with a folder.
    """

    artifacts: str = ""
    artifact_base: str = SERVED
    exclusive: bool = False
    accept_data_loss: bool = False


def open_stores(
    location: str,
    options: StoreOptions | None = None,
    *,
    settings: Settings | None = None,
    clock: Clock | None = None,
) -> Stores:
    """All services over the store at ``location``: a folder, which is made if need be, or a ``postgresql://`` URL.

    Brings the database to this release's schema first.

    Raises:
        InvalidParameter: the location is of a kind that is not known.
        StoreError: the store cannot be used as it is; see its subclasses.
        MissingExtra: a driver is not installed.
    """
    options = options or StoreOptions()
    folder = folder_of(location)
    lock = None
    if folder is not None and options.exclusive:
        lock = StoreLock(private_folder(folder, holds=DATABASE))
    try:
        database = _database(location, folder, options)
        upgrade(database, clock=clock)
        files = _artifacts(folder, options.artifacts)
        kept = Kept(location, database, files, options.artifact_base, lock)
        return _together(kept, settings or Settings(), clock or SystemClock())
    except BaseException:
        if lock is not None:
            lock.release()
        raise


def folder_of(location: str) -> Path | None:
    """The folder a location names; None for a database server and for memory.

    >>> folder_of("file:///srv/yard")
    PosixPath('/srv/yard')
    """
    scheme = _SCHEME.match(location)
    if location == MEMORY or (scheme and scheme[1] in _POSTGRES):
        return None
    if scheme and scheme[1] == "file":
        return Path(unquote(urlsplit(location).path))
    if scheme:
        raise InvalidParameter(
            f"A store at {scheme[1]}: is not known. Name a folder, such as ./yard, or a postgresql:// URL."
        )
    return Path(location).expanduser()


def _database(location: str, folder: Path | None, options: StoreOptions) -> Database:
    if folder is not None:
        database: Database = plugins.load("databases", "sqlite")(folder / DATABASE)
    elif location == MEMORY:
        database = plugins.load("databases", "sqlite")()
    else:
        opened = plugins.load("databases", "postgresql")
        database = opened(location, accept_data_loss=options.accept_data_loss)
    return database


def _artifacts(folder: Path | None, named: str) -> ArtifactStore:
    scheme = _SCHEME.match(named)
    store: ArtifactStore
    if scheme and scheme[1] != "file":
        store = plugins.load("artifact_stores", scheme[1])(named)
    elif named:
        store = plugins.load("artifact_stores", "file")(folder_of(named))
    elif folder is not None:
        store = plugins.load("artifact_stores", "file")(folder / ARTIFACTS, tmp=folder / TMP)
    else:
        raise InvalidParameter(
            "A store in a database server needs a folder for its artifacts; name it with --artifacts."
        )
    return store


def _together(kept: Kept, settings: Settings, clock: Clock) -> Stores:
    limits = Limits(truncate_long_values=settings.truncate_long_values)
    tracking = plugins.load("tracking_stores", "sql")(
        kept.database, clock=clock, artifact_base=kept.artifact_base, limits=limits
    )
    tracking.ensure_default()
    registry = plugins.load("registry_stores", "sql")(
        kept.database,
        resolver=tracking,
        artifact_base=kept.artifact_base,
        clock=clock,
        source_pattern=settings.model_version_source_validation_regex,
    )
    requests = plugins.load("request_logs", "sql")(kept.database, clock=clock)
    compactor = plugins.load("compactors", "sql")(kept.database, clock=clock)

    def make_views() -> ViewStore:
        opened: ViewStore = plugins.load("view_stores", "sql")(
            kept.database, clock=clock, artifact_base=kept.artifact_base, artifacts=kept.artifacts, limits=limits
        )
        return opened

    def make_datasets() -> DatasetStore:
        opened: DatasetStore = plugins.load("dataset_stores", "sql")(kept.database, clock=clock)
        return opened

    return Stores(kept, tracking, registry, requests, compactor, make_views, make_datasets)


def find_database(location: str) -> Database:
    """The database of a store that is there, opened and not changed; raises ``NotFound`` when there is none."""
    folder = folder_of(location)
    if folder is not None and not (folder / DATABASE).is_file():
        raise NotFound(f"There is no store in {folder}. Name the folder that holds {DATABASE}, for example ./yard.")
    return _database(location, folder, StoreOptions())
