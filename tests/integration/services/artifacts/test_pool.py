"""Equal files are stored once, and nobody can tell but by the room they take."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.services.artifacts import pool
from modelyard.services.artifacts.local import LocalArtifactStore
from modelyard.services.artifacts.pool import POOL, SMALL
from modelyard.services.stores import open_stores
from modelyard.testing.artifacts import put, read
from tests.support.processes import ROOT

CONTENT = os.urandom(1 << 20)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "artifacts"


@pytest.fixture
def store(root: Path) -> LocalArtifactStore:
    return LocalArtifactStore(root)


def inode(path: Path) -> int:
    return path.stat().st_ino


def pooled(root: Path) -> list[Path]:
    return [path for path in (root / POOL).glob("*/*") if path.is_file()]


def room(root: Path) -> int:
    """Bytes that the files take."""
    facts = [path.lstat() for path in root.rglob("*") if path.is_file()]
    return sum({each.st_ino: each.st_blocks * 512 for each in facts}.values())


def unfinished(root: Path) -> list[str]:
    return os.listdir(root / ".modelyard-tmp")


def test_two_runs_with_the_same_file_keep_it_once(store: LocalArtifactStore, root: Path) -> None:
    stored = [put(store, f"0/{run}/f", CONTENT) for run in "ab"]
    assert stored[0] == stored[1]
    assert inode(root / "0/a/f") == inode(root / "0/b/f")
    assert [read(store, f"0/{run}/f") for run in "ab"] == [CONTENT, CONTENT]
    assert (len(pooled(root)), unfinished(root)) == (1, [])
    assert (root / "0/b/f").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("size", [1, 100, 4096, SMALL - 1, SMALL, SMALL + 1])
def test_small_files_are_kept_once_too(store: LocalArtifactStore, root: Path, size: int) -> None:
    for key in "abc":
        put(store, key, CONTENT[:size])
    put(store, "other", CONTENT[1 : size + 1])
    assert inode(root / "a") == inode(root / "b") == inode(root / "c") != inode(root / "other")
    assert [read(again, key) for again in (store, LocalArtifactStore(root)) for key in "abc"] == [CONTENT[:size]] * 6
    assert (len(pooled(root)), unfinished(root)) == (2, [])
    store.delete("a")
    assert (read(store, "b"), len(pooled(root))) == (CONTENT[:size], 2)
    for key in ("b", "c", "other"):
        store.delete(key)
    assert pooled(root) == []


def test_an_empty_file_is_its_own(store: LocalArtifactStore, root: Path) -> None:
    for key in "ab":
        put(store, key, b"")
    assert inode(root / "a") != inode(root / "b")
    assert (read(store, "b"), (root / POOL).exists()) == (b"", False)


def test_a_pool_of_an_earlier_version_is_read_shared_and_freed(root: Path) -> None:
    content = CONTENT[:100_000]
    (root / "0").mkdir(parents=True)
    bucket = root / POOL / "6e8"  # 100,000 modulo 4093
    bucket.mkdir(parents=True)
    (root / POOL / "lock").touch()
    for key in "ab":
        (root / "0" / key).write_bytes(CONTENT[:50_000])  # each by itself, as small files were
    (root / "0/c").write_bytes(content)
    os.link(root / "0/c", root / "0/d")
    os.link(root / "0/c", bucket / hashlib.sha256(content).hexdigest())
    store = LocalArtifactStore(root)
    assert [len(read(store, f"0/{key}")) for key in "abcd"] == [50_000, 50_000, 100_000, 100_000]
    put(store, "0/e", content)
    assert inode(root / "0/e") == inode(root / "0/c")
    store.delete("0")
    assert pooled(root) == []


def count_calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the system is asked from here on: what a read costs, however quick the machine is."""
    counts: Counter[str] = Counter()

    def counted(name: str, call: Callable[..., object]) -> Callable[..., object]:
        def count(*args: object, **kwargs: object) -> object:
            counts[name] += 1
            return call(*args, **kwargs)

        return count

    for name in ("scandir", "lstat", "link", "pread"):
        monkeypatch.setattr(os, name, counted(name, getattr(os, name)))
    return counts


def open_all(store: LocalArtifactStore, keys: list[str]) -> None:
    for key in keys:
        with store.open(key) as download:
            assert download.size > 0


@pytest.mark.parametrize("size", [500, SMALL])
def test_a_read_asks_once_however_many_files_of_its_size_there_are(
    store: LocalArtifactStore, root: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    keys = [f"0/{number}" for number in range(200)]
    for number, key in enumerate(keys):
        put(store, key, number.to_bytes(2, "big") + CONTENT[: size - 2])
    other = LocalArtifactStore(root)  # as another process, which knows nothing yet
    counts = count_calls(monkeypatch)
    open_all(store, keys)
    assert counts == {"lstat": 200}
    counts.clear()
    open_all(other, keys)
    if size < SMALL:
        assert counts == {"pread": 200, "lstat": 200}
    else:
        assert counts["scandir"] == 1
        assert counts["lstat"] <= 201
    counts.clear()
    open_all(other, keys)
    assert counts == {"lstat": 200}


def test_a_new_file_costs_one_link(store: LocalArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, "a", CONTENT[:500])
    counts = count_calls(monkeypatch)
    for number in range(100):
        put(store, f"{number}", number.to_bytes(2, "big") + CONTENT[:498])
    assert counts == {"link": 100, "lstat": 100}


def test_more_files_than_are_remembered_are_read_as_well(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "KEPT", 3)  # 20,000 files would take the test too long
    store = LocalArtifactStore(root)
    contents = {str(number): bytes([number]) + CONTENT[: SMALL * (number % 2)] for number in range(10)}
    for key, content in contents.items():
        put(store, key, content)
    for again in (store, LocalArtifactStore(root)):
        assert {key: read(again, key) for key in contents} == contents
    for key in contents:
        store.delete(key)
    assert pooled(root) == []


def test_parts_joined_are_the_same_file_as_one_sent_at_once(store: LocalArtifactStore, root: Path) -> None:
    put(store, "whole", CONTENT)
    upload_id = store.begin_parts("joined", 2)
    etags = {}
    for number, piece in enumerate((CONTENT[:500_000], CONTENT[500_000:]), 1):
        part = store.upload_part("joined", upload_id, number)
        part.write(piece)
        etags[number] = part.finish().sha256
    store.complete_parts("joined", upload_id, etags)
    assert inode(root / "whole") == inode(root / "joined")
    assert read(store, "joined") == CONTENT


def test_different_bytes_of_one_size_are_different_files(store: LocalArtifactStore, root: Path) -> None:
    other = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    put(store, "a", CONTENT)
    put(store, "b", other)
    assert inode(root / "a") != inode(root / "b")
    assert (read(store, "a"), read(store, "b")) == (CONTENT, other)


def test_deleting_one_keeps_the_other_and_deleting_both_frees_the_room(store: LocalArtifactStore, root: Path) -> None:
    for key in ("a", "b"):
        put(store, key, CONTENT)
    store.delete("a")
    assert read(store, "b") == CONTENT
    store.delete("b")
    assert pooled(root) == []


def test_deleting_a_folder_frees_what_only_it_held(store: LocalArtifactStore, root: Path) -> None:
    for key in ("run/a", "run/deep/b", "other/a"):
        put(store, key, CONTENT)
    put(store, "run/c", CONTENT[::-1])
    store.delete("run")
    assert read(store, "other/a") == CONTENT
    assert [inode(path) for path in pooled(root)] == [inode(root / "other/a")]
    store.delete("other")
    assert pooled(root) == []


def test_overwriting_one_keeps_the_other(store: LocalArtifactStore, root: Path) -> None:
    for key in ("a", "b"):
        put(store, key, CONTENT)
    put(store, "a", b"new")
    assert (read(store, "a"), read(store, "b")) == (b"new", CONTENT)
    put(store, "b", b"new")
    assert [path.stat().st_size for path in pooled(root)] == [3]


def test_a_checkpoint_that_is_overwritten_again_and_again_takes_the_room_of_one(
    store: LocalArtifactStore, root: Path
) -> None:
    for number in range(5):
        put(store, "latest", bytes([number]) + CONTENT)
    assert room(root) < 2 * len(CONTENT)


def test_the_same_bytes_under_the_same_key_leave_nothing_unfinished(store: LocalArtifactStore, root: Path) -> None:
    for _ in range(3):
        put(store, "a", CONTENT)
    assert read(store, "a") == CONTENT
    assert (unfinished(root), len(pooled(root)), (root / "a").stat().st_nlink) == ([], 1, 2)


def test_a_file_that_was_damaged_on_the_disk_gets_no_new_names(store: LocalArtifactStore, root: Path) -> None:
    put(store, "a", CONTENT)
    with (root / "a").open("r+b") as file:  # as a failing disk does
        file.seek(700_000)
        file.write(b"damage")
    put(store, "b", CONTENT)
    put(store, "c", CONTENT)
    assert (read(store, "b"), read(store, "c")) == (CONTENT, CONTENT)
    assert inode(root / "b") == inode(root / "c") != inode(root / "a")
    assert read(store, "a") != CONTENT  # and is still what it was


def test_a_small_file_that_was_damaged_on_the_disk_is_still_what_it_was(store: LocalArtifactStore, root: Path) -> None:
    for key in "ab":
        put(store, key, CONTENT[:500])
    with (root / "a").open("r+b") as file:
        file.write(b"damage")
    put(store, "c", CONTENT[:500])
    for again in (store, LocalArtifactStore(root)):
        assert [read(again, key)[:6] for key in "abc"] == [b"damage", b"damage", CONTENT[:6]]
    for key in "abc":
        store.delete(key)
    assert pooled(root) == []


def test_a_file_that_has_as_many_names_as_it_can_have_leaves_the_next_ones_to_another(
    store: LocalArtifactStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def full(source: str, target: str, **options: bool) -> None:
        if os.lstat(source).st_nlink >= 4:
            raise OSError(errno.EMLINK, "Too many links")
        link(source, target, **options)

    monkeypatch.setattr(os, "link", full)  # the limit of the usual file system, 65,000, would take the test too long
    keys = [str(number) for number in range(9)]
    for key in keys:
        put(store, key, CONTENT[:500])
    assert len({inode(root / key) for key in keys}) == 3
    assert [read(again, key) for again in (store, LocalArtifactStore(root)) for key in keys] == [CONTENT[:500]] * 18
    for key in keys:
        store.delete(key)
    assert pooled(root) == []


def test_a_file_in_the_pool_of_another_length_is_not_trusted(store: LocalArtifactStore, root: Path) -> None:
    put(store, "a", CONTENT)
    os.truncate(root / "a", 100_000)
    put(store, "b", CONTENT)
    assert read(store, "b") == CONTENT


def test_a_file_system_that_cannot_link_keeps_each_file(
    store: LocalArtifactStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "a", CONTENT)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EMLINK, "Too many links")

    monkeypatch.setattr(os, "link", refuse)  # no file system that refuses can be had without being root
    for key in ("b", "c"):
        put(store, key, CONTENT)
    assert len({inode(root / key) for key in "abc"}) == 3
    assert [read(store, key) for key in "abc"] == [CONTENT] * 3
    assert unfinished(root) == []


def test_a_pool_that_cannot_be_made_is_done_without(root: Path) -> None:
    root.mkdir()
    (root / POOL).write_text("in the way")
    store = LocalArtifactStore(root)
    for key in "ab":
        put(store, key, CONTENT)
    assert inode(root / "a") != inode(root / "b")
    store.delete("a")
    assert (read(store, "b"), store.sweep(-1, 0)) == (CONTENT, 0)


def test_nobody_waits_for_the_lock(store: LocalArtifactStore, root: Path) -> None:
    put(store, "a", CONTENT)
    with (root / POOL / "lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        put(store, "b", CONTENT)
        assert inode(root / "a") != inode(root / "b")
        store.delete("a")
        assert len(pooled(root)) == 1
    assert (store.sweep(-1, 0), pooled(root)) == (1, [])
    assert read(store, "b") == CONTENT


def test_an_upload_that_finds_no_place_leaves_nothing(store: LocalArtifactStore, root: Path) -> None:
    put(store, "folder/f")
    before = pooled(root)
    for content in (CONTENT, CONTENT[:500]):
        with pytest.raises(InvalidParameter):
            put(store, "folder", content)
        assert (pooled(root), unfinished(root)) == (before, [])


@pytest.mark.parametrize("content", [CONTENT, CONTENT[:500], b""])
def test_a_second_name_that_is_not_the_pools_is_not_read(
    store: LocalArtifactStore, root: Path, tmp_path: Path, content: bytes
) -> None:
    put(store, "a", content)
    secret = tmp_path / "secret"
    secret.write_bytes(content)
    os.link(secret, root / "planted")
    for _ in range(2):
        with pytest.raises(NotFound):
            read(store, "planted")
    put(store, "planted", content)
    assert secret.stat().st_nlink == 1


def test_what_is_remembered_is_not_believed_when_it_is_true_no_more(
    store: LocalArtifactStore, root: Path, tmp_path: Path
) -> None:
    for key, content in (("a", CONTENT), ("b", CONTENT[:500])):
        put(store, key, content)
        assert read(store, key) == content
    for number, path in enumerate(pooled(root)):
        path.rename(tmp_path / str(number))  # so that their second names are not the pool's
    for key in "ab":
        with pytest.raises(NotFound):
            read(store, key)


def test_a_link_in_the_pool_is_not_followed(store: LocalArtifactStore, root: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(CONTENT[:500])
    os.link(secret, root / "planted")
    put(store, "a", CONTENT[:500])
    (name,) = pooled(root)
    name.unlink()
    name.symlink_to(secret)
    for again in (store, LocalArtifactStore(root)):
        with pytest.raises(NotFound):
            read(again, "planted")


def test_the_pool_is_private_and_no_key_leads_to_it(store: LocalArtifactStore, root: Path) -> None:
    put(store, "a", CONTENT)
    assert [entry.path for entry in store.list("")] == ["a"]
    assert {path.stat().st_mode & 0o777 for path in (root / POOL, *(root / POOL).glob("*/"))} <= {0o700, 0o600}
    inside = str(pooled(root)[0].relative_to(root))
    for verb in (store.upload, store.delete, store.open, store.list):
        for key in (POOL, inside):
            with pytest.raises(InvalidParameter, match="Invalid path"):
                verb(key)


def test_sweeping_removes_what_a_killed_upload_left_and_nothing_in_use(store: LocalArtifactStore, root: Path) -> None:
    put(store, "a", CONTENT)
    put(store, "b", CONTENT[::-1])
    (root / "a").unlink()  # as a process does that is killed before it tells the pool
    assert (store.sweep(6 * 3600, 0), store.sweep(6 * 3600, 0)) == (1, 0)
    assert [inode(path) for path in pooled(root)] == [inode(root / "b")]
    assert read(store, "b") == CONTENT[::-1]


def test_a_shared_file_on_its_way_is_not_swept_as_if_it_were_old(store: LocalArtifactStore, root: Path) -> None:
    put(store, "a", CONTENT)
    os.utime(root / "a", (1, 1))
    new = root / ".modelyard-tmp" / "new"
    os.link(root / "a", new)
    assert store.sweep(3600, new.stat().st_ctime) == 0


WRITE = """
import random, sys
from modelyard.services.artifacts.local import LocalArtifactStore
from modelyard.services.stores import open_stores
from modelyard.testing.artifacts import put, read

store = LocalArtifactStore(sys.argv[1])
dice = random.Random(sys.argv[2])
size = int(sys.argv[3])
for _ in range(60):
    key = f"{sys.argv[2]}/{dice.randrange(4)}"
    content = bytes([dice.randrange(3)]) * size
    put(store, key, content)
    assert read(store, key) == content, key
    if dice.random() < 0.5:
        store.delete(key)
    if dice.random() < 0.1:
        store.sweep(3600, 0)
put(store, f"{sys.argv[2]}/last", bytes(size))
"""


@pytest.mark.parametrize("size", [100, 100_000])
def test_processes_that_write_and_delete_the_same_bytes_do_not_disturb_each_other(root: Path, size: int) -> None:
    def run(name: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        command = [sys.executable, "-c", WRITE, str(root), name, str(size)]
        return subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=120)

    with ThreadPoolExecutor(3) as threads:
        for done in threads.map(run, "xyz"):
            assert done.returncode == 0, done.stderr
    store = LocalArtifactStore(root)
    for key in [f"{folder.path}/{file}" for folder in store.list("") for file in os.listdir(root / folder.path)]:
        assert len(read(store, key)) == size
    for name in "xyz":
        store.delete(name)
    store.sweep(-1, 0)
    assert pooled(root) == []


def test_a_model_logged_twice_takes_little_more_room_than_once(store: LocalArtifactStore, root: Path) -> None:
    parts = {f"parts/{number}": os.urandom(300_000) for number in range(4)}

    def log(folder: str) -> None:
        put(store, f"{folder}/MLmodel", folder.encode() * 10)
        for name, content in parts.items():
            put(store, f"{folder}/{name}", content)

    log("0/models/m-1/artifacts")
    once = room(root)
    log("0/models/m-2/artifacts")
    assert room(root) - once < 50_000 < 4 * 300_000 < once


def test_gc_removes_what_has_no_name_elsewhere(tmp_path: Path) -> None:
    with closing(open_stores(str(tmp_path / "yard"))) as stores:
        put(stores.artifacts, "0/run/artifacts/a", CONTENT)
        put(stores.artifacts, "0/run/artifacts/b", CONTENT[::-1])
    root = tmp_path / "yard" / "artifacts"
    (root / "0/run/artifacts/a").unlink()
    command = [sys.executable, "-m", "modelyard", "gc", "--store", str(tmp_path / "yard"), "--yes"]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, timeout=120)
    assert [inode(path) for path in pooled(root)] == [inode(root / "0/run/artifacts/b")]
