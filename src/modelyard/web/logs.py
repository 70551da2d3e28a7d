"""The server's log: one line an event, ``key=value``, on standard error."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from modelyard.web.request import Request

_PLAIN = re.compile(r"[\w./:+@%-]+")
_MAX_TEXT = 20_000  # characters of a message or a traceback; what is longer holds what somebody sent
_PASSWORD = re.compile(r"(://[^:/@\s]*):[^@\s]+@")


class LineFormatter(logging.Formatter):
    """``time=… level=… logger=… msg="…"``, with the traceback, if there is one, as one more quoted value."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever is in the record."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields = {
            "time": f"{stamp}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": _told(record.getMessage()),
        }
        if record.exc_info and record.exc_info[1] is not None:
            fields["error"] = _told(self.formatException(record.exc_info))
        return " ".join(f"{name}={quoted(value)}" for name, value in fields.items())


def configure(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send what modelyard logs to ``stream``, standard error by default."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LineFormatter())
    logger = logging.getLogger("modelyard")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False


def access_log(stream: TextIO | None = None) -> Callable[[Request, int], None]:
    """What writes a line for each answered request: who, what, and how it ended. Never what was asked for or sent."""
    target = stream or sys.stderr

    def write(request: Request, status: int) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        path = quoted(request.path.decode("ascii", "backslashreplace"))
        target.write(
            f"time={stamp} level=info logger=access address={request.connection.address or '-'}"
            f" method={request.method.decode() or '-'} path={path} status={status} request={request.id.decode()}\n"
        )

    return write


def quoted(value: str) -> str:
    """The value as it is when it is plain, else in quotes with everything odd escaped."""
    return value if _PLAIN.fullmatch(value) else json.dumps(value)


def _told(text: str) -> str:
    if len(text) > _MAX_TEXT:
        text = f"{text[:_MAX_TEXT].rsplit(None, 1)[0]} …"  # not in the middle of an address
    return redacted(text)


def redacted(text: str) -> str:
    """The text without the passwords of the addresses in it.

    >>> redacted("cannot reach postgresql://me:secret@db/yard")
    'cannot reach postgresql://me:***@db/yard'
    """
    return _PASSWORD.sub(r"\1:***@", text)
