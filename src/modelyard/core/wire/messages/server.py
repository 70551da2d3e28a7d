"""Requests and replies about the server itself."""

from __future__ import annotations

from modelyard.core.wire.messages.message import Message


class Ask(Message, frozen=True, kw_only=True):
    """A question without arguments."""


class Text(Message, frozen=True, kw_only=True):
    """A plain text answer."""

    text: str


class Ready(Message, frozen=True, kw_only=True):
    """Whether the server can take work, and if not the reason word."""

    status: str
    reason: str = ""


class ServerInfo(Message, frozen=True, kw_only=True):
    """What kind of server this is."""

    store_type: str
    version: str
    workspaces_enabled: bool = False
