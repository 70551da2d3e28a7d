"""The bytes of a sealed bundle, format 1, and their bounds. Numbers are big-endian.

====================  ==========================================================================================
bytes                 what
====================  ==========================================================================================
8                     ``89 4D 59 53 45 41 4C 0A``
2                     the number of the format: 1
4                     H, the length of the header: at most 65,536
H                     the header: the JSON of ``Header`` without spaces, fields in its order, nothing else
32                    HMAC-SHA256 of all bytes before it; only where the cipher is not ``none``
the rest              the payload: encrypted in chunks (``chunks``), or as it is where the cipher is ``none``
====================  ==========================================================================================

The payload, decrypted, is

====================  ==========================================================================================
4                     M, the length of the manifest: at most 16 MiB
M                     the manifest: the JSON of ``manifest.BundleManifest``, in the one form the header has too
64                    the Ed25519 signature of ``manifest.PURPOSE`` and the manifest; absent where it names no signer
the rest              the files' bytes, one after the other, in the order of the manifest
====================  ==========================================================================================

A random file key of 256 bits is wrapped once for each recipient (``recipients``). From it come, by HKDF-SHA256 with the
header's salt, the key of the header's MAC and the key of the payload. The SHA-256 of everything before the MAC is bound
twice: as associated data of each chunk, and as a field of the signed manifest. So a header fits one payload, and what a
signer sealed for some recipients cannot be sealed again for others in the signer's name.
"""

from __future__ import annotations

import enum
import hashlib
import secrets
from typing import Annotated, BinaryIO, Literal

import msgspec

from modelyard.core.errors import ChangedModel, PermissionDenied
from modelyard.models.bundles import MAGIC

FORMAT = 1
START = len(MAGIC) + 2 + 4
LARGEST_HEADER = 65_536
LARGEST_MANIFEST = 16 << 20
MOST_RECIPIENTS = 64
KEY_BYTES = 32
MAC_BYTES = 32
SIGNATURE_BYTES = 64


_Bytes16 = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
_Bytes32 = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
_Wrapped = Annotated[bytes, msgspec.Meta(min_length=48, max_length=48)]
KeyId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{16}\Z")]


class Refusal(enum.Enum):
    """Why a bundle is refused: the class of the reason and no more, since who asks may be who changed it."""

    FORM = "it is no sealed bundle of a format that this release reads"
    HEADER = "its header was changed"
    KEY = "no key or passphrase at hand opens it; it takes one that it was sealed for"
    CONTENTS = "its contents were changed"
    MANIFEST = "its manifest is not one of a sealed bundle"
    SIGNATURE = "its signature is not by the key it names"

    def error(self) -> PermissionDenied:
        """The error to raise."""
        kind = PermissionDenied if self is Refusal.KEY else ChangedModel
        return kind(f"The sealed bundle is refused: {self.value}.")


class ForKey(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag_field="algorithm",
    tag="x25519-hkdf-sha256-chacha20-poly1305",
):
    """The file key, wrapped for the holder of an X25519 key."""

    key_id: KeyId
    ephemeral: _Bytes32
    wrapped: _Wrapped


class ForPassphrase(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="algorithm", tag="scrypt-chacha20-poly1305"
):
    """The file key, wrapped by a passphrase. ``log_n`` is bounded: 17 takes 128 MiB of memory, 18 twice that."""

    salt: _Bytes16
    log_n: Annotated[int, msgspec.Meta(ge=17, le=18)]
    r: Literal[8]
    p: Literal[1]
    wrapped: _Wrapped


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the payload is encrypted, and for whom."""

    cipher: Literal["chacha20-poly1305-stream-65536", "none"]
    salt: _Bytes16
    recipients: Annotated[list[ForKey | ForPassphrase], msgspec.Meta(max_length=MOST_RECIPIENTS)]

    @property
    def is_encrypted(self) -> bool:
        """Whether a key is needed."""
        return self.cipher != "none"

    def encode(self) -> bytes:
        """The first bytes of the bundle, up to the MAC."""
        content = msgspec.json.encode(self)
        return MAGIC + FORMAT.to_bytes(2) + len(content).to_bytes(4) + content


def new_header(recipients: list[ForKey | ForPassphrase]) -> Header:
    """The header of a new bundle; one without recipients is not encrypted."""
    return Header("chacha20-poly1305-stream-65536" if recipients else "none", secrets.token_bytes(16), recipients)


def read_header(file: BinaryIO) -> tuple[Header, bytes]:
    """The header at the start of a file, unauthenticated, and its bytes with what comes before them.

    Raises ``ChangedModel`` for anything but the one encoding of an allowed header.
    """
    start = file.read(START)
    if len(start) != START or start[:8] != MAGIC or int.from_bytes(start[8:10]) != FORMAT:
        raise Refusal.FORM.error()
    length = int.from_bytes(start[10:])
    if length > LARGEST_HEADER:
        raise Refusal.HEADER.error()
    raw = start + file.read(length)
    try:
        header = msgspec.json.decode(raw[START:], type=Header)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Refusal.HEADER.error() from None
    passphrases = sum(isinstance(each, ForPassphrase) for each in header.recipients)
    if header.encode() != raw or header.is_encrypted != bool(header.recipients) or passphrases > 1:
        raise Refusal.HEADER.error()
    return header, raw


def header_digest(raw: bytes) -> bytes:
    """The SHA-256 of everything before the MAC: what chunks and manifest are bound to."""
    return hashlib.sha256(raw).digest()
