"""The payload as a stream of encrypted chunks, and the same bytes without encryption.

Each chunk holds 65,536 bytes, the last one 1 to 65,536. It is encrypted with ChaCha20-Poly1305; the nonce is the chunk's
number in 11 bytes and a last byte that is 1 for the last chunk and else 0. So a stream that was cut, continued or put
in another order does not decrypt. (The construction is STREAM, of Hoang, Reyhanitabar, Rogaway and Vizár, 2015.)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from modelyard.models.sealed.layout import Refusal

CHUNK = 65_536
TAG = 16


class Writer(Protocol):
    """What the payload is written to."""

    def write(self, block: bytes) -> object:
        """Add bytes."""
        ...

    def finish(self) -> None:
        """Say that there are no more; something must have been written."""
        ...


class PlainWriter:
    """Writes the payload as it is."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, block: bytes) -> object:
        """Add bytes."""
        return self._out.write(block)

    def finish(self) -> None:
        """There is nothing to finish."""


class ChunkWriter:
    """Encrypts the payload chunk by chunk; holds one chunk back, since the last one is marked."""

    def __init__(self, out: BinaryIO, key: bytes, associated: bytes) -> None:
        self._out = out
        self._cipher = ChaCha20Poly1305(key)
        self._associated = associated
        self._held = bytearray()
        self._number = 0

    def write(self, block: bytes) -> object:
        """Add bytes."""
        self._held += block
        while len(self._held) > CHUNK:
            self._emit(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]
        return None

    def finish(self) -> None:
        """Encrypt the last chunk."""
        self._emit(bytes(self._held), last=True)
        self._held.clear()

    def _emit(self, block: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._number, last=last), block, self._associated))
        self._number += 1


class Reader:
    """The payload, read once from its start to its end. Raises ``ChangedModel`` when it is not what was written."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._held: memoryview[int] = memoryview(b"")

    def exactly(self, count: int) -> bytes:
        """The next bytes; ``count`` was bounded by the caller."""
        return b"".join(self.pieces(count))

    def pieces(self, count: int) -> Iterator[memoryview]:
        """The next ``count`` bytes, a piece at a time."""
        while count:
            if not self._held:
                self._held = memoryview(next(self._blocks, b""))
            if not self._held:
                raise Refusal.CONTENTS.error()
            piece, self._held = self._held[:count], self._held[count:]
            count -= len(piece)
            yield piece


def plain_blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The ``size`` bytes from here to the end of a file that is not encrypted."""
    while size:
        block = file.read(min(CHUNK, size))
        if not block:
            raise Refusal.CONTENTS.error()
        size -= len(block)
        yield block


def decrypted_blocks(file: BinaryIO, size: int, key: bytes, associated: bytes) -> Iterator[bytes]:
    """The chunks in the ``size`` bytes from here to the end of a file, each verified before it is given."""
    cipher = ChaCha20Poly1305(key)
    number = 0
    while size:
        block = file.read(min(CHUNK + TAG, size))
        size -= len(block)
        try:
            yield cipher.decrypt(_nonce(number, last=size == 0), block, associated)
        except InvalidTag:
            raise Refusal.CONTENTS.error() from None
        number += 1


def decrypted_size(size: int) -> int:
    """How many bytes are in chunks of ``size`` bytes together; raises ``ChangedModel`` when that is no such size."""
    whole, rest = divmod(size, CHUNK + TAG)
    if 0 < rest <= TAG:
        raise Refusal.CONTENTS.error()
    return whole * CHUNK + max(rest - TAG, 0)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])
