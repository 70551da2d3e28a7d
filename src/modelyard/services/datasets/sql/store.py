"""Named datasets in a database: the store checks, opens a transaction, and calls the statements."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.core.clock import Clock, SystemClock
from modelyard.core.entities.dataset_version import DatasetVersion, NamedDataset
from modelyard.core.wire.messages import datasets as data
from modelyard.core.wire.messages.message import Empty
from modelyard.db.database import Connection, Database
from modelyard.db.page_token import decode_token, encode_token, fingerprint
from modelyard.services.datasets import rules
from modelyard.services.datasets.contract import DatasetStore
from modelyard.services.datasets.sql import named, uses, versions
from modelyard.services.datasets.sql.named import NamedRow
from modelyard.services.datasets.sql.versions import VersionRow


class SqlDatasetStore(DatasetStore):
    """Each method checks the request, opens one transaction and runs named statements in it.

    Whoever makes a version holds the row of its dataset until the commit: writers of one name go one after the other,
    which is what leaves no gap and makes no second version of equal content.
    """

    def __init__(self, db: Database, *, clock: Clock | None = None) -> None:
        self._db = db
        self._clock = clock or SystemClock()

    def create_version(self, request: data.CreateDatasetVersion) -> data.DatasetVersionReply:
        """Make a version, unless the latest one is the same."""
        holder = rules.check_create(request)
        tags = rules.checked_tags(request.tags)
        now = self._clock.now_ms()
        with self._db.write() as conn:
            if request.run_id:
                uses.check_run(conn, request.run_id)
            dataset = _described(conn, named.hold(conn, request.name, now), request.type, request.description, now)
            last = versions.latest(conn, dataset.id)
            is_new = last is None or not _is_same(last, request)
            if is_new:
                if holder is not None and holder != request.run_id:
                    uses.check_run(conn, holder)
                versions.insert(conn, dataset, request, holder, now)
                named.count_version(conn, dataset.id, now)
                last = versions.latest(conn, dataset.id)
            assert last is not None, "a version is there or was just made"
            for alias in request.aliases:
                named.set_alias(conn, dataset.id, alias, last.id)
            versions.set_tags(conn, last.id, tags)
            if request.run_id:
                uses.record(conn, last.id, request.run_id, "producer", now)
            return self._reply(conn, named.find(conn, request.name), last, is_new=is_new)

    def get_version(self, request: data.GetDatasetVersion) -> data.DatasetVersionReply:
        """The version that a reference names."""
        reference = rules.parse(request.reference)
        with self._db.read() as conn:
            dataset = named.find(conn, reference.name)
            return self._reply(conn, dataset, versions.find(conn, dataset, reference))

    def search(self, request: data.SearchNamedDatasets) -> data.NamedDatasetsFound:
        """Datasets by name and type."""
        rules.check_search(request)
        mark = fingerprint("named datasets", request.contains, request.type)
        behind = _position(request.page_token, mark, 2)
        with self._db.read() as conn:
            rows = named.page(
                conn,
                request.contains,
                request.type,
                request.max_results + 1,
                (behind[0], behind[1]) if behind else None,
            )
            shown = rows[: request.max_results]
            more = len(rows) > len(shown)
            token = encode_token(mark, ((0, shown[-1].updated), (0, shown[-1].id))) if more else ""
            return data.NamedDatasetsFound(datasets=_hydrated(conn, shown), next_page_token=token)

    def list_versions(self, request: data.ListDatasetVersions) -> data.DatasetVersionsFound:
        """The versions of one, the newest first."""
        rules.check_name(request.name)
        rules.check_results(request.max_results, rules.MAX_PAGE)
        mark = fingerprint("versions of a dataset", request.name)
        before = _position(request.page_token, mark, 1)
        with self._db.read() as conn:
            dataset = named.find(conn, request.name)
            rows = versions.page(conn, dataset.id, request.max_results + 1, before[0] if before else None)
            shown = rows[: request.max_results]
            token = encode_token(mark, ((0, shown[-1].version),)) if len(rows) > len(shown) else ""
            return data.DatasetVersionsFound(versions=versions.hydrate(conn, shown), next_page_token=token)

    def record_use(self, request: data.RecordDatasetUse) -> data.DatasetUseReply:
        """Note that a run uses a version."""
        reference = rules.parse(request.reference)
        rules.check_run_id(request.run_id)
        with self._db.write() as conn:
            uses.check_run(conn, request.run_id)
            dataset = named.find(conn, reference.name)
            version = versions.find(conn, dataset, reference)
            uses.record(conn, version.id, request.run_id, request.role, self._clock.now_ms())
            told = self._reply(conn, dataset, version)
            return data.DatasetUseReply(dataset=told.dataset, version=told.version)

    def lineage(self, request: data.GetDatasetLineage) -> data.DatasetLineage:
        """Who made and who used what."""
        reference = rules.check_lineage(request)
        with self._db.read() as conn:
            scope = uses.of_run(request.run_id)
            if reference is not None:
                dataset = named.find(conn, reference.name)
                scope = uses.of_dataset(dataset.id)
                if ":" in request.reference:
                    scope = uses.of_version(versions.find(conn, dataset, reference).id)
            return data.DatasetLineage(uses=uses.find(conn, scope, request.max_results))

    def set_alias(self, request: data.SetDatasetAlias) -> Empty:
        """Point an alias at a version; an alias of that name moves."""
        rules.check_name(request.name)
        rules.check_alias(request.alias)
        with self._db.write() as conn:
            dataset = named.held(conn, request.name)
            version = versions.find(conn, dataset, rules.Reference(request.name, request.version))
            named.set_alias(conn, dataset.id, request.alias, version.id)
            named.touch(conn, dataset.id, self._clock.now_ms())
            return Empty()

    def delete_alias(self, request: data.DeleteDatasetAlias) -> Empty:
        """Remove an alias; one that is not there is no error."""
        rules.check_name(request.name)
        rules.check_alias(request.alias)
        with self._db.write() as conn:
            dataset = named.held(conn, request.name)
            named.delete_alias(conn, dataset.id, request.alias)
            named.touch(conn, dataset.id, self._clock.now_ms())
            return Empty()

    def update(self, request: data.UpdateNamedDataset) -> data.NamedDatasetReply:
        """Change type or description."""
        rules.check_update(request)
        with self._db.write() as conn:
            row = named.held(conn, request.name)
            changed = row._replace(
                type=row.type if request.type is None else request.type,
                description=row.description if request.description is None else request.description,
            )
            named.describe(conn, changed, self._clock.now_ms())
            return data.NamedDatasetReply(dataset=_hydrated(conn, [named.find(conn, request.name)])[0])

    def _reply(
        self, conn: Connection, dataset: NamedRow, version: VersionRow, *, is_new: bool = False
    ) -> data.DatasetVersionReply:
        return data.DatasetVersionReply(
            dataset=_hydrated(conn, [dataset])[0], version=versions.hydrate(conn, [version])[0], is_new=is_new
        )


def _described(conn: Connection, row: NamedRow, kind: str, description: str, now: int) -> NamedRow:
    """Give a dataset the type and the description that are not empty."""
    told = row._replace(type=kind or row.type, description=description or row.description)
    if told != row:
        named.describe(conn, told, now)
    return told


def _is_same(last: VersionRow, request: data.CreateDatasetVersion) -> bool:
    """Whether the latest version is what is to be made: of what is gone, there is nothing to be the same as."""
    if last.gone or (last.digest, last.kind) != (request.digest, request.kind):
        return False
    return last.kind == "stored" or last.uri == request.uri


def _position(token: str, mark: str, parts: int) -> list[int]:
    """The whole numbers in a token; none for the first page."""
    if not token:
        return []
    return [int(value or 0) for _, value in decode_token(token, mark, (float,) * parts)]


def _hydrated(conn: Connection, rows: Sequence[NamedRow]) -> list[NamedDataset]:
    newest = versions.newest_of(conn, [row.id for row in rows])
    told: dict[int, DatasetVersion] = dict(zip(newest, versions.hydrate(conn, list(newest.values())), strict=True))
    return [
        NamedDataset(
            name=row.name,
            type=row.type,
            description=row.description,
            created=row.created,
            updated=row.updated,
            latest=told.get(row.id),
        )
        for row in rows
    ]
