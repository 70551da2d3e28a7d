"""Making a sealed bundle of a model folder."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from modelyard.core.errors import AlreadyExists, ChangedModel, InvalidParameter
from modelyard.models.bundles import Progress
from modelyard.models.environment import REQUIREMENTS
from modelyard.models.mlmodel import find
from modelyard.models.options import PathLike
from modelyard.models.sealed.chunks import ChunkWriter, PlainWriter, Writer
from modelyard.models.sealed.layout import KEY_BYTES, LARGEST_MANIFEST, Header, header_digest, new_header
from modelyard.models.sealed.manifest import MOST_FILES, PURPOSE, BundleManifest, File, check_paths
from modelyard.models.sealed.recipients import derived, header_mac, parse_recipients, wrap
from modelyard.models.trust import manifest as manifests
from modelyard.models.trust.keys import KeyRing, key_id, public_bytes
from modelyard.models.trust.signatures import read_signature

"""Is told how many bytes are done, and of how many."""

_BLOCK = 1 << 20


class Sealed(msgspec.Struct, frozen=True):
    """What was sealed: the file, the digest of the model in it, who signed it, and how many can open it."""

    path: Path
    digest: str
    signer: str
    recipients: list[str]
    size: int


def seal(
    model: PathLike,
    path: PathLike,
    *,
    sign: bool = True,
    recipients: Iterable[str] = (),
    passphrase: str | None = None,
    ring: KeyRing | None = None,
    progress: Progress | None = None,
) -> Sealed:
    """Make the model folder ``model`` one file, ``path``, which appears whole or not at all.

    ``recipients`` are the keys that can open it, as ``modelyard models keys`` prints them; a passphrase opens it too.
    Without either anybody can read the bundle, and nobody can change it. ``sign`` signs it with this machine's key.

    Raises ``AlreadyExists`` when ``path`` is there, ``ChangedModel`` when the folder is not as it was saved, and
    ``InvalidParameter`` for what cannot be sealed.
    """
    folder, target = Path(model), Path(path)
    public = parse_recipients(recipients)
    if not (sign or public or passphrase is not None):
        raise InvalidParameter("A bundle that is neither signed nor encrypted protects nothing.")
    if os.path.lexists(target):
        raise AlreadyExists(f"Path '{os.fspath(path)}' already exists")
    file_key = secrets.token_bytes(KEY_BYTES)
    wrapped = wrap(file_key, public, passphrase)
    header = new_header(wrapped)
    key = (ring or KeyRing.of_user()).machine_key() if sign else None
    manifest = _manifest(folder, header, key_id(public_bytes(key)) if key else "")
    content = manifest.encode()
    if len(content) > LARGEST_MANIFEST:
        raise InvalidParameter("The names of the model's files are too many or too long for a sealed bundle.")
    with _appearing(target) as out:
        payload = _begin(out, header, file_key)
        payload.write(len(content).to_bytes(4) + content + (key.sign(PURPOSE + content) if key else b""))
        _write_files(payload, folder, manifest, progress)
        payload.finish()
        size = out.tell()
    return Sealed(
        target, manifest.model_digest, manifest.signer, [key_id(each.public_bytes_raw()) for each in public], size
    )


def _manifest(folder: Path, header: Header, signer: str) -> BundleManifest:
    find(folder)
    there = manifests.scan(folder)
    promised = manifests.read(folder)
    if promised is not None:
        manifests.check(promised, there)
    files = [File(entry.path, entry.size, entry.sha256) for entry in there.files]
    files += [_small(folder, name) for name in (manifests.MANIFEST, manifests.SIGNATURE) if (folder / name).exists()]
    files.sort(key=lambda file: file.path)
    if len(files) > MOST_FILES:
        raise InvalidParameter(f"The model folder has {len(files)} files; a sealed bundle holds at most {MOST_FILES}.")
    _check_names(files)
    return BundleManifest(
        format=1,
        header=header_digest(header.encode()).hex(),
        hash="sha256",
        signature="ed25519",
        signer=signer,
        created=datetime.now(UTC).replace(microsecond=0),
        model_signature=read_signature(folder),
        requirements=_requirements(folder),
        files=files,
    )


def _small(folder: Path, name: str) -> File:
    content = (folder / name).read_bytes()
    return File(name, len(content), hashlib.sha256(content).hexdigest())


def _check_names(files: list[File]) -> None:
    for file in files:
        try:
            check_paths([file.path])
        except InvalidParameter:
            raise InvalidParameter(f"The file {file.path!r} has a name that a sealed bundle does not take.") from None
    check_paths([file.path for file in files])


def _requirements(folder: Path) -> list[str]:
    file = folder / REQUIREMENTS
    return file.read_text(encoding="utf-8", errors="replace").splitlines()[:MOST_FILES] if file.is_file() else []


def _begin(out: BinaryIO, header: Header, file_key: bytes) -> Writer:
    raw = header.encode()
    out.write(raw)
    if not header.is_encrypted:
        return PlainWriter(out)
    out.write(header_mac(file_key, header, raw))
    return ChunkWriter(out, derived(file_key, header.salt, b"payload"), header_digest(raw))


def _write_files(payload: Writer, folder: Path, manifest: BundleManifest, progress: Progress | None) -> None:
    total, done = manifest.size, 0
    for file in manifest.files:
        sha, size = hashlib.sha256(), 0
        with open(
            os.open(folder / file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb", buffering=0
        ) as content:
            while size <= file.size and (block := content.read(_BLOCK)):
                payload.write(block)
                sha.update(block)
                size += len(block)
                if progress:
                    progress(done + size, total)
        if (size, sha.hexdigest()) != (file.size, file.sha256):
            raise ChangedModel(f"The model's file {file.path!r} changed while it was sealed.")
        done += size


@contextmanager
def _appearing(target: Path) -> Iterator[BinaryIO]:
    """A new file beside ``target``, 0600, that takes its name when all went well and else is removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".modelyard-", suffix=".part", dir=target.parent)
    try:
        with open(descriptor, "wb", buffering=_BLOCK) as out:
            yield out
            out.flush()
            os.fsync(descriptor)
        os.rename(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
