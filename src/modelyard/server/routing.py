"""From a method and a path to the row of the endpoint table that answers it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from modelyard.core.errors import BadRequest, EndpointNotFound, InvalidParameter, ModelyardError
from modelyard.core.wire.codec import Reader, parse_object
from modelyard.core.wire.endpoint import Endpoint, Need
from modelyard.web.request import Request

Handler = Callable[[Any], Any]
Direct = Callable[[Request, Any], None]

# What the tracking store writes for many requests at once.
_LOGGING = frozenset({"tracking.log_metric", "tracking.log_batch", "tracking.log_param", "tracking.set_tag"})
# What load balancers and supervisors ask by whatever name they know us.
_ANY_HOST = frozenset({"server.health", "server.ready", "server.version"})

# By endpoint or service: the threads that its long reads run on. Looking into files may be long, and shall hold up nobody
# who sends or fetches one.
_THREADS = {"artifacts": "files", "views.preview_file": "previews", "views.describe_model": "previews"}

# Bodies of so many bytes are read on the event loop: any; those of the usual form. The worst of either takes 2 ms.
AT_ONCE = 16_384
USUAL_AT_ONCE = 262_144

_WITHOUT_BODY = frozenset({b"GET", b"HEAD"})
_ARGUMENT = re.compile(r"\{(\w+)(\*?)\}")


class Route:
    """One endpoint, ready to be called: how its request is read and what answers it.

    ``handle`` takes a message and returns a reply or its bytes. ``direct``, where there is one, answers by itself.
    """

    __slots__ = (
        "any_host",
        "direct",
        "endpoint",
        "handle",
        "is_json",
        "is_logging",
        "is_page",
        "is_upload",
        "kind",
        "limit",
        "name",
        "reader",
        "threads",
    )

    def __init__(self, endpoint: Endpoint, handle: Handler, direct: Direct | None = None) -> None:
        self.endpoint = endpoint
        self.name = endpoint.name
        self.kind = endpoint.kind
        self.limit = endpoint.limit
        self.is_json = endpoint.kind != "stream"
        self.reader: Reader[Any] = Reader(endpoint.request)
        self.handle = handle
        self.direct = direct
        self.is_upload = not self.is_json and "GET" not in endpoint.methods
        self.threads = _THREADS.get(endpoint.name) or _THREADS.get(endpoint.service, "reads")
        self.is_logging = endpoint.name in _LOGGING
        self.is_page = endpoint.name.startswith("pages.page")
        self.any_host = endpoint.name in _ANY_HOST

    def read(self, request: Request) -> Any:
        """The message a request carries."""
        if not self.is_json or request.method in _WITHOUT_BODY:
            return self.reader.read_query(request.query, request.arguments)
        if request.arguments:
            return self.reader.read_fields(parse_object(bytes(request.body)), request.arguments)
        return self.reader.read(bytes(request.body))

    def read_at_once(self, request: Request) -> Any:
        """The message a request carries, or None where `read` could hold up the event loop: it is for a thread."""
        size = len(request.body)
        if size <= AT_ONCE:
            return self.read(request)
        if size > USUAL_AT_ONCE or request.arguments:
            return None
        return self.reader.read_usual(bytes(request.body))


class Router:
    """All routes by path: a dictionary for plain paths, patterns for those with arguments."""

    def __init__(self, routes: Mapping[str, Route], prefix: str = "") -> None:
        self._exact: dict[bytes, dict[bytes, Route]] = {}
        self._patterns: list[tuple[re.Pattern[bytes], dict[bytes, Route]]] = []
        patterns: dict[str, dict[bytes, Route]] = {}
        for route in routes.values():
            for path in route.endpoint.paths:
                if "{" in path:
                    methods = patterns.setdefault(prefix + path, {})
                else:
                    methods = self._exact.setdefault((prefix + path).encode(), {})
                self._add(methods, route)
        for path, methods in sorted(patterns.items(), key=_order):
            self._patterns.append((_pattern(path, next(iter(methods.values())).endpoint.request), methods))

    def find(self, request: Request) -> dict[bytes, Route]:
        """The routes of the request's path by method; sets the arguments it holds. Raises ``EndpointNotFound``."""
        methods = self._exact.get(request.path)
        if methods is not None:
            return methods
        for pattern, methods in self._patterns:
            match = pattern.fullmatch(request.path)
            if match is not None:
                request.arguments = {name: _argument(value) for name, value in match.groupdict().items()}
                return methods
        raise EndpointNotFound(f"There is no endpoint at {_shown(request.path)}.")

    @staticmethod
    def _add(methods: dict[bytes, Route], route: Route) -> None:
        for method in route.endpoint.methods:
            if methods.setdefault(method.encode(), route) is not route:
                raise ModelyardError(f"{route.name} and {methods[method.encode()].name} claim the same path.")
            if method == "GET":
                methods.setdefault(b"HEAD", route)


def make_routes(
    endpoints: tuple[Endpoint, ...], handlers: Mapping[str, Handler], direct: Mapping[str, Direct]
) -> dict[str, Route]:
    """A route for each endpoint. Raises ``ModelyardError`` for one without a declared permission or without an answer.

    So a server with an unguarded path never starts.
    """
    routes: dict[str, Route] = {}
    for endpoint in endpoints:
        check_declared(endpoint)
        handle, alone = handlers.get(endpoint.name), direct.get(endpoint.name)
        if handle is None and alone is None:
            raise ModelyardError(f"The endpoint {endpoint.name} is in the table and nothing answers it.")
        routes[endpoint.name] = Route(endpoint, handle or _unanswered, alone)
    return routes


def check_declared(endpoint: Endpoint) -> None:
    """Refuse a row that does not say who may call it and how the object is found whose permission counts."""
    if not isinstance(endpoint.need, Need):
        raise ModelyardError(f"The endpoint {endpoint.name} declares no permission.")
    kind, _, field = endpoint.on.partition(":")
    if not kind or (field and field not in endpoint.request.__struct_fields__):
        raise ModelyardError(f"The endpoint {endpoint.name} does not say whose permission counts: {endpoint.on!r}.")
    if endpoint.need > Need.NONE and not endpoint.scope:
        raise ModelyardError(f"The endpoint {endpoint.name} declares no scope.")


def _unanswered(_: Any) -> Any:
    raise ModelyardError("This endpoint is answered by the server itself.")


def _order(item: tuple[str, Any]) -> tuple[int, str]:
    """Paths with more fixed text first, so that ``/models/search`` is not taken for a model."""
    return -len(_ARGUMENT.sub("", item[0])), item[0]


def _pattern(path: str, message: type[msgspec.Struct]) -> re.Pattern[bytes]:
    """A rest of the path may be empty where the message can do without it, as for a file in the root folder."""
    optional = {field.name for field in msgspec.structs.fields(message) if not field.required}
    parts, at = [], 0
    for match in _ARGUMENT.finditer(path):
        rest = ".*" if match.group(1) in optional else ".+"
        parts.append(re.escape(path[at : match.start()]))
        parts.append(f"(?P<{match.group(1)}>{rest if match.group(2) else '[^/]+'})")
        at = match.end()
    parts.append(re.escape(path[at:]))
    return re.compile("".join(parts).encode(), re.DOTALL)


def _argument(raw: bytes) -> str:
    """A path argument, decoded once; what is read in different ways when it is not encoded is refused."""
    if b";" in raw or b"\\" in raw or b"#" in raw:
        raise InvalidParameter("Invalid path")
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise BadRequest("The path is not valid UTF-8.") from None


def _shown(path: bytes) -> str:
    return path[:200].decode("ascii", "backslashreplace")
