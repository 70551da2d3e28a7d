"""Local folders keep the artifact contract, and nothing outside of them is ever touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.services.artifacts.contract import ArtifactStore
from modelyard.services.artifacts.local import LocalArtifactStore
from modelyard.testing.artifacts import ArtifactStoreContract, put, read


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "artifacts"


@pytest.fixture
def artifacts(root: Path) -> ArtifactStore:
    return LocalArtifactStore(root)


class TestLocalArtifactStore(ArtifactStoreContract):
    pass


def test_files_and_folders_are_private(artifacts: ArtifactStore, root: Path) -> None:
    put(artifacts, "a/f")
    assert oct((root / "a" / "f").stat().st_mode & 0o777) == "0o600"
    assert oct((root / "a").stat().st_mode & 0o777) == "0o700"


def test_links_pipes_and_second_names_are_not_followed(artifacts: ArtifactStore, root: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("CANARY")
    (root / "link").symlink_to(secret)
    (root / "folder").symlink_to(tmp_path)
    os.link(secret, root / "hard")
    os.mkfifo(root / "pipe")
    for key in ("link", "folder/secret", "hard", "pipe"):
        with pytest.raises(NotFound):
            read(artifacts, key)
    with pytest.raises(InvalidParameter):
        put(artifacts, "folder/new")
    artifacts.delete("folder")
    put(artifacts, "link", b"ours")
    assert (secret.read_text(), sorted(os.listdir(tmp_path))) == ("CANARY", ["artifacts", "secret"])
    assert artifacts.list("folder") == []


def test_uploads_that_were_left_behind_are_swept(root: Path) -> None:
    store = LocalArtifactStore(root)
    store.upload("f").write(b"half")
    store.begin_parts("g", 2)
    now = (root / ".modelyard-tmp").stat().st_mtime
    assert (store.sweep(600, now), store.sweep(-1, now), store.sweep(-1, now)) == (0, 2, 0)


def test_the_folder_of_unfinished_files_cannot_be_named(artifacts: ArtifactStore) -> None:
    for verb in (artifacts.upload, artifacts.delete):
        with pytest.raises(InvalidParameter, match="Invalid path"):
            verb(".modelyard-tmp/x")
