"""The contract suite of artifact stores: subclass it and give it an ``artifacts`` fixture."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from modelyard.core.entities import FileInfo
from modelyard.core.errors import InvalidParameter, ModelyardError, NotFound
from modelyard.services.artifacts.contract import ArtifactStore, Stored

HOSTILE_KEYS = (
    "..",
    "../secret",
    "a/../../secret",
    "a/..",
    "./a",
    "a/./b",
    "/etc/passwd",
    "//etc/passwd",
    "~/secret",
    "~root",
    "a//b",
    "a/",
    "a\\b",
    "..\\secret",
    "C:/secret",
    "c:secret",
    "%2e%2e/secret",
    "%2E%2E%2Fsecret",
    "a%2fb",
    "a%5cb",
    "a%00b",
    "%252e%252e/secret",
    "a\x00b",
    "a\nb",
    "a\x7fb",
    "a\x85b",
    "a#b",
    "a ",
    "a.",
    "a /b",
    "a./b",
    "x" * 256,
    "/".join("x" * 100 for _ in range(11)),
    "e\u0301",
    "\udcff",
)


def put(artifacts: ArtifactStore, key: str, content: bytes = b"hello") -> Stored:
    """Write a file."""
    upload = artifacts.upload(key)
    upload.write(content)
    return upload.finish()


def read(artifacts: ArtifactStore, key: str) -> bytes:
    """Read a file."""
    with artifacts.open(key) as download:
        return b"".join(download.chunks())


class ArtifactStoreContract:
    """All a store of artifacts promises."""

    def test_a_file_is_read_back_as_it_was_written(self, artifacts: ArtifactStore) -> None:
        stored = put(artifacts, "a/b/c.txt", b"hello")
        assert stored == Stored(5, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
        assert read(artifacts, "a/b/c.txt") == b"hello"

    def test_an_empty_file_is_a_file(self, artifacts: ArtifactStore) -> None:
        put(artifacts, "empty", b"")
        assert (read(artifacts, "empty"), artifacts.list("")) == (b"", [FileInfo("empty", False, 0)])

    def test_a_part_of_a_file_is_read_by_its_bounds(self, artifacts: ArtifactStore) -> None:
        put(artifacts, "f", b"0123456789")
        with artifacts.open("f") as download:
            assert (download.size, b"".join(download.chunks(2, 5)), b"".join(download.chunks(8))) == (10, b"234", b"89")

    def test_names_of_people_are_kept(self, artifacts: ArtifactStore) -> None:
        for key in ("with space/ä ö.txt", "日本語/模型", "a.b-c_d+e(1)[2]&'\"$;.txt", "100%", ".hidden"):
            put(artifacts, key, key.encode())
            assert read(artifacts, key) == key.encode()

    def test_listing_gives_files_and_folders_by_name(self, artifacts: ArtifactStore) -> None:
        for key in ("m/z.txt", "m/a/x", "m/b.txt"):
            put(artifacts, key)
        assert artifacts.list("m") == [
            FileInfo("m/a", is_dir=True),
            FileInfo("m/b.txt", is_dir=False, file_size=5),
            FileInfo("m/z.txt", is_dir=False, file_size=5),
        ]

    def test_listing_a_file_or_nothing_is_empty(self, artifacts: ArtifactStore) -> None:
        put(artifacts, "f")
        assert (artifacts.list("f"), artifacts.list("g"), artifacts.list("g/h")) == ([], [], [])

    def test_a_missing_file_is_not_found_and_a_folder_is_said_to_be_one(self, artifacts: ArtifactStore) -> None:
        put(artifacts, "a/f")
        for key in ("g", "a/g", "a/f/g"):
            with pytest.raises(NotFound):
                read(artifacts, key)
        with pytest.raises(InvalidParameter, match="is a folder"):
            read(artifacts, "a")

    def test_writing_again_replaces_the_file_whole(self, artifacts: ArtifactStore) -> None:
        put(artifacts, "f", b"old" * 1000)
        with artifacts.open("f") as old:
            put(artifacts, "f", b"new")
            assert b"".join(old.chunks()) == b"old" * 1000
        assert read(artifacts, "f") == b"new"

    def test_equal_files_do_not_share_their_fate(self, artifacts: ArtifactStore) -> None:
        content = b"equal" * 50_000
        assert len({put(artifacts, f"{run}/f", content) for run in "abc"}) == 1
        put(artifacts, "a/f", b"other")
        artifacts.delete("b")
        assert (read(artifacts, "a/f"), read(artifacts, "c/f")) == (b"other", content)
        with pytest.raises(NotFound):
            read(artifacts, "b/f")

    def test_an_upload_is_not_seen_before_it_is_finished(self, artifacts: ArtifactStore) -> None:
        upload = artifacts.upload("f")
        upload.write(b"half")
        assert artifacts.list("") == []
        upload.abandon()
        upload.abandon()
        assert artifacts.list("") == []

    def test_a_file_is_not_put_where_a_folder_is(self, artifacts: ArtifactStore) -> None:
        put(artifacts, "a/f")
        for key in ("a", "a/f/g"):
            with pytest.raises(InvalidParameter):
                put(artifacts, key)
        assert read(artifacts, "a/f") == b"hello"

    def test_deleting_takes_files_and_folders_and_nothing(self, artifacts: ArtifactStore) -> None:
        for key in ("a/f", "a/b/g", "h"):
            put(artifacts, key)
        artifacts.delete("a")
        artifacts.delete("a")
        artifacts.delete("no/such/file")
        assert [info.path for info in artifacts.list("")] == ["h"]

    @pytest.mark.parametrize("key", HOSTILE_KEYS, ids=ascii)
    def test_a_hostile_key_is_refused_by_every_verb(self, artifacts: ArtifactStore, key: str) -> None:
        for verb in (artifacts.upload, artifacts.delete, artifacts.list):
            with pytest.raises(InvalidParameter):
                verb(key)
        with pytest.raises(InvalidParameter), artifacts.open(key):
            pass
        with pytest.raises(InvalidParameter):
            artifacts.begin_parts(key, 2)
        assert artifacts.list("") == []

    def test_parts_in_any_order_make_one_file(self, artifacts: ArtifactStore) -> None:
        upload_id = artifacts.begin_parts("big", 3)
        etags = {}
        for number in (3, 1, 2):
            part = artifacts.upload_part("big", upload_id, number)
            part.write(f"part {number};".encode())
            etags[number] = part.finish().sha256
        assert artifacts.list("") == []
        done = artifacts.complete_parts("big", upload_id, etags)
        assert read(artifacts, "big") == b"part 1;part 2;part 3;"
        assert artifacts.complete_parts("big", upload_id, etags) == done

    def test_missing_and_changed_parts_are_listed(self, artifacts: ArtifactStore) -> None:
        upload_id = artifacts.begin_parts("big", 3)
        for number in (1, 2):
            part = artifacts.upload_part("big", upload_id, number)
            part.write(b"x")
            etag = part.finish().sha256
        with pytest.raises(InvalidParameter, match=r"\[2, 3\]"):
            artifacts.complete_parts("big", upload_id, {1: etag, 2: "0" * 64})
        assert artifacts.list("") == []

    def test_an_aborted_or_foreign_upload_is_not_found(self, artifacts: ArtifactStore) -> None:
        upload_id = artifacts.begin_parts("big", 1)
        for key, named in (("other", upload_id), ("big", "f" * 32), ("big", "../../etc")):
            with pytest.raises(NotFound):
                artifacts.upload_part(key, named, 1).finish()
        artifacts.abort_parts("big", upload_id)
        artifacts.abort_parts("big", upload_id)
        with pytest.raises(NotFound):
            artifacts.complete_parts("big", upload_id, {})

    @pytest.mark.parametrize("count", [0, -1, 10_001])
    def test_a_number_of_parts_out_of_range_is_refused(self, artifacts: ArtifactStore, count: int) -> None:
        with pytest.raises(InvalidParameter, match="num_parts"):
            artifacts.begin_parts("big", count)

    def test_writers_of_one_key_leave_one_whole_file(self, artifacts: ArtifactStore) -> None:
        contents = [bytes([65 + n]) * 50_000 for n in range(8)]
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda content: put(artifacts, "deep/er/f", content), contents))
        assert read(artifacts, "deep/er/f") in contents
        assert [info.path for info in artifacts.list("deep/er")] == ["deep/er/f"]

    def test_errors_are_ours(self, artifacts: ArtifactStore) -> None:
        put(artifacts, "f")
        with pytest.raises(ModelyardError):
            put(artifacts, "f/" + "x/" * 300 + "y")

    def test_a_store_that_can_be_written_is_ready(self, artifacts: ArtifactStore) -> None:
        assert artifacts.is_ready()
