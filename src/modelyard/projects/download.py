"""A file behind an http(s) address: streamed, of a bounded size, with the certificate checked."""

from __future__ import annotations

import os
import re
import ssl
from contextlib import closing
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from modelyard.client.artifacts.locate import is_served
from modelyard.client.route import BLOCK, route_to
from modelyard.core import keys
from modelyard.core.errors import InvalidParameter, ModelyardError, NotFound, PermissionDenied, TooLarge
from modelyard.core.version import __version__

LARGEST = 10 << 30
_SECONDS = 60.0
_REDIRECTS = 5
_MOVED = (301, 302, 303, 307, 308)
_ODD = re.compile(r"[\x00-\x20\x7f]")


def is_plain(uri: str) -> bool:
    """Whether a URI is an http(s) address that is no server's way to its artifacts."""
    return urlsplit(uri).scheme in ("http", "https") and not is_served(uri)


def download(uri: str, folder: Path, *, largest: int = LARGEST, tls: ssl.SSLContext | None = None) -> Path:
    """The file, in a folder, under the name the address ends with.

    A redirect is followed to http(s) only, and never from https to http. Raises ``NotFound``, ``PermissionDenied``,
    ``TooLarge`` for more than ``largest`` bytes, and ``ModelyardError`` for an answer that is none or breaks off; nothing is
    left then.
    """
    name = unquote(urlsplit(uri).path).rstrip("/").rpartition("/")[2]
    target = folder / (name if keys.is_allowed(name) else "data")
    address = uri
    for _ in range(_REDIRECTS + 1):
        moved = _take(address, target, largest, tls or ssl.create_default_context())
        if moved is None:
            return target
        there = urljoin(address, moved)
        schemes = ("https",) if urlsplit(address).scheme == "https" else ("http", "https")
        if urlsplit(there).scheme not in schemes:
            raise InvalidParameter(f"{uri} leads to {urlsplit(there).scheme}://, where it is not followed.")
        address = there
    raise ModelyardError(f"{uri} leads from one address to the next, more than {_REDIRECTS} times.")


def _take(address: str, target: Path, largest: int, tls: ssl.SSLContext) -> str | None:
    """Fetch an address to a file; or where it has moved to."""
    parts = urlsplit(address)
    if parts.username is not None or _ODD.search(address) or not parts.hostname:
        raise InvalidParameter(
            f"{parts.scheme}://{parts.hostname or ''} with a user name or blanks in it is not fetched."
        )
    route = route_to(f"{parts.scheme}://{parts.netloc}")
    with closing(route.connection(tls if parts.scheme == "https" else None)) as connection:
        connection.timeout = _SECONDS
        headers = {"User-Agent": f"modelyard/{__version__}", "Accept-Encoding": "identity"}
        if parts.scheme == "http":
            headers.update(route.proxy_headers())
        path = f"{route.base}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("GET", path, headers=headers)
            with connection.getresponse() as response:
                if response.status in _MOVED and response.getheader("Location"):
                    return response.getheader("Location")
                _check(address, response, largest)
                _write(address, response, target, largest)
        except (OSError, HTTPException) as error:
            if isinstance(error, OSError) and error.filename is not None:  # this disk, not that server
                raise
            raise ModelyardError(f"{address} could not be fetched: {_said(error)}.") from None
    return None


def _check(address: str, response: HTTPResponse, largest: int) -> None:
    if response.status in (404, 410):
        raise NotFound(f"There is nothing at {address} (status {response.status}).")
    if response.status in (401, 403):
        raise PermissionDenied(f"{address} may not be fetched (status {response.status}).")
    if response.status != 200:
        raise ModelyardError(f"{address} answered with status {response.status}.")
    if response.length is not None and response.length > largest:
        raise _too_large(address, largest)


def _write(address: str, response: HTTPResponse, target: Path, largest: int) -> None:
    partial = target.with_name(f".{target.name[:200]}.part")
    expected, got = response.length, 0
    try:
        with open(partial, "wb") as file:
            while block := response.read(BLOCK):
                got += len(block)
                if got > largest:
                    raise _too_large(address, largest)
                file.write(block)
        if expected is not None and got != expected:
            raise ModelyardError(f"{address} broke off after {got} of {expected} bytes.")
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _too_large(address: str, largest: int) -> TooLarge:
    return TooLarge(f"{address} has more than {largest} bytes. Download it yourself, and give the path.")


def _said(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted ({error.verify_message})"
    return " ".join(str(error).split()) or type(error).__name__
