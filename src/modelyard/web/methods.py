"""Requests by a method that a path has no answer for: which methods there are, and for whom."""

from __future__ import annotations

from collections.abc import Iterable

from modelyard.core.errors import MethodNotAllowed
from modelyard.web.browsers import Browsers
from modelyard.web.request import Request


def answer_other_method(request: Request, methods: Iterable[bytes], browsers: Browsers, *, headers: bytes) -> None:
    """Say which methods a path takes when that is asked (OPTIONS), to pages of trusted origins too; refuse other methods.

    ``headers`` names the headers those pages may send, as CORS wants them. Raises ``MethodNotAllowed``.
    """
    allowed = b", ".join(sorted({*methods, b"OPTIONS"}))
    if request.method != b"OPTIONS":
        request.extra += b"allow: %s\r\n" % allowed
        raise MethodNotAllowed(f"This endpoint takes {allowed.decode()}.")
    browsers.check(request)
    cors = (
        b"access-control-allow-methods: %s\r\naccess-control-allow-headers: %s\r\naccess-control-max-age: 600\r\n"
        % (allowed, headers)
    )
    request.reply(204, headers=b"allow: %s\r\n" % allowed + (cors if request.extra else b""))
