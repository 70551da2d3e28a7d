"""A sealed bundle loads like a model folder, for those who can open it."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard import composite
from modelyard.core.errors import InvalidParameter, PermissionDenied, UntrustedModel
from modelyard.models.load import load_native, load_pyfunc
from modelyard.models.sealed import recipient_of, seal
from modelyard.models.trust.keys import KeyRing, public_bytes
from modelyard.pyfunc import load_model, save_model
from modelyard.sealed import recipient_key


def double(model_input: list[int]) -> list[int]:
    return [2 * each for each in model_input]


@pytest.fixture
def doubler(tmp_path: Path) -> Path:
    """A model that is code."""
    pytest.importorskip("cloudpickle", reason="needs cloudpickle")
    save_model(tmp_path / "doubler", python_model=double, verify=False)
    return tmp_path / "doubler"


def test_what_is_sealed_to_this_machine_just_loads(doubler: Path, tmp_path: Path) -> None:
    bundle = seal(doubler, tmp_path / "it.sealed", recipients=[recipient_key()]).path
    assert load_model(bundle).predict([1, 2]) == [2, 4]
    assert load_model(str(bundle)).predict([3]) == [6]


def test_a_bundle_is_known_by_its_first_bytes_whatever_it_is_called(doubler: Path, tmp_path: Path) -> None:
    assert load_pyfunc(seal(doubler, tmp_path / "model.bin").path).predict([1]) == [2]


def test_a_bundle_alone_in_a_folder_is_the_model(doubler: Path, tmp_path: Path) -> None:
    seal(doubler, tmp_path / "version" / "it.sealed")
    assert load_pyfunc(tmp_path / "version").predict([1]) == [2]


def test_unseal_names_a_passphrase_a_key_or_its_file(doubler: Path, tmp_path: Path, other: KeyRing) -> None:
    third = KeyRing(tmp_path / "third").recipient_key()
    file = tmp_path / "third" / "recipient.key"
    for given, how in (
        ("sesame", {"passphrase": "sesame"}),
        (other.recipient_key(), {"recipients": [recipient_of(other.recipient_key())]}),
        (file, {"recipients": [recipient_of(third)]}),
    ):
        bundle = seal(doubler, tmp_path / f"{type(given).__name__}.sealed", **how).path
        assert load_model(bundle, unseal=given).predict([1]) == [2]
        with pytest.raises(PermissionDenied, match="no key or passphrase at hand"):
            load_model(bundle, unseal="no")


def test_a_native_load_opens_it_too(doubler: Path, tmp_path: Path) -> None:
    bundle = seal(doubler, tmp_path / "it.sealed", passphrase="sesame").path
    assert load_native(bundle, flavor="python_function", unseal="sesame") is not None


def test_whoever_is_trusted_to_seal_is_trusted_with_what_is_in_it(
    doubler: Path, tmp_path: Path, other: KeyRing, ring: KeyRing, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """The model's own signature is by this machine; the one that loads trusts the one that sealed, and not this one."""
    bundle = seal(doubler, tmp_path / "it.sealed", ring=other).path
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "third"))
    with pytest.raises(UntrustedModel):
        load_model(bundle)
    KeyRing(tmp_path / "third").add(public_bytes(other.machine_key()).hex(), name="who sealed it")
    assert load_model(bundle).predict([1]) == [2]
    with pytest.raises(UntrustedModel):
        load_model(doubler)


class Tripler:
    def triple(self, value: int) -> int:
        return 3 * value


def tripled(model: Tripler, value: int, plus: int = 1) -> int:
    return model.triple(value) + plus


def test_a_composite_is_sealed_like_any_model(tmp_path: Path) -> None:
    pytest.importorskip("cloudpickle", reason="needs cloudpickle")
    composite.save(tripled, models={"model": Tripler()}, path=tmp_path / "tripler", verify=False)
    bundle = seal(tmp_path / "tripler", tmp_path / "it.sealed", recipients=[recipient_key()]).path
    assert composite.load(bundle).predict(value=2) == 7
    with pytest.raises(PermissionDenied, match="no key or passphrase at hand"):
        composite.load(bundle, unseal="a passphrase")


def test_a_key_for_what_is_not_sealed_is_a_mistake(doubler: Path) -> None:
    with pytest.raises(InvalidParameter, match="no sealed bundle"):
        load_model(doubler, unseal="sesame")
