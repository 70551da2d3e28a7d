"""Compressing large answers, for clients that are far away."""

from __future__ import annotations

import zlib
from ipaddress import ip_address
from typing import Literal

from modelyard.web.request import Packed, Request

SMALL = 8_192
_LEVEL = 1
_GZIP = 31  # zlib's word for the gzip container


class Compression:
    """Decides who is sent compressed answers.

    A client on the same machine reads a megabyte in less time than it takes to compress it, so by default only peers on
    other machines are.
    """

    def __init__(self, whom: Literal["remote", "always", "never"] = "remote") -> None:
        self._whom = whom

    def is_for(self, address: str) -> bool:
        """Whether answers to a peer at this address are worth compressing."""
        if self._whom != "remote":
            return self._whom == "always"
        try:
            return not ip_address(address).is_loopback
        except ValueError:
            return False

    def pack(self, request: Request, body: bytes) -> bytes | Packed:
        """The body, compressed when it is large and the client takes that."""
        if (
            len(body) < SMALL
            or not request.connection.is_far
            or b"gzip" not in request.headers.get(b"accept-encoding", b"")
        ):
            return body
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        return Packed(packer.compress(body) + packer.flush())
