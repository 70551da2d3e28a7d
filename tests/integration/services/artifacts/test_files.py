"""Files that are written: long ones go to the disk, and are hashed, while they grow."""

from __future__ import annotations

import hashlib
import os
import random
import threading
from pathlib import Path

import pytest

from modelyard.services.artifacts.contract import Stored
from modelyard.services.artifacts.files import HASHED_AT_ONCE, SYNCED_EARLY, EarlySync, FileDigest, FileUpload


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


@pytest.mark.parametrize("more", [-1, 0, 1, 3_000_000])
def test_the_digest_is_that_of_all_bytes_whatever_their_number(tmp_path: Path, more: int) -> None:
    content = random.Random(more).randbytes(HASHED_AT_ONCE + more)
    stored: list[Stored] = []
    upload = FileUpload(tmp_path / "new", "a/b", place=lambda _, what: stored.append(what))
    for start in range(0, len(content), 700_001):
        upload.write(memoryview(content)[start : start + 700_001])
    assert upload.finish() == Stored(size=len(content), sha256=hashlib.sha256(content).hexdigest())
    assert (tmp_path / "new").read_bytes() == content


def test_a_file_that_has_lost_bytes_has_no_digest(tmp_path: Path) -> None:
    with (tmp_path / "short").open("wb+") as short:
        digest = FileDigest(short.fileno())
        digest.wrote(memoryview(bytes(HASHED_AT_ONCE)))
        digest.wrote(memoryview(b"x"))
        with pytest.raises(OSError, match="shorter"):
            digest.finish()
        digest.end()


def test_no_thread_is_left_of_a_file_that_is_finished_or_abandoned(tmp_path: Path) -> None:
    before = threading.active_count()
    for number, end in enumerate((FileUpload.finish, FileUpload.abandon)):
        upload = FileUpload(tmp_path / str(number), "a/b", place=lambda path, _: None)
        upload.write(bytes(SYNCED_EARLY))
        assert threading.active_count() > before
        end(upload)
        assert threading.active_count() == before
