"""Rule C16 and requirement S0.24: a bundle that is not byte for byte what a trusted machine sealed loads nowhere.

The model in each bundle makes a file as soon as it is unpickled, so that "nothing ran" can be seen.
"""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from tests.docs.environment import clean_environment

pytest.importorskip("cryptography", reason="needs cryptography")

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from modelyard.cli.main import main
from modelyard.core.errors import PermissionDenied
from modelyard.models.load import load_pyfunc
from modelyard.models.sealed import recipient_of, seal
from modelyard.models.sealed.chunks import CHUNK, TAG
from modelyard.models.sealed.layout import LARGEST_HEADER, MAC_BYTES, START, read_header
from modelyard.models.trust.keys import KeyRing
from tests.support.bundles import Parts, live_model, take_apart

WORDS = (
    "no sealed bundle of a format",
    "header was changed",
    "no key or passphrase at hand",
    "contents were changed",
    "manifest is not one",
    "signature is not by the key",
    "is untrusted",
)


class Case(NamedTuple):
    """A model that tells when it runs, sealed in two ways to the machine that loads it."""

    folder: Path
    canary: Path
    readable: Path
    encrypted: Path
    ring: KeyRing
    key: X25519PrivateKey


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """One machine for all tests here."""
    folder = tmp_path_factory.mktemp("sealed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELYARD_HOME", str(folder / "home"))
        ring = KeyRing(folder / "home")
        model = live_model(folder / "model", folder / "CANARY")
        readable = seal(model, folder / "readable.sealed").path
        encrypted = seal(model, folder / "encrypted.sealed", recipients=[recipient_of(ring.recipient_key())]).path
        yield Case(folder, folder / "CANARY", readable, encrypted, ring, ring.recipient_key())


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own, where temporary files go too."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return tmp_path


@pytest.fixture
def refused(case: Case, place: Path) -> Callable[[bytes | Path], str]:
    """Checks that a bundle does not load, that nothing of it ran or stayed on disk, and answers the message."""

    def check(bundle: bytes | Path) -> str:
        path = bundle if isinstance(bundle, Path) else place / "changed.sealed"
        if isinstance(bundle, bytes):
            path.write_bytes(bundle)
        with pytest.raises(PermissionDenied) as raised:
            load_pyfunc(path)
        assert not case.canary.exists()
        assert list((place / "tmp").iterdir()) == []
        assert any(word in raised.value.message for word in WORDS), raised.value.message
        assert str(path) not in raised.value.message and "big.bin" not in raised.value.message
        return raised.value.message

    return check


@pytest.mark.parametrize("kind", ["readable", "encrypted"])
def test_the_payload_is_live(kind: str, case: Case) -> None:
    """Untouched, the model runs: what the other tests do not see is not there for another reason."""
    load = f"from modelyard.models.load import load_pyfunc; load_pyfunc({str(getattr(case, kind))!r})"
    environment = clean_environment(MODELYARD_HOME=str(case.folder / "home"))
    subprocess.run([sys.executable, "-c", load], env=environment, check=False, capture_output=True, timeout=120)
    assert case.canary.exists()
    case.canary.unlink()


@pytest.mark.parametrize("kind", ["readable", "encrypted"])
def test_a_flipped_bit_anywhere_is_refused(kind: str, case: Case, refused: Callable[[bytes], str]) -> None:
    whole = getattr(case, kind).read_bytes()
    chance = random.Random(16)
    dense = chance.sample(range(300), 128)  # magic, header and what follows it
    for position in [*dense, *chance.sample(range(300, len(whole) - 1), 383), len(whole) - 1]:
        changed = bytearray(whole)
        changed[position] ^= 1 << chance.randrange(8)
        refused(bytes(changed))


@pytest.mark.parametrize("kind", ["readable", "encrypted"])
def test_a_bundle_cut_short_is_refused(kind: str, case: Case, refused: Callable[[bytes], str]) -> None:
    whole = getattr(case, kind).read_bytes()
    start, _ = payload_of(case, kind)
    step = CHUNK + TAG if kind == "encrypted" else CHUNK
    boundaries = list(range(start, len(whole), step))
    assert len(boundaries) > 4
    for length in [0, 1, 7, 8, START, START + 1, start - 1, *boundaries, boundaries[-1] + 9, len(whole) - 1]:
        refused(whole[:length])


@pytest.mark.parametrize("kind", ["readable", "encrypted"])
def test_chunks_in_another_order_or_twice_or_left_out_are_refused(
    kind: str, case: Case, refused: Callable[[bytes], str]
) -> None:
    start, chunks = payload_of(case, kind)
    head = getattr(case, kind).read_bytes()[:start]
    # the readable one holds a repeating pattern in whole chunks: only chunks that differ make another file
    for order in (
        [1, 0, *range(2, len(chunks))],
        [*range(len(chunks) - 2), len(chunks) - 1, len(chunks) - 2],
        [0, *range(len(chunks))],
        [*range(len(chunks)), len(chunks) - 1],
        [*range(1, len(chunks))],
        [0, *range(2, len(chunks))],
    ):
        refused(head + b"".join(chunks[number] for number in order))


@pytest.mark.parametrize("kind", ["readable", "encrypted"])
@pytest.mark.parametrize("tail", [b"\0", b"x" * TAG, b"x" * (CHUNK + TAG)], ids=len)
def test_what_is_appended_is_refused(kind: str, tail: bytes, case: Case, refused: Callable[[bytes], str]) -> None:
    refused(getattr(case, kind).read_bytes() + tail)


def test_one_bundles_contents_under_anothers_header_are_refused(
    case: Case, place: Path, refused: Callable[[bytes], str]
) -> None:
    again = seal(case.folder / "model", place / "again.sealed", recipients=[recipient_of(case.key)]).path.read_bytes()
    start, _ = payload_of(case, "encrypted")
    refused(case.encrypted.read_bytes()[:start] + again[start:])
    refused(case.encrypted.read_bytes()[: start - MAC_BYTES] + again[start - MAC_BYTES :])


def renamed(parts: Parts) -> Parts:
    files = [{**file, "path": file["path"].replace("big", "bug")} for file in parts.manifest["files"]]
    return parts._replace(manifest={**parts.manifest, "files": files})


def removed(parts: Parts) -> Parts:
    files = parts.manifest["files"][:-1]
    size = sum(file["size"] for file in files)
    return parts._replace(manifest={**parts.manifest, "files": files}, contents=parts.contents[:size])


def added(parts: Parts) -> Parts:
    return parts.with_file("zzz.py", b"print()", hashlib.sha256(b"print()").hexdigest())


def later(parts: Parts) -> Parts:
    return parts._replace(manifest={**parts.manifest, "created": "2020-01-01T00:00:00Z"})


def unlocked(parts: Parts) -> Parts:
    return parts._replace(manifest={**parts.manifest, "requirements": ["evil==1.0"]})


@pytest.mark.parametrize("change", [renamed, removed, added, later, unlocked], ids=lambda change: change.__name__)
def test_who_can_open_it_cannot_change_it_in_the_signers_name(
    change: Callable[[Parts], Parts], case: Case, place: Path, refused: Callable[[Path], str]
) -> None:
    parts = change(take_apart(case.encrypted, case.key))
    assert "signature is not by the key" in refused(parts.write(place / "forged.sealed"))


@pytest.mark.parametrize("change", [renamed, removed, added], ids=lambda change: change.__name__)
def test_another_valid_signer_is_not_a_trusted_one(
    change: Callable[[Parts], Parts], case: Case, place: Path, refused: Callable[[Path], str]
) -> None:
    parts, stranger = change(take_apart(case.encrypted, case.key)), Ed25519PrivateKey.generate()
    assert "is untrusted" in refused(parts.signed(stranger).write(place / "theirs.sealed"))
    named = parts.signed(stranger, signer=take_apart(case.encrypted, case.key).manifest["signer"])
    assert "signature is not by the key" in refused(named.write(place / "named.sealed"))
    unsigned = parts._replace(manifest={**parts.manifest, "signer": ""}, signature=b"")
    assert "is untrusted" in refused(unsigned.write(place / "unsigned.sealed"))


def test_what_was_sealed_for_me_cannot_be_sealed_for_others_in_the_signers_name(
    case: Case, place: Path, refused: Callable[[Path], str]
) -> None:
    parts = take_apart(case.encrypted, case.key).encrypted_for(case.key)
    assert "header was changed" in refused(parts.write(place / "forwarded.sealed"))
    assert "signature is not by the key" in refused(parts.bound().write(place / "bound.sealed"))


@pytest.mark.parametrize(
    "paths",
    [
        ["../outside"],
        ["/etc/cron.d/x"],
        ["a/../../outside"],
        ["a\\b"],
        ["weights"],  # is a folder already
        ["mlmodel"],
        ["Weights/other"],
        ["x/y", "x"],
        ["MLmodel"],
        ["caf\u00e9", "cafe\u0301"],
        ["\u00df", "ss"],
        [""],
        ["nul\0"],
    ],
    ids=repr,
)
def test_not_even_a_trusted_signer_may_name_such_files(
    paths: list[str], case: Case, place: Path, refused: Callable[[Path], str]
) -> None:
    parts = take_apart(case.encrypted, case.key)
    for path in paths:
        parts = parts.with_file(path, b"x", hashlib.sha256(b"x").hexdigest())
    assert "manifest is not one" in refused(parts.signed(case.ring.machine_key()).write(place / "paths.sealed"))


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"hash": "md5"},
        {"signature": "none"},
        {"signature": "hmac-sha256"},
        {"more": 1},
        {"files": [{"path": "a", "size": -1, "sha256": "0" * 64}]},
        {"files": [{"path": "a", "size": 1 << 60, "sha256": "0" * 64}]},
        {"files": [{"path": f"f{number:05}", "size": 0, "sha256": "0" * 64} for number in range(10_001)]},
        {"files": [{"path": "a", "size": 0, "sha256": "0" * 64, "link": "/etc/passwd"}]},
    ],
    ids=lambda change: str(change)[:40],
)
def test_not_even_a_trusted_signer_may_use_another_manifest(
    change: dict[str, object], case: Case, place: Path, refused: Callable[[Path], str]
) -> None:
    parts = take_apart(case.encrypted, case.key)
    parts = parts._replace(manifest={**parts.manifest, **change}).signed(case.ring.machine_key())
    assert "manifest is not one" in refused(parts.write(place / "manifest.sealed"))


def test_sizes_and_digests_must_be_those_of_the_contents(
    case: Case, place: Path, refused: Callable[[Path], str]
) -> None:
    parts, key = take_apart(case.encrypted, case.key), case.ring.machine_key()
    for what in (parts.contents[:-1], parts.contents + b"x", b"x" + parts.contents[1:]):
        changed = parts._replace(contents=what).signed(key)
        assert "contents were changed" in refused(changed.write(place / "sizes.sealed"))


HEADERS = [
    (b"chacha20-poly1305-stream-65536", b"none"),
    (b"chacha20-poly1305-stream-65536", b"aes-128-ecb"),
    (b"x25519-hkdf-sha256-chacha20-poly1305", b"x25519-hkdf-sha256-chacha20-poly1304"),
    (b"x25519-hkdf-sha256-chacha20-poly1305", b"none"),
    (b'"recipients":[', b'"recipients": ['),
    (b'"cipher"', b'"more":1,"cipher"'),
]


@pytest.mark.parametrize(("old", "new"), HEADERS, ids=lambda text: text.decode()[:30])
def test_a_header_of_other_algorithms_is_refused(
    old: bytes, new: bytes, case: Case, refused: Callable[[bytes], str]
) -> None:
    start, _ = payload_of(case, "encrypted")
    whole = case.encrypted.read_bytes()
    raw = whole[: start - MAC_BYTES]
    assert old in raw
    assert "header was changed" in refused(with_header(raw[START:].replace(old, new, 1), whole[len(raw) :]))


def test_a_readable_header_without_recipients_does_not_open_what_was_encrypted(
    case: Case, refused: Callable[[bytes], str]
) -> None:
    start, _ = payload_of(case, "readable")
    encrypted, _ = payload_of(case, "encrypted")
    refused(case.readable.read_bytes()[:start] + case.encrypted.read_bytes()[encrypted:])


def test_a_header_is_bounded(case: Case, refused: Callable[[bytes], str]) -> None:
    whole = case.encrypted.read_bytes()
    refused(whole[: START - 4] + (LARGEST_HEADER + 1).to_bytes(4) + whole[START:])
    refused(whole[: START - 4] + (0xFFFFFFFF).to_bytes(4) + whole[START:])
    start, _ = payload_of(case, "encrypted")
    header = msgspec.json.decode(whole[START : start - MAC_BYTES])
    header["recipients"] *= 65
    refused(with_header(msgspec.json.encode(header), whole[start - MAC_BYTES :]))
    refused(whole[:8] + (2).to_bytes(2) + whole[10:])
    refused(with_header(b"[" * 60_000, whole[start - MAC_BYTES :]))


def test_scrypt_is_run_with_no_other_parameters_than_ours(
    case: Case, place: Path, refused: Callable[[bytes], str]
) -> None:
    whole = seal(case.folder / "model", place / "it.sealed", passphrase="right").path.read_bytes()
    length = int.from_bytes(whole[START - 4 : START])
    header, rest = whole[START : START + length], whole[START + length :]
    for old, new in (
        (b'"log_n":17', b'"log_n":31'),
        (b'"log_n":17', b'"log_n":19'),
        (b'"log_n":17', b'"log_n":1'),
        (b'"log_n":17', b'"log_n":1e9'),
        (b'"r":8', b'"r":8000000'),
        (b'"p":1', b'"p":1000000'),
    ):
        assert old in header
        assert "header was changed" in refused(with_header(header.replace(old, new), rest))
    twice = msgspec.json.decode(header)
    twice["recipients"] *= 2
    assert "header was changed" in refused(with_header(msgspec.json.encode(twice), rest))


@pytest.fixture
def cli(case: Case, place: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """`modelyard models unseal` of a bundle: the exit code and what it said; nothing may be left behind."""

    def run(bundle: Path, *words: str) -> tuple[int, str]:
        code = main(["models", "unseal", str(bundle), str(place / "out"), *words])
        said = capsys.readouterr()
        assert said.out == "" and not (place / "out").exists() and not case.canary.exists()
        assert sorted(path.name for path in place.iterdir() if path.name.startswith(".")) == []
        return code, said.err

    return run


def test_the_command_line_fails_in_one_line(
    case: Case, place: Path, cli: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """S0.24: without the key, with one changed byte, or from a stranger: one line that names the reason, and exit 1."""
    changed = bytearray(case.encrypted.read_bytes())
    changed[-1] ^= 1
    (place / "changed.sealed").write_bytes(changed)
    code, said = cli(place / "changed.sealed")
    assert (code, said) == (1, "modelyard: The sealed bundle is refused: its contents were changed.\n")
    (place / "wrong").write_text("wrong passphrase\n")
    code, said = cli(case.encrypted, "--passphrase-file", str(place / "wrong"))
    assert code == 1 and "no key or passphrase at hand opens it" in said and said.count("\n") == 1
    monkeypatch.setenv("MODELYARD_HOME", str(place / "stranger"))
    code, said = cli(case.encrypted)
    assert code == 1 and "no key or passphrase at hand opens it" in said and said.count("\n") == 1
    code, said = cli(case.readable)
    assert code == 1 and "is untrusted" in said and said.count("\n") == 1


def test_a_process_without_the_key_ends_with_an_error(case: Case, tmp_path: Path) -> None:
    """S0.24: a script that loads an encrypted model elsewhere fails, says why, and has run nothing of it."""
    script = "import sys, modelyard; modelyard.pyfunc.load_model(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", script, str(case.encrypted)],
        env=clean_environment(MODELYARD_HOME=str(tmp_path / "elsewhere"), TMPDIR=str(tmp_path)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    assert "no key or passphrase at hand opens it" in done.stderr
    assert not case.canary.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix in (".pkl", ".bin")]


def test_what_is_no_plain_file_is_refused(case: Case, place: Path) -> None:
    os.mkfifo(place / "pipe.sealed")
    assert main(["models", "unseal", str(place / "pipe.sealed"), str(place / "out")]) == 1
    (place / "folder.sealed").mkdir()
    assert main(["models", "unseal", str(place / "folder.sealed"), str(place / "out")]) == 1


def payload_of(case: Case, kind: str) -> tuple[int, list[bytes]]:
    """Where the payload begins, and its chunks."""
    path: Path = getattr(case, kind)
    with path.open("rb") as file:
        header, raw = read_header(file)
    start = len(raw) + (MAC_BYTES if header.is_encrypted else 0)
    step = CHUNK + TAG if header.is_encrypted else CHUNK
    whole = path.read_bytes()
    return start, [whole[at : at + step] for at in range(start, len(whole), step)]


def with_header(content: bytes, rest: bytes) -> bytes:
    return b"\x89MYSEAL\n" + (1).to_bytes(2) + len(content).to_bytes(4) + content + rest
