"""What was sealed is what comes out, for those it was sealed for."""

from __future__ import annotations

import os
import stat
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.core import keys
from modelyard.core.errors import AlreadyExists, ChangedModel, InvalidParameter, NotFound, PermissionDenied
from modelyard.models.sealed import recipient_of, seal, unseal
from modelyard.models.sealed.chunks import CHUNK
from modelyard.models.sealed.layout import LARGEST_HEADER, MOST_RECIPIENTS, read_header
from modelyard.models.sealed.manifest import check_paths
from modelyard.models.trust import digest, sign
from modelyard.models.trust.keys import KeyRing, key_id

NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(keys.is_allowed)
SIZES = st.one_of(st.integers(0, 300), st.sampled_from([CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK]))


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def is_writable(paths: list[str]) -> bool:
    """Whether a folder can hold files of these names, and a bundle too."""
    try:
        check_paths(sorted(paths))
    except InvalidParameter:
        return False
    return True


@settings(max_examples=50)
@given(files=st.dictionaries(NAMES, SIZES, max_size=5), encrypted=st.booleans())
def test_any_folder_comes_out_as_it_went_in(files: dict[str, int], encrypted: bool) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, ring = Path(place, "model"), KeyRing(Path(place, "home"))
        written = {"MLmodel": b"flavors: {}", **{path: os.urandom(size) for path, size in files.items()}}
        if not is_writable(list(written)):
            return
        for path, data in written.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        recipients = [recipient_of(ring.recipient_key())] if encrypted else []
        done = seal(folder, Path(place, "it.sealed"), recipients=recipients, ring=ring)
        opened = unseal(done.path, Path(place, "again"), ring=ring)
        assert content(opened.folder) == written == content(folder)
        assert opened.digest == done.digest == digest(folder)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 500, CHUNK, 2 * CHUNK, 5 * CHUNK + 7])
def test_files_of_every_size_around_a_chunk_are_kept(size: int, model: Path, tmp_path: Path, ring: KeyRing) -> None:
    (model / "edge").write_bytes(os.urandom(size))
    seal(model, tmp_path / "it.sealed", recipients=[recipient_of(ring.recipient_key())])
    assert content(unseal(tmp_path / "it.sealed", tmp_path / "again").folder) == content(model)


def test_a_passphrase_opens_what_it_sealed_and_another_does_not(model: Path, tmp_path: Path) -> None:
    bundle = seal(model, tmp_path / "it.sealed", passphrase="caf\u00e9 au lait").path
    assert content(unseal(bundle, tmp_path / "again", passphrase="cafe\u0301 au lait").folder) == content(model)
    for wrong in ({"passphrase": "tea"}, {}, {"passphrase": ""}):
        with pytest.raises(PermissionDenied, match="no key or passphrase at hand"):
            unseal(bundle, tmp_path / "never", **wrong)
    assert not (tmp_path / "never").exists()


def test_each_recipient_opens_it_and_nobody_else(model: Path, tmp_path: Path, ring: KeyRing, other: KeyRing) -> None:
    bundle = seal(model, tmp_path / "it.sealed", recipients=[recipient_of(other.recipient_key())]).path
    assert unseal(bundle, tmp_path / "there", ring=other).reason.startswith("sealed by the maker")
    ring.recipient_key()
    with pytest.raises(PermissionDenied, match="no key or passphrase at hand"):
        unseal(bundle, tmp_path / "here", ring=ring)
    assert content(unseal(bundle, tmp_path / "here", key=other.recipient_key()).folder) == content(model)


def test_a_key_may_be_in_a_file(model: Path, tmp_path: Path, ring: KeyRing, home: Path) -> None:
    bundle = seal(model, tmp_path / "it.sealed", recipients=[recipient_of(ring.recipient_key())]).path
    assert unseal(bundle, tmp_path / "again", key=home / "recipient.key").digest == digest(model)
    with pytest.raises(NotFound, match="nosuch"):
        unseal(bundle, tmp_path / "never", key=home / "nosuch.key")


def test_a_renewed_key_opens_old_bundles_until_the_old_one_is_deleted(
    model: Path, tmp_path: Path, ring: KeyRing, home: Path
) -> None:
    old = ring.recipient_key()
    bundle = seal(model, tmp_path / "it.sealed", recipients=[recipient_of(old)]).path
    new = ring.renew_recipient_key()
    assert recipient_of(new) != recipient_of(old) and recipient_of(ring.recipient_key()) == recipient_of(new)
    unseal(bundle, tmp_path / "again")
    (home / f"recipient-{key_id(old.public_key().public_bytes_raw())}.key").unlink()
    with pytest.raises(PermissionDenied, match="no key or passphrase at hand"):
        unseal(bundle, tmp_path / "never")


def test_only_its_owner_can_read_what_is_written(model: Path, tmp_path: Path, ring: KeyRing, home: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o777)
    bundle = seal(model, tmp_path / "open" / "it.sealed", recipients=[recipient_of(ring.recipient_key())]).path
    folder = unseal(bundle, tmp_path / "open" / "again").folder
    for path in [bundle, home / "recipient.key", *(file for file in folder.rglob("*") if file.is_file())]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for path in [folder, *(each for each in folder.rglob("*") if each.is_dir())]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path


def test_nothing_of_the_model_can_be_read_in_an_encrypted_bundle(model: Path, tmp_path: Path, ring: KeyRing) -> None:
    bundle = seal(model, tmp_path / "it.sealed", recipients=[recipient_of(ring.recipient_key())]).path.read_bytes()
    for word in (b"MLmodel", b"weights", b"numpy", bytes(range(64))):
        assert word not in bundle


def test_what_is_there_is_never_overwritten(model: Path, tmp_path: Path) -> None:
    bundle = seal(model, tmp_path / "it.sealed").path
    before = bundle.read_bytes()
    with pytest.raises(AlreadyExists):
        seal(model, bundle)
    with pytest.raises(AlreadyExists):
        unseal(bundle, model)
    assert bundle.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it.sealed", "model"]


def test_a_folder_that_was_changed_after_it_was_saved_is_not_sealed(model: Path, tmp_path: Path) -> None:
    sign(model)
    (model / "data" / "weights.bin").write_bytes(b"other")
    with pytest.raises(ChangedModel, match="weights"):
        seal(model, tmp_path / "it.sealed")
    assert not (tmp_path / "it.sealed").exists()


def test_a_file_that_changes_while_it_is_sealed_leaves_no_bundle(model: Path, tmp_path: Path) -> None:
    def meddle(done: int, total: int) -> None:
        (model / "requirements.txt").write_text("numpy==6.6.6\n")

    with pytest.raises(ChangedModel, match=r"requirements.txt.*changed while"):
        seal(model, tmp_path / "it.sealed", progress=meddle)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("name", ["a\\b", "trailing.", "%2e%2e", "a#b", "c:d"])
def test_a_name_that_is_no_key_is_not_sealed(name: str, model: Path, tmp_path: Path) -> None:
    (model / name).write_text("x")
    with pytest.raises(InvalidParameter, match="a name that a sealed bundle does not take"):
        seal(model, tmp_path / "it.sealed")


def test_links_are_not_sealed(model: Path, tmp_path: Path) -> None:
    (model / "link").symlink_to("/etc/passwd")
    with pytest.raises(ChangedModel, match="no plain file"):
        seal(model, tmp_path / "it.sealed")


@pytest.mark.parametrize("recipient", ["", "x25519:", "x25519:12", "age1xyz", "x25519:" + "zz" * 32, "ab" * 32])
def test_what_is_no_recipient_is_named(recipient: str, model: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="is no recipient"):
        seal(model, tmp_path / "it.sealed", recipients=[recipient])


def test_a_recipient_whose_key_gives_everybody_the_same_secret_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="no key that anything can be sealed to"):
        seal(model, tmp_path / "it.sealed", recipients=["x25519:" + "00" * 32])


def test_what_protects_nothing_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="neither signed nor encrypted"):
        seal(model, tmp_path / "it.sealed", sign=False)
    with pytest.raises(InvalidParameter, match="passphrase is empty"):
        seal(model, tmp_path / "it.sealed", passphrase="")


def test_what_is_no_model_is_not_sealed(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFound, match="nothing is there"):
        seal(tmp_path / "empty", tmp_path / "it.sealed")
    assert not (tmp_path / "it.sealed").exists()


def test_as_many_recipients_as_there_may_be_fit_into_the_header(model: Path, tmp_path: Path) -> None:
    many = [X25519PrivateKey.generate() for _ in range(MOST_RECIPIENTS)]
    with pytest.raises(InvalidParameter, match="at most 63 recipients"):
        seal(model, tmp_path / "it.sealed", recipients=map(recipient_of, many))
    bundle = seal(model, tmp_path / "it.sealed", recipients=map(recipient_of, many[1:]), passphrase="open").path
    with bundle.open("rb") as file:
        header, raw = read_header(file)
    assert len(header.recipients) == MOST_RECIPIENTS and len(raw) < LARGEST_HEADER
    unseal(bundle, tmp_path / "again", key=many[-1])


def test_memory_does_not_grow_with_the_model(model: Path, tmp_path: Path, ring: KeyRing) -> None:
    (model / "large").write_bytes(bytes(48 << 20))
    recipients = [recipient_of(ring.recipient_key())]
    tracemalloc.start()
    try:
        seal(model, tmp_path / "it.sealed", recipients=recipients)
        unseal(tmp_path / "it.sealed", tmp_path / "again")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 << 20


def test_progress_is_told_up_to_the_end(model: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    seal(model, tmp_path / "it.sealed", progress=lambda done, total: told.append((done, total)))
    size = sum(len(data) for data in content(model).values())
    assert told[-1] == (size, size) and told == sorted(told)
    told.clear()
    unseal(tmp_path / "it.sealed", tmp_path / "again", progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (size, size) and told == sorted(told)
