"""The way to a server: straight, or through the proxy the environment names."""

from __future__ import annotations

import base64
import ssl
import urllib.request
from http.client import HTTPConnection, HTTPSConnection
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

BLOCK = 1 << 20


class Route(NamedTuple):
    """Whom to connect to for a server, and what goes before every path. ``through`` is the proxy's address."""

    host: str
    port: int | None
    base: str
    through: str = ""

    def connection(self, tls: ssl.SSLContext | None) -> HTTPConnection:
        """A connection that is not open yet."""
        proxy = urlsplit(self.through)
        host, port = (proxy.hostname or "", proxy.port or 80) if self.through else (self.host, self.port)
        if tls is None:
            return HTTPConnection(host, port, blocksize=BLOCK)
        connection = HTTPSConnection(host, port, context=tls, blocksize=BLOCK)
        if self.through:
            connection.set_tunnel(self.host, self.port, self.proxy_headers())
        return connection

    def proxy_headers(self) -> dict[str, str]:
        """Who we are, for the proxy."""
        proxy = urlsplit(self.through)
        if not proxy.username:
            return {}
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def route_to(location: str) -> Route:
    """The way to a server's address. This machine itself is never behind a proxy."""
    parts = urlsplit(location)
    host, base = parts.hostname or "", parts.path.rstrip("/")
    proxy = (
        "" if _is_here(host) or urllib.request.proxy_bypass(host) else urllib.request.getproxies().get(parts.scheme, "")
    )
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    if proxy and parts.scheme == "http":
        base = f"http://{parts.netloc}{base}"  # a proxy for plain HTTP is asked for whole addresses
    return Route(host, parts.port, base, proxy)


def _is_here(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
