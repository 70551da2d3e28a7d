"""The library ``cryptography``, which is needed to sign and to check signatures, and for nothing else here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelyard.core.extras import require

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

_WHAT = "Signing models and checking who signed them"
_PRIMITIVES = "cryptography.hazmat.primitives"


def new_signing_key() -> Ed25519PrivateKey:
    """A new key to sign with."""
    made: Ed25519PrivateKey = _load(f"{_PRIMITIVES}.asymmetric.ed25519").Ed25519PrivateKey.generate()
    return made


def new_recipient_key() -> X25519PrivateKey:
    """A new key to be sealed to."""
    made: X25519PrivateKey = _load(f"{_PRIMITIVES}.asymmetric.x25519").X25519PrivateKey.generate()
    return made


def is_signing_key(key: object) -> bool:
    """Whether a key is one to sign with."""
    return isinstance(key, _load(f"{_PRIMITIVES}.asymmetric.ed25519").Ed25519PrivateKey)


def is_recipient_key(key: object) -> bool:
    """Whether a key is one to be sealed to."""
    return isinstance(key, _load(f"{_PRIMITIVES}.asymmetric.x25519").X25519PrivateKey)


def public_key(raw: bytes) -> Ed25519PublicKey:
    """The key to check signatures with, of its 32 bytes; ``ValueError`` when they are none."""
    made: Ed25519PublicKey = _load(f"{_PRIMITIVES}.asymmetric.ed25519").Ed25519PublicKey.from_public_bytes(raw)
    return made


def to_pem(key: Ed25519PrivateKey | X25519PrivateKey) -> bytes:
    """A private key as PEM without a password."""
    forms = _load(f"{_PRIMITIVES}.serialization")
    return key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())


def from_pem(pem: bytes) -> PrivateKeyTypes:
    """The private key in a PEM without a password; ``ValueError`` when there is none."""
    forms, errors = _load(f"{_PRIMITIVES}.serialization"), _load("cryptography.exceptions")
    try:
        key: PrivateKeyTypes = forms.load_pem_private_key(pem, password=None)
    except (TypeError, errors.UnsupportedAlgorithm) as error:
        raise ValueError(str(error)) from None
    return key


def signed_by(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    """Whether a signature of some content is by a key."""
    try:
        key.verify(signature, content)
    except _load("cryptography.exceptions").InvalidSignature:
        return False
    return True


def _load(module: str) -> Any:
    return require(module, what=_WHAT, extra="models")
