"""The bytes of answers: status lines and headers, put together once and not for each request."""

from __future__ import annotations

import http
from email.utils import formatdate

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"

# What every answer says to a browser, whatever it is the answer to.
_SECURITY = (
    b"x-content-type-options: nosniff\r\n"
    b"x-frame-options: DENY\r\n"
    b"referrer-policy: same-origin\r\n"
    b"cross-origin-resource-policy: same-origin\r\n"
)
API_POLICY = b"content-security-policy: default-src 'none'; frame-ancestors 'none'\r\ncache-control: no-store\r\n"
FILE_POLICY = (
    b"content-security-policy: sandbox; default-src 'none'; frame-ancestors 'none'\r\ncache-control: no-store\r\n"
)

_STATUS = {status.value: b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode()) for status in http.HTTPStatus}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Heads:
    """The beginnings of answers, with the date of the current second in them."""

    __slots__ = ("_date", "_second", "ok")

    def __init__(self) -> None:
        self._second = -1
        self.refresh(0.0)

    def refresh(self, now: float) -> None:
        """Set the date, which is told once a second."""
        if int(now) != self._second:
            self._second = int(now)
            self._date = b"date: %s\r\n" % formatdate(now, usegmt=True).encode()
            self.ok = self.of(200) + API_POLICY + b"content-type: application/json\r\nx-request-id: "

    def of(self, status: int) -> bytes:
        """The status line, the date and the headers of all answers."""
        return _STATUS[status] + self._date + _SECURITY
