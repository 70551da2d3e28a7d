"""From errors to answers: the one border that errors cross on their way out."""

from __future__ import annotations

import logging
from typing import NamedTuple

import msgspec

from modelyard.core.errors import Busy, ModelyardError, NotSupported, StoreError, Unavailable

log = logging.getLogger(__name__)

MAX_MESSAGE = 8_000  # characters; a value that a message repeats may be of any size


class Failure(NamedTuple):
    """What a refused or failed request is answered with."""

    status: int
    body: bytes
    headers: bytes = b""


def render(error: BaseException, request_id: str, what: str) -> Failure:
    """The answer to an error. What is not ours is told in one sentence; its details go to the log and nowhere else."""
    if not isinstance(error, ModelyardError):
        log.error("%s failed, request %s", what, request_id, exc_info=error)
        return _failure(500, "INTERNAL_ERROR", f"The server failed on this request; its log has it as {request_id}.")
    if error.status >= 500 and not isinstance(error, Busy | NotSupported):
        log.error("%s: %s request %s", what, _short(error.message), request_id, exc_info=error.__cause__)
    headers = b"retry-after: %d\r\n" % _retry_after(error) if error.status in (429, 503, 504) else b""
    reason = error.reason if isinstance(error, Unavailable) else None
    return _failure(error.status, error.error_code, error.message, headers, reason)


def _retry_after(error: ModelyardError) -> int:
    if isinstance(error, Busy):
        return min(max(error.retry_after, 1), 30)
    return 5 if isinstance(error, StoreError) else 1


def _failure(status: int, code: str, message: str, headers: bytes = b"", reason: str | None = None) -> Failure:
    told = {"error_code": code, "message": _short(message).encode(errors="replace").decode()}
    if reason is not None:
        told["reason"] = reason
    return Failure(status, msgspec.json.encode(told), headers)


def _short(message: str) -> str:
    return message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…"
