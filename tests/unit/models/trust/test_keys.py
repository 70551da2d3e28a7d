"""The machine's key and its trust store: one key for all processes, and nothing that others could have written."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter, MissingExtra, NotFound, StoreError
from modelyard.models.trust.crypto import new_signing_key
from modelyard.models.trust.keys import MACHINE, KeyRing, public_bytes, read_trust, write_trust
from tests.support.processes import ROOT, start_python

DIGEST = f"sha256:{'a' * 64}"


def public() -> str:
    return public_bytes(new_signing_key()).hex()


def test_several_processes_that_ask_first_get_one_key(home: Path) -> None:
    code = (
        "import sys; sys.stdin.read()\n"
        "from modelyard.models.trust.keys import KeyRing, public_bytes\n"
        "print(public_bytes(KeyRing.of_user().machine_key()).hex())"
    )
    processes = [start_python(code, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()  # they were started, and begin together
    told = set()
    for process in processes:
        with process:
            assert process.stdout is not None
            told.add(process.stdout.read().strip())
    assert told == {public_bytes(KeyRing(home).machine_key()).hex()}
    assert sorted(file.name for file in home.iterdir()) == ["machine.key"]


def test_several_processes_that_add_lose_nothing(home: Path) -> None:
    code = (
        "import sys\nfrom modelyard.models.trust.keys import KeyRing\n"
        "for n in range(5): KeyRing.of_user().add(f'sha256:{int(sys.argv[1]) * 5 + n:064x}', name=f'{n}')"
    )
    processes = [start_python(code, number) for number in range(3)]
    for process in processes:
        assert process.wait(60) == 0
    assert len(KeyRing(home).added().models) == 15


def test_the_key_is_nobody_elses_to_read(home: Path) -> None:
    KeyRing(home).machine_key()
    assert stat.S_IMODE((home / "machine.key").stat().st_mode) == 0o600
    (home / "machine.key").chmod(0o640)
    with pytest.raises(StoreError, match="can be read by others"):
        KeyRing(home).machine_key()


@pytest.mark.parametrize("name", ["trust.toml", "."])
def test_a_trust_store_that_others_can_write_is_not_believed(home: Path, name: str) -> None:
    KeyRing(home).add(DIGEST, name="mine")
    (home / name).chmod((home / name).stat().st_mode | 0o020)
    with pytest.raises(StoreError, match="can be changed by others"):
        KeyRing(home).trusted()


def test_a_link_is_no_trust_store(home: Path, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("")
    (home / "trust.toml").symlink_to(tmp_path / "other.toml")
    with pytest.raises(StoreError, match="can be changed by others"):
        KeyRing(home).trusted()


@pytest.mark.parametrize(
    "text",
    ["keys", "keys = 1", "[[keys]]\nname='a'\n", "[[keys]]\nname='a'\npublic='zz'", "[[models]]\nname='a'\ndigest='b'"],
)
def test_a_trust_store_that_cannot_be_understood_is_an_error(home: Path, text: str) -> None:
    (home / "trust.toml").write_text(text)
    with pytest.raises(StoreError, match="cannot be understood"):
        KeyRing(home).added()


def test_what_is_added_is_trusted_until_it_is_removed(home: Path) -> None:
    ring, key = KeyRing(home), public()
    ring.add(key, name='Ann "A" é')
    ring.add(DIGEST, name="wine")
    assert [(each.name, each.public) for each in ring.trusted().keys][1:] == [('Ann "A" é', key)]
    assert ring.trusted().keys[0].name == MACHINE
    ring.remove('Ann "A" é')
    ring.remove(DIGEST)
    assert ring.added().keys == ring.added().models == []
    with pytest.raises(NotFound):
        ring.remove(DIGEST)


@pytest.mark.parametrize("what", ["", "ab", "g" * 64, f"sha256:{'A' * 64}", "sha256:" + "a" * 63, "a" * 62])
def test_only_keys_and_digests_are_added(home: Path, what: str) -> None:
    with pytest.raises(InvalidParameter, match="no public key"):
        KeyRing(home).add(what, name="x")


def test_an_exported_store_reads_back() -> None:
    ring = KeyRing.of_user()
    assert read_trust(write_trust(ring.trusted())) == ring.trusted()


def test_without_cryptography_the_way_out_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)  # as the import system has it of what cannot be imported
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(MissingExtra, match=r"modelyard\[models\]"):
        KeyRing(home).machine_key()


def test_trust_imports_without_cryptography() -> None:
    code = (
        "import sys\nsys.modules['cryptography'] = None\n"
        "import modelyard.models.trust.policy, modelyard.models.trust.signatures\n"
        "print('imported')"
    )
    with start_python(code, stdout=subprocess.PIPE) as process:
        assert process.communicate(timeout=60)[0].strip() == "imported"


def test_the_program_lists_adds_exports_and_removes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "modelyard", "trust", *words], capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout

    (tmp_path / "ann.toml").write_text(run("export", "--name", "ann"))
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "another machine"))
    run("add", str(tmp_path / "ann.toml"))
    run("add", DIGEST, "--name", "wine")
    rows = json.loads(run("list", "--output", "json"))
    assert [(row["name"], row["kind"]) for row in rows] == [(MACHINE, "key"), ("ann", "key"), ("wine", "model")]
    run("remove", "ann")
    assert "ann" not in run("list")
