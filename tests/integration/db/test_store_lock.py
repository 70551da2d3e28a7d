"""One server to a store."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from modelyard.core.errors import StoreError, StoreLocked
from modelyard.db.store_lock import StoreLock
from tests.support.processes import start_python

HOLD = """
import pathlib, sys
from modelyard.db.store_lock import StoreLock
with StoreLock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_holder_is_told_who_the_first_is(tmp_path: Path) -> None:
    with start_python(HOLD, tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(StoreLocked, match=rf"process {process.pid}\)") as caught:
            StoreLock(tmp_path)
        assert str(tmp_path) in caught.value.message
        process.communicate()
    StoreLock(tmp_path).release()


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    with start_python(HOLD, tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        process.kill()
    with StoreLock(tmp_path):
        assert (tmp_path / "server.lock").read_text() == f"{os.getpid()}\n"
        assert (tmp_path / "server.lock").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "server.lock").read_text() == ""


def test_two_in_one_process_exclude_each_other_too(tmp_path: Path) -> None:
    with StoreLock(tmp_path), pytest.raises(StoreLocked, match=f"process {os.getpid()}"):
        StoreLock(tmp_path)
    lock = StoreLock(tmp_path)
    lock.release()
    lock.release()


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("content")
    (tmp_path / "server.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(StoreError, match="cannot be opened"):
        StoreLock(tmp_path)
    assert (tmp_path / "precious").read_text() == "content"
