"""The options of commands that listen, where they are the same for several."""

from __future__ import annotations

from typing import TypedDict

from modelyard.cli.command import Arguments, option
from modelyard.core.settings import Settings
from modelyard.web.safety import listed

HOST = option("-h", "--host", default="127.0.0.1", metavar="ADDRESS", help="the address to listen on")
TLS = (
    option("--tls-cert", default="", metavar="FILE", help="certificate, for https"),
    option("--tls-key", default="", metavar="FILE", help="its private key"),
)
BROWSERS = (
    option(
        "--allowed-hosts",
        default="",
        metavar="NAMES",
        help="host names the server answers to besides its own, by comma",
    ),
    option(
        "--trusted-origins",
        "--cors-allowed-origins",
        default="",
        metavar="ORIGINS",
        help="origins whose pages may call the server, by comma",
    ),
)
ACCESS_LOG = option("--access-log", action="store_true", help="log every request")


class Named(TypedDict):
    """The fields of a server's options that tell browsers' requests apart."""

    allowed_hosts: tuple[str, ...]
    trusted_origins: tuple[str, ...]


def browsers_of(arguments: Arguments) -> Named:
    """The hosts and origins of the command line, and where it says nothing of them, of the environment."""
    settings = Settings.read()
    return {
        "allowed_hosts": listed(arguments.allowed_hosts or settings.server_allowed_hosts),
        "trusted_origins": listed(arguments.trusted_origins or settings.server_cors_allowed_origins),
    }
