"""Rows about the server itself: open to everyone, and never in the way."""

from __future__ import annotations

from modelyard.core.wire.endpoint import API, ROOT, Endpoint, Need
from modelyard.core.wire.messages import server as srv
from modelyard.core.wire.messages.message import Message


def row(verb: str, path: str, reply: type[Message], prefixes: tuple[str, ...] = ROOT) -> Endpoint:
    """A row anyone may ask."""
    return Endpoint(
        name=f"server.{verb}",
        methods=("GET",),
        path=path,
        request=srv.Ask,
        reply=reply,
        need=Need.PUBLIC,
        on="server:",
        scope="",
        prefixes=prefixes,
    )


SERVER = (
    row("health", "/health", srv.Text),
    row("ready", "/ready", srv.Ready),
    row("version", "/version", srv.Text),
    row("openapi", "/openapi.json", srv.Text),
    row("server_info", "/server-info", srv.ServerInfo, prefixes=API),
)
