"""Other versions of Python: found where people have them, and tried before they are used."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from modelyard.environments.pythons import find_python, runs


@pytest.fixture(autouse=True)
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Python but those of the test."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))


def interpreter(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\nexit 0\n")
    file.chmod(stat.S_IRWXU)
    return file


def test_there_may_be_none() -> None:
    assert find_python("3.9") is None


def test_one_on_the_path_is_first(tmp_path: Path) -> None:
    interpreter(tmp_path / "pyenv" / "versions" / "3.9.1" / "bin" / "python3")
    assert find_python("3.9") == str(tmp_path / "pyenv" / "versions" / "3.9.1" / "bin" / "python3")
    here = interpreter(tmp_path / "bin" / "python3.9")
    assert find_python("3.9") == str(here)


def test_the_newest_release_of_pyenv_and_of_uv_is_taken(tmp_path: Path) -> None:
    for release in ("3.9.2", "3.9.18", "3.90.1"):
        interpreter(tmp_path / "pyenv" / "versions" / release / "bin" / "python3")
    for release in ("3.10.4", "3.10.14"):
        interpreter(tmp_path / "uv" / f"cpython-{release}-linux-x86_64-gnu" / "bin" / "python3")
    assert find_python("3.9") == str(tmp_path / "pyenv" / "versions" / "3.9.18" / "bin" / "python3")
    assert find_python("3.10") == str(tmp_path / "uv" / "cpython-3.10.14-linux-x86_64-gnu" / "bin" / "python3")


def test_a_stand_in_of_pyenv_for_a_version_that_is_not_chosen_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter(tmp_path / "pyenv" / "shims" / "python3.9")
    monkeypatch.setenv("PATH", str(tmp_path / "pyenv" / "shims"))
    assert find_python("3.9") is None


def test_what_does_not_run_or_is_another_version_is_found_out(tmp_path: Path) -> None:
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert runs(sys.executable, here)
    assert not runs(sys.executable, "3.6")
    assert not runs(str(tmp_path / "none"), here)
