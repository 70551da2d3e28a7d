"""Sealed bundles taken apart and put together again, as whoever can open one may do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from modelyard.models.sealed.chunks import ChunkWriter, decrypted_blocks
from modelyard.models.sealed.layout import MAC_BYTES, SIGNATURE_BYTES, Header, header_digest, new_header, read_header
from modelyard.models.sealed.manifest import PURPOSE
from modelyard.models.sealed.recipients import Material, derived, header_mac, unwrap, wrap
from modelyard.models.trust import sign
from modelyard.models.trust.keys import key_id, public_bytes

HOSTILE = "import os; open({canary!r}, 'w').close()"


class Parts(NamedTuple):
    """What is in a bundle that is encrypted for keys and signed; ``manifest`` is its JSON as Python has it."""

    header: Header
    file_key: bytes
    manifest: dict[str, Any]
    signature: bytes
    contents: bytes

    def with_file(self, path: str, content: bytes, sha256: str) -> Parts:
        """The same with one more file, at its place in the order."""
        files = [*self.manifest["files"], {"path": path, "size": len(content), "sha256": sha256}]
        sizes = [file["size"] for file in self.manifest["files"]]
        old = [self.contents[sum(sizes[:number]) : sum(sizes[: number + 1])] for number in range(len(sizes))]
        pairs = sorted(zip(files, [*old, content], strict=True), key=lambda pair: str(pair[0]["path"]))
        manifest = {**self.manifest, "files": [file for file, _ in pairs]}
        return self._replace(manifest=manifest, contents=b"".join(piece for _, piece in pairs))

    def signed(self, key: Ed25519PrivateKey, *, signer: str | None = None) -> Parts:
        """The same, signed by a key, which the manifest names unless ``signer`` is somebody else."""
        manifest = {**self.manifest, "signer": signer or key_id(public_bytes(key))}
        return self._replace(manifest=manifest, signature=key.sign(PURPOSE + msgspec.json.encode(manifest)))

    def encrypted_for(self, key: X25519PrivateKey) -> Parts:
        """The same content with a new header, for somebody else."""
        return self._replace(header=new_header(wrap(self.file_key, [key.public_key()], None)))

    def bound(self) -> Parts:
        """The manifest names the header that is there now."""
        return self._replace(manifest={**self.manifest, "header": header_digest(self.header.encode()).hex()})

    def write(self, path: Path) -> Path:
        """The bundle, with a MAC and chunks that are right for it."""
        raw, content = self.header.encode(), msgspec.json.encode(self.manifest)
        with path.open("wb") as out:
            out.write(raw + header_mac(self.file_key, self.header, raw))
            payload = ChunkWriter(out, derived(self.file_key, self.header.salt, b"payload"), header_digest(raw))
            payload.write(len(content).to_bytes(4) + content + self.signature + self.contents)
            payload.finish()
        return path


def take_apart(path: Path, key: X25519PrivateKey) -> Parts:
    """What a recipient sees in a signed bundle."""
    with path.open("rb") as file:
        header, raw = read_header(file)
        file_key = unwrap(header, Material([key]))
        file.read(MAC_BYTES)
        size = path.stat().st_size - len(raw) - MAC_BYTES
        plain = b"".join(decrypted_blocks(file, size, derived(file_key, header.salt, b"payload"), header_digest(raw)))
    end = 4 + int.from_bytes(plain[:4])
    manifest = msgspec.json.decode(plain[4:end])
    return Parts(header, file_key, manifest, plain[end : end + SIGNATURE_BYTES], plain[end + SIGNATURE_BYTES :])


def live_model(folder: Path, canary: Path) -> Path:
    """A model folder, signed by this machine, that makes the file ``canary`` as soon as it is unpickled."""
    code = HOSTILE.format(canary=str(canary))
    folder.mkdir()
    (folder / "MLmodel").write_text(
        "flavors:\n  python_function:\n    loader_module: mlflow.pyfunc.model\n    python_model: python_model.pkl\n"
        "    cloudpickle_version: 3.0.0\n"
    )
    (folder / "requirements.txt").write_text("cloudpickle==3.0.0\n")
    program = b"cbuiltins\nexec\n(" + b"V" + code.encode("raw_unicode_escape") + b"\ntR."
    (folder / "python_model.pkl").write_bytes(program)
    (folder / "weights").mkdir()
    (folder / "weights" / "big.bin").write_bytes(bytes(range(256)) * 1024)  # four chunks
    sign(folder)
    return folder
