"""``modelyard routes``: the endpoint table, for reviewers and tests of permissions."""

from __future__ import annotations

from modelyard.cli.command import OUTPUT, Arguments, Command, option
from modelyard.cli.printing import show
from modelyard.core.wire.table import ENDPOINTS

COLUMNS = ("methods", "path", "name", "need", "on", "scope", "kind", "limit")


def routes(arguments: Arguments) -> None:
    """Print a row for each path of each endpoint, or for the first path of each."""
    rows = [
        {
            "methods": " ".join(endpoint.methods),
            "path": path,
            "name": endpoint.name,
            "need": endpoint.need.name,
            "on": endpoint.on,
            "scope": endpoint.scope,
            "kind": endpoint.kind,
            "limit": endpoint.limit,
        }
        for endpoint in ENDPOINTS
        for path in (endpoint.paths if arguments.all else endpoint.paths[:1])
    ]
    show(rows, COLUMNS, "json" if arguments.json else arguments.output)


COMMANDS = (
    Command(
        "routes",
        routes,
        "list the server's endpoints with the permission each needs",
        (
            option("--all", action="store_true", help="also the aliases (ajax-api, 3.0)"),
            option("--json", action="store_true", help="the same as --output json"),
            OUTPUT,
        ),
    ),
)
