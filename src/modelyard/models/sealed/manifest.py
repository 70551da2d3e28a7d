"""What a bundle holds, who says so, and whether that is believed."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature

from modelyard.core import keys
from modelyard.core.errors import InvalidParameter, UntrustedModel
from modelyard.models.sealed.layout import Refusal
from modelyard.models.trust.keys import TrustStore
from modelyard.models.trust.manifest import FORMAT as FOLDER_FORMAT
from modelyard.models.trust.manifest import MANIFEST, SIGNATURE, Entry, Manifest
from modelyard.models.trust.signatures import ManifestSignature

PURPOSE = b"modelyard sealed bundle v1\0"
"""In front of the bytes that are signed, so that a signature made for something else means nothing here."""

MOST_FILES = 10_000
_Hash = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
_Signer = Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{16})?\Z")]


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file: its path from the folder, its size in bytes, and the SHA-256 of its bytes."""

    path: str
    size: Annotated[int, msgspec.Meta(ge=0, le=1 << 50)]
    sha256: _Hash


class BundleManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a bundle. ``header`` is the SHA-256 of the header it was sealed with; ``signer`` may be empty.

    ``model_signature`` is the signature the model folder carries, ``requirements`` are the packages it is locked to.
    """

    format: Literal[1]
    header: _Hash
    hash: Literal["sha256"]
    signature: Literal["ed25519"]
    signer: _Signer
    created: datetime
    model_signature: ManifestSignature | None
    requirements: list[str]
    files: Annotated[list[File], msgspec.Meta(max_length=MOST_FILES)]

    def encode(self) -> bytes:
        """The one form that is signed."""
        return msgspec.json.encode(self)

    @property
    def size(self) -> int:
        """How many bytes the files have together."""
        return sum(file.size for file in self.files)

    @property
    def model_digest(self) -> str:
        """The digest of the model folder that is sealed, as ``modelyard models inspect`` prints it."""
        own = [
            Entry(file.path, file.size, file.sha256) for file in self.files if file.path not in (MANIFEST, SIGNATURE)
        ]
        return Manifest(FOLDER_FORMAT, own).digest


def decode(raw: bytes, *, header: bytes) -> BundleManifest:
    """The manifest in a bundle with a header of this digest.

    Raises ``ChangedModel`` for anything but the one encoding of an allowed manifest.
    """
    try:
        found = msgspec.json.decode(raw, type=BundleManifest)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Refusal.MANIFEST.error() from None
    if found.encode() != raw:
        raise Refusal.MANIFEST.error()
    if found.header != header.hex():
        raise Refusal.HEADER.error()
    return found


def check_files(manifest: BundleManifest) -> None:
    """Raise ``ChangedModel`` unless the files can be written as a model folder; whoever is believed may be wrong."""
    try:
        check_paths([file.path for file in manifest.files])
    except InvalidParameter:
        raise Refusal.MANIFEST.error() from None


def check_paths(paths: list[str]) -> None:
    """Raise ``InvalidParameter`` unless paths are sorted, keys, and as many names on every kind of disk."""
    if paths != sorted(set(paths)):
        raise InvalidParameter("A file is named twice, or out of order.")
    seen: dict[str, str] = {}
    files = {_folded(path) for path in paths}
    for path in paths:
        parts = keys.check(path)
        for depth in range(1, len(parts) + 1):
            part = "/".join(parts[:depth])
            folded = _folded(part)
            if seen.setdefault(folded, part) != part or (depth < len(parts) and folded in files):
                raise InvalidParameter(f"{path!r} and {seen[folded]!r} are one name on some disks.")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def believe(manifest: BundleManifest, signature: bytes, store: TrustStore, trust: str | None) -> str:
    """Decide whether a bundle may be opened; answers why.

    ``trust`` is the digest of the model whose code shall run although nobody trusted sealed it. A signature that can
    be checked is checked all the same. Raises ``UntrustedModel`` or ``ChangedModel``.
    """
    key = store.key(manifest.signer) if manifest.signer else None
    if key is not None:
        try:
            key.load().verify(signature, PURPOSE + manifest.encode())
        except InvalidSignature:
            raise Refusal.SIGNATURE.error() from None
    digest = manifest.model_digest
    if trust is not None:
        if trust != digest:
            raise UntrustedModel(f"Trust was given for {trust}, but the sealed model is {digest}: untrusted.")
        return f"trust was given for {trust}"
    if key is not None:
        return f"sealed by {key.name} ({key.key_id})"
    named = next((each.name for each in store.models if each.digest == digest), None)
    if named is not None:
        return f"the trust store names the model: {named}"
    who = f"by the key {manifest.signer}, which this machine does not trust" if manifest.signer else "by nobody"
    raise UntrustedModel(
        f"The sealed model is untrusted: it is signed {who}. If you believe who made it, run 'modelyard trust add"
        f" <public key>' (all that its maker signs), or give trust={digest!r} for these files."
    )
