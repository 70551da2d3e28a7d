"""Repositories, and a user's folder of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.repositories import Repository


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This user's folder."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def wine(tmp_path: Path) -> Repository:
    """A repository with the tags 1.0.0 and 1.1.0, and a branch ``next`` beyond them."""
    made = Repository(tmp_path / "repository")
    made.commit({"run.py": "print('1.0.0')\n", "steps/clean/clean.py": "print('clean')\n"}, tag="1.0.0")
    made.commit({"run.py": "print('1.1.0')\n"}, tag="1.1.0")
    made.git("checkout", "--quiet", "-b", "next/big")
    made.commit({"run.py": "print('next')\n"})
    made.git("checkout", "--quiet", "main")
    return made
