"""What a version is made of: digests of files and folders."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from modelyard.client.dataset_versions.content import content_of
from modelyard.core.errors import ChangedDataset, InvalidParameter


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "raw.bin"
    path.write_bytes(b"\0" * 3_000_000)
    content = content_of(path)
    assert (content.digest, content.size) == (f"sha256:{sha(path.read_bytes())}", 3_000_000)


def test_the_digest_of_a_folder_is_that_of_the_list_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "data" / "b").mkdir(parents=True)
    (tmp_path / "data" / "b" / "x").write_text("x")
    (tmp_path / "data" / "a").write_text("a")
    listed = f"{sha(b'a')}  a\n{sha(b'x')}  b/x\n"
    assert content_of(tmp_path / "data").digest == f"sha256:{sha(listed.encode())}"


def test_a_folder_is_another_one_when_a_file_is_renamed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("same")
    before = content_of(tmp_path).digest
    (tmp_path / "a").rename(tmp_path / "b")
    assert content_of(tmp_path).digest != before


def test_what_lies_below_the_store_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "yard").mkdir()
    (tmp_path / "yard" / "yard.db").write_text("changes")
    (tmp_path / "raw").write_text("data")
    content = content_of(tmp_path, without=tmp_path / "yard")
    assert [piece.key for piece in content.pieces] == ["raw"]


def test_what_is_no_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="There is no file or folder"):
        content_of(tmp_path / "nothing")
    with pytest.raises(InvalidParameter, match="holds no file"):
        content_of(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidParameter, match="is no file"):
        content_of(tmp_path / "pipe")
    with pytest.raises(InvalidParameter, match="is no file"):
        content_of(tmp_path)


def test_a_file_that_changes_meanwhile_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "raw"
    path.write_text("one")
    content = content_of(path)
    content.check_unchanged()
    path.write_text("more")
    with pytest.raises(ChangedDataset, match="was changed while it was logged"):
        content.check_unchanged()
    path.unlink()
    with pytest.raises(ChangedDataset):
        content.check_unchanged()
