"""A folder for a time: private, gone afterwards, and swept when its process was killed."""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from modelyard.models.trust.scratch import scratch_folder
from tests.support.processes import start_python


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This test's own temporary folder."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


HOLD = """
import sys
from modelyard.models.trust.scratch import scratch_folder
with scratch_folder("modelyard-serve-") as folder:
    (folder / "left").write_text("")
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_it_is_private_and_gone_afterwards(place: Path) -> None:
    with scratch_folder("modelyard-serve-") as folder:
        assert folder.parent == place
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "file").write_text("x")
    assert os.listdir(place) == []


def test_that_of_a_process_that_was_killed_is_swept_and_that_of_another_is_not(place: Path) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with start_python(HOLD, **pipes) as killed, start_python(HOLD, **pipes) as other:
        folders = [Path(process.stdout.readline().strip()) for process in (killed, other) if process.stdout]
        killed.kill()
        killed.wait(60)
        assert all(folder.is_dir() for folder in folders)
        with scratch_folder("modelyard-serve-"):
            assert [folder.exists() for folder in folders] == [False, True]
        assert other.communicate("", timeout=60)[0] == ""
    assert os.listdir(place) == []


def test_what_is_not_known_to_be_left_is_left_alone(place: Path) -> None:
    (place / "modelyard-serve-starting").mkdir()
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".lock").write_text("")
    (place / "modelyard-serve-link").symlink_to(elsewhere)
    (place / "modelyard-serve-file").write_text("")
    before = sorted(os.listdir(place))
    with scratch_folder("modelyard-serve-"):
        pass
    assert sorted(os.listdir(place)) == before
    assert (elsewhere / ".lock").exists()
