"""``modelyard server`` and ``modelyard ui``: our options, and MLflow's names for the same things."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import urlsplit

from modelyard.cli.command import Arguments, Command, Option, option
from modelyard.cli.listening import ACCESS_LOG, BROWSERS, HOST, TLS, browsers_of
from modelyard.core.errors import InvalidParameter
from modelyard.server.options import ServerOptions
from modelyard.server.pages import NOT_BUILT, is_built
from modelyard.server.run import serve
from modelyard.web.safety import check_tls


def server(arguments: Arguments) -> int:
    """Start the server and stay until it is told to stop."""
    return serve(options_of(arguments))


def ui(arguments: Arguments) -> int:
    """Start the server for the person who looks at its pages; say so where they were not built."""
    if not is_built():
        print(NOT_BUILT, file=sys.stderr)
    return server(arguments)


def options_of(arguments: Arguments) -> ServerOptions:
    """What the command line asks for, and where it says nothing of hosts and origins, the environment."""
    check_tls(arguments.tls_cert, arguments.tls_key)
    chosen: dict[str, Any] = {field: getattr(arguments, field) for field in _PLAIN}
    return ServerOptions(
        store=folder_of(arguments.store, "--store"),
        artifacts=folder_of(arguments.artifacts, "--artifacts"),
        **browsers_of(arguments),
        allow_roots=tuple(arguments.allow_root or ()),
        **chosen,
    )


def folder_of(place: str, flag: str) -> str:
    """A place as the store takes it: ``file:`` addresses become folders, databases of MLflow are refused."""
    scheme = urlsplit(place).scheme
    if scheme == "file":
        return urlsplit(place).path
    if scheme in ("sqlite", "mysql", "mssql") or scheme.startswith(("mysql+", "mssql+", "sqlite+")):
        raise InvalidParameter(
            f"{flag} {place}: a store is a folder or a postgresql:// URL. Give a folder, for example --store ./yard; "
            "modelyard keeps its own SQLite database in it."
        )
    return place


_PLAIN = (
    "default_artifact_root",
    "host",
    "port",
    "workers",
    "static_prefix",
    "tls_cert",
    "tls_key",
    "insecure_no_auth",
    "serve_artifacts",
    "artifacts_only",
    "predict",
    "drain_delay",
    "access_log",
    "accept_data_loss",
)

_STORE = (
    option(
        "--store",
        "--backend-store-uri",
        "--file-store",
        default="./yard",
        metavar="PLACE",
        help="the store: a folder, or a postgresql:// URL",
    ),
    option(
        "--artifacts",
        "--artifacts-destination",
        default="",
        metavar="PLACE",
        help="where the files of runs are kept; empty: inside the store's folder",
    ),
    option(
        "--default-artifact-root",
        default="",
        metavar="URI",
        help="what runs are told their files are below; empty: this server, mlflow-artifacts:/",
    ),
    option(
        "--no-serve-artifacts",
        dest="serve_artifacts",
        action="store_false",
        help="clients reach the files of runs themselves; the server passes none on",
    ),
    option("--serve-artifacts", dest="serve_artifacts", action="store_true", default=True, help="pass them on"),
    option("--artifacts-only", action="store_true", help="serve the files of runs and nothing else"),
)
_NETWORK = (
    HOST,
    option("-p", "--port", type=int, default=5000, metavar="PORT", help="the port to listen on; 0 takes a free one"),
    option("--static-prefix", default="", metavar="PATH", help="a path put before every other, such as /tracking"),
    *TLS,
    *BROWSERS,
)
_SAFETY = (
    option(
        "--insecure-no-auth",
        action="store_true",
        help="listen on other addresses than loopback although anyone there could read and change everything",
    ),
    option(
        "--allow-root",
        action="append",
        metavar="FOLDER",
        help="a folder whose files may be served where a client named them as a run's place; may be repeated",
    ),
    option(
        "--no-predict",
        dest="predict",
        action="store_false",
        help="let no model predict: pages may otherwise have it done by a confined process of the server",
    ),
    option("--drain-delay", type=float, default=1.0, metavar="SECONDS", help="wait before closing when told to stop"),
    ACCESS_LOG,
    option(
        "--i-accept-data-loss",
        dest="accept_data_loss",
        action="store_true",
        help="start although PostgreSQL runs with fsync off and may lose what it confirmed",
    ),
)
_WORKERS = option(
    "-w", "--workers", type=int, default=1, metavar="N", help="server processes; more than one needs PostgreSQL"
)

OPTIONS: tuple[Option, ...] = (*_STORE, *_NETWORK, _WORKERS, *_SAFETY)

COMMANDS = (
    Command("server", server, "start the tracking server", OPTIONS, host=True),
    Command("ui", ui, "start the server for one person on this machine", OPTIONS, host=True),
)
