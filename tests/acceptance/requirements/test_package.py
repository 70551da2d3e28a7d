"""Requirements S0.1 and S0.37: one installable package, importable without the network, for the Pythons it says."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from modelyard.core.version import __version__
from tests.docs.environment import clean_environment
from tests.support.processes import ROOT

OFFLINE = """
import socket
def refuse(*_): raise OSError("no network here")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
import modelyard
print(modelyard.__version__)
"""


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=clean_environment(), capture_output=True, text=True, timeout=240, check=False
    )


def test_the_wheel_is_installed_in_an_empty_environment_and_imported(tmp_path: Path) -> None:
    """S0.1: exit 0, the version printed. S0.37: the wheel says which Pythons it is for."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    built = run(*pip, "wheel", "-q", "--no-deps", "-w", str(tmp_path / "built"), str(ROOT), folder=tmp_path)
    if built.returncode != 0 and "hatchling" in built.stderr:
        pytest.skip("no package registry: the wheel cannot be built without hatchling")
    assert built.returncode == 0, built.stderr
    (wheel,) = (tmp_path / "built").glob("modelyard-*.whl")
    with zipfile.ZipFile(wheel) as content:
        metadata = content.read(f"modelyard-{__version__}.dist-info/METADATA").decode()
        assert not [name for name in content.namelist() if not name.startswith("modelyard")]
    assert "\nRequires-Python: >=3.11\n" in metadata
    assert run(sys.executable, "-m", "venv", str(tmp_path / "empty"), folder=tmp_path).returncode == 0
    python = str(tmp_path / "empty" / "bin" / "python")
    installed = run(python, "-m", "pip", "install", "-q", str(wheel), folder=tmp_path)
    if installed.returncode != 0 and "msgspec" in installed.stderr:
        pytest.skip("no package registry: msgspec cannot be fetched")
    assert installed.returncode == 0, installed.stderr
    imported = run(python, "-I", "-c", OFFLINE, folder=tmp_path)
    assert (imported.returncode, imported.stdout.strip()) == (0, __version__), imported.stderr
