"""What a server's options must not say: addresses that are open to all without a word, ports and files that cannot be."""

from __future__ import annotations

import logging
from ipaddress import ip_address

from modelyard.core.errors import InvalidParameter

log = logging.getLogger(__name__)


def listed(text: str) -> tuple[str, ...]:
    """The names in an option or setting that holds several, by comma.

    >>> listed("a.example, b.example,")
    ('a.example', 'b.example')
    """
    return tuple(part.strip() for part in text.split(",") if part.strip())


def is_loopback(host: str) -> bool:
    """Whether an address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_port(port: int) -> None:
    """Raise ``InvalidParameter`` for a number that is no port."""
    if not 0 <= port < 65536:
        raise InvalidParameter(f"--port {port}: a port is a number from 0 to 65535.")


def check_tls(certificate: str, key: str) -> None:
    """Raise ``InvalidParameter`` where one of the two files of TLS is named without the other."""
    if bool(certificate) != bool(key):
        raise InvalidParameter("TLS needs both files: --tls-cert and --tls-key.")


def check_exposed(host: str, *, accepted: bool, may: str, what: str = "server") -> None:
    """Refuse an address that other machines reach, unless whoever starts the server has ``accepted`` that, which is logged.

    ``may`` is what everyone who reaches it may do then, and ``what`` what it calls itself.
    """
    if is_loopback(host):
        return
    if not accepted:
        raise InvalidParameter(
            f"--host {host} can be reached from other machines, and this {what} asks nobody for a password. Listen on"
            f" 127.0.0.1, or, where everyone who reaches the address may {may}, say --insecure-no-auth."
        )
    log.warning("everyone who can reach %s may %s (--insecure-no-auth)", host, may)
