"""What is said of a bundle that nobody opens, and of one that this machine has a key for."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.cli.main import main
from modelyard.core.errors import ChangedModel, NotFound
from modelyard.models.sealed import look, recipient_of, seal, unseal
from modelyard.models.trust.keys import KeyRing, key_id


def test_without_a_key_the_header_is_told_and_nothing_else(model: Path, tmp_path: Path, other: KeyRing) -> None:
    theirs = other.recipient_key()
    bundle = seal(model, tmp_path / "m.sealed", recipients=[recipient_of(theirs)], passphrase="five words").path
    seen = look(bundle)
    assert seen.encrypted
    assert seen.recipients == [f"the key {key_id(theirs.public_key().public_bytes_raw())}", "a passphrase"]
    assert seen.content is None
    assert seen.opened.startswith("no: The sealed bundle is refused: no key or passphrase at hand opens it")
    assert seen.size == bundle.stat().st_size


def test_this_machines_own_key_shows_the_list_inside(model: Path, tmp_path: Path, ring: KeyRing) -> None:
    bundle = seal(model, tmp_path / "m.sealed", recipients=[recipient_of(ring.recipient_key())]).path
    seen = look(bundle)
    assert [each.endswith(", which this machine has") for each in seen.recipients] == [True]
    assert seen.opened == "yes, by this machine's own key"
    assert seen.content is not None
    assert [each.path for each in seen.content.files] == ["MLmodel", "data/weights.bin", "requirements.txt"]
    assert seen.content.requirements == ["numpy==2.0.0"]
    assert seen.content.opens
    assert seen.content.signer.endswith("trusted")
    assert seen.content.digest == unseal(bundle, tmp_path / "again").digest


def test_what_a_stranger_sealed_is_listed_and_said_not_to_load(model: Path, tmp_path: Path, other: KeyRing) -> None:
    bundle = seal(model, tmp_path / "m.sealed", ring=other).path
    seen = look(bundle)
    assert (seen.encrypted, seen.recipients) == (False, [])
    assert seen.content is not None
    assert not seen.content.opens
    assert "not trusted and not checked" in seen.content.signer
    assert "untrusted" in seen.content.decision
    assert len(seen.content.files) == 3


def test_a_list_that_was_changed_is_not_shown(model: Path, tmp_path: Path, ring: KeyRing) -> None:
    for recipients in ([recipient_of(ring.recipient_key())], []):
        bundle = seal(model, tmp_path / f"m{len(recipients)}.sealed", recipients=recipients).path
        content = bytearray(bundle.read_bytes())
        content[content.index(b"weights") if not recipients else 600] ^= 1
        bundle.write_bytes(content)
        seen = look(bundle)
        assert seen.content is None or not seen.content.opens
        assert "changed" in seen.opened or "signature" in getattr(seen.content, "decision", "")


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.sealed").write_bytes(b"no bundle at all, but long enough to be one")
    with pytest.raises(ChangedModel):
        look(tmp_path / "x.sealed")
    with pytest.raises(NotFound):
        look(tmp_path / "none.sealed")


def test_the_command_shows_a_bundle(
    model: Path, tmp_path: Path, ring: KeyRing, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = seal(model, tmp_path / "m.sealed", recipients=[recipient_of(ring.recipient_key())]).path
    assert main(["models", "inspect", str(bundle)]) == 0
    said = capsys.readouterr().out
    assert "data/weights.bin" in said
    assert "which this machine has" in said
    assert main(["models", "inspect", str(bundle), "--output", "json"]) == 0
    assert '"encrypted": true' in capsys.readouterr().out
