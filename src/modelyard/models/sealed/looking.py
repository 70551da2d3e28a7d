"""What can be said of a sealed bundle without opening it, and with a key at hand without writing or loading any of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import msgspec

from modelyard.core.errors import ModelyardError
from modelyard.models.options import PathLike
from modelyard.models.sealed.layout import ForKey, Header, read_header
from modelyard.models.sealed.manifest import BundleManifest, believe, check_files
from modelyard.models.sealed.opening import opened_file, read_manifest
from modelyard.models.sealed.recipients import Material
from modelyard.models.trust.keys import KeyRing, key_id


class SealedFile(msgspec.Struct, frozen=True):
    """A file in a bundle, as its manifest names it."""

    path: str
    size: int
    sha256: str


class SealedContent(msgspec.Struct, frozen=True):
    """The manifest in a bundle. ``decision`` says whether this machine would open it, and why."""

    digest: str
    signer: str
    created: str
    requirements: list[str]
    opens: bool
    decision: str
    files: list[SealedFile]


class SealedInspection(msgspec.Struct, frozen=True):
    """A sealed bundle, seen from outside, and its list of contents where this machine has a key for it.

    What a header says is anybody's word until a key proved it.
    """

    size: int
    encrypted: bool
    recipients: list[str]
    opened: str
    content: SealedContent | None


def look(path: PathLike, ring: KeyRing | None = None) -> SealedInspection:
    """Look at a sealed bundle: its header, and its manifest if it is not encrypted or this machine's own key opens it.

    Its files are not read, so that they are what the manifest says is not checked here; opening does that. Raises
    ``ChangedModel`` for what is no sealed bundle, and ``NotFound`` where there is none.
    """
    ring = ring or KeyRing.of_user()
    with opened_file(Path(path)) as file:
        header, _ = read_header(file)
        file.seek(0)
        content, opened = _content(file, header, ring)
        size = os.fstat(file.fileno()).st_size
    return SealedInspection(size, header.is_encrypted, _recipients(header, ring), opened, content)


def _content(file: BinaryIO, header: Header, ring: KeyRing) -> tuple[SealedContent | None, str]:
    try:
        manifest, signature = read_manifest(file, Material.of(None, None, ring))
        check_files(manifest)
    except ModelyardError as error:
        return None, f"no: {error.message}"
    opens, decision = True, ""
    try:
        decision = believe(manifest, signature, ring.trusted(), None)
    except ModelyardError as error:
        opens, decision = False, error.message
    how = "yes, by this machine's own key" if header.is_encrypted else "it is not encrypted: whoever has it reads it"
    return _seen(manifest, ring, opens, decision), how


def _seen(manifest: BundleManifest, ring: KeyRing, opens: bool, decision: str) -> SealedContent:
    known = ring.trusted().key(manifest.signer) if manifest.signer else None
    by = "nobody" if not manifest.signer else f"the key {manifest.signer}, not trusted and not checked"
    return SealedContent(
        digest=manifest.model_digest,
        signer=f"{known.name} ({known.key_id}){', trusted' if opens else ''}" if known is not None else by,
        created=manifest.created.isoformat(),
        requirements=list(manifest.requirements),
        opens=opens,
        decision=decision,
        files=[SealedFile(file.path, file.size, file.sha256) for file in manifest.files],
    )


def _recipients(header: Header, ring: KeyRing) -> list[str]:
    own = {key_id(key.public_key().public_bytes_raw()) for key in ring.recipient_keys()}
    return [_recipient(each.key_id, own) if isinstance(each, ForKey) else "a passphrase" for each in header.recipients]


def _recipient(key: str, own: set[str]) -> str:
    return f"the key {key}{', which this machine has' if key in own else ''}"
