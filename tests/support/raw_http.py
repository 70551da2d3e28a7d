"""Requests as bytes over bare sockets: what is sent is what a test wrote, and nothing on the way makes it tidy."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from typing import Any, NamedTuple

JSON = "application/json"


class Answer(NamedTuple):
    """An answer, with the names of its headers in lower case. Status 0: the connection was closed without one."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded; fails for NaN and Infinity, which are not JSON."""
        return json.loads(self.body, parse_constant=_refuse)

    @property
    def text(self) -> str:
        """All of it: headers and body."""
        return f"{self.headers}\n{self.body.decode('utf-8', 'replace')}"


def message(
    method: str, target: str | bytes, *headers: str | bytes, body: bytes | dict[str, Any] | None = None, host: str = ""
) -> bytes:
    """A request, byte for byte as given; a dictionary is sent as JSON. An empty ``host`` is `localhost`."""
    lines: list[str | bytes] = [f"Host: {host or 'localhost'}", *headers] if host != "-" else [*headers]
    if isinstance(body, dict):
        body = json.dumps(body).encode()
        lines.append(f"Content-Type: {JSON}")
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    head = method.encode() + b" " + _bytes(target) + b" HTTP/1.1\r\n"
    return head + b"".join(_bytes(line) + b"\r\n" for line in lines) + b"\r\n" + (body or b"")


def exchange(port: int, data: bytes, *, timeout: float = 30.0, method: str = "") -> Answer:
    """Send bytes on a new connection and read one answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as sock:
        with suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it was sent
            sock.sendall(data)
        return read(sock, has_body=method != "HEAD")


def read(sock: socket.socket, *, has_body: bool = True) -> Answer:
    """One answer from a connection; what comes after it stays there."""
    head = b""
    while b"\r\n\r\n" not in head:
        seen = _more(sock, socket.MSG_PEEK)
        if not seen:
            return Answer(0, {}, head)
        end = (head + seen).find(b"\r\n\r\n")
        head += _more(sock, size=len(seen) if end < 0 else end + 4 - len(head))
    status, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", 0)) if has_body else 0
    body = b""
    while len(body) < length and (more := _more(sock, size=length - len(body))):
        body += more
    return Answer(int(status.split()[1]), headers, body)


def _more(sock: socket.socket, flags: int = 0, *, size: int = 1 << 20) -> bytes:
    try:
        return sock.recv(size, flags)
    except ConnectionResetError:
        return b""


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
