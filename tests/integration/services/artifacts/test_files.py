"""Files that are written: long ones go to the disk while they grow."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from modelyard.services.artifacts.contract import Stored
from modelyard.services.artifacts.files import SYNCED_EARLY, EarlySync, FileUpload


def test_a_file_that_is_synced_while_it_grows_is_what_was_sent(tmp_path: Path) -> None:
    piece = os.urandom(1 << 20)
    placed: list[Path] = []
    upload = FileUpload(tmp_path / "new", "a/b", place=lambda path, stored: placed.append(path))
    whole = hashlib.sha256()
    for _ in range(2 * SYNCED_EARLY // len(piece) + 1):
        upload.write(piece)
        whole.update(piece)
    size = 2 * SYNCED_EARLY + len(piece)
    assert upload.finish() == Stored(size=size, sha256=whole.hexdigest())
    assert placed == [tmp_path / "new"]
    assert (tmp_path / "new").stat().st_size == size


def test_a_long_file_can_be_abandoned_while_it_is_synced(tmp_path: Path) -> None:
    upload = FileUpload(tmp_path / "new", "a/b", place=lambda path, stored: None)
    upload.write(bytes(SYNCED_EARLY))
    upload.abandon()
    assert list(tmp_path.iterdir()) == []


def test_an_early_sync_that_failed_is_told_at_the_end_at_the_latest() -> None:
    source, target = os.pipe()  # which cannot be synced
    try:
        early = EarlySync(target)
        early.wrote(SYNCED_EARLY)
        with pytest.raises(OSError, match="Invalid argument"):
            early.end()
    finally:
        os.close(source)
        os.close(target)
