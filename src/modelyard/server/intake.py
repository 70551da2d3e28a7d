"""What is asked of a request's headers before its body is read."""

from __future__ import annotations

import re

from modelyard.core.errors import InvalidParameter, ModelyardError, TooLarge, UnsupportedMediaType
from modelyard.server.routing import Route
from modelyard.web.request import Request

WITH_BODY = frozenset({b"POST", b"PUT", b"PATCH", b"DELETE"})
_TYPED = frozenset({b"POST", b"PUT"})
_JSON = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})
_KEY = re.compile(rb"[\x21-\x7e]{1,255}")


def check(request: Request, route: Route) -> None:
    """Refuse a body that is too large or of a type that is not read; raises a ``UserError``."""
    headers = request.headers
    if route.is_json:
        if request.method in _TYPED and headers.get(b"content-type") not in _JSON:
            _check_type(headers.get(b"content-type"))
        encoding = headers.get(b"content-encoding")
        if encoding is not None and encoding.lower() != b"identity":
            raise UnsupportedMediaType("Compressed bodies are not read; send the body as it is.")
    length = headers.get(b"content-length")
    if length is not None and int(length) > route.limit:
        raise too_large(request, int(length))


def announced(request: Request) -> int:
    """How large a JSON body is or will be; without a length it may be as large as any."""
    route = request.route
    if route is None or not route.is_json or request.answered:
        return 0
    length = request.headers.get(b"content-length")
    if length is not None:
        return int(length)
    return route.limit if b"transfer-encoding" in request.headers else 0


def too_large(request: Request, length: int | None = None) -> ModelyardError:
    """The refusal of a body beyond its limit; of a batch of logging in MLflow's words."""
    route = request.route
    if route is not None and route.name == "tracking.log_batch":
        size = length if length is not None else len(request.body)
        return InvalidParameter(
            f"Batched logging API requests must be at most {route.limit} bytes, got a request of size {size}."
        )
    limit = route.limit if route is not None else request.limit
    return TooLarge(f"The body is larger than {limit:,} bytes, the most this endpoint takes.")


def idempotency_key(key: bytes) -> str:
    """The key as text; raises ``InvalidParameter`` for one that is too long or not printable."""
    if not _KEY.fullmatch(key):
        raise InvalidParameter("An Idempotency-Key has 1 to 255 printable ASCII characters.")
    return key.decode("ascii")


def _check_type(content_type: bytes | None) -> None:
    if content_type is None:
        raise InvalidParameter("Bad Request. Content-Type header is missing.")
    if content_type.split(b";")[0].strip().lower() != b"application/json":
        raise InvalidParameter("Bad Request. Content-Type must be one of ['application/json'].")
