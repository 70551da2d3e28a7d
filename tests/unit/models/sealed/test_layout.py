"""What is read before anything can be verified is bounded, and has one form."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from modelyard.core.errors import ChangedModel, PermissionDenied
from modelyard.models.sealed import recipient_of, seal, unseal
from modelyard.models.sealed.chunks import CHUNK, TAG, Reader, decrypted_size
from modelyard.models.sealed.layout import (
    FORMAT,
    LARGEST_HEADER,
    MAC_BYTES,
    MAGIC,
    START,
    header_digest,
    new_header,
    read_header,
)
from modelyard.models.sealed.manifest import decode
from modelyard.models.sealed.recipients import wrap
from modelyard.models.trust.keys import KeyRing
from tests.support.bundles import take_apart


class Watched(io.BytesIO):
    """Remembers the most that was asked of it at once."""

    most = 0

    def read(self, size: int | None = -1) -> bytes:
        """Read as ever."""
        assert size is not None and size >= 0
        self.most = max(self.most, size)
        return super().read(size)


def header_of(content: bytes) -> bytes:
    return MAGIC + FORMAT.to_bytes(2) + len(content).to_bytes(4) + content


def test_a_header_is_read_as_it_was_written() -> None:
    header = new_header(wrap(bytes(32), [X25519PrivateKey.generate().public_key()], "words"))
    assert read_header(io.BytesIO(header.encode() + b"more")) == (header, header.encode())


def test_a_header_that_says_it_is_large_is_not_read() -> None:
    file = Watched(MAGIC + FORMAT.to_bytes(2) + (1 << 31).to_bytes(4) + b" " * (LARGEST_HEADER + 1))
    with pytest.raises(ChangedModel, match="header was changed"):
        read_header(file)
    assert file.most == START


def test_another_spelling_of_the_same_header_is_refused() -> None:
    content = new_header([]).encode()[START:]
    assert read_header(io.BytesIO(header_of(content)))
    for other in (content + b" ", b" " + content, content.replace(b":", b": "), content[:-1] + b',"cipher":"none"}'):
        with pytest.raises(ChangedModel, match="header was changed"):
            read_header(io.BytesIO(header_of(other)))


def test_another_spelling_of_the_same_manifest_is_refused(model: Path, tmp_path: Path) -> None:
    bundle = seal(model, tmp_path / "it.sealed").path
    with bundle.open("rb") as file:
        _, raw = read_header(file)
        content = file.read(int.from_bytes(file.read(4)))
    assert decode(content, header=header_digest(raw)).requirements == ["numpy==2.0.0"]
    for other in (content + b" ", content.replace(b":", b": "), content.replace(b"Z", b"+00:00")):
        assert other != content
        with pytest.raises(ChangedModel, match="manifest is not one"):
            decode(other, header=header_digest(raw))


def test_a_header_is_proved_by_its_mac_before_its_contents_are_looked_at(
    model: Path, tmp_path: Path, ring: KeyRing
) -> None:
    bundle = seal(model, tmp_path / "it.sealed", recipients=[recipient_of(ring.recipient_key())]).path
    whole = bytearray(bundle.read_bytes())
    raw = take_apart(bundle, ring.recipient_key()).header.encode()
    whole[len(raw) + MAC_BYTES - 1] ^= 1
    bundle.write_bytes(whole)
    with pytest.raises(ChangedModel, match="header was changed"):
        unseal(bundle, tmp_path / "never")


def test_a_wrapped_key_that_was_changed_opens_nothing(model: Path, tmp_path: Path, ring: KeyRing) -> None:
    bundle = seal(model, tmp_path / "it.sealed", recipients=[recipient_of(ring.recipient_key())]).path
    whole = bundle.read_bytes()
    at = whole.index(b'"wrapped":"') + 20
    bundle.write_bytes(whole[:at] + (b"A" if whole[at : at + 1] != b"A" else b"B") + whole[at + 1 :])
    with pytest.raises(PermissionDenied, match="no key or passphrase"):
        unseal(bundle, tmp_path / "never")


@pytest.mark.parametrize(
    ("size", "plain"),
    [(0, 0), (TAG + 1, 1), (CHUNK + TAG, CHUNK), (CHUNK + 2 * TAG + 1, CHUNK + 1), (3 * (CHUNK + TAG), 3 * CHUNK)],
)
def test_the_size_of_the_contents_follows_from_the_files(size: int, plain: int) -> None:
    assert decrypted_size(size) == plain


@pytest.mark.parametrize("size", [1, TAG, CHUNK + TAG + 1, CHUNK + 2 * TAG])
def test_a_chunk_without_contents_is_refused(size: int) -> None:
    with pytest.raises(ChangedModel, match="contents were changed"):
        decrypted_size(size)


def test_a_reader_gives_exactly_what_is_asked_for() -> None:
    reader = Reader(iter([b"abc", b"d", b"efgh"]))
    assert (reader.exactly(2), reader.exactly(0), reader.exactly(5)) == (b"ab", b"", b"cdefg")
    with pytest.raises(ChangedModel, match="contents were changed"):
        reader.exactly(2)
