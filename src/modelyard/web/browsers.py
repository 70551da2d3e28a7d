"""Telling browsers' requests apart: whose page sent this, and under which name does it think to reach us.

A page of another site can make a browser send requests here. What it cannot do is to choose the ``Host``, ``Origin`` and
``Sec-Fetch-Site`` headers, which therefore are compared exactly, and the request is refused when one is foreign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

from modelyard.core.errors import InvalidParameter, PermissionDenied
from modelyard.web.request import Request

_LOCAL = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?")
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#@\s]+)")
_REMEMBERED = 256

INVALID_HOST = (
    "Invalid Host header - possible DNS rebinding attack detected. To reach the server under this name, start it with"
    " --allowed-hosts."
)
FOREIGN_ORIGIN = "Cross-origin request blocked. To allow pages of this origin, start the server with --trusted-origins."
FOREIGN_SITE = "Cross-site request blocked."


class Browsers:
    """The names this server answers to and the origins whose pages may call it.

    An allowed host is a name or an address, with a port or for any port; there are no wildcards.
    """

    def __init__(self, bound: str, allowed_hosts: Iterable[str] = (), trusted_origins: Iterable[str] = ()) -> None:
        names = [*_LOCAL, *(host.strip() for host in allowed_hosts if host.strip())]
        self._any_address = bound in ("0.0.0.0", "::", "")  # noqa: S104  # compared, not bound
        if not self._any_address:
            names.append(bound)
        self._hosts = {_allowed(name) for name in names}
        self._origins = {_trusted(origin) for origin in trusted_origins if origin.strip()}
        self._known: set[bytes] = set()  # Host headers found good, as they came

    def check(self, request: Request, *, any_host: bool = False, is_page: bool = False) -> None:
        """Raise ``PermissionDenied`` for a request that a foreign page may have caused; note what CORS wants said.

        To a page of ours (``is_page``) another site may lead: a browser opens it, and shows that site nothing of it.
        """
        headers = request.headers
        host = headers.get(b"host", b"")
        if host not in self._known and not any_host:
            self._check_host(host, request.connection.local)
        origin = headers.get(b"origin")
        if origin is not None and self._is_trusted(origin, host, request):
            return
        site = headers.get(b"sec-fetch-site")
        if site is not None and site not in (b"same-origin", b"none") and not (is_page and _is_opened(request)):
            raise PermissionDenied(FOREIGN_SITE)

    def _check_host(self, raw: bytes, local: str) -> None:
        parsed = parse_host(raw)
        if parsed is None:
            raise PermissionDenied(INVALID_HOST)
        name, port = parsed
        if (name, port) in self._hosts or (name, None) in self._hosts:
            if len(self._known) < _REMEMBERED:
                self._known.add(raw)
            return
        # Bound to every address of the machine: the one that was connected to is ours. Names still have to be listed.
        if not (self._any_address and isinstance(name, IPv4Address | IPv6Address) and name == _address(local)):
            raise PermissionDenied(INVALID_HOST)

    def _is_trusted(self, raw: bytes, host: bytes, request: Request) -> bool:
        """Whether an origin is one of those an operator named; raises unless it is that or our own."""
        origin = parse_origin(raw)
        if origin is not None:
            if origin in self._origins:
                request.extra += b"access-control-allow-origin: %s\r\nvary: origin\r\n" % raw
                return True
            scheme = "https" if request.connection.secure else "http"
            own = parse_host(host)
            if own is not None and origin == (scheme, own[0], own[1] or _DEFAULT_PORTS[scheme]):
                return False
        raise PermissionDenied(FOREIGN_ORIGIN)


def _is_opened(request: Request) -> bool:
    """Whether a browser asks for what it will show in a tab or window of its own."""
    headers = request.headers
    return headers.get(b"sec-fetch-mode") == b"navigate" and headers.get(b"sec-fetch-dest") == b"document"


Name = str | IPv4Address | IPv6Address
_DEFAULT_PORTS = {"http": 80, "https": 443}


def parse_host(raw: bytes) -> tuple[Name, int | None] | None:
    """Host and port of a ``Host`` header: addresses as addresses, names in lower case without the last dot."""
    try:
        match = _HOST.fullmatch(raw.decode("ascii"))
    except UnicodeDecodeError:
        return None
    if match is None:
        return None
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port < 65536:
        return None
    if match["six"]:
        address = _address(match["six"]) if ":" in match["six"] else None
        return (address, port) if address is not None else None
    name = match["name"].lower().removesuffix(".")
    address = _address(name)
    return (address if address is not None else name, port) if name else None


def parse_origin(raw: bytes) -> tuple[str, Name, int] | None:
    """Scheme, host and port of an ``Origin`` header; None for ``null`` and whatever else is no origin."""
    try:
        match = _ORIGIN.fullmatch(raw.decode("ascii"))
    except UnicodeDecodeError:
        return None
    parsed = parse_host(match["host"].encode()) if match else None
    if match is None or parsed is None:
        return None
    return match["scheme"], parsed[0], parsed[1] or _DEFAULT_PORTS[match["scheme"]]


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _allowed(text: str) -> tuple[Name, int | None]:
    bare = _address(text)
    if bare is not None:
        return bare, None
    parsed = parse_host(text.encode("idna" if not text.isascii() else "ascii", "replace"))
    if parsed is None:
        raise InvalidParameter(
            f"{text!r} is no host. Allowed hosts are names or addresses, with a port or without, and no wildcards."
        )
    return parsed


def _trusted(text: str) -> tuple[str, Name, int]:
    parsed = parse_origin(text.strip().rstrip("/").encode("ascii", "replace"))
    if parsed is None:
        raise InvalidParameter(f"{text!r} is no origin; an origin is like https://ml.example.com, without a path.")
    return parsed
