"""Folders of a store, walked within limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter, NotFound, TooLarge
from modelyard.server.views.copies import copy
from modelyard.server.views.places import MAX_DEPTH, Folder, Item
from modelyard.services.artifacts.local import LocalArtifactStore


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    root = tmp_path / "files"
    for path, size in (("run/a", 1), ("run/b/c", 2), ("run/b/d/e", 3), ("other/f", 4)):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x" * size)
    (root / "run" / "none").mkdir()
    return Folder(LocalArtifactStore(root), "run")


def test_all_that_is_in_a_folder_is_found(folder: Folder) -> None:
    assert folder.walk(most=10, largest=100) == [
        Item("a", 1),
        Item("b/c", 2),
        Item("b/d/e", 3),
        Item("none", 0, is_dir=True),
    ]
    assert folder.below("b").walk(most=10, largest=100) == [Item("c", 2), Item("d/e", 3)]


def test_more_than_the_limits_is_refused(folder: Folder) -> None:
    assert len(folder.walk(most=4, largest=6)) == 4
    with pytest.raises(TooLarge, match="more than 3 files"):
        folder.walk(most=3, largest=100)
    with pytest.raises(TooLarge, match="more than 5 bytes"):
        folder.walk(most=10, largest=5)


def test_a_folder_of_too_many_levels_is_refused(tmp_path: Path) -> None:
    deep = tmp_path / "files" / "/".join(["d"] * (MAX_DEPTH + 2))
    deep.mkdir(parents=True)
    with pytest.raises(TooLarge, match="levels"):
        Folder(LocalArtifactStore(tmp_path / "files"), "").walk(most=10, largest=10)


@pytest.mark.parametrize("path", ["../other/f", "/a", "b/../a", "b//c", "", "."])
def test_no_path_leads_out_of_a_folder(folder: Folder, path: str) -> None:
    with pytest.raises((InvalidParameter, NotFound)), folder.open(path):
        pass
    if path:
        with pytest.raises(InvalidParameter):
            folder.below(path)


def test_a_copy_is_the_folder_and_nobody_elses(folder: Folder, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    target.mkdir()
    copy(folder, folder.walk(most=10, largest=100), target)
    assert sorted(path.relative_to(target).as_posix() for path in target.rglob("*")) == [
        "a",
        "b",
        "b/c",
        "b/d",
        "b/d/e",
        "none",
    ]
    assert (target / "b/d/e").read_bytes() == b"xxx"
    assert {path.stat().st_mode & 0o077 for path in target.rglob("*")} == {0}
