"""Puts the server together: stores and options to an application that answers every row of the endpoint table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from modelyard.core import plugins
from modelyard.core.errors import InvalidParameter, Unavailable
from modelyard.core.wire.table import ARTIFACTS, DATASETS, ENDPOINTS, REGISTRY, TRACKING, VIEWS
from modelyard.server import frame
from modelyard.server.application import Application, Machinery
from modelyard.server.changes import Watching
from modelyard.server.commit import GroupCommit, Writers
from modelyard.server.exports import Exports
from modelyard.server.health import Readiness
from modelyard.server.options import ServerOptions
from modelyard.server.pages import PAGES, STATIC, Pages
from modelyard.server.routing import Direct, Handler, Route, Router, make_routes
from modelyard.server.site import Site
from modelyard.server.space import Space
from modelyard.server.transfers import Transfers
from modelyard.server.views.routes import FileViews
from modelyard.services.artifacts.contract import ArtifactStore
from modelyard.services.artifacts.routes import ArtifactRoutes
from modelyard.services.datasets.routes import routes as dataset_routes
from modelyard.services.registry.routes import routes as registry_routes
from modelyard.services.stores import SERVED, Locator, Stores, folder_of
from modelyard.services.tracking.routes import routes as tracking_routes
from modelyard.services.views.routes import routes as view_routes
from modelyard.web.browsers import Browsers
from modelyard.web.compression import Compression
from modelyard.web.logs import access_log
from modelyard.web.pools import Pool
from modelyard.web.request import Request

# A reading connection of the embedded store is always left for the event loop: it has four.
READ_THREADS = {"sqlite": 3, "postgres": 6}
FILE_THREADS = 8
COMMIT_THREADS = 2  # groups, one at a time, and beside them a write that waits for a lock alone
_PROXIED = frozenset(
    row.name for row in ARTIFACTS if row.paths[0].startswith(("/api/2.0/mlflow-artifacts", "/api/1.0"))
)


class Server:
    """An application with what it is made of, so that whoever runs it can start, drain and close the parts."""

    def __init__(
        self,
        app: Application,
        readiness: Readiness,
        transfers: Transfers,
        watching: Watching,
        commits: ThreadPoolExecutor,
        views: FileViews,
    ) -> None:
        self.app = app
        self.readiness = readiness
        self.transfers = transfers
        self._watching = watching
        self._commits = commits
        self._views = views

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer."""
        return not self.app.waits and self.app.machinery.idle and self.transfers.tasks.idle

    async def end(self) -> None:
        """End the processes of models; before ``close``."""
        await self._views.close()

    def close(self) -> None:
        """Let the threads go."""
        self._watching.close()
        self.app.machinery.close()
        self._commits.shutdown(wait=True, cancel_futures=True)


def create_app(stores: Stores, options: ServerOptions, *, pages: Path = STATIC) -> Server:
    """The server's application over some stores. ``pages`` is the folder of the built pages.

    Raises ``ModelyardError`` when an endpoint of the table declares no permission or is answered by nothing.
    """
    prefix = prefix_of(options.static_prefix)
    commits = ThreadPoolExecutor(COMMIT_THREADS, thread_name_prefix="commit")
    machinery = _machinery(stores, commits)
    commit, files = machinery.commit, machinery.files
    space = Space(_watched(stores))
    readiness = Readiness(stores, commit, files, space)
    transfers = Transfers(files, prefix)
    watching = Watching(stores.views.changes(), machinery.reads, inline=machinery.inline)
    commit.on_written = watching.written
    artifacts = _artifact_routes(stores, options)
    views = FileViews(stores, artifacts, machinery, transfers.tasks, options)
    direct = {
        **watching.direct(),
        **transfers.direct(),
        **Exports(transfers.tasks, machinery.reads).direct(),
        **Site(prefix).direct(),
        **views.direct(),
        **Pages(files, transfers.tasks, prefix, pages).direct(),
        **frame.direct(),
        "server.ready": readiness.direct,
    }
    handlers = _handlers(stores, artifacts) | dict(views.handlers())
    off = _switched_off(options)
    routes = make_routes(
        ENDPOINTS + PAGES + frame.FRAMES,
        handlers | dict.fromkeys(off, _refuse_off),
        direct | dict.fromkeys(off, _answer_off),
    )
    app = Application(
        Router(routes, prefix),
        Browsers(options.host, options.allowed_hosts, options.trusted_origins),
        machinery,
        space=space,
        compression=Compression(options.compress),
    )
    app.access_log = access_log() if options.access_log else None
    return Server(app, readiness, transfers, watching, commits, views)


def prefix_of(text: str) -> str:
    """The static prefix in the form that goes before a path: empty, or with a slash before and none after."""
    if not text.strip("/"):
        return ""
    if not text.startswith("/") or text.endswith("/") or "//" in text:
        raise InvalidParameter(f"--static-prefix {text!r}: a prefix starts with a slash and does not end with one.")
    return text


def _machinery(stores: Stores, commits: ThreadPoolExecutor) -> Machinery:
    inline = stores.database.dialect.name == "sqlite"
    return Machinery(
        GroupCommit(Writers(stores.database, stores.tracking.log_batches), commits, inline=inline),
        Pool("reads", READ_THREADS[stores.database.dialect.name]),
        Pool("files", FILE_THREADS),
        stores.requests,
        inline=inline,
    )


def _artifact_routes(stores: Stores, options: ServerOptions) -> ArtifactRoutes:
    return ArtifactRoutes(
        stores.artifacts,
        Locator(stores.tracking, stores.registry),
        base=stores.artifact_base,
        allowed=_allowed(stores, options),
    )


def _handlers(stores: Stores, artifacts: ArtifactRoutes) -> dict[str, Handler]:
    found: dict[str, Callable[[Any], Any]] = {row.name: getattr(artifacts, row.verb) for row in ARTIFACTS}
    found |= view_routes(stores.views)
    found |= dataset_routes(stores.datasets)
    return found | dict(tracking_routes(stores.tracking)) | dict(registry_routes(stores.registry))


def _allowed(stores: Stores, options: ServerOptions) -> Mapping[str, ArtifactStore]:
    """Places an operator opened, by the URIs that clients name them with."""
    allowed: dict[str, ArtifactStore] = {}
    for named in options.allow_roots:
        folder = folder_of(named)
        if folder is None or not folder.is_dir():
            raise InvalidParameter(f"--allow-root {named}: there is no such folder.")
        root = folder.resolve()
        store: ArtifactStore = plugins.load("artifact_stores", "file")(root)
        allowed[str(root)] = allowed[root.as_uri()] = store
    if stores.artifact_base != SERVED:
        allowed[SERVED] = stores.artifacts
    return allowed


def _switched_off(options: ServerOptions) -> frozenset[str]:
    """The endpoints that this server was told not to offer."""
    if options.artifacts_only:
        return frozenset(row.name for row in TRACKING + REGISTRY + VIEWS + DATASETS + PAGES) | {
            row.name for row in ARTIFACTS if row.name not in _PROXIED
        }
    return frozenset() if options.serve_artifacts else _PROXIED


def _refuse_off(_: Any) -> Any:
    raise Unavailable("This server was started without this part of its interface.", retry_after=30)


def _answer_off(_: Request, route: Route) -> None:
    _refuse_off(route)


def _watched(stores: Stores) -> Path | None:
    return None if stores.location == ":memory:" else folder_of(stores.location)


__all__ = ["Direct", "Server", "create_app", "prefix_of"]
