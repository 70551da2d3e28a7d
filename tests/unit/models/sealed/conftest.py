"""Each test is a machine of its own, with a second one beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.models.trust.keys import KeyRing, public_bytes

pytest.importorskip("cryptography", reason="needs cryptography")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this machine's keys and trust store."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MODELYARD_HOME", str(folder))
    return folder


@pytest.fixture
def ring(home: Path) -> KeyRing:
    """This machine's keys."""
    return KeyRing(home)


@pytest.fixture
def other(ring: KeyRing, tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    """The keys of another machine, which trusts what this one signs."""
    there = KeyRing(tmp_path_factory.mktemp("other"))
    there.add(public_bytes(ring.machine_key()).hex(), name="the maker")
    return there


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model folder, as far as sealing is concerned."""
    folder = tmp_path / "model"
    (folder / "data").mkdir(parents=True)
    (folder / "MLmodel").write_text("flavors: {}\n")
    (folder / "requirements.txt").write_text("numpy==2.0.0\n")
    (folder / "data" / "weights.bin").write_bytes(bytes(range(256)) * 700)
    return folder
