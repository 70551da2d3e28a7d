"""The link by which environments find this package: as it is installed here, with nothing beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.environments.code import linked

METADATA = "Metadata-Version: 2.1\nName: modelyard\nVersion: 9.9\nRequires-Dist: pyyaml; extra == 'projects'\n"


def test_it_is_the_same_folder_each_time_and_has_the_package_alone(tmp_path: Path) -> None:
    home = linked(tmp_path)
    assert (linked(tmp_path), os.listdir(home)) == (home, ["modelyard"])


def test_one_that_looks_installed_has_metadata_and_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "site" / "modelyard-9.9.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text(METADATA)
    monkeypatch.syspath_prepend(str(installed.parent))
    home = Path(linked(tmp_path / "code", installed=True))
    assert linked(tmp_path / "code", installed=True) == str(home)
    assert sorted(os.listdir(home)) == ["bin", "modelyard", "modelyard-9.9.dist-info"]
    ask = "import importlib.metadata as m; print(m.requires('modelyard')[0])"
    told = subprocess.run(
        [sys.executable, "-S", "-c", ask], env={"PYTHONPATH": str(home)}, capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith("pyyaml")
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        [home / "bin" / "modelyard", "--version"],
        env={"PATH": path, "PYTHONPATH": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("modelyard, version ")


def test_a_link_to_something_else_is_refused(tmp_path: Path) -> None:
    home = Path(linked(tmp_path))
    (home / "modelyard").unlink()
    (home / "modelyard").symlink_to(tmp_path)
    with pytest.raises(InvalidParameter, match="is not what it should be: delete it"):
        linked(tmp_path)
