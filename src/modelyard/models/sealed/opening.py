"""Opening a sealed bundle: everything is verified before the folder it makes can be seen, and before any code runs."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from modelyard.core.errors import AlreadyExists, NotFound
from modelyard.models.bundles import Key, Progress
from modelyard.models.options import PathLike
from modelyard.models.sealed.chunks import Reader, decrypted_blocks, decrypted_size, plain_blocks
from modelyard.models.sealed.layout import (
    LARGEST_MANIFEST,
    MAC_BYTES,
    SIGNATURE_BYTES,
    Header,
    Refusal,
    header_digest,
    read_header,
)
from modelyard.models.sealed.manifest import BundleManifest, believe, check_files, decode
from modelyard.models.sealed.recipients import Material, check_header_mac, derived, unwrap
from modelyard.models.trust.folders import lasting_folder
from modelyard.models.trust.keys import KeyRing


class OpenedBundle(NamedTuple):
    """A model folder out of a bundle, the digest of the model, and why it was believed."""

    folder: Path
    digest: str
    reason: str


class _Payload(NamedTuple):
    reader: Reader
    size: int
    header: bytes


def unseal(
    path: PathLike,
    folder: PathLike,
    *,
    key: Key | None = None,
    passphrase: str | None = None,
    trust: str | None = None,
    ring: KeyRing | None = None,
    progress: Progress | None = None,
) -> OpenedBundle:
    """Make a model folder of a sealed bundle; it appears whole and verified, or not at all. Runs none of its code.

    It is opened with ``key``, with ``passphrase``, or with this machine's own key when neither is given. Whoever signed
    it must be trusted by this machine, unless ``trust`` is the digest of the model that is in it.

    Raises ``PermissionDenied`` when no key at hand opens it, ``ChangedModel`` when it is not byte for byte what was
    sealed, ``UntrustedModel`` when nobody trusted signed it, and ``AlreadyExists`` when something is at ``folder``.
    """
    target = Path(folder)
    if os.path.lexists(target):
        raise AlreadyExists(f"Path '{os.fspath(folder)}' already exists")
    keys = ring or KeyRing.of_user()
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".modelyard-", dir=target.parent))
    try:
        opened = _unpack(path, partial, Material.of(key, passphrase, keys), trust, keys, progress)
        os.rename(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return opened._replace(folder=target)


def unseal_to_load(path: PathLike, *, unseal: Key | None = None, trust: str | None = None) -> OpenedBundle:
    """Make a private folder of a sealed bundle that lasts as long as this process.

    ``unseal`` is what opens it: a passphrase, a ``Path`` to a key's file, or a key; this machine's own key when None.
    """
    passphrase = unseal if isinstance(unseal, str) else None
    key = None if isinstance(unseal, str) else unseal
    ring = KeyRing.of_user()
    folder = lasting_folder("modelyard-model-")
    try:
        opened = _unpack(path, folder, Material.of(key, passphrase, ring), trust, ring, None)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return opened


def _unpack(
    path: PathLike, folder: Path, material: Material, trust: str | None, ring: KeyRing, progress: Progress | None
) -> OpenedBundle:
    with opened_file(Path(path)) as file:
        payload = _payload(file, material)
        manifest, signature = _manifest(payload)
        reason = believe(manifest, signature, ring.trusted(), trust)
        check_files(manifest)
        _write_files(payload.reader, folder, manifest, progress)
    return OpenedBundle(folder, manifest.model_digest, reason)


def read_manifest(file: BinaryIO, material: Material) -> tuple[BundleManifest, bytes]:
    """The manifest of a bundle and its signature, which is not checked; nothing behind it is read.

    Raises as ``unseal`` does for what is no bundle, or none that the material opens.
    """
    return _manifest(_payload(file, material))


@contextmanager
def opened_file(path: Path) -> Iterator[BinaryIO]:
    """A bundle to read: a plain file, or it is refused."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotFound(f"There is no sealed bundle {os.fspath(path)!r}.") from None
    with open(descriptor, "rb", closefd=True) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refusal.FORM.error()
        yield file


def _payload(file: BinaryIO, material: Material) -> _Payload:
    header, raw = read_header(file)
    digest = header_digest(raw)
    if not header.is_encrypted:
        size = os.fstat(file.fileno()).st_size - len(raw)
        return _Payload(Reader(plain_blocks(file, size)), size, digest)
    return _decrypted(file, header, raw, unwrap(header, material))


def _decrypted(file: BinaryIO, header: Header, raw: bytes, file_key: bytes) -> _Payload:
    check_header_mac(file_key, header, raw, file.read(MAC_BYTES))
    digest = header_digest(raw)
    size = os.fstat(file.fileno()).st_size - len(raw) - MAC_BYTES
    blocks = decrypted_blocks(file, size, derived(file_key, header.salt, b"payload"), digest)
    return _Payload(Reader(blocks), decrypted_size(size), digest)


def _manifest(payload: _Payload) -> tuple[BundleManifest, bytes]:
    """The manifest and its signature, unchecked. The sizes it names end where the last chunk ends: all will be read."""
    length = int.from_bytes(payload.reader.exactly(4))
    if length > min(LARGEST_MANIFEST, payload.size):
        raise Refusal.CONTENTS.error()
    manifest = decode(payload.reader.exactly(length), header=payload.header)
    signature = payload.reader.exactly(SIGNATURE_BYTES) if manifest.signer else b""
    if 4 + length + len(signature) + manifest.size != payload.size:
        raise Refusal.CONTENTS.error()
    return manifest, signature


def _write_files(reader: Reader, folder: Path, manifest: BundleManifest, progress: Progress | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    done = 0
    for entry in manifest.files:
        place = folder / entry.path
        _make_folders(folder, entry.path)
        sha = hashlib.sha256()
        with open(os.open(place, flags, 0o600), "wb") as out:
            for piece in reader.pieces(entry.size):
                sha.update(piece)
                out.write(piece)
                done += len(piece)
                if progress:
                    progress(done, manifest.size)
        if sha.hexdigest() != entry.sha256:
            raise Refusal.CONTENTS.error()


def _make_folders(folder: Path, path: str) -> None:
    for name in path.split("/")[:-1]:
        folder = folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
