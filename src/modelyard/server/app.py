"""Puts the server together: stores and options to an application that answers every row of the endpoint table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from modelyard.core import plugins
from modelyard.core.errors import InvalidParameter, Unavailable
from modelyard.core.wire.table import ARTIFACTS, ENDPOINTS, REGISTRY, TRACKING
from modelyard.server.application import Application, Machinery
from modelyard.server.commit import GroupCommit, Writers
from modelyard.server.health import Readiness
from modelyard.server.options import ServerOptions
from modelyard.server.routing import Direct, Handler, Route, Router, make_routes
from modelyard.server.site import Site
from modelyard.server.space import Space
from modelyard.server.transfers import Transfers
from modelyard.services.artifacts.contract import ArtifactStore
from modelyard.services.artifacts.routes import ArtifactRoutes
from modelyard.services.registry.routes import routes as registry_routes
from modelyard.services.stores import SERVED, Locator, Stores, folder_of
from modelyard.services.tracking.routes import routes as tracking_routes
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
        self, app: Application, readiness: Readiness, transfers: Transfers, commits: ThreadPoolExecutor
    ) -> None:
        self.app = app
        self.readiness = readiness
        self.transfers = transfers
        self._commits = commits

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer."""
        return not self.app.waits and self.app.machinery.idle and self.transfers.tasks.idle

    def close(self) -> None:
        """Let the threads go."""
        self.app.machinery.close()
        self._commits.shutdown(wait=True, cancel_futures=True)


def create_app(stores: Stores, options: ServerOptions) -> Server:
    """The server's application over some stores.

    Raises ``ModelyardError`` when an endpoint of the table declares no permission or is answered by nothing.
    """
    prefix = prefix_of(options.static_prefix)
    inline = stores.database.dialect.name == "sqlite"
    commits = ThreadPoolExecutor(COMMIT_THREADS, thread_name_prefix="commit")
    commit = GroupCommit(Writers(stores.database, stores.tracking.log_batches), commits, inline=inline)
    files = Pool("files", FILE_THREADS)
    machinery = Machinery(
        commit,
        Pool("reads", READ_THREADS[stores.database.dialect.name]),
        files,
        stores.requests,
        inline=inline,
    )
    space = Space(_watched(stores))
    readiness = Readiness(stores, commit, files, space)
    transfers = Transfers(files, prefix)
    direct = transfers.direct() | Site(prefix).direct() | {"server.ready": readiness.direct}
    handlers = _handlers(stores, options)
    off = _switched_off(options)
    routes = make_routes(
        ENDPOINTS, handlers | dict.fromkeys(off, _refuse_off), direct | dict.fromkeys(off, _answer_off)
    )
    app = Application(
        Router(routes, prefix),
        Browsers(options.host, options.allowed_hosts, options.trusted_origins),
        machinery,
        space=space,
        compression=Compression(options.compress),
    )
    app.access_log = access_log() if options.access_log else None
    return Server(app, readiness, transfers, commits)


def prefix_of(text: str) -> str:
    """The static prefix in the form that goes before a path: empty, or with a slash before and none after."""
    if not text.strip("/"):
        return ""
    if not text.startswith("/") or text.endswith("/") or "//" in text:
        raise InvalidParameter(f"--static-prefix {text!r}: a prefix starts with a slash and does not end with one.")
    return text


def _handlers(stores: Stores, options: ServerOptions) -> dict[str, Handler]:
    artifacts = ArtifactRoutes(
        stores.artifacts,
        Locator(stores.tracking, stores.registry),
        base=stores.artifact_base,
        allowed=_allowed(stores, options),
    )
    found: dict[str, Callable[[Any], Any]] = {row.name: getattr(artifacts, row.verb) for row in ARTIFACTS}
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
        return frozenset(row.name for row in TRACKING + REGISTRY) | {
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
