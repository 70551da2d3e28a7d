"""The application of a scoring server: which paths there are, who may call them, and what answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import msgspec

from modelyard.core.errors import EndpointNotFound, LimitExceeded, TooLarge, UnsupportedMediaType
from modelyard.serving.metrics import Metrics
from modelyard.serving.work import Declined
from modelyard.web.browsers import Browsers
from modelyard.web.compression import Compression
from modelyard.web.failures import render
from modelyard.web.methods import answer_other_method
from modelyard.web.reception import Reception
from modelyard.web.request import Request

Handle = Callable[[Request], None]
_OPEN_INFERENCE = b"/v2"
_LARGE = 262_144
MOST_BODIES = 256_000_000  # bytes of large bodies that are being sent or wait to be read, at the same time
_NO_BODY = 65_536  # bytes of a body that is not read


class Route(NamedTuple):
    """What answers a method and a path. ``any_host`` is for what supervisors ask by whatever name they know us."""

    name: str
    handle: Handle
    limit: int = _NO_BODY
    any_host: bool = False


Routes = Mapping[bytes, Mapping[bytes, Route]]
"""Path → method → route."""


class ScoringApp(Reception):
    """Admits requests and has them answered. Everything here runs on the event loop's thread.

    ``routes`` and ``heads`` are those of a model; whoever has loaded it sets them.
    """

    def __init__(self, browsers: Browsers, metrics: Metrics) -> None:
        super().__init__(Compression("never"))
        self.access_log = self._count
        self.told: Callable[[Request, int], None] | None = None  # the access log
        self.routes: Routes = {}
        self.is_leaving = False  # clients that keep their connection are asked to go elsewhere with their next request
        self._browsers = browsers
        self._statuses = metrics.statuses

    def run(self, request: Request) -> None:
        """The body has arrived too."""
        try:
            request.route.handle(request)
        except Exception as error:  # noqa: BLE001  # the border: whatever it is, the client is answered
            self.fail(request, error)

    def fail(self, request: Request, error: BaseException) -> None:
        """Answer an error."""
        what = request.route.name if request.route is not None else "a request"
        failure = render(error, request.id.decode(), what)
        self._refuse(request, failure.status, msgspec.json.decode(failure.body), failure.headers)

    def decline(self, request: Request, declined: Declined) -> None:
        """Answer an error that a worker has told already."""
        self._refuse(request, declined.status, {"error_code": declined.error_code, "message": declined.message})

    @staticmethod
    def _refuse(request: Request, status: int, told: dict[str, str], headers: bytes = b"") -> None:
        if request.path.startswith(_OPEN_INFERENCE):
            told["error"] = told["message"]  # where that protocol's clients look for it
        request.reply(status, msgspec.json.encode(told), headers=headers)

    def admit(self, request: Request) -> None:
        """Find the route of a request, and refuse what must not reach it."""
        methods = self.routes.get(request.path) or self.routes.get(unquote_to_bytes(request.path))
        if methods is None:
            raise EndpointNotFound(f"There is no endpoint at {_shown(request.path)}.")
        route = methods.get(request.method)
        if route is None:
            answer_other_method(request, methods, self._browsers, headers=b"content-type")
            return
        self._browsers.check(request, any_host=route.any_host)
        request.route = route
        request.limit = route.limit
        if self.is_leaving:
            request.keep_alive = False
        headers = request.headers
        announced = _announced(request)
        if announced > route.limit:
            raise TooLarge(f"The body is larger than {route.limit:,} bytes, the most this endpoint takes.")
        if announced > _LARGE:
            self._check_room(request)
        if b"content-encoding" in headers and headers[b"content-encoding"].lower() != b"identity":
            raise UnsupportedMediaType("Compressed bodies are not read; send the body as it is.")

    def _check_room(self, request: Request) -> None:
        """Refuse one more large body while those that are being sent take up much memory."""
        current = [each.current for each in self.connections]
        if sum(_announced(each) for each in current if each is not None and each is not request) > MOST_BODIES:
            raise LimitExceeded("Too many large requests at once; try again shortly.")

    def _count(self, request: Request, status: int) -> None:
        route = request.route
        self._statuses[route.name if route is not None else "", status] += 1
        if self.told is not None:
            self.told(request, status)


def _announced(request: Request) -> int:
    """How large a body is or will be; without a length it may be as large as any."""
    length = request.headers.get(b"content-length")
    if length is not None:
        return int(length)
    return request.limit if b"transfer-encoding" in request.headers else 0


def _shown(path: bytes) -> str:
    return repr(path[:200].decode("ascii", "backslashreplace"))
