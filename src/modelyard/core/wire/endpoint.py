"""What a row of the endpoint table says."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Literal

import msgspec

MEGABYTE = 1_000_000

GET, POST, PATCH, DELETE = ("GET",), ("POST",), ("PATCH",), ("DELETE",)

Kind = Literal["read", "long", "write", "stream"]
"""How a handler is run: a short read, a read that may be long (on a thread), a write (in a group commit), or a
streaming exchange of bytes that handles request and response itself."""

Body = Literal["json", "query", "raw", "none"]


class Need(IntEnum):
    """The permission an endpoint asks for, in order; PUBLIC asks for nothing, not even a name."""

    PUBLIC = -1
    NONE = 0
    READ = 1
    USE = 2
    EDIT = 3
    MANAGE = 4
    ADMIN = 5


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One row: what is asked, how it is asked for, what it needs, and its bound.

    ``name`` is ``<service>.<method of the store's contract>``. ``path`` holds ``{field}`` for path arguments and, last,
    ``{field*}`` for the rest of the path. ``prefixes`` are the mounts the row is served below; ``on`` says how the
    object whose permission counts is found: ``<kind>:<field of the request>``.
    """

    name: str
    methods: tuple[str, ...]
    path: str
    request: type[msgspec.Struct]
    reply: type[msgspec.Struct]
    need: Need
    on: str
    scope: Literal["read", "log", "register", "admin", ""] = "read"
    kind: Kind = "read"
    limit: int = 2 * MEGABYTE
    prefixes: tuple[str, ...]
    summary: str = ""

    @property
    def service(self) -> str:
        """The service that answers."""
        return self.name.partition(".")[0]

    @property
    def verb(self) -> str:
        """The contract's method that answers."""
        return self.name.partition(".")[2]

    @property
    def paths(self) -> tuple[str, ...]:
        """Every full path the row is served at; the first is the one our client calls."""
        return tuple(prefix + self.path for prefix in self.prefixes)


API = ("/api/2.0/mlflow", "/ajax-api/2.0/mlflow", "/api/3.0/mlflow", "/ajax-api/3.0/mlflow")
AJAX = ("/ajax-api/2.0/mlflow", "/ajax-api/3.0/mlflow")
PROXY = ("/api/2.0/mlflow-artifacts", "/ajax-api/2.0/mlflow-artifacts")
OURS = ("/api/1.0/modelyard",)
ROOT = ("",)


def summary_of(request: type[Any]) -> str:
    """The first line of a request's docstring."""
    return (request.__doc__ or "").strip().split("\n", 1)[0]
