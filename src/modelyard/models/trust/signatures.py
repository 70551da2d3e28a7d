"""Signing a model folder's manifest, and telling who signed it. Ed25519 by the library ``cryptography``."""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from modelyard.core.errors import ChangedModel
from modelyard.models.trust import crypto
from modelyard.models.trust.keys import KeyRing, TrustedKey, TrustStore, key_id, public_bytes
from modelyard.models.trust.manifest import MANIFEST, SIGNATURE, Manifest, scan

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ALGORITHM = "ed25519"
_PURPOSE = b"modelyard model manifest v1\0"
"""In front of the bytes that are signed, so that a signature made for something else means nothing here."""

_LARGEST = 4096


class ManifestSignature(msgspec.Struct, frozen=True):
    """Who signed a manifest: the key's id, and the signature in base 64."""

    algorithm: str
    key_id: str
    signature: str


def sign(folder: Path, key: Ed25519PrivateKey | None = None) -> Manifest:
    """Write the manifest of a folder and sign it, with this machine's key unless another is given."""
    key = key or KeyRing.of_user().machine_key()
    manifest = scan(folder)
    content = manifest.encode()
    signature = base64.b64encode(key.sign(_PURPOSE + content)).decode()
    (folder / MANIFEST).write_bytes(content)
    signed = ManifestSignature(ALGORITHM, key_id(public_bytes(key)), signature)
    (folder / SIGNATURE).write_bytes(msgspec.json.encode(signed))
    return manifest


def signer(folder: Path, manifest: Manifest, store: TrustStore) -> TrustedKey | None:
    """The trusted key that signed a manifest; None when nobody did, or nobody who is trusted.

    Raises ``ChangedModel`` when the signature names a trusted key and is not that key's.
    """
    signed = read_signature(folder)
    if signed is None or signed.algorithm != ALGORITHM:
        return None
    trusted = store.key(signed.key_id)
    if trusted is None:
        return None
    try:
        signature = base64.b64decode(signed.signature, validate=True)
    except binascii.Error:
        signature = b""
    if not crypto.signed_by(trusted.load(), signature, _PURPOSE + manifest.encode()):
        raise ChangedModel(f"The signature of the model's manifest is not by the key {trusted.key_id} it names.")
    return trusted


def read_signature(folder: Path) -> ManifestSignature | None:
    """The signature a folder carries, unchecked, or None.

    Raises ``ChangedModel`` when it cannot be understood.
    """
    file = folder / SIGNATURE
    if not os.path.lexists(file):
        return None
    try:
        if file.is_symlink() or file.stat().st_size > _LARGEST:
            raise ChangedModel(f"{SIGNATURE} is not the signature of a manifest.")
        return msgspec.json.decode(file.read_bytes(), type=ManifestSignature)
    except (OSError, msgspec.MsgspecError):
        raise ChangedModel(f"{SIGNATURE} is not the signature of a manifest.") from None
