"""Sockets to listen on: where, for whom, and with which certificate."""

from __future__ import annotations

import resource
import socket
import ssl

from modelyard.core.errors import InvalidParameter
from modelyard.web.safety import check_tls

BACKLOG = 1_024
FILES = 65_536


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound and not yet accepting. Raises ``InvalidParameter`` naming the port when it is taken."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = min(found, key=lambda item: item[0] != socket.AF_INET)
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise InvalidParameter(f"Cannot listen on {host} port {port}: {error.strerror or error}.") from None
    listener.set_inheritable(True)
    return listener


def address_of(listener: socket.socket, *, secure: bool = False) -> str:
    """The address of a socket that listens, as a browser takes it."""
    host, port = listener.getsockname()[:2]
    scheme = "https" if secure else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def tls_context(certificate: str, key: str) -> ssl.SSLContext | None:
    """What a TLS server needs, of two PEM files; None when none is named. Raises ``InvalidParameter``."""
    check_tls(certificate, key)
    if not certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise InvalidParameter(f"The TLS files cannot be used: {error}.") from None
    return context


def allow_many_files() -> None:
    """Take all the open files the system grants; connections are files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
