"""Wrapping a bundle's file key for those who shall open it, and what is derived from it.

For an X25519 key: an ephemeral key, the shared secret through HKDF-SHA256 (salt: both public keys), and
ChaCha20-Poly1305 under the result, which is used once, so its nonce is zero. By a passphrase: scrypt with a random salt
(N = 2^17, r = 8, p = 1) instead of the shared secret.
"""

from __future__ import annotations

import os
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from modelyard.core.errors import InvalidParameter
from modelyard.models.sealed.layout import KEY_BYTES, MOST_RECIPIENTS, ForKey, ForPassphrase, Header, Refusal
from modelyard.models.trust.keys import KeyRing, key_id, read_recipient_key

PREFIX = "x25519:"
_PURPOSE = b"modelyard sealed bundle v1 "
_ONCE = bytes(12)
_LOG_N = 17


class Material(msgspec.Struct, frozen=True):
    """What a bundle is tried to be opened with."""

    keys: Sequence[X25519PrivateKey] = ()
    passphrase: str | None = None

    @classmethod
    def of(
        cls, key: str | os.PathLike[str] | X25519PrivateKey | None, passphrase: str | None, ring: KeyRing
    ) -> Material:
        """What the caller gave; this machine's own keys when that is nothing."""
        if key is None and passphrase is None:
            return cls(ring.recipient_keys())
        return cls([] if key is None else [_private_key(key)], passphrase)


def recipient_of(key: X25519PrivateKey) -> str:
    """The text that names a key's holder as a recipient: ``x25519:`` and 64 hexadecimal digits. It is no secret."""
    return f"{PREFIX}{key.public_key().public_bytes_raw().hex()}"


def parse_recipients(texts: Iterable[str]) -> list[X25519PublicKey]:
    """The keys of recipients, each once.

    Raises ``InvalidParameter`` naming the text that is none.
    """
    found = {text: _public_key(text) for text in ([texts] if isinstance(texts, str) else texts)}
    if len(found) >= MOST_RECIPIENTS:
        raise InvalidParameter(f"A bundle has at most {MOST_RECIPIENTS - 1} recipients, not {len(found)}.")
    return list(found.values())


def wrap(
    file_key: bytes, recipients: Iterable[X25519PublicKey], passphrase: str | None
) -> list[ForKey | ForPassphrase]:
    """The file key, wrapped for each recipient and by the passphrase."""
    wrapped: list[ForKey | ForPassphrase] = [_wrap_for_key(file_key, each) for each in recipients]
    if passphrase is not None:
        if not passphrase:
            raise InvalidParameter("The passphrase is empty: whoever has the file could open it.")
        salt = secrets.token_bytes(16)
        locked = _lock(_stretched(passphrase, salt, _LOG_N), file_key)
        wrapped.append(ForPassphrase(salt, _LOG_N, 8, 1, locked))
    return wrapped


def unwrap(header: Header, material: Material) -> bytes:
    """The file key.

    Raises ``PermissionDenied`` when nothing at hand opens it.
    """
    for recipient in header.recipients:
        found = _unwrap_one(recipient, material)
        if found is not None:
            return found
    raise Refusal.KEY.error()


def derived(file_key: bytes, salt: bytes, purpose: bytes) -> bytes:
    """A key for one purpose."""
    return HKDF(hashes.SHA256(), KEY_BYTES, salt, _PURPOSE + purpose).derive(file_key)


def header_mac(file_key: bytes, header: Header, raw: bytes) -> bytes:
    """What proves that whoever wrote the header knew the file key."""
    return _hmac(file_key, header, raw).finalize()


def check_header_mac(file_key: bytes, header: Header, raw: bytes, mac: bytes) -> None:
    """Raise ``ChangedModel`` for a header that is not the one the file key was wrapped in."""
    try:
        _hmac(file_key, header, raw).verify(mac)
    except InvalidSignature:
        raise Refusal.HEADER.error() from None


def _hmac(file_key: bytes, header: Header, raw: bytes) -> HMAC:
    mac = HMAC(derived(file_key, header.salt, b"header"), hashes.SHA256())
    mac.update(raw)
    return mac


def _wrap_for_key(file_key: bytes, recipient: X25519PublicKey) -> ForKey:
    ephemeral, public = X25519PrivateKey.generate(), recipient.public_bytes_raw()
    once = ephemeral.public_key().public_bytes_raw()
    try:
        shared = ephemeral.exchange(recipient)
    except ValueError:
        raise InvalidParameter(f"'{PREFIX}{public.hex()}' is no key that anything can be sealed to.") from None
    return ForKey(key_id(public), once, _lock(derived(shared, once + public, b"recipient"), file_key))


def _unwrap_one(recipient: ForKey | ForPassphrase, material: Material) -> bytes | None:
    if isinstance(recipient, ForPassphrase):
        if material.passphrase is None:
            return None
        return _unlock(_stretched(material.passphrase, recipient.salt, recipient.log_n), recipient.wrapped)
    for key in material.keys:
        public = key.public_key().public_bytes_raw()
        if key_id(public) == recipient.key_id:
            try:
                shared = key.exchange(X25519PublicKey.from_public_bytes(recipient.ephemeral))
            except ValueError:
                return None
            return _unlock(derived(shared, recipient.ephemeral + public, b"recipient"), recipient.wrapped)
    return None


def _lock(key: bytes, file_key: bytes) -> bytes:
    return ChaCha20Poly1305(key).encrypt(_ONCE, file_key, None)


def _unlock(key: bytes, wrapped: bytes) -> bytes | None:
    try:
        return ChaCha20Poly1305(key).decrypt(_ONCE, wrapped, None)
    except InvalidTag:
        return None


def _stretched(passphrase: str, salt: bytes, log_n: int) -> bytes:
    secret = unicodedata.normalize("NFC", passphrase).encode()
    return derived(Scrypt(salt, KEY_BYTES, 1 << log_n, 8, 1).derive(secret), salt, b"passphrase")


def _public_key(text: str) -> X25519PublicKey:
    try:
        if not text.startswith(PREFIX):
            raise ValueError
        return X25519PublicKey.from_public_bytes(bytes.fromhex(text.removeprefix(PREFIX)))
    except (ValueError, AttributeError):
        raise InvalidParameter(
            f"{text!r} is no recipient: that is '{PREFIX}' and 64 hexadecimal digits, as 'modelyard models keys' prints"
            " it on the machine that shall open the bundle."
        ) from None


def _private_key(key: str | os.PathLike[str] | X25519PrivateKey) -> X25519PrivateKey:
    return key if isinstance(key, X25519PrivateKey) else read_recipient_key(Path(key))
