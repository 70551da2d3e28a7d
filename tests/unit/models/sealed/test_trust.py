"""A bundle opens when whoever sealed it is trusted here, and not for what it says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.core.errors import UntrustedModel
from modelyard.models.sealed import recipient_of, seal, unseal
from modelyard.models.trust import digest
from modelyard.models.trust.keys import KeyRing, key_id, public_bytes


@pytest.fixture
def stranger(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    """A machine that knows nobody."""
    return KeyRing(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(params=["readable", "encrypted"])
def bundle(request: pytest.FixtureRequest, model: Path, tmp_path: Path, other: KeyRing, stranger: KeyRing) -> Path:
    """A bundle of this machine's for the others."""
    recipients = [recipient_of(ring.recipient_key()) for ring in (other, stranger)]
    return seal(model, tmp_path / "it.sealed", recipients=recipients if request.param == "encrypted" else []).path


def test_a_stranger_does_not_open_it_though_it_has_the_key(
    bundle: Path, tmp_path: Path, stranger: KeyRing, ring: KeyRing
) -> None:
    signer = key_id(public_bytes(ring.machine_key()))
    with pytest.raises(UntrustedModel, match=rf"signed by the key {signer}, which this machine does not trust"):
        unseal(bundle, tmp_path / "never", ring=stranger)
    assert not (tmp_path / "never").exists()


def test_trust_may_be_given_for_exactly_this_model(
    bundle: Path, model: Path, tmp_path: Path, stranger: KeyRing
) -> None:
    with pytest.raises(UntrustedModel, match="Trust was given for"):
        unseal(bundle, tmp_path / "never", ring=stranger, trust=f"sha256:{0:064}")
    assert unseal(bundle, tmp_path / "once", ring=stranger, trust=digest(model)).reason.startswith("trust was given")
    stranger.add(digest(model), name="the model")
    assert "names the model" in unseal(bundle, tmp_path / "named", ring=stranger).reason


def test_a_key_that_is_trusted_no_more_opens_nothing(
    bundle: Path, tmp_path: Path, other: KeyRing, ring: KeyRing
) -> None:
    unseal(bundle, tmp_path / "before", ring=other)
    other.remove(key_id(public_bytes(ring.machine_key())))
    with pytest.raises(UntrustedModel):
        unseal(bundle, tmp_path / "after", ring=other)


def test_an_unsigned_bundle_needs_trust(model: Path, tmp_path: Path, ring: KeyRing) -> None:
    bundle = seal(model, tmp_path / "it.sealed", sign=False, recipients=[recipient_of(ring.recipient_key())]).path
    with pytest.raises(UntrustedModel, match="signed by nobody"):
        unseal(bundle, tmp_path / "never")
    unseal(bundle, tmp_path / "once", trust=digest(model))
